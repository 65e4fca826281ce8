import CDeflate

/// The CRC-32 of bytes, as zip archives have it.
struct Checksum {
  private(set) var value: UInt32 = 0

  /// Takes in bytes; how they are split into calls does not matter.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    value = unsafe libdeflate_crc32(value, bytes.baseAddress, bytes.count)
  }

  /// The checksum of these bytes.
  init(of bytes: [UInt8] = []) {
    if bytes.isEmpty { return }
    unsafe bytes.withUnsafeBytes { bytes in unsafe add(bytes) }
  }

  /// The bytes of the checksum in an archive, the lowest first.
  var bytes: [UInt8] { value.littleEndianBytes }
}
