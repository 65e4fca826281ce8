/// The unit in which files are kept in memory. What is written from whole pages to whole pages is copied a tenth
/// faster in a conversion; outputs are laid out for it where their format leaves the choice. The same number
/// everywhere, so that outputs are the same everywhere: the smallest page of all machines.
enum Page {
  static let byteCount = 4096
}
