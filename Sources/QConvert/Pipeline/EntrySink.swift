import SystemPackage

/// Where the bytes of entries go.
protocol EntrySink: Sendable {
  /// What is needed only meanwhile goes to files beside this.
  var place: FilePath { get }

  /// Takes bytes of an entry, from an offset within the entry on.
  func put(_ bytes: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int) throws

  /// Takes notice that all bytes of a file's entries have been put.
  func finish(file: Int) throws
}

extension EntrySink {
  /// Nothing stays: the directory for temporary files is as good as any.
  var place: FilePath { .temporaryDirectory.appending("qconvert") }

  /// Nothing follows from it.
  func finish(file: Int) {}
}

/// The bytes of entries are dropped: only errors count.
struct NullSink: EntrySink {
  func put(_ bytes: UnsafeRawBufferPointer, _ entry: PlannedEntry, at offset: Int) {}
}
