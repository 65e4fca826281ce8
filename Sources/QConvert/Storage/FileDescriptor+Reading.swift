import SystemPackage

extension FileDescriptor {
  /// Fills a buffer with the bytes from an offset on; gives their number, which is less where the file ends
  /// before.
  func readAll(
    fromAbsoluteOffset offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(Errno) -> Int {
    var done = 0
    do {
      while done < buffer.count {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        let count = unsafe try read(fromAbsoluteOffset: Int64(offset + done), into: rest)
        if count == 0 { break }
        done += count
      }
    } catch {
      throw error as? Errno ?? .ioError
    }
    return done
  }
}
