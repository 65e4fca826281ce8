import CHDF5
import SystemPackage

/// A file that libhdf5 is writing; one that is not finished is given up.
struct HDF5NewFile: ~Copyable {
  let id: qc_h5_id

  /// Creates the file, or empties it.
  init(_ path: FilePath, rootIsDense: Bool) throws(HDF5OutputError) {
    id = unsafe qc_h5_create_file(path.string, rootIsDense)
    guard id >= 0 else { throw .refused(at: nil) }
  }

  /// Opens a file that is complete, to write more.
  init(extending path: FilePath) throws(HDF5OutputError) {
    id = unsafe qc_h5_extend_file(path.string)
    guard id >= 0 else { throw .refused(at: nil) }
  }

  deinit {
    qc_h5_close_file(id)
  }

  /// Writes what is still in memory and closes the file.
  consuming func finish() throws(HDF5OutputError) {
    let id = id
    discard self
    guard qc_h5_finish_file(id) else { throw .refused(at: nil) }
  }
}

extension HDF5Handle {
  /// Takes over what was made for an object.
  init(
    _ id: qc_h5_id, at path: TensorName, _ attribute: TensorName? = nil
  ) throws(HDF5OutputError) {
    do throws(HDF5Failure) {
      try self.init(id, .object)
    } catch {
      throw .refused(
        path, attribute: attribute, message: String(decoding: error.message, as: UTF8.self))
    }
  }

  /// Makes a dataspace.
  init(
    making shape: [Int]?, limits: [Int?]? = nil, at path: TensorName,
    _ attribute: TensorName? = nil
  ) throws(HDF5OutputError) {
    let kind =
      switch shape {
      case nil: qc_h5_null
      case []: qc_h5_scalar
      default: qc_h5_simple
      }
    let extents = (shape ?? []).map { UInt64(clamping: $0) }
    if let limits, limits.count == extents.count, kind == qc_h5_simple {
      let limits = limits.map { $0.map { UInt64(clamping: $0) } ?? qc_h5_none }
      unsafe try self.init(
        qc_h5_make_extensible_space(Int32(clamping: extents.count), extents, limits), at: path,
        attribute)
      return
    }
    unsafe try self.init(
      qc_h5_make_space(kind, Int32(clamping: extents.count), extents), at: path, attribute)
  }
}

extension HDF5OutputError {
  /// The last failure of libhdf5.
  static func refused(at path: TensorName?, _ attribute: TensorName? = nil) -> Self {
    .refused(
      path, attribute: attribute,
      message: String(decoding: HDF5Library.message(), as: UTF8.self))
  }
}
