/// Quantizes stretches of tensors with one worker's memory.
///
/// The elements of a stretch are in `input`; the results are buffers that stay valid until the next
/// call that fills them.
final class SlabQuantizer {
  let kernels: Kernels
  let narrowed = Scratch<Float>()
  let widened = Scratch<Double>()
  let rangeMin = Scratch<Float>()
  let rangeMax = Scratch<Float>()
  let laneScratch = QParamsScratch()
  let groupScratch = QParamsScratch()
  let codeScratch = Scratch<UInt8>()
  let floatScratch = Scratch<UInt8>()

  init(kernels: Kernels = .best) {
    self.kernels = kernels
  }
}
