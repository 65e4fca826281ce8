import QConvert
import SystemPackage

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What goes to the terminal: results to standard output, all else to standard error.
enum Console {
  /// Writes lines of results; a reader that has gone away is no failure of ours.
  static func write(_ text: String) throws {
    // Every control character is a byte below the space, this one, or begins with that one.
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != 0xc2 || $0 == 0x0a }
    let text = isPlain ? text : visible(text, keepsLines: true)
    do {
      try FileDescriptor.standardOutput.writeAll("\(text)\n".utf8)
    } catch Errno.brokenPipe {
    } catch {
      throw StorageError.cannotWrite("standard output", error as? Errno ?? .ioError)
    }
  }

  /// Writes the one line of an error.
  static func fail(_ text: String) {
    // The argument parser lists choices on lines of their own.
    let lines = text.split(whereSeparator: \.isNewline).map { line in
      let line = line.drop { $0 == " " }
      return line.hasPrefix("- ") ? line.dropFirst(2) : line
    }
    emit("qconvert: \(visible(lines.joined(separator: " ")))\n")
  }

  /// Writes a warning.
  static func warn(_ text: String) {
    emit("qconvert: warning: \(visible(text))\n")
  }

  /// Writes a line about how far the work is.
  static func note(_ text: String) {
    emit("\(visible(text))\n")
  }

  /// Replaces the current line of the terminal.
  static func status(_ text: String) {
    emit("\r\u{1b}[K\(text)")
  }

  /// Whether standard error is a terminal.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// The text without what drives a terminal: paths may hold anything.
  private static func visible(_ text: String, keepsLines: Bool = false) -> String {
    var visible = ""
    for scalar in text.unicodeScalars {
      let isControl =
        !(keepsLines && scalar == "\n") && scalar.properties.generalCategory == .control
      visible += isControl ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return visible
  }

  /// There is nowhere to say that standard error cannot be written to.
  private static func emit(_ text: String) {
    _ = try? FileDescriptor.standardError.writeAll(text.utf8)
  }

  /// Columns set flush: names to the left, those in `rightAligned` to the right.
  static func table(_ rows: [[String]], rightAligned: Set<Int> = []) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    let lines = rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return rightAligned.contains(column) ? padding + cell : cell + padding
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
    return lines.joined(separator: "\n")
  }
}

extension Int {
  /// A number of things: `1 tensor`, `2 tensors`.
  func of(_ thing: String) -> String { "\(self) \(thing)\(self == 1 ? "" : "s")" }

  /// A number of bytes in decimal units, three digits: `22.7 MB`.
  var asBytes: String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(self)
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
    return "\(value.formatted(digits: digits)) \(units[unit])"
  }
}

extension Double {
  /// The number with this many digits from the first that is not 0 on.
  func formatted(significant: Int) -> String {
    guard isFinite, self != 0 else { return formatted(digits: 0) }
    var digits = significant - 1
    var bound = 1.0
    while magnitude < bound, digits < 15 {
      digits += 1
      bound /= 10
    }
    return digits < 15 ? formatted(digits: digits) : "\(self)"
  }

  /// The number with this many digits after the point.
  func formatted(digits: Int) -> String {
    guard isFinite else { return self > 0 ? "inf" : "\(self)" }
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (magnitude * scale).rounded()
    guard scaled < 0x1p53 else { return "\(self)" }
    let (whole, fraction) = Int(scaled).quotientAndRemainder(dividingBy: Int(scale))
    let sign = self < 0 && scaled > 0 ? "-" : ""
    if digits == 0 { return "\(sign)\(whole)" }
    let padded = String(String(fraction + Int(scale)).dropFirst())
    return "\(sign)\(whole).\(padded)"
  }
}
