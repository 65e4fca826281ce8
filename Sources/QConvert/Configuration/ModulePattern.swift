/// A pattern of module names as coreai-opt takes it: a regular expression for the whole name.
///
/// The expression is Swift's; where Python would read it in another way it is refused.
struct ModulePattern {
  private enum Matcher {
    /// Letters, and dots that stand for any one character: nearly all patterns.
    case scalars([Unicode.Scalar])
    case expression(Regex<AnyRegexOutput>)
  }

  private let matcher: Matcher
  /// What a name that matches contains, one after the other. Looking for it spares most names the
  /// expression, which takes microseconds, seconds where patterns and modules are many.
  private let literals: [[UInt8]]

  /// - Throws: ``ConfigurationError/badPattern(_:)``
  init(_ pattern: String) throws(ConfigurationError) {
    if pattern.unicodeScalars.allSatisfy({ $0.isPlain || $0 == "." }) {
      matcher = .scalars(Array(pattern.unicodeScalars))
      literals = []
      return
    }
    guard Self.isShared(pattern),
      let expression = try? Regex(pattern).matchingSemantics(.unicodeScalar)
    else { throw .badPattern(pattern) }
    matcher = .expression(expression)
    literals = Self.literals(of: pattern)
  }

  /// Whether the pattern matches a whole name, given its bytes too.
  func matches(_ name: String, _ bytes: [UInt8]) -> Bool {
    switch matcher {
    case .scalars(let scalars):
      return scalars.elementsEqual(name.unicodeScalars) { pattern, scalar in
        pattern == scalar || pattern == "." && scalar != "\n"
      }
    case .expression(let expression):
      var start = 0
      for literal in literals {
        guard let end = Self.end(of: literal, in: bytes, from: start) else { return false }
        start = end
      }
      return (try? expression.wholeMatch(in: name)) != nil
    }
  }

  /// Whether nothing in a pattern means one thing to Swift and another, or nothing, to Python: set
  /// operations in brackets, and escaped letters beyond those of both.
  private static func isShared(_ pattern: String) -> Bool {
    if pattern.contains("["), ["&&", "--", "~~", "[["].contains(where: pattern.contains) {
      return false
    }
    var isEscaped = false
    for scalar in pattern.unicodeScalars {
      if isEscaped, scalar.isASCII, scalar.properties.isAlphabetic,
        !"AbBdDsSwWZnrtfvaxuU".unicodeScalars.contains(scalar)
      {
        return false
      }
      isEscaped = !isEscaped && scalar == "\\"
    }
    return true
  }

  /// The runs of characters outside of groups and brackets that stand for themselves; none where
  /// alternatives or flags may change what they mean.
  private static func literals(of pattern: String) -> [[UInt8]] {
    let scalars = Array(pattern.unicodeScalars)
    var runs: [[UInt8]] = [[]]
    var depth = 0
    var index = 0
    while index < scalars.count {
      var scalar = scalars[index]
      var isLiteral = scalar.isPlain
      index += 1
      switch scalar {
      case "\\":
        guard index < scalars.count else { return [] }
        scalar = scalars[index]
        // An escaped letter or digit is a class, and may take what follows with it.
        guard !scalar.isPlain || "dDwWsS".unicodeScalars.contains(scalar) else { return [] }
        isLiteral = scalar == "." || scalar == "-" || scalar == "/"
        index += 1
      case "(":
        depth += 1
        if index < scalars.count, scalars[index] == "?" {
          guard index + 1 < scalars.count, ":=!".unicodeScalars.contains(scalars[index + 1])
          else { return [] }
        }
      case ")": depth -= 1
      case "|" where depth == 0: return []
      case "[":
        guard let end = scalars[index...].firstIndex(of: "]"), end > index + 1,
          !scalars[index..<end].contains("\\")
        else { return [] }
        index = end + 1
      case "{":
        guard let end = scalars[index...].firstIndex(of: "}") else { return [] }
        index = end + 1
      default: break
      }
      let isOptional = index < scalars.count && "*?{".unicodeScalars.contains(scalars[index])
      if isLiteral, depth == 0, !isOptional {
        runs[runs.count - 1] += String(scalar).utf8
      } else {
        runs.append([])
      }
    }
    return runs.filter { !$0.isEmpty }
  }

  /// Where the first occurrence of a text ends.
  private static func end(of text: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count - start >= text.count else { return nil }
    for first in start...bytes.count - text.count {
      var length = 0
      while length < text.count, bytes[first + length] == text[length] { length += 1 }
      if length == text.count { return first + length }
    }
    return nil
  }
}

extension Unicode.Scalar {
  /// A character that stands for itself in a regular expression.
  fileprivate var isPlain: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "-", "/", ":": true
    default: false
    }
  }
}
