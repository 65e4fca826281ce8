/// The variables of a model of Keras 3 that `model.quantize` has quantized, in a file of its weights.
///
///     layers/dense/vars/0   the kernel: I8; of int4 two values to a byte along the last axis
///     layers/dense/vars/1   the bias, where there is one
///     layers/dense/vars/2   the scales: F32; those of channels are reciprocals
///     layers/dense/vars/3   the zero points of blocks: I8
///     layers/dense/vars/4   the number of its block for every index of the axis of blocks: F32
///
/// The kernels of `Dense` and `EinsumDense` and the rows of `Embedding` are quantized, in float32, as Keras
/// does; everything else is copied.
public struct KerasLayout: OutputLayout {
  /// Whether the output is a `.keras` archive, in which each layer has a configuration of its own.
  ///
  /// Keras 3.15 cannot load attentions that are quantized from one; they stay float.
  public let isArchive: Bool

  /// The layout.
  public init(isArchive: Bool = false) {
    self.isArchive = isArchive
  }

  /// The name on the command line.
  public var name: String { "keras" }
  /// HDF5 only.
  public var formats: Set<OutputFormat> { [.hdf5, .keras] }
  /// The last block may be shorter.
  public var allowsRaggedBlocks: Bool { true }
  /// The reciprocals are those of channels.
  public var scalings: Set<Scaling> { [.divide, .multiply] }
  /// The numbers of variables depend on the layer.
  public var recordsEntries: Bool { true }

  /// Which types share bytes.
  public func packing(of spec: QuantizationSpec) -> CodePacking? {
    spec.dtype == .int4 ? CodePacking(bits: 4) : nil
  }

  /// The kernel, then its parameters under the next numbers.
  public func entries(for tensor: QuantizedTensor) throws(LayoutError) -> [OutputEntry] {
    guard let parameter = tensor.layer?.keras else { throw wrongInput }
    let group = tensor.name.parent
    var number = parameter.numbers.last ?? 0
    func next() -> String {
      number += 1
      return group.appending("\(number)").string
    }
    let packing = packing(of: tensor.spec)
    let shape = packing?.byteShape(tensor.view) ?? tensor.view
    let kernel = OutputEntry(tensor.name.string, .int8, shape, .quantized)
    if case .perBlock(let axis?, let size) = tensor.spec.granularity {
      let blocks = (0..<tensor.view[axis]).map { Float($0 / size) }
      return [
        kernel, OutputEntry(next(), .float32, tensor.grid, .scale),
        OutputEntry(next(), .int8, tensor.grid, .zeroPoint),
        OutputEntry(
          next(), .float32, [blocks.count],
          .constant(blocks.flatMap { $0.bitPattern.littleEndianBytes })),
      ]
    }
    let scales =
      packing != nil ? nil : parameter.kerasEquation?.scaleShape(ofKernel: tensor.shape)
    return [
      kernel,
      OutputEntry(next(), .float32, scales ?? [tensor.grid.reduce(1, *)], .scale),
    ]
  }

  /// The input is none that has variables of Keras 3.
  var wrongInput: LayoutError {
    .wrongInput(layout: name, takes: "files of Keras 3: .weights.h5 or .keras")
  }
}

extension KerasParameter {
  /// The equation of an `EinsumDense`.
  var kerasEquation: KerasEquation? {
    className == "EinsumDense" ? equation.flatMap { KerasEquation($0) } : nil
  }
}
