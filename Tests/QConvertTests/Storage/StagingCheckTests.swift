import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Where an output directory may go, and what it may replace.
@Suite struct StagingCheckTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func check(_ name: String, inputs: [String] = [], overwrite: Bool = false) throws {
    try StagingDirectory.check(
      directory.path("").appending(name), inputs: inputs.map { directory.path("").appending($0) },
      overwrite: overwrite)
  }

  private func failure(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch {
      return "\(error)".replacingOccurrences(of: directory.path("").string + "/", with: "")
    }
  }

  @Test func `a new name and an empty directory are fine, and nothing is written`() throws {
    try directory.path("empty").create()
    try check("new")
    try check("empty")
    #expect(try directory.contents == ["empty"])
  }

  @Test(arguments: [
    ("missing/out", "missing/out: cannot create: No such file or directory"),
    ("file/out", "file/out: cannot create: Not a directory"),
    ("file", "file: exists and is not a directory"),
    ("dangling", "dangling: exists and is not a directory"),
    ("full", "full: already exists"),
    ("link", "link: already exists"),
  ])
  func `a place that cannot be written is refused`(_ name: String, _ message: String) throws {
    _ = try directory.write([1], to: "file")
    try directory.path("full").create(["config.json": ""])
    try directory.path("link").link(to: "full")
    try directory.path("dangling").link(to: "nowhere")
    #expect(failure { try check(name) } == message)
    let names = try directory.contents
    #expect(
      failure {
        _ = try StagingDirectory(
          for: directory.path("").appending(name), overwrite: false, isDurable: false)
      } == message)
    #expect(try directory.contents == names)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self")))
  func `a directory that cannot be written to is refused with the reason`() {
    #expect {
      try StagingDirectory.check("/proc/self/out", inputs: [], overwrite: false)
    } throws: { "\($0)".hasPrefix("/proc/self/out: cannot create: ") }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/shm")))
  func `a place where a file system is mounted is refused at once`() {
    #expect {
      try StagingDirectory.check("/dev/shm", inputs: [], overwrite: true)
    } throws: { "\($0)" == "/dev/shm: cannot create: \(Errno.resourceBusy)" }
  }

  @Test(arguments: [
    ["model.safetensors"],
    ["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
    ["model.safetensors.index.json", "a.safetensors", "b.safetensors", "LICENSE", "README.md"],
    ["model.safetensors", "1_Pooling/config.json", "assets/a.PNG", "x/", ".gitattributes"],
  ])
  func `a model is replaced`(_ names: [String]) throws {
    for name in names { try add(name) }
    try check("out", overwrite: true)
    #expect(failure { try check("out") } == "out: already exists")
  }

  @Test(arguments: [
    (["config.json"], "there is no model in it"),
    (["notes.txt"], "there is no model in it"),
    (["model.safetensors.index.json"], "there is no model in it"),
    (["x/config.json", "x/y/"], "there is no model in it"),
    // Adapters that somebody collects.
    (["one.safetensors", "two.safetensors"], "there is no model in it"),
    // A home or a download directory where somebody has put a model.
    (["config.json", "model.safetensors", ".bashrc"], ".bashrc in it is no part of a model"),
    (["config.json", "model.safetensors", "tax.pdf"], "tax.pdf in it is no part of a model"),
    (["config.json", "model.safetensors", "a/b/c.zip"], "a/b/c.zip in it is no part of a model"),
    (["model.safetensors", "noextension"], "noextension in it is no part of a model"),
    // A working copy, a float original as it is downloaded.
    (["model.safetensors", ".git/HEAD"], ".git in it is no part of a model"),
    (["model.safetensors", ".cache/x.json"], ".cache in it is no part of a model"),
    // A directory of models.
    (
      ["model.safetensors", "llama/model.safetensors"],
      "llama/model.safetensors in it is no part of a model"
    ),
  ])
  func `what is not evidently a model is not replaced`(
    _ names: [String], _ reason: String
  ) throws {
    for name in names { try add(name) }
    #expect(failure { try check("out", overwrite: true) } == "out: not replaced: \(reason)")
  }

  @Test func `a directory with a link in it is not replaced`() throws {
    try add("model.safetensors")
    try directory.path("out/config.json").link(to: "model.safetensors")
    #expect(
      failure { try check("out", overwrite: true) }
        == "out: not replaced: config.json in it is no part of a model")
  }

  @Test(arguments: [
    "in", "in/.", "in/../in", "alias", "deep/alias", "in/sub", "in/new", "alias/new", "in/sub/new",
    ".", "..", "sub/..",
  ])
  func `neither the input nor what it is in nor what is in it is replaced`(_ name: String) throws {
    try directory.path("w/in").create(["model.safetensors": "", "sub/config.json": ""])
    try directory.path("w/deep").create()
    try directory.path("w/sub").create()
    try directory.path("w/alias").link(to: "in")
    try directory.path("w/deep/alias").link(to: "../in")
    for input in ["w/in", "w/alias", "w/in/../in"] {
      let message = failure { try check("w/" + name, inputs: [input], overwrite: true) }
      #expect(message.contains("would replace the input"), "\(message)")
    }
  }

  @Test func `the directory of an input file is not replaced, one beside the file is fine`() throws
  {
    try directory.path("in").create(["model.safetensors": ""])
    let inputs = ["in/model.safetensors"]
    #expect(
      failure { try check("in", inputs: inputs, overwrite: true) }
        == "in: the output would replace the input in/model.safetensors")
    try check("in/new", inputs: inputs)
    try check("new", inputs: ["in"])
  }

  @Test func `nothing in the staging directory of the output is an input`() throws {
    try directory.path(".new.qconvert/contents").create(["model.safetensors": ""])
    for input in [".new.qconvert", ".new.qconvert/contents/model.safetensors"] {
      #expect(
        failure { try check("new", inputs: [input]) }
          == "new: the output would replace the input \(input)")
    }
    try check("other", inputs: [".new.qconvert/contents"])
  }

  private func add(_ name: String) throws {
    let path = directory.path("out").appending(name)
    if name.hasSuffix("/") { return try path.create() }
    try directory.path("out").create([name: ""])
  }
}
