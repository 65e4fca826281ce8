/// Memory that grows on demand and is used again: one per worker and purpose. It begins at a page.
///
/// The contents do not survive growing.
@safe
final class Scratch<Element: BitwiseCopyable> {
  private var storage = unsafe UnsafeMutableBufferPointer<Element>(start: nil, count: 0)

  deinit {
    unsafe storage.deallocate()
  }

  /// Room for `count` elements, uninitialized or with what an earlier use left.
  func reserve(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
    if unsafe storage.count < count {
      unsafe storage.deallocate()
      let bytes = UnsafeMutableRawPointer.allocate(
        byteCount: count * MemoryLayout<Element>.stride, alignment: Page.byteCount)
      unsafe storage = UnsafeMutableBufferPointer(
        start: unsafe bytes.bindMemory(to: Element.self, capacity: count), count: count)
    }
    return unsafe UnsafeMutableBufferPointer(rebasing: storage[..<count])
  }

  /// Gives the memory back until it is needed again.
  func release() {
    unsafe storage.deallocate()
    unsafe storage = UnsafeMutableBufferPointer(start: nil, count: 0)
  }

  /// Room for `count` elements, all set to `value`.
  func fill(_ count: Int, with value: Element) -> UnsafeMutableBufferPointer<Element> {
    let buffer = unsafe reserve(count)
    unsafe buffer.update(repeating: value)
    return unsafe buffer
  }
}
