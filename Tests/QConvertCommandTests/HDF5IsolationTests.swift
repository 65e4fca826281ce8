import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Walks broken and odd HDF5 files in a process of its own: the built tool.
@Suite struct HDF5IsolationTests {
  private static let tool = FilePath(Tool.url.path())

  private static func index(_ path: FilePath, by executable: FilePath = tool) throws -> HDF5Index {
    while true {
      do {
        return try HDF5Index(of: InputFile(path), access: .isolated(executable: executable))
      } catch StorageError.cannotOpen(_, .textFileBusy) {
        // Another test has started a process while the script was being written.
        usleep(1000)
      }
    }
  }

  /// Refused, but not for what an index looks at: the data of chunks, or what Keras' attributes say.
  private static let later: Set = [
    "chunk_shorter_than_claimed", "chunk_deflate_garbage", "fletcher_mismatch",
    "keras_missing_weight", "keras_weight_names_abs", "keras_layer_names_number",
  ]

  @Test func `all files are there`() {
    #expect(HostileCase.hdf5.count == 93)
    #expect(Self.later.isSubset(of: HostileCase.hdf5.map(\.name)))
  }

  @Test(.timeLimit(.minutes(10)), arguments: HostileCase.hdf5)
  func `a file is walked or refused as its verdict says`(_ hostile: HostileCase) throws {
    // Its layouts are newer than 1.10 knows.
    let isTooNew = hostile.name == "ok_libver_latest" && HDF5Library.version < (2, 0)
    if hostile.expected == .accept && !isTooNew || Self.later.contains(hostile.name) {
      _ = try Self.index(hostile.file)
    } else {
      let error = try #require(throws: HDF5Error.self) { try Self.index(hostile.file) }
      #expect(!"\(error)".contains("\n"))
    }
  }

  @Test(
    arguments: [
      ("ext_link_dangling", "gone: a link to another file; those are never followed"),
      ("ext_link_abs_nonhdf5", "leak: a link to another file; those are never followed"),
      ("ext_storage_passwd", "dataset leak: its data is in other files; those are never read"),
      ("vds_missing", "dataset w: a virtual one, put together from others; those are never read"),
      ("vds_same_file", "dataset w: a virtual one, put together from others; those are never read"),
      (
        "dim_more_than_stored", "dataset g/w: its shape takes 8320 bytes, 8192 are stored"
      ),
      ("contig_over_superblock", "dataset g/w: its data begins at 0, in the header of the file"),
      (
        "contig_past_end",
        "dataset g/w: 8192 bytes at 16939, in a file of 17039: incomplete download?"
      ),
      ("dim_over_maxdim", "g/w: an axis of 65, whose maximum is 64"),
      ("float_mantissa_60_of_32", "g/w: its type contradicts itself"),
      ("chunk_elem_size_1", "dataset c: its elements take 4 bytes, in its chunks 1"),
      ("continuation_self", "w: its header leads in circles or out of the file"),
      ("filter_blosc", "dataset w uses filter 32001 (blosc), not supported"),
      ("huge_dims_overflow", "w: its shape is larger than any file"),
      (
        "zip_keras_archive",
        "a zip archive (PyTorch .pt?), not an HDF5 file"
      ),
      ("random_4k", "not an HDF5 file: its signature is missing"),
    ])
  func `a refusal says what is wrong and where`(_ name: String, _ text: String) throws {
    let hostile = try #require(HostileCase.hdf5.first { $0.name == name })
    let error = try #require(throws: HDF5Error.self) { try Self.index(hostile.file) }
    #expect("\(error)" == text)
  }

  @Test(
    arguments: [
      ("soft_loop", ["a: a soft link, not followed", "b: a soft link, not followed"]),
      ("hard_cycle", ["g/again is another name of the group g"]),
      ("ok_hard_link_tied", ["head is another name of the dataset embed"]),
      ("ok_filter_szip", ["dataset w uses filter 4 (szip), not supported: left out"]),
      ("trailing_bytes", ["22 bytes follow the last object"]),
      ("ok_layouts", []),
    ])
  func `what is odd and yet allowed is a warning`(_ name: String, _ warnings: [String]) throws {
    let hostile = try #require(HostileCase.hdf5.first { $0.name == name })
    #expect(try Self.index(hostile.file).warnings == warnings)
  }

  // MARK: The process

  /// A sound file.
  private static let file = Fixtures.hdf5.appending("storage.h5")

  private func script(_ text: String, in directory: TemporaryDirectory) throws -> FilePath {
    let path = try directory.write(Array("#!/bin/sh\n\(text)\n".utf8), to: "script")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.string)
    return path
  }

  /// Empty files take the place of libhdf5. macOS links the library.
  private static let withoutLibrary: [(String, HDF5Error)] = {
    #if os(Linux)
    let text = """
      cd "$(dirname "$0")"
      for number in 103 200 310 320; do touch libhdf5.so.$number libhdf5_serial.so.$number; done
      LD_LIBRARY_PATH=$PWD "$TOOL" index-hdf5 "$OTHER"
      """
    return [(text, .libraryUnusable)]
    #else
    return []
    #endif
  }()

  @Test(
    arguments: [
      ("kill -SEGV $$", HDF5Error.indexerFailed("signal 11")),
      ("exit 3", .indexerFailed("exit status 3")),
      ("exit 0", .indexMalformed(at: 0)),
      ("echo QFDH5", .indexMalformed(at: 0)),
      (#""$TOOL" index-hdf5 "$OTHER""#, .otherFile),
    ] + withoutLibrary)
  func `a process that does not answer is an error`(_ text: String, _ expected: HDF5Error) throws {
    let directory = try TemporaryDirectory()
    let lines = """
      TOOL='\(Self.tool)'
      OTHER='\(Fixtures.hdf5.appending("types.h5"))'
      \(text)
      """
    let script = try script(lines, in: directory)
    #expect(throws: expected) { try Self.index(Self.file, by: script) }
  }

  @Test func `a program that is not there is an error`() {
    let error = #expect(throws: StorageError.self) {
      try Self.index(Self.file, by: "/no/such/program")
    }
    #expect(error.map { "\($0)" } == "/no/such/program: cannot open: No such file or directory")
  }

  @Test(.timeLimit(.minutes(10)))
  func `a process that goes on for ever is ended`() throws {
    let directory = try TemporaryDirectory()
    let script = try script("exec sleep 600", in: directory)
    let error = try #require(throws: HDF5Error.self) {
      while true {
        do {
          let file = try InputFile(Self.file)
          _ = try HDF5Process.message(of: file, by: script, timeLimit: .milliseconds(200))
          break
        } catch StorageError.cannotOpen(_, .textFileBusy) {
          usleep(1000)
        }
      }
    }
    #expect(
      "\(error)"
        == "libhdf5 gave up on this file (no answer in 0.2 seconds): damaged or hostile")
  }

  @Test func `the process knows nothing of HDF5's variables and has no input`() throws {
    let directory = try TemporaryDirectory()
    unsafe setenv("HDF5_PLUGIN_PATH", directory.url.path(), 1)
    defer { unsafe unsetenv("HDF5_PLUGIN_PATH") }
    let script = try script("env >'\(directory.path("env"))'; cat", in: directory)
    #expect(throws: HDF5Error.self) { try Self.index(Self.file, by: script) }
    let text = try String(contentsOfFile: directory.path("env").string, encoding: .utf8)
    #expect(text.contains("HDF5_USE_FILE_LOCKING=BEST_EFFORT"))
    #expect(!text.contains("PLUGIN"))
  }
}
