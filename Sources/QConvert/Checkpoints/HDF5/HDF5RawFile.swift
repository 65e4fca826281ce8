/// The bytes of an HDF5 file by its own addresses, which count from the end of the user block.
struct HDF5RawFile {
  private let file: InputFile
  private let userBlock: Int
  /// The bytes that an address takes.
  let offsetSize: Int
  /// The bytes that a length takes.
  let lengthSize: Int

  /// Reads from the superblock how large addresses are; nil if that makes no sense.
  init?(_ file: InputFile, userBlock: Int) throws(StorageError) {
    self.file = file
    self.userBlock = userBlock
    guard userBlock <= file.byteCount - 16 else { return nil }
    let start = try file.bytes(userBlock..<userBlock + 16)
    let sizes = start[8] < 2 ? start[13..<15] : start[9..<11]
    offsetSize = Int(sizes[sizes.startIndex])
    lengthSize = Int(sizes[sizes.startIndex + 1])
    guard 1...8 ~= offsetSize, 1...8 ~= lengthSize else { return nil }
  }

  /// The offset from the start of the file; what does not fit stands for none.
  func absolute(_ address: UInt64) -> UInt64 {
    let (offset, overflow) = address.addingReportingOverflow(UInt64(userBlock))
    return overflow ? .max : offset
  }

  /// Where bytes are in the file; nil if they are not.
  func range(at address: UInt64, count: Int) -> Range<Int>? {
    guard let start = Int(exactly: address), start <= file.byteCount - userBlock,
      count <= file.byteCount - userBlock - start
    else { return nil }
    return userBlock + start..<userBlock + start + count
  }

  /// The bytes at an address; nil if the file ends before.
  func bytes(at address: UInt64, count: Int) throws(StorageError) -> [UInt8]? {
    guard let range = range(at: address, count: count) else { return nil }
    return try file.bytes(range)
  }
}
