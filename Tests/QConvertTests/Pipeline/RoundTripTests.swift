import Fixtures
import Testing

@testable import QConvert

@Suite struct RoundTripTests {
  /// What quantizing may cost: half a step between neighbouring quantized values.
  private func allowedError(
    _ value: Double, scale: Double, _ spec: QuantizationSpec, _ precision: FloatPrecision
  ) -> Double {
    // 16-bit scales are rounded so much that the ends of the range may miss by another half step.
    let isHalf = precision.byteCount == 2
    let rounding = value.magnitude * (isHalf ? 0x1p-8 : 0x1p-22)
    switch spec.dtype {
    case .float8E4M3: return max(value.magnitude * 0x1p-4, scale * 0x1p-10) * 1.001 + rounding
    case .float8E5M2: return max(value.magnitude * 0x1p-3, scale * 0x1p-17) * 1.001 + rounding
    case .float4E2M1: return max(value.magnitude * 0x1p-2, scale * 0x1p-2) * 1.001 + rounding
    default: return scale * (isHalf ? 1.01 : 0.5 * (1 + 0x1p-12)) + rounding
    }
  }

  @Test(arguments: ManyTensors.cases.filter { $0.layout is NativeLayout })
  func `values come back within half a step`(_ test: ManyTensors.Case) throws {
    let bench = try ManyTensors.bench()
    let original = try SafetensorsFile(bench.input).tensors
    let path = try bench.convert(test.options())
    let quantized = try SafetensorsFile(path).tensors
    let floats = try bench.dequantized(path)
    #expect(floats.keys.sorted() == original.keys.sorted())
    let record = try QuantizedCheckpoint(path).record
    #expect(record.tensors.contains { $0.name == "a.weight" })
    let recorded = Dictionary(uniqueKeysWithValues: record.tensors.map { ($0.name.string, $0) })
    for (name, tensor) in original {
      let result = try #require(floats[name])
      guard let info = recorded[name] else {
        #expect(result == tensor, "\(name) is a copy")
        continue
      }
      #expect(result.dtype == tensor.dtype && result.shape == tensor.shape, "\(name)")
      let scales = try #require(quantized[name + "_scale"]).values
      let block = try info.spec.granularity.blockShape(for: tensor.shape)
      let groups = BlockedShape(tensor.shape, block).groups
      let (before, after) = (tensor.values, result.values)
      let wrong = before.indices.first { index in
        let scale = scales[groups[index]]
        // Where the scale is a power of two, the largest values are clipped.
        if test.dtype == .float4E2M1, before[index].magnitude > 6 * scale { return false }
        let allowed = allowedError(before[index], scale: scale, info.spec, info.precision)
        return abs(before[index] - after[index]) > allowed
      }
      #expect(wrong == nil, "\(name)")
    }
  }

  @Test(arguments: ManyTensors.cases)
  func `what is converted verifies`(_ test: ManyTensors.Case) throws {
    let bench = try ManyTensors.bench()
    let path = try bench.convert(test.options(jobs: 2))
    let report = try Verification(of: path, against: bench.input).run(jobs: 2)
    #expect(report.findings.isEmpty)
    #expect(report.comparedCount == (try SafetensorsFile(path).tensors.count))
    #expect(report.errors.contains { $0.figures.maxError > 0 })
  }

  /// The layouts hold the same numbers, so they come back the same; 16-bit layouts round scales.
  @Test func `every layout gives back the same float32 values`() throws {
    let bench = try ManyTensors.bench()
    func values(_ layout: any OutputLayout) throws -> [UInt8]? {
      var options = ConversionOptions(spec: try QuantizationSpec(dtype: .int4))
      options.layout = layout
      return try bench.dequantized(bench.convert(options))["a.weight"]?.bytes
    }
    let expected = try values(NativeLayout())
    for layout in [
      NativeLayout(isPacked: true), CoreAIPreparedLayout(), CoreAILayout(), CoreAIGraphLayout(),
      CoreMLLayout(),
    ] as [any OutputLayout] {
      #expect(try values(layout) == expected, "\(layout.name)")
    }
  }

  /// Core ML's layout holds the floats that a packed one comes back as; more than a slab of them, with
  /// rows that packing pads, shorter and longer than a slab.
  @Test(arguments: [[3, 100_001], [1, 300_001]])
  func `packed tensors of several slabs come back`(_ shape: [Int]) throws {
    let pattern = (0..<97).flatMap { KernelReference.bytes((Float($0) / 64).bitPattern) }
    let count = shape.reduce(1, *)
    let bytes = repeatElement(pattern, count: count / 97 + 1).joined().prefix(4 * count)
    let bench = try Workbench([
      ("a.weight", .init(dtype: "F32", shape: shape, bytes: Array(bytes)))
    ])
    var options = ConversionOptions(
      spec: try QuantizationSpec(dtype: .uint4, scheme: .asymmetric))
    options.layout = CoreMLLayout()
    let expected = try bench.converted(options)["a.weight"]
    options.layout = NativeLayout(isPacked: true)
    let path = try bench.convert(options)
    #expect(try bench.dequantized(path, jobs: 2)["a.weight"] == expected)
    #expect(try Dequantization(of: path).plan.tensors.allSatisfy { $0.slabs.count > 1 })
  }
}
