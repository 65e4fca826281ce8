import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// How wide lines may be, and of which characters pictures are made.
struct TerminalStyle {
  let width: Int
  let isUnicode: Bool

  var arrow: String { isUnicode ? "→" : "->" }
  var ellipsis: String { isUnicode ? "…" : "..." }
  private var levels: [Character] { Array(isUnicode ? "▁▂▃▄▅▆▇█" : ".:-=+*#@") }

  /// A line of columns, one for each value from 0 to 1; what is nil stays blank.
  func sparkline(_ shares: [Double?]) -> String {
    let levels = levels
    return String(
      shares.map { share in
        guard let share else { return " " }
        let level = Int((min(max(share, 0), 1) * Double(levels.count - 1)).rounded())
        return levels[level]
      })
  }

  /// A bar as long as the share, from 0 to 1, of `length` characters; blanks fill it up.
  func bar(_ share: Double, length: Int) -> String {
    let share = min(max(share, 0), 1)
    guard isUnicode else {
      let full = Int((share * Double(length)).rounded())
      return String(repeating: "#", count: full) + String(repeating: " ", count: length - full)
    }
    let eighths = Int((share * Double(8 * length)).rounded())
    let (full, rest) = eighths.quotientAndRemainder(dividingBy: 8)
    let part = rest == 0 ? "" : String(Array("▏▎▍▌▋▊▉")[rest - 1])
    let bar = String(repeating: "█", count: full) + part
    return bar + String(repeating: " ", count: length - bar.count)
  }

  /// The text with its middle left out where it is longer than `length`; the end of a name tells more.
  func shorten(_ text: String, to length: Int) -> String {
    guard text.count > length else { return text }
    let room = max(length - ellipsis.count, 2)
    let end = (2 * room + 2) / 3
    return "\(text.prefix(room - end))\(ellipsis)\(text.suffix(end))"
  }
}

extension TerminalStyle {
  /// The style of standard output: as wide as the terminal, or as COLUMNS says where there is none.
  static var standardOutput: TerminalStyle {
    TerminalStyle(
      width: max(terminalWidth ?? variable("COLUMNS").flatMap { Int($0) } ?? 120, 40),
      isUnicode: isUnicode(
        locale: ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(variable).first ?? ""))
  }

  /// Whether texts are UTF-8 in a locale such as `en_GB.UTF-8`.
  private static func isUnicode(locale: String) -> Bool {
    let locale = locale.lowercased()
    return locale.contains("utf-8") || locale.contains("utf8")
  }

  /// The columns of the terminal that standard output is; nil where it is none.
  private static var terminalWidth: Int? {
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// An environment variable that is set and not empty.
  private static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
