import SystemPackage

/// An HDF5 file without the values of its datasets: its size, where they go, and everything else.
///
/// Written to a file of that size, the segments and the data give the file that libhdf5 would have made:
/// the data can come from any thread, in any order, without the library. The same outline gives the same
/// bytes, at any time and place.
struct HDF5Skeleton: Sendable {
  /// The size of the file.
  let byteCount: Int
  /// Where the data of each dataset goes, in the order of the outline; nil for a dataset that is left out,
  /// that has no element, whose values are known, or that is in chunks.
  let data: [Range<Int>?]
  /// What is around the data, in order.
  let segments: [FileSegment]
  /// What is left out.
  let omissions: [HDF5Omission]

  /// Has libhdf5 lay out a file that holds nothing where the data goes, in a directory with room for what
  /// is around it.
  ///
  /// - Throws: `HDF5OutputError`, or `HDF5Error.libraryUnusable`.
  init(
    of outline: HDF5Outline, directory: FilePath = .temporaryDirectory
  ) throws {
    self = try HDF5Library.run {
      Result {
        let file: SparseFile
        do throws(Errno) {
          file = try SparseFile(in: directory)
        } catch {
          throw HDF5OutputError.noTemporaryFile(directory, error)
        }
        var writer = try HDF5OutlineWriter(outline, to: file.path)
        file.removeName()
        try writer.write()
        let (data, omissions) = (writer.data, writer.omissions)
        try writer.finish()
        do {
          return try HDF5Skeleton(file, data, omissions)
        } catch let error as Errno {
          throw HDF5OutputError.noTemporaryFile(directory, error)
        }
      }
    }.get()
  }

  private init(
    _ file: borrowing SparseFile, _ data: [Range<Int>?], _ omissions: [HDF5Omission]
  ) throws {
    byteCount = try file.byteCount()
    self.data = data
    self.omissions = omissions
    var segments: [FileSegment] = []
    var end = 0
    let ranges = data.compactMap(\.self).sorted { $0.lowerBound < $1.lowerBound }
    for range in ranges + [byteCount..<byteCount] {
      guard range.lowerBound >= end, range.upperBound <= byteCount else {
        throw HDF5OutputError.refused(
          nil, attribute: nil, message: "data that overlaps at byte \(range.lowerBound)")
      }
      if range.lowerBound > end {
        segments.append(FileSegment(offset: end, bytes: try file.bytes(end..<range.lowerBound)))
      }
      end = range.upperBound
    }
    self.segments = segments
  }
}

/// Something that an HDF5 file was to hold and does not.
struct HDF5Omission: Hashable, Sendable {
  /// The object.
  let path: TensorName
  /// Its attribute; nil where the object is missing itself.
  let attribute: TensorName?
  let reason: String
}

extension HDF5Omission: CustomStringConvertible {
  /// What is missing and why, in one line.
  var description: String {
    let object = path.string.isEmpty ? "the root group" : path.description
    return (attribute.map { "\(object): the attribute \($0)" } ?? object)
      + " is left out: \(reason)"
  }
}
