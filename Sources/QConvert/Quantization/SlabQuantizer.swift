/// Quantizes stretches of tensors with one worker's memory.
///
/// The elements of a stretch are in `input`; the results are buffers that stay valid until the next
/// call that fills them.
final class SlabQuantizer {
  let kernels: Kernels
  /// Elements of a slab: float64 ones as kernels take them, any as general calculators do.
  let narrowed = Scratch<Float>()
  let widened = Scratch<Double>()
  /// Ranges, a group and a lane each.
  let rangeMin = Scratch<Float>()
  let rangeMax = Scratch<Float>()
  let laneMin = Scratch<Float>()
  let laneMax = Scratch<Float>()
  /// Parameters, a group and a lane each.
  let groupScratch = QParamsScratch()
  let laneScratch = QParamsScratch()
  /// Results.
  let codeScratch = Scratch<UInt8>()
  let floatScratch = Scratch<UInt8>()

  init(kernels: Kernels = .best) {
    self.kernels = kernels
  }
}
