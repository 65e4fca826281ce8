import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// What the next run makes of the state that a run has died in.
@Suite struct StagingRecoveryTests {
  private let directory: TemporaryDirectory
  private let output: FilePath
  private let place: FilePath
  private let old = ["config.json": "old", "model.safetensors": "old"]
  private let new = ["config.json": "new", "model.safetensors": "new"]

  init() throws {
    directory = try TemporaryDirectory()
    output = directory.path("out")
    place = directory.path(".out.qconvert")
  }

  private func create(_ path: FilePath, _ text: String) throws {
    try path.create(["config.json": text, "model.safetensors": text])
  }

  /// A run that has finished its contents.
  private func finished(overwrite: Bool = true) throws -> StagingDirectory {
    let staging = try StagingDirectory(for: output, overwrite: overwrite, isDurable: false)
    try staging.startJournal(Array("begin".utf8))
    try create(staging.contents, "new")
    return staging
  }

  /// A run from beginning to end after another died.
  private func runAgain() throws {
    try finished().commit()
    #expect(try output.files == new)
    #expect(try directory.contents == ["out"])
  }

  @Test func `a run that died leaves its journal and contents to the next`() throws {
    let staging = try finished()
    try staging.append(Array("first".utf8))
    staging.close()
    let next = try StagingDirectory(for: output, overwrite: true, isDurable: false)
    #expect(try next.journalBytes == Array("begin\nfirst\n".utf8))
    #expect(try next.contents.files == new)
    try next.append(Array("second".utf8))
    #expect(try next.journalBytes == Array("begin\nfirst\nsecond\n".utf8))
    try next.commit()
    #expect(try output.files == new)
    #expect(try directory.contents == ["out"])
  }

  @Test func `a line that a run died in goes before the next is appended`() throws {
    try place.create(["journal": "begin\nfirst\nsec", "contents/a": ""])
    let staging = try StagingDirectory(for: output, overwrite: false, isDurable: false)
    try staging.append(Array("third".utf8))
    #expect(try staging.journalBytes == Array("begin\nfirst\nthird\n".utf8))
  }

  @Test func `a stale lock file is taken over`() throws {
    try place.create(["lock": "4711\n"])
    let staging = try finished()
    #expect(try place.files["lock"] == "\(getpid())\n")
    try staging.commit()
    #expect(try output.files == new)
  }

  @Test func `all but finished files go`() throws {
    try place.create([
      "contents/a.safetensors": "", "contents/b.safetensors": "", "contents/.b.tmp": "",
      "contents/deep/a.json": "", "contents/deep/b.json": "", "contents/other/a.json": "",
      // The first of two spellings that Swift's strings call equal.
      "contents/e\u{301}": "", "contents/\u{e9}": "",
    ])
    let staging = try StagingDirectory(for: output, overwrite: false, isDurable: false)
    try staging.removeAll(except: ["a.safetensors", "deep/a.json", "other", "e\u{301}"])
    #expect(
      try staging.contents.files.keys.map { Array($0.utf8) }.sorted {
        $0.lexicographicallyPrecedes($1)
      }
        == ["a.safetensors", "deep/", "deep/a.json", "e\u{301}"].map { Array($0.utf8) })
  }

  @Test func `beginning anew empties the contents`() throws {
    try place.create(["journal": "old\n", "contents/deep/a": "", "contents/b": ""])
    let staging = try StagingDirectory(for: output, overwrite: false, isDurable: true)
    try staging.startJournal(Array("new".utf8))
    #expect(try staging.contents.files.isEmpty)
    #expect(try staging.journalBytes == Array("new\n".utf8))
    #expect(try place.files.keys.sorted() == ["contents/", "journal", "lock"])
  }

  @Test func `a journal larger than any is none`() throws {
    try place.create(["journal": "", "contents/a": ""])
    let handle = try FileHandle(forWritingTo: URL(filePath: place.appending("journal").string))
    try handle.truncate(atOffset: UInt64(JournalFile.byteLimit) + 1)
    try handle.close()
    let staging = try StagingDirectory(for: output, overwrite: false, isDurable: false)
    #expect(try staging.journalBytes == nil)
  }

  // The crash points of a commit, in its order.

  @Test func `died before the swap: the old output is in place`() throws {
    try create(output, "old")
    try finished().close()
    try place.appending("contents").moveItem(to: place.appending("replaced"))
    let next = try StagingDirectory(for: output, overwrite: true, isDurable: false)
    #expect(try output.files == old)
    #expect(try next.journalBytes == nil)
    #expect(try next.contents.files.isEmpty)
    next.close()
    try runAgain()
  }

  @Test func `died after the swap: the new output is in place and the old one goes`() throws {
    try create(output, "old")
    let staging = try finished()
    try staging.replaceByExchange()
    #expect(try output.files == new)
    #expect(try place.appending("replaced").files == old)
    staging.close()
    let next = try StagingDirectory(for: output, overwrite: true, isDurable: false)
    #expect(try output.files == new)
    #expect(try next.journalBytes == nil)
    #expect(try place.files.keys.sorted() == ["contents/", "lock"])
    next.close()
    try runAgain()
  }

  @Test func `died between the two renames: the old output is put back`() throws {
    try create(output, "old")
    try finished().close()
    try output.moveItem(to: place.appending("replaced"))
    // A dry run sees what a run would see.
    #expect(throws: StorageError.self) {
      try StagingDirectory.check(output, inputs: [], overwrite: false)
    }
    #expect(throws: Never.self) {
      try StagingDirectory.check(output, inputs: [], overwrite: true)
    }
    #expect(!output.exists)
    let next = try StagingDirectory(for: output, overwrite: true, isDurable: true)
    #expect(try output.files == old)
    // Nothing of the work is lost.
    #expect(try next.journalBytes == Array("begin\n".utf8))
    #expect(try next.contents.files == new)
    try next.commit()
    #expect(try output.files == new)
    #expect(try directory.contents == ["out"])
  }

  @Test func `an old output is put back even by a run that may not replace it`() throws {
    try create(output, "old")
    try finished().close()
    try output.moveItem(to: place.appending("replaced"))
    #expect { try finished(overwrite: false) } throws: { "\($0)".hasSuffix("already exists") }
    #expect(try output.files == old)
    #expect(try place.appending("contents").files == new)
  }

  @Test func `an old output is put back when work is discarded`() throws {
    try create(output, "old")
    let staging = try finished()
    try output.moveItem(to: place.appending("replaced"))
    staging.discard()
    #expect(try output.files == old)
    #expect(try directory.contents == ["out"])
  }

  @Test func `died after two renames: the new output is in place and the old one goes`() throws {
    try create(output, "old")
    let staging = try finished()
    try staging.replaceInTwoSteps()
    #expect(try output.files == new)
    #expect(try place.appending("replaced").files == old)
    staging.close()
    try runAgain()
  }

  @Test func `when the second rename fails, the old output is put back`() throws {
    try create(output, "old")
    let staging = try finished()
    try DirectoryTree.remove(staging.contents)
    #expect(throws: Errno.noSuchFileOrDirectory) { try staging.replaceInTwoSteps() }
    #expect(try output.files == old)
    #expect(!place.appending("replaced").exists)
  }

  @Test func `when the swap fails, the contents are where they were`() throws {
    let staging = try finished()
    // Nothing to swap with.
    #expect(throws: Errno.noSuchFileOrDirectory) { try staging.replaceByExchange() }
    #expect(try staging.contents.files == new)
  }

  @Test func `died while the old output was deleted: no half of it comes back`() throws {
    try place.create(["removed/model.safetensors": "old", "journal": "begin\n", "lock": ""])
    let next = try StagingDirectory(for: output, overwrite: false, isDurable: false)
    #expect(!output.exists)
    #expect(try next.journalBytes == nil)
    #expect(try place.files.keys.sorted() == ["contents/", "lock"])
  }

  @Test func `died after the rename: the next run finds an output and tidies up`() throws {
    try create(output, "new")
    try place.create(["journal": "begin\n", "lock": ""])
    #expect { try finished(overwrite: false) } throws: { "\($0)".hasSuffix("already exists") }
    #expect(try directory.contents == ["out"])
    try place.create(["lock": ""])
    try runAgain()
  }
}
