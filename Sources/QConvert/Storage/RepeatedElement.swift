extension UnsafeMutableRawBufferPointer {
  /// Fills the buffer with one element again and again, as if it began at a byte of a tensor.
  func fill(repeating element: [UInt8], from start: Int) {
    guard !element.isEmpty else { return }
    var done = 0
    while done < Swift.min(element.count, count) {
      unsafe self[done] = element[(start + done) % element.count]
      done += 1
    }
    // What is there is a whole number of elements: it goes on as it began.
    while done < count {
      let part = Swift.min(done, count - done)
      unsafe UnsafeMutableRawBufferPointer(rebasing: self[done..<done + part])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: self[..<part]))
      done += part
    }
  }
}
