import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// The life of a staging directory whose run comes to its end.
@Suite struct StagingDirectoryTests {
  private let directory: TemporaryDirectory
  private let output: FilePath

  init() throws {
    directory = try TemporaryDirectory()
    output = directory.path("out")
  }

  private func stage(_ output: FilePath, overwrite: Bool = false) throws -> StagingDirectory {
    let staging = try StagingDirectory(for: output, overwrite: overwrite, isDurable: true)
    try staging.startJournal(Array("begin".utf8))
    try staging.contents.create(["config.json": "new", "deep/er/notes.txt": "n"])
    return staging
  }

  @Test func `the output appears as a whole and nothing else stays`() throws {
    let staging = try stage(output)
    #expect(try directory.contents == [".out.qconvert"])
    try staging.commit()
    #expect(try directory.contents == ["out"])
    #expect(
      try output.files == [
        "config.json": "new", "deep/": "", "deep/er/": "", "deep/er/notes.txt": "n",
      ])
  }

  @Test func `a new output has the mode that any new directory has`() throws {
    try stage(output).commit()
    let other = directory.path("other")
    try other.create()
    #expect(output.permissions == other.permissions)
  }

  @Test(arguments: [0o700, 0o750, 0o777])
  func `an empty directory gives way and passes its mode on`(_ mode: Int) throws {
    try output.create()
    try output.setPermissions(mode)
    try stage(output).commit()
    #expect(try output.files["config.json"] == "new")
    #expect(output.permissions == mode)
  }

  @Test func `a model is replaced as a whole and passes its mode on`() throws {
    try output.create(["config.json": "old", "model.safetensors": "", "gone.txt": ""])
    try output.setPermissions(0o710)
    let staging = try stage(output, overwrite: true)
    #expect(try output.files["config.json"] == "old")
    try staging.commit()
    #expect(
      try output.files.keys.sorted() == ["config.json", "deep/", "deep/er/", "deep/er/notes.txt"])
    #expect(output.permissions == 0o710)
    #expect(try directory.contents == ["out"])
  }

  @Test func `what appears meanwhile is not replaced`() throws {
    let staging = try stage(output)
    try output.create(["model.safetensors": "mine"])
    #expect { try staging.commit() } throws: { "\($0)".hasSuffix("/out: already exists") }
    #expect(try output.files == ["model.safetensors": "mine"])
    #expect(try staging.contents.files["config.json"] == "new")
  }

  @Test func `what becomes precious meanwhile is not replaced`() throws {
    try output.create(["model.safetensors": ""])
    let staging = try stage(output, overwrite: true)
    try output.create(["thesis.docx": "all my work"])
    #expect { try staging.commit() } throws: { "\($0)".contains("thesis.docx") }
    #expect(try output.files["thesis.docx"] == "all my work")
  }

  @Test func `a link to a directory is written through`() throws {
    let target = directory.path("disk/model")
    try target.create()
    try output.link(to: "disk/model")
    let staging = try stage(output)
    #expect(directory.path("disk/.model.qconvert").exists)
    try staging.commit()
    #expect(try target.files["config.json"] == "new")
    #expect(FileIdentity.isLink(output))
    #expect(try directory.contents == ["disk", "out"])
  }

  @Test func `discarded work leaves nothing and changes nothing`() throws {
    try output.create(["model.safetensors": "old"])
    try stage(output, overwrite: true).discard()
    #expect(try directory.contents == ["out"])
    #expect(try output.files == ["model.safetensors": "old"])
  }

  @Test func `one run at a time works on an output`() throws {
    let staging = try stage(output)
    #expect {
      try StagingDirectory(for: output, overwrite: false, isDurable: false)
    } throws: { "\($0)" == "\(output): in use by process \(getpid())" }
    staging.close()
    #expect(throws: Never.self) {
      try StagingDirectory(for: output, overwrite: false, isDurable: false)
    }
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/flock")))
  func `the process at work is named`() throws {
    try directory.path(".out.qconvert").create(["lock": "4711\n"])
    let holder = Process()
    holder.executableURL = URL(filePath: "/usr/bin/flock")
    holder.arguments = [directory.path(".out.qconvert/lock").string, "sh", "-c", "echo; read _"]
    let (input, said) = (Pipe(), Pipe())
    holder.standardInput = input
    holder.standardOutput = said
    try holder.run()
    _ = said.fileHandleForReading.availableData
    #expect {
      try StagingDirectory(for: output, overwrite: false, isDurable: false)
    } throws: { "\($0)" == "\(output): in use by process 4711" }
    try input.fileHandleForWriting.close()
    holder.waitUntilExit()
    #expect(throws: Never.self) {
      try StagingDirectory(for: output, overwrite: false, isDurable: false)
    }
  }

  @Test func `a link in the place of the staging directory is refused`() throws {
    let victim = directory.path("victim")
    try victim.create(["contents/precious": "p"])
    try directory.path(".out.qconvert").link(to: "victim")
    #expect(throws: StorageError.self) { try stage(output) }
    #expect(try victim.files == ["contents/": "", "contents/precious": "p"])
  }

  @Test(arguments: [200, 201, 255])
  func `a name as long as names can be is written`(_ length: Int) throws {
    let names = ["a", "b"].map {
      String(repeating: "é", count: 99) + String(repeating: $0, count: length - 198)
    }
    // Both at once: they do not share a place.
    let stagings = try names.map { try stage(directory.path("").appending($0)) }
    for staging in stagings { try staging.commit() }
    #expect(try directory.contents == names.sorted())
  }

  @Test(arguments: ["/", "", "missing/.."])
  func `a path without a name is refused`(_ path: String) {
    #expect(throws: StorageError.self) {
      try StagingDirectory(for: FilePath(path), overwrite: true, isDurable: false)
    }
  }

  @Test(arguments: ["/etc/x", "../x", "a/../../x"])
  func `directories are created in the contents only`(_ name: String) throws {
    let staging = try stage(output)
    #expect(throws: StorageError.self) { try staging.createDirectories(for: TensorName(name)) }
    try staging.createDirectories(for: "onnx/small/model.json")
    #expect(try staging.contents.files.keys.contains("onnx/small/"))
    #expect(try !staging.contents.files.keys.contains("onnx/small/model.json/"))
  }

  @Test func `lines of many threads stay whole`() async throws {
    let staging = try stage(output)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask {
          for _ in 0..<25 { try? staging.append(Array(repeating: UInt8(48 + number), count: 500)) }
        }
      }
    }
    let lines = try #require(try staging.journalBytes).split(separator: 10)
    #expect(lines.count == 201)
    #expect(lines.dropFirst().allSatisfy { $0.count == 500 && Set($0).count == 1 })
  }
}
