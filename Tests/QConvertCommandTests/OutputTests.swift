import Fixtures
import Foundation
import SystemPackage
import Testing

/// What the tool does to the file system: whole outputs or none, inputs untouched.
@Suite struct OutputTests {
  let directory: TemporaryDirectory
  let model: FilePath

  init() throws {
    directory = try TemporaryDirectory()
    model = try directory.writeSample()
  }

  @Test func `an output is replaced with overwrite only`() throws {
    let output = try directory.write([1, 2, 3], to: "out.safetensors")
    let refused = try Tool.run(model.string, "-o", output.string)
    #expect(refused.status == 73)
    #expect(refused.errors == "qconvert: \(output): already exists; --overwrite replaces it\n")
    #expect(try output.bytes == [1, 2, 3])
    #expect(try Tool.run(model.string, "-o", output.string, "--overwrite").status == 0)
    #expect(try output.bytes.count > 3)
    #expect(try directory.contents == ["model.safetensors", "out.safetensors"])
  }

  @Test(arguments: [
    "model.safetensors", "./model.safetensors", "sub/../model.safetensors",
    "sub/up/model.safetensors", "link.safetensors", "sub/link.safetensors", "hard.safetensors",
  ])
  func `an output that is the input is refused`(_ output: String) throws {
    let before = try model.bytes
    let making = """
      mkdir sub; ln -s .. sub/up; ln -s model.safetensors link.safetensors
      ln -s ../link.safetensors sub/link.safetensors; ln model.safetensors hard.safetensors
      exec "$@"
      """
    let result = try Tool.run(
      ["model.safetensors", "-o", output, "--overwrite"], by: making, in: directory.url)
    #expect(result.status == 73)
    #expect(result.output == "")
    #expect(
      result.errors
        == "qconvert: \(FilePath(output)): the output would replace the input model.safetensors\n")
    #expect(try model.bytes == before)
    #expect(
      try directory.contents == [
        "hard.safetensors", "link.safetensors", "model.safetensors", "sub",
      ])
  }

  struct Impossible: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let output: String
    let reason: String

    static let all = [
      Impossible(
        testDescription: "a directory", output: "sub", reason: "exists and is not a regular file"),
      Impossible(
        testDescription: "a FIFO", output: "fifo", reason: "exists and is not a regular file"),
      Impossible(
        testDescription: "a device", output: "/dev/null",
        reason: "exists and is not a regular file"),
      Impossible(
        testDescription: "a link to nothing", output: "dangling",
        reason: "exists and is not a regular file"),
      Impossible(
        testDescription: "a link to itself", output: "loop",
        reason: "cannot create: Too many levels of symbolic links"),
      Impossible(
        testDescription: "in no directory", output: "missing/out",
        reason: "cannot create: No such file or directory"),
      Impossible(
        testDescription: "below a file", output: "model.safetensors/out",
        reason: "cannot create: Not a directory"),
      Impossible(
        testDescription: "a name too long", output: String(repeating: "x", count: 256),
        reason: "cannot create: File name too long"),
    ]
  }

  @Test(arguments: Impossible.all)
  func `an output that cannot be is refused with the reason`(_ impossible: Impossible) throws {
    let making =
      #"mkdir sub; mkfifo fifo; ln -s nowhere dangling; ln -s loop loop; exec "$@""#
    let result = try Tool.run(
      ["model.safetensors", "-o", impossible.output, "--overwrite"], by: making,
      in: directory.url)
    #expect(result.status == 73)
    #expect(result.errors == "qconvert: \(impossible.output): \(impossible.reason)\n")
    #expect(
      try directory.contents == ["dangling", "fifo", "loop", "model.safetensors", "sub"])
  }

  @Test(.enabled(if: Unprivileged.isPossible, "root needs setpriv to lose its rights"))
  func `a directory that may not be written is refused with the reason`() throws {
    try FilePath(directory.url.path()).setMode(0o555)
    defer { try? FilePath(directory.url.path()).setMode(0o755) }
    let output = directory.path("out.safetensors")
    let result = try Unprivileged.run([model.string, "-o", output.string], with: directory)
    #expect(result.status == 73)
    #expect(result.errors == "qconvert: \(output): cannot create: Permission denied\n")
    #expect(try directory.contents == ["model.safetensors"])
  }

  @Test(.enabled(if: Unprivileged.isPossible, "root needs setpriv to lose its rights"))
  func `a directory that may be written but not listed will do`() throws {
    let drop = directory.path("drop")
    try FileManager.default.createDirectory(
      atPath: drop.string, withIntermediateDirectories: false)
    try drop.setMode(0o333)
    defer { try? drop.setMode(0o755) }
    let output = drop.appending("out.safetensors")
    let result = try Unprivileged.run([model.string, "-o", output.string], with: directory)
    #expect(result.status == 0, "\(result.errors)")
    try drop.setMode(0o755)
    #expect(try FileManager.default.contentsOfDirectory(atPath: drop.string) == ["out.safetensors"])
  }

  // MARK: Modes and links

  @Test(arguments: [("000", 0o666), ("022", 0o644), ("077", 0o600)])
  func `a new file gets what the umask leaves`(_ mask: String, _ mode: Int) throws {
    let output = directory.path("out")
    let result = try Tool.run(
      [model.string, "-o", output.string], by: "umask \(mask); exec \"$@\"")
    #expect(result.status == 0)
    #expect(output.mode == mode)
  }

  @Test(arguments: [0o664, 0o600, 0o640])
  func `a replaced file passes its mode on`(_ mode: Int) throws {
    let output = try directory.write([1], to: "out")
    try output.setMode(mode)
    let result = try Tool.run(
      [model.string, "-o", output.string, "--overwrite"], by: "umask 022; exec \"$@\"")
    #expect(result.status == 0)
    #expect(output.mode == mode)
  }

  @Test func `a link is written through`() throws {
    let other = try TemporaryDirectory()
    let target = try other.write([1], to: "target")
    let link = directory.path("link")
    try link.link(to: target.string)
    #expect(try Tool.run(model.string, "-o", link.string, "--overwrite").status == 0)
    #expect(try target.bytes.count > 1)
    #expect(try other.contents == ["target"])
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: link.string) == target.string)
  }

  // MARK: No room

  @Test(arguments: [[], ["--sync", "none"], ["--buffers", "separate"]])
  func `a file size limit is an error that leaves the old output`(_ options: [String]) throws {
    let big = try directory.writeSparse(byteCount: 4 << 20)
    let output = try directory.write([1, 2, 3], to: "out")
    // 1 MiB at most, in blocks of 512 bytes or 1 KiB.
    let result = try Tool.run(
      [big.string, "-o", output.string, "--overwrite"] + options, by: #"ulimit -f 1024; exec "$@""#)
    #expect(result.status == 74)
    #expect(result.errors.hasPrefix("qconvert: \(output): no room for "))
    #expect(result.errors.hasSuffix(" bytes: File too large\n"))
    #expect(try output.bytes == [1, 2, 3])
    #expect(try directory.strangers(beside: "model.safetensors", "sparse.safetensors", "out") == [])
  }

  @Test(.enabled(if: SmallDisk.isPossible, "mounting a disk takes root"))
  func `a full disk is an error that leaves the old output`() throws {
    let disk = try SmallDisk(kilobytes: 1024)
    let big = try directory.writeSparse(byteCount: 4 << 20)
    let elsewhere = directory.path("elsewhere")
    #expect(try Tool.run(big.string, "-o", elsewhere.string).status == 0)
    let needed = try elsewhere.bytes.count
    let output = disk.directory.path("out")
    for old in [[], [1, 2, 3]] as [[UInt8]] {
      if !old.isEmpty { _ = try disk.directory.write(old, to: "out") }
      let result = try Tool.run(big.string, "-o", output.string, "--overwrite")
      #expect(result.status == 74)
      #expect(result.errors.hasPrefix("qconvert: \(output): \(needed) bytes are needed, "))
      #expect(result.errors.hasSuffix(" are free\n"))
      #expect(try disk.directory.contents == (old.isEmpty ? [] : ["out"]))
      if !old.isEmpty { #expect(try output.bytes == old) }
    }
    // What fits is written there.
    #expect(try Tool.run(model.string, "-o", output.string, "--overwrite").status == 0)
  }

  // MARK: Others at work

  @Test func `of two runs on one output one wins whole`() throws {
    let expected = try ["int8", "uint4"].map { dtype -> [UInt8] in
      let path = directory.path(dtype)
      try #require(
        try Tool.run(model.string, "-o", path.string, "--dtype", dtype, "--overwrite").status == 0)
      return try path.bytes
    }
    let output = directory.path("out")
    func start(_ dtype: String) throws -> Tool.Running {
      try Tool.start(
        model.string, "-o", output.string, "--dtype", dtype, "--overwrite", "--sync", "none")
    }
    for _ in 0..<50 {
      let first = try start("int8")
      let second = try start("uint4")
      let results = [first.finish(), second.finish()]
      #expect(results.allSatisfy { $0.status == 0 || $0.status == 73 })
      #expect(results.contains { $0.status == 0 })
      #expect(try expected.contains(output.bytes))
    }
    #expect(
      try directory.strangers(beside: "model.safetensors", "int8", "uint4", "out") == [])
  }
}

/// A file system of its own, soon full.
private final class SmallDisk {
  let directory: TemporaryDirectory

  init(kilobytes: Int) throws {
    directory = try TemporaryDirectory()
    try Self.run(
      "mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", directory.url.path()])
  }

  deinit {
    try? Self.run("umount", [directory.url.path()])
  }

  /// Whether one can be mounted.
  static let isPossible = geteuid() == 0 && (try? SmallDisk(kilobytes: 64)) != nil

  private static func run(_ command: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [command] + arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteNoPermission) }
  }
}
