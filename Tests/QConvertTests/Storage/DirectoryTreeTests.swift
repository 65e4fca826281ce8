import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

@Suite struct DirectoryTreeTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test func `a tree goes as a whole`() throws {
    let tree = directory.path("tree")
    try tree.create(["a": "", ".hidden/b": "", "c/d/e/f": "", "\u{1f600} \n": ""])
    try DirectoryTree.remove(tree)
    #expect(try directory.contents.isEmpty)
    #expect(throws: Never.self) { try DirectoryTree.remove(tree) }
  }

  @Test func `links go, what they lead to stays`() throws {
    let canary = directory.path("canary")
    try canary.create(["alive": "yes"])
    let tree = directory.path("tree")
    try tree.create(["deep/a": ""])
    try tree.appending("link").link(to: "../canary")
    try tree.appending("deep/link").link(to: canary.string)
    try tree.appending("dangling").link(to: "nowhere")
    try DirectoryTree.remove(tree)
    #expect(try directory.contents == ["canary"])
    #expect(try canary.files == ["alive": "yes"])
  }

  @Test func `a link in the place of a tree is refused`() throws {
    try directory.path("canary").create(["alive": "yes"])
    try directory.path("tree").link(to: "canary")
    #expect(throws: Errno.self) { try DirectoryTree.remove(directory.path("tree")) }
    #expect(try directory.path("canary").files == ["alive": "yes"])
  }

  @Test func `names that are not UTF-8 go too`() throws {
    let tree = directory.path("tree")
    try tree.create()
    let invalid: [CChar] = [0x66, -1, 0]
    let name = FilePath.Component(platformString: invalid) ?? "f"
    guard
      let file = try? FileDescriptor.open(
        tree.appending(name), .writeOnly, options: .create, permissions: .ownerReadWrite)
    else { return }
    try file.close()
    try DirectoryTree.remove(tree)
    #expect(try directory.contents.isEmpty)
  }

  @Test func `names are listed again and again`() throws {
    try directory.path("tree").create(["a": "", "b/c": ""])
    let tree = try DirectoryTree(directory.path("tree"))
    for _ in 0..<2 {
      #expect(try tree.names.map(\.string).sorted() == ["a", "b"])
    }
  }
}
