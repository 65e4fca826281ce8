/// What divides the scales of tensors, where their calculators want something that follows from all values.
struct GlobalScales {
  private var scales: [TensorName: Float] = [:]

  /// None.
  init() {}

  /// Looks at every value of the tensors whose calculators want to know the largest, of those that share a scale
  /// together.
  ///
  /// - Throws: ``StorageError``; ``QuantizationError`` for a value that is not finite, unless such tensors are
  ///   to be skipped, which then have no scale.
  init(of model: Model, _ verdicts: [TensorVerdict], _ options: ConversionOptions) throws {
    var magnitudes: [TensorName: Float] = [:]
    var found: [(tensor: TensorName, shared: TensorName, calculator: any QParamsCalculator)] = []
    for (source, verdict) in zip(model.storedTensors, verdicts) {
      guard let spec = verdict.decision.spec,
        let precision = FloatPrecision(source.descriptor.dtype)
      else { continue }
      let calculator = try options.calculators.qparams(for: spec)
      guard calculator.globalScale(largestMagnitude: 1) != nil else { continue }
      let tensor = source.descriptor
      let whole = TensorQuantization(
        tensor: tensor, precision: precision, spec: spec,
        geometry: BlockGeometry(shape: tensor.shape, block: tensor.shape), roundsQParams: false,
        packing: nil, rangeCalculator: MinMaxRange(), qparamsCalculator: calculator)
      let run = RangeRun([.init(source: source, quantization: whole)])
      do {
        let ranges = try run.run(jobs: options.workerCount, progress: ConversionProgress())
        let shared = options.layout.globalScaleName(of: tensor.name)
        let magnitude = ranges[0].valueRanges[0].magnitude
        magnitudes[shared] = max(magnitudes[shared] ?? 0, Float(magnitude))
        found.append((tensor.name, shared, calculator))
      } catch let error as QuantizationError {
        guard options.skipsNonFinite else { throw error }
      }
    }
    for (tensor, shared, calculator) in found {
      scales[tensor] = calculator.globalScale(largestMagnitude: magnitudes[shared] ?? 0)
    }
  }

  /// The scale of a tensor's scales.
  subscript(tensor: TensorName) -> Float? { scales[tensor] }
}
