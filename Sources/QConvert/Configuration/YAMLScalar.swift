/// A scalar of a YAML text before it is known what it stands for.
struct YAMLScalar: Hashable {
  let text: String
  /// The tag in full, such as `tag:yaml.org,2002:str`.
  let tag: String?
  /// Neither quoted nor tagged, so that the text decides.
  let isPlain: Bool

  /// Whether it is the key that merges mappings into this one.
  var isMerge: Bool { isPlain && text == "<<" }

  /// What it stands for: what PyYAML's `safe_load` makes of it. YAML 1.1, so that `on` is true, `017` is
  /// fifteen and `1:30` is ninety; and not quite, so that `1e3` is a string. A date stays a string.
  ///
  /// - Returns: Nil for a tag that is not known or does not fit the text.
  var value: JSONValue? {
    switch tag.map({ $0.hasPrefix(Self.prefix) ? String($0.dropFirst(Self.prefix.count)) : $0 }) {
    case nil, "!": isPlain || tag == "!" ? Self.resolve(text) : .string(text)
    case "str": .string(text)
    case "null": .null
    case "bool": Self.bool(text).map(JSONValue.bool)
    case "int": Self.integer(text).map(JSONValue.number)
    case "float": (Self.float(text) ?? Self.integer(text)).map(JSONValue.number)
    default: nil
    }
  }

  static let prefix = "tag:yaml.org,2002:"

  private static func resolve(_ text: String) -> JSONValue {
    if ["", "~", "null", "Null", "NULL"].contains(text) { return .null }
    if let bool = bool(text) { return .bool(bool) }
    if let number = float(text) ?? integer(text) { return .number(number) }
    return .string(text)
  }

  private static func bool(_ text: String) -> Bool? {
    switch text {
    case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": true
    case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": false
    default: nil
    }
  }

  /// `[-+]? ( 0b[01_]+ | 0x[0-9a-fA-F_]+ | 0[0-7_]+ | 0 | [1-9][0-9_]* (:[0-5]?[0-9])* )`
  private static func integer(_ text: String) -> Double? {
    let (sign, digits) = signed(text)
    guard let first = digits.first, first.isASCIIDigit else { return nil }
    if digits.contains(":") {
      guard first != "0", let value = sexagesimal(digits[...]) else { return nil }
      return sign * value
    }
    let plain = digits.filter { $0 != "_" }
    if plain.hasPrefix("0b") { return number(plain.dropFirst(2), radix: 2).map { sign * $0 } }
    if plain.hasPrefix("0x") { return number(plain.dropFirst(2), radix: 16).map { sign * $0 } }
    return number(plain[...], radix: first == "0" ? 8 : 10).map { sign * $0 }
  }

  /// `[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?`, `\.[0-9][0-9_]*([eE][-+][0-9]+)?`,
  /// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*`, `[-+]?\.(inf|Inf|INF)` and `\.(nan|NaN|NAN)`.
  private static func float(_ text: String) -> Double? {
    let (sign, digits) = signed(text)
    if [".inf", ".Inf", ".INF"].contains(digits) { return sign * .infinity }
    if [".nan", ".NaN", ".NAN"].contains(text) { return .nan }
    guard let dot = digits.firstIndex(of: ".") else { return nil }
    let whole = digits[..<dot]
    let rest = digits[digits.index(after: dot)...]
    if whole.isEmpty {
      guard sign > 0, !text.hasPrefix("+"), rest.first?.isASCIIDigit == true else { return nil }
    } else {
      guard whole.first?.isASCIIDigit == true else { return nil }
    }
    if whole.contains(":") {
      guard rest.allSatisfy({ $0.isASCIIDigit || $0 == "_" }), let value = sexagesimal(whole)
      else { return nil }
      return sign * (value + (Double("0." + rest.filter { $0 != "_" } + "0") ?? 0))
    }
    let mark = rest.firstIndex { $0 == "e" || $0 == "E" }
    let fraction = rest[..<(mark ?? rest.endIndex)]
    var exponent = ""
    if let mark {
      exponent = String(rest[rest.index(after: mark)...])
      guard exponent.hasPrefix("+") || exponent.hasPrefix("-"), exponent.count > 1,
        exponent.dropFirst().allSatisfy(\.isASCIIDigit)
      else { return nil }
    }
    guard (whole + fraction).allSatisfy({ $0.isASCIIDigit || $0 == "_" }) else { return nil }
    let number = (whole + "." + fraction + "0").filter { $0 != "_" }
    return Double((whole.isEmpty ? "0" : "") + number + (mark == nil ? "" : "e" + exponent))
      .map { sign * $0 }
  }

  private static func signed(_ text: String) -> (sign: Double, digits: String) {
    if text.hasPrefix("-") { return (-1, String(text.dropFirst())) }
    return (1, text.hasPrefix("+") ? String(text.dropFirst()) : text)
  }

  /// A number of a base as a double, which may round it; nil where a character is no digit.
  private static func number(_ digits: Substring, radix: Int) -> Double? {
    guard !digits.isEmpty else { return nil }
    var value = 0.0
    for digit in digits {
      guard digit.isASCII, let next = digit.hexDigitValue, next < radix else { return nil }
      value = value * Double(radix) + Double(next)
    }
    return value
  }

  /// Digits of base 60, as YAML 1.1 writes times; those after the first are below 60.
  private static func sexagesimal(_ text: Substring) -> Double? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var value = 0.0
    for (index, part) in parts.enumerated() {
      let digits = index == 0 ? part.filter { $0 != "_" }[...] : part
      guard let next = number(digits, radix: 10), index == 0 || next < 60 && part.count < 3
      else { return nil }
      value = value * 60 + next
    }
    return value
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { "0"..."9" ~= self && isASCII }
}
