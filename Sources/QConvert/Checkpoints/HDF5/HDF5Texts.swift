import CHDF5

/// Texts of any length, as libhdf5 reads them.
///
/// The library allocates what the file says they take, which the limits of the process bound.
enum HDF5Texts {
  /// More texts than any dataset needs.
  private static let countLimit = 1 << 20

  /// So many texts, which `read` fills in; nil where that fails, or where they take too many bytes together.
  static func read(
    count: Int, byteLimit: Int, _ read: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Bool
  ) -> [[UInt8]]? {
    guard count > 0 else { return [] }
    guard count <= countLimit else { return nil }
    var pointers = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    let succeeded = unsafe read(&pointers)
    defer {
      for index in unsafe pointers.indices {
        if let pointer = unsafe pointers[index] { unsafe qc_h5_free(pointer) }
      }
    }
    guard succeeded else {
      _ = HDF5Library.message()
      return nil
    }
    var texts: [[UInt8]] = []
    var byteCount = 0
    for index in unsafe pointers.indices {
      let text = unsafe pointers[index].map { unsafe [UInt8](bytesOf: $0) } ?? []
      byteCount += text.count
      guard byteCount <= byteLimit else { return nil }
      texts.append(text)
    }
    return texts
  }
}
