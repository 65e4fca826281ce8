/// Text of an HTML page. A literal is markup; texts and numbers that it takes in are not, whatever is in them.
struct Markup: ExpressibleByStringInterpolation {
  let text: String

  /// Text that is markup already.
  init(trusted text: String) {
    self.text = text
  }

  init(stringLiteral text: String) {
    self.text = text
  }

  init(stringInterpolation parts: Parts) {
    text = parts.text
  }

  struct Parts: StringInterpolationProtocol {
    private(set) var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity)
    }

    mutating func appendLiteral(_ literal: String) {
      text += literal
    }

    mutating func appendInterpolation(_ number: Int) {
      text += String(number)
    }

    mutating func appendInterpolation(_ markup: Markup) {
      text += markup.text
    }

    mutating func appendInterpolation(_ items: [Markup]) {
      for item in items { text += item.text }
    }

    /// Takes in text within elements and quoted attributes. Scalars count, not characters: a `<` that bears an
    /// accent is one still.
    mutating func appendInterpolation(_ plain: String) {
      for scalar in plain.unicodeScalars {
        switch scalar {
        case "<": text += "&lt;"
        case ">": text += "&gt;"
        case "&": text += "&amp;"
        case "\"": text += "&quot;"
        case "'": text += "&#39;"
        default: text.unicodeScalars.append(scalar)
        }
      }
    }
  }
}
