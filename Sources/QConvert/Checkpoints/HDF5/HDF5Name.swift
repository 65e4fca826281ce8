/// The names that tensors have as paths in an HDF5 file.
///
/// HDF5 cannot hold a component that is empty or ".", nor NUL; a tensor's name may have all of them.
/// Components are spelled as they are, but for these, where `%` stands for any number of percent signs:
///
///     %           one percent sign more, so the empty one is `%`
///     .           `%2E`
///     %2E         one percent sign more, if there is any
///     % and NUL   twice the percent signs, and `%00`
///     % and 00    twice the percent signs, and 00
///
/// The last two wherever they stand. Every path is thus the spelling of exactly one name, and every name
/// has exactly one path: names never meet, and paths of an HDF5 file come back as they were.
enum HDF5Name {
  /// The path that stands for a name.
  static func encode(_ name: TensorName) -> TensorName { mapComponents(of: name, encode) }

  /// The name that a path stands for.
  static func decode(_ path: TensorName) -> TensorName { mapComponents(of: path, decode) }

  /// Whether an HDF5 file can hold an object at the path.
  static func isPath(_ name: TensorName) -> Bool {
    !name.string.utf8.contains(0)
      && name.string.utf8.split(separator: slash, omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && !$0.elementsEqual([dot])
      }
  }

  private static let slash = UInt8(ascii: "/")
  private static let dot = UInt8(ascii: ".")
  private static let percent = UInt8(ascii: "%")
  private static let zeros = Array("00".utf8)
  private static let dotDigits = Array("2E".utf8)

  private static func mapComponents(
    of name: TensorName, _ map: (ArraySlice<UInt8>) -> [UInt8]
  ) -> TensorName {
    let bytes = Array(name.string.utf8)
    let components = bytes.split(separator: slash, omittingEmptySubsequences: false)
    let mapped = Array(components.map(map).joined(separator: [slash]))
    return TensorName(String(decoding: mapped, as: UTF8.self))
  }

  private static func encode(_ component: ArraySlice<UInt8>) -> [UInt8] {
    let rest = component.drop { $0 == percent }
    if rest.isEmpty || rest.count < component.count && rest.elementsEqual(dotDigits) {
      return [percent] + component
    }
    if component.elementsEqual([dot]) { return [percent] + dotDigits }
    return mapRuns(of: component) { count, rest in
      if rest.first == 0 { return (2 * count + 1, zeros, 1) }
      return rest.starts(with: zeros) ? (2 * count, zeros, 2) : nil
    }
  }

  private static func decode(_ component: ArraySlice<UInt8>) -> [UInt8] {
    let rest = component.drop { $0 == percent }
    let count = component.count - rest.count
    if count > 0, rest.isEmpty { return Array(component.dropFirst()) }
    if count > 0, rest.elementsEqual(dotDigits) {
      return count == 1 ? [dot] : Array(component.dropFirst())
    }
    return mapRuns(of: component) { count, rest in
      guard rest.starts(with: zeros) else { return nil }
      return (count / 2, count.isMultiple(of: 2) ? zeros : [0], 2)
    }
  }

  /// Replaces percent signs, none too, with what follows them: by a number of percent signs and these
  /// bytes, for so many that follow; nil leaves them.
  private static func mapRuns(
    of component: ArraySlice<UInt8>,
    _ map: (Int, ArraySlice<UInt8>) -> (count: Int, bytes: [UInt8], length: Int)?
  ) -> [UInt8] {
    var result: [UInt8] = []
    var rest = component
    while !rest.isEmpty {
      let next = rest.drop { $0 == percent }
      let count = rest.count - next.count
      if let (newCount, bytes, length) = map(count, next) {
        result += repeatElement(percent, count: newCount) + bytes
        rest = next.dropFirst(length)
      } else {
        result += rest.prefix(count + 1)
        rest = next.dropFirst()
      }
    }
    return result
  }
}
