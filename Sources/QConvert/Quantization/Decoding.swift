/// What codes stand for, given the parameters of their groups.
struct Decoding: Sendable {
  let spec: QuantizationSpec
  let geometry: BlockGeometry
  /// What made the codes.
  let arithmetic: Arithmetic
  /// To which the product of code and scale is rounded, and its sum with a minval.
  let product: FloatPrecision
  /// What divides all scales, if there is something.
  var globalScale: Float?

  /// The way back from the codes of a calculator, for a tensor of this precision.
  init(
    _ spec: QuantizationSpec, _ geometry: BlockGeometry, of calculator: any QParamsCalculator,
    precision: FloatPrecision, globalScale: Float? = nil
  ) {
    self.spec = spec
    self.geometry = geometry
    arithmetic = calculator.arithmetic
    product = calculator.product.precision(for: precision)
    self.globalScale = globalScale
  }
}
