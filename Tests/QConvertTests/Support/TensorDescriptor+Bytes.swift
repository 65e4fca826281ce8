@testable import QConvert

extension TensorDescriptor {
  /// Where the elements are in a safetensors file.
  var bytes: Range<Int> {
    if case .contiguous(let bytes) = storage { bytes } else { 0..<0 }
  }
}
