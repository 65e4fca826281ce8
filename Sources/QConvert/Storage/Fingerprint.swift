/// A number that stands for a text: the 128-bit FNV-1a hash of its bytes.
///
/// It is the same on every machine and in every version, so it can be kept in a file. It tells
/// apart what differs by accident; whoever wants two texts of one fingerprint can make them.
struct Fingerprint: Hashable, Sendable {
  // Computed, hence a constant: a stored one is asked for once a byte whether it is initialized.
  private static var prime: UInt128 { 1 << 88 | 0x13b }
  private var state: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d

  /// Takes in bytes; how they are split into calls does not matter.
  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      state = (state ^ UInt128(byte)) &* Self.prime
    }
  }

  /// Takes in a text and its end: "ab", "c" is not "a", "bc".
  mutating func add(_ text: String) {
    add(text.utf8)
    // A byte that no text has.
    add(CollectionOfOne(0xff))
  }

  /// The hash as 32 digits.
  var hex: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 32 - digits.utf8.count) + digits
  }
}
