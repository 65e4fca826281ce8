import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// The formulas of Keras, once more and one value at a time, over kernels that reach across slabs.
@Suite struct KerasArithmeticTests {
  struct Kernel: Sendable, CustomTestStringConvertible {
    let layer: String
    let shape: [Int]
    let groupSize: Int?

    var testDescription: String { "\(layer) \(shape) \(groupSize ?? 0)" }
    var isEmbedding: Bool { layer == "embedding" }
    var name: String { "layers/\(layer)/vars/0" }

    static let all: [Kernel] = [
      ("dense", [301, 40]), ("embedding", [71, 301]), ("dense", [9, 2051]),
    ]
    .flatMap { layer, shape in
      [nil, -1, 1, 7, 128, 302].map { Kernel(layer: layer, shape: shape, groupSize: $0) }
    }
  }

  private static let epsilon: Float = 1e-7

  /// The codes of a group, its scale and its zero point.
  private func reference(
    _ values: [Float], _ kernel: Kernel
  ) -> (codes: [Int8], scale: Float, zero: Int8) {
    guard let size = kernel.groupSize, size > 0 else {
      let high: Float = kernel.groupSize == nil ? 127 : 7
      let scale = high / ((values.map(\.magnitude).max() ?? 0) + Self.epsilon)
      return (values.map { Int8(($0 * scale).rounded(.toNearestOrEven)) }, scale, 0)
    }
    let padded = values + [Float](repeating: 0, count: size - values.count)
    let (low, high) = (padded.min() ?? 0, padded.max() ?? 0)
    let scale = (high - low + Self.epsilon) / 15
    func clip(_ value: Float) -> Float { min(max(value, -8), 7) }
    let zero = clip((-low / scale).rounded(.toNearestOrEven) - 8)
    let codes = values.map { Int8(clip(($0 / scale).rounded(.toNearestOrEven) + zero)) }
    return (codes, scale, Int8(zero))
  }

  private func values(_ kernel: Kernel) -> [Float] {
    var random = SeededGenerator(seed: 45)
    let count = kernel.shape[0] * kernel.shape[1]
    // Some groups lie on one side of zero.
    return (0..<count).map { random.weight() + ($0 % 1000 < 300 ? 2 : 0) }
  }

  @Test(arguments: Kernel.all)
  func `kernels of any size are quantized as Keras does`(_ kernel: Kernel) throws {
    let values = values(kernel)
    let (rows, columns) = (kernel.shape[0], kernel.shape[1])
    let bench = try Workbench([
      (kernel.name, .init(.float32, kernel.shape, values.map { Double($0) }))
    ])
    var copy = ConversionOptions(spec: try QuantizationSpec())
    copy.selection.exclude = ["*"]
    copy.format = .hdf5
    let input = try bench.convert(copy, to: "in.weights.h5")
    var request = LayoutRequest()
    request.variant = kernel.groupSize == nil ? "int8" : "int4"
    request.groupSize = kernel.groupSize
    var options = ConversionOptions(spec: try KerasLayout().spec(for: request))
    options.layout = KerasLayout()
    options.isDurable = false
    options.jobs = 2
    options.memoryBound = 2 << 19
    let output = bench.directory.path("out.weights.h5")
    _ = try Conversion(of: input, options).write(to: output)

    let lines = kernel.isEmbedding ? rows : columns
    let length = kernel.isEmbedding ? columns : rows
    let size = max(kernel.groupSize ?? -1, -1) > 0 ? kernel.groupSize ?? length : length
    let groups = (length + size - 1) / size
    func place(_ line: Int, _ index: Int) -> Int {
      kernel.isEmbedding ? line * columns + index : index * columns + line
    }
    var codes = [Int8](repeating: 0, count: values.count)
    var scales = [Float](repeating: 0, count: lines * groups)
    var zeros = [Int8](repeating: 0, count: lines * groups)
    var floats = [Float](repeating: 0, count: values.count)
    for line in 0..<lines {
      for group in 0..<groups {
        let places = (group * size..<min((group + 1) * size, length)).map { place(line, $0) }
        let result = reference(places.map { values[$0] }, kernel)
        let index = kernel.isEmbedding ? line * groups + group : group * lines + line
        (scales[index], zeros[index]) = (result.scale, result.zero)
        for (place, code) in zip(places, result.codes) {
          codes[place] = code
          floats[place] =
            kernel.groupSize ?? -1 > 0
            ? (Float(code) - Float(result.zero)) * result.scale : Float(code) / result.scale
        }
      }
    }
    if kernel.groupSize != nil { codes = packed(codes, rowLength: columns) }
    let group = TensorName(kernel.name).parent
    let file = try Checkpoint(output)
    func bytes(_ number: Int) throws -> [UInt8]? {
      let name = group.appending("\(number)")
      let tensor = file.tensors.first { $0.name == name }
      return try tensor.map {
        try StoredTensor(file: file.file, descriptor: $0).bytes(0..<$0.byteCount)
      }
    }
    #expect(try bytes(0) == codes.map { UInt8(bitPattern: $0) })
    #expect(try bytes(1) == KernelReference.bytes(scales, .float32))
    if kernel.groupSize ?? -1 > 0 {
      #expect(try bytes(2) == zeros.map { UInt8(bitPattern: $0) })
      #expect(
        try bytes(3) == KernelReference.bytes((0..<length).map { Float($0 / size) }, .float32))
    } else {
      #expect(try bytes(2) == nil)
    }
    #expect(try Verification(of: output, against: input).run().findings.isEmpty)
    var back = Dequantization.Options()
    back.isDurable = false
    let way = bench.directory.path("back.weights.h5")
    _ = try Dequantization(of: output, back).write(to: way)
    let result = try Checkpoint(way)
    let tensor = try #require(result.tensors.first)
    #expect(
      try StoredTensor(file: result.file, descriptor: tensor).bytes(0..<tensor.byteCount)
        == KernelReference.bytes(floats, .float32))
  }

  /// Two codes to a byte, the first in the low bits; every row begins a new byte.
  private func packed(_ codes: [Int8], rowLength: Int) -> [Int8] {
    stride(from: 0, to: codes.count, by: rowLength).flatMap { start in
      stride(from: start, to: start + rowLength, by: 2).map { index in
        let high = index + 1 < start + rowLength ? codes[index + 1] : 0
        return codes[index] & 15 | high << 4
      }
    }
  }
}
