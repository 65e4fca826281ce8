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

  /// - Throws: ``ConfigurationError/badPattern(_:)``
  init(_ pattern: String) throws(ConfigurationError) {
    if pattern.unicodeScalars.allSatisfy(\.isPlain) {
      matcher = .scalars(Array(pattern.unicodeScalars))
      return
    }
    guard Self.isShared(pattern),
      let expression = try? Regex(pattern).matchingSemantics(.unicodeScalar)
    else { throw .badPattern(pattern) }
    matcher = .expression(expression)
  }

  /// Whether the pattern matches a whole name.
  func matches(_ name: String) -> Bool {
    switch matcher {
    case .scalars(let scalars):
      scalars.elementsEqual(name.unicodeScalars) { pattern, scalar in
        pattern == scalar || pattern == "." && scalar != "\n"
      }
    case .expression(let expression):
      (try? expression.wholeMatch(in: name)) != nil
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
      if isEscaped {
        let isLetter = scalar.isASCII && scalar.properties.isAlphabetic
        if isLetter, !"AbBdDsSwWZnrtfvaxuU".unicodeScalars.contains(scalar) { return false }
        isEscaped = false
      } else {
        isEscaped = scalar == "\\"
      }
    }
    return true
  }
}

extension Unicode.Scalar {
  /// A character that stands for itself in a regular expression, or the dot.
  fileprivate var isPlain: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", "/", ":": true
    default: false
    }
  }
}
