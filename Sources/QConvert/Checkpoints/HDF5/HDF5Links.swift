#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif
import CHDF5

/// The links of a group as they are, none of them followed.
struct HDF5Links {
  struct Link {
    let name: [UInt8]
    let kind: qc_h5_link
    /// Where a hard link leads.
    let address: UInt64

    /// Whether a path with the name leads here and nowhere else.
    var isPathComponent: Bool {
      !name.isEmpty && !name.contains(UInt8(ascii: "/"))
        && String(validating: name, as: UTF8.self) != nil
    }
  }

  private(set) var all: [Link] = []
  private let limit: Int

  /// Lists the links, but no more than the limit.
  init(of group: borrowing HDF5Handle, limit: Int) throws(HDF5Failure) {
    self.limit = limit
    let id = group.id
    let succeeded = unsafe withUnsafeMutablePointer(to: &self) { links in
      unsafe qc_h5_links(
        id,
        { context, name, kind, address in
          guard let context = unsafe context, let name = unsafe name else { return false }
          let links = unsafe context.assumingMemoryBound(to: HDF5Links.self)
          unsafe links.pointee.all.append(
            Link(name: Array(bytesOf: name), kind: kind, address: address))
          return unsafe links.pointee.all.count < links.pointee.limit
        }, unsafe links)
    }
    try HDF5Failure.check(succeeded, .list)
  }

  /// Sorts by the bytes of the names.
  mutating func sort() {
    all.sort { $0.name.lexicographicallyPrecedes($1.name) }
  }
}

extension [UInt8] {
  /// The bytes of a text of C, without its end.
  init(bytesOf text: UnsafePointer<CChar>) {
    self = unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }
}
