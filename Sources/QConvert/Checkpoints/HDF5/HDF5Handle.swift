import CHDF5

/// Something of libhdf5's that is open, closed when the value ends.
struct HDF5Handle: ~Copyable {
  let id: qc_h5_id

  /// Takes over an id; a negative one is a failure of the step.
  init(_ id: qc_h5_id, _ step: HDF5Step) throws(HDF5Failure) {
    guard id >= 0 else { throw HDF5Failure(step) }
    self.id = id
  }

  deinit {
    qc_h5_close(id)
  }
}

/// An open file; whatever is open in it is closed with it.
struct HDF5FileHandle: ~Copyable {
  let id: qc_h5_id

  init(_ path: String) throws(HDF5Failure) {
    id = unsafe qc_h5_open_file(path)
    guard id >= 0 else { throw HDF5Failure(.open) }
  }

  deinit {
    qc_h5_close_file(id)
  }
}

/// A call of libhdf5 that failed, with what the library said.
struct HDF5Failure: Error {
  let step: HDF5Step
  let message: [UInt8]

  init(_ step: HDF5Step) {
    self.step = step
    message = HDF5Library.message()
  }

  /// Demands that a call has succeeded.
  static func check(_ succeeded: Bool, _ step: HDF5Step) throws(HDF5Failure) {
    guard succeeded else { throw HDF5Failure(step) }
  }
}
