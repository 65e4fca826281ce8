import Fixtures
import Testing

@testable import QConvert

/// A checkpoint with tensors of many shapes and types, and ways to convert it.
enum ManyTensors {
  /// The least memory bound of any number of jobs: slabs of 16 KiB, less than most tensors here.
  static func smallestBound(jobs: Int) -> Int { jobs << 18 }

  static func bench() throws -> Workbench { try Workbench(tensors) }

  private static let tensors: [(String, Workbench.Tensor)] = {
    var random = SeededGenerator(seed: 18)
    return [
      ("a.weight", .init(.float32, [72, 96], &random)),
      ("b.weight", .init(.bfloat16, [33, 320], &random)),
      // A last axis that packing has to pad, and rows longer than a slab.
      ("c.weight", .init(.float16, [9, 1001], &random)),
      ("d.weight", .init(.float32, [2, 4101], &random)),
      ("e.weight", .init(.float64, [20, 128], &random)),
      ("conv.weight", .init(.float32, [8, 6, 3, 3], &random)),
      ("conv1.weight", .init(.bfloat16, [5, 7, 2], &random)),
      ("norm.weight", .init(.float32, [5000], &random)),
      ("empty.weight", .init(.float32, [0, 4], [])),
      ("ids", .init(dtype: "I64", shape: [2], bytes: Array(0..<16))),
      ("flag", .init(dtype: "BOOL", shape: [], bytes: [1])),
    ]
  }()

  /// A conversion: dtypes, schemes, granularities and layouts, none left out.
  struct Case: Sendable, CustomTestStringConvertible {
    let layout: any OutputLayout
    let dtype: QuantizedDType
    var scheme = QuantizationScheme.symmetric
    var formulation = QuantizationFormulation.zeroPoint
    var granularity = Granularity.perChannel(axis: nil)

    var testDescription: String { "\(layout) \(dtype) \(scheme) \(formulation) \(granularity)" }

    func options(jobs: Int? = 1, memoryBound: Int? = nil) throws -> ConversionOptions {
      var options = ConversionOptions(
        spec: try QuantizationSpec(
          dtype: dtype, scheme: scheme, formulation: formulation, granularity: granularity))
      options.layout = layout
      // Core AI has no float4 for float64 weights.
      if layout is CoreAIGraphLayout { options.selection.exclude = ["e.weight"] }
      options.jobs = jobs
      options.memoryBound = memoryBound
      return options
    }
  }

  static let cases = [
    Case(layout: NativeLayout(), dtype: .int8),
    Case(
      layout: NativeLayout(), dtype: .uint8, scheme: .asymmetric, formulation: .minval,
      granularity: .perTensor),
    Case(
      layout: NativeLayout(isPacked: true), dtype: .int4, scheme: .symmetricWithClipping,
      granularity: .perTensor),
    Case(
      layout: NativeLayout(isPacked: true), dtype: .uint2, scheme: .asymmetric,
      granularity: .perChannel(axis: 1)),
    Case(layout: NativeLayout(), dtype: .float8E4M3, granularity: .perBlock(axis: 0, size: 3)),
    Case(
      layout: NativeLayout(isPacked: true), dtype: .float4E2M1,
      granularity: .perChannel(axis: -1)),
    Case(layout: CoreAIPreparedLayout(), dtype: .float8E5M2, granularity: .perTensor),
    Case(
      layout: CoreAILayout(), dtype: .uint4, scheme: .asymmetric, formulation: .minval,
      granularity: .perBlock(axis: nil, size: 7)),
    Case(
      layout: CoreAIGraphLayout(), dtype: .float4E2M1,
      granularity: .perBlock(axis: nil, size: 32)),
    Case(
      layout: CoreMLLayout(), dtype: .int4, scheme: .asymmetric,
      granularity: .perChannel(axis: 1)),
  ]
}
