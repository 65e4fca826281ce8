import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Quantizes into HDF5 files and back.
@Suite struct HDF5ConversionTests {
  private let bench: Workbench

  init() throws {
    var random = SeededGenerator(seed: 44)
    bench = try Workbench([
      ("dense/kernel:0", .init(.float32, [40, 24], &random)),
      ("dense/bias:0", .init(.float32, [24], &random)),
      ("conv/kernel:0", .init(.float32, [3, 3, 32, 8], &random)),
      ("half", .init(.bfloat16, [16, 8], &random)),
      ("optimizer_weights/m", .init(.float32, [40, 24], &random)),
      ("a.b//./c", .init(.float32, [3], &random)),
    ])
  }

  /// The input as an HDF5 file.
  private func hdf5() throws -> FilePath {
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.selection.exclude = ["*"]
    options.format = .hdf5
    return try bench.convert(options, to: "float.h5")
  }

  @Test func `names and values survive the way into HDF5 and back`() throws {
    #expect(try hdf5().tensorBytes == bench.input.tensorBytes)
  }

  @Test func `the last axis is that of the channels, blocks lie along the one before`() throws {
    for (granularity, scales) in [
      (Granularity.perChannel(axis: nil), [[1, 24], [1, 1, 1, 8], [1, 8]]),
      (.perBlock(axis: nil, size: 8), [[5, 24], [1, 1, 4, 8], [2, 8]]),
    ] {
      var options = ConversionOptions(spec: try QuantizationSpec(granularity: granularity))
      options.isDurable = false
      let output = bench.directory.path("\(scales[0][0]).h5")
      let report = try Conversion(of: hdf5(), options).write(to: output)
      #expect(report.tensors.count { $0.decision.spec != nil } == 3)
      let tensors = try Checkpoint(output).tensors
      let shapes = ["dense/kernel:0_scale", "conv/kernel:0_scale", "half_scale"].map { name in
        tensors.first { $0.name == TensorName(name) }?.shape
      }
      #expect(shapes == scales)
      #expect(try Verification(of: output, against: hdf5()).run().findings.isEmpty)
    }
  }

  /// The same values under names that are weights in a safetensors file, with the axes given.
  @Test func `the bits are those of a safetensors file`() throws {
    var options = ConversionOptions(
      spec: try QuantizationSpec(dtype: .int4, granularity: .perBlock(axis: 0, size: 8)))
    options.isDurable = false
    options.selection.include = ["dense/kernel:0"]
    let plain = try bench.convert(options, to: "plain.safetensors")
    options.selection.exclude = ["conv*", "half"]
    let output = bench.directory.path("own.h5")
    _ = try Conversion(of: hdf5(), options).write(to: output)
    let (own, expected) = (try output.tensorBytes, try plain.tensorBytes)
    for name in ["dense/kernel:0", "dense/kernel:0_scale", "dense/kernel:0_zero_point"] {
      #expect(own[TensorName(name)] == expected[TensorName(name)], "\(name)")
    }
  }

  @Test func `dequantizing gives the names and shapes of the original`() throws {
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.isDurable = false
    let output = bench.directory.path("q.h5")
    _ = try Conversion(of: hdf5(), options).write(to: output)
    var back = Dequantization.Options()
    back.isDurable = false
    let floats = bench.directory.path("back.h5")
    _ = try Dequantization(of: output, back).write(to: floats)
    let (a, b) = (try Checkpoint(hdf5()), try Checkpoint(floats))
    #expect(a.tensors.map(\.name) == b.tensors.map(\.name))
    #expect(a.tensors.map(\.shape) == b.tensors.map(\.shape))
    #expect(try floats.tensorBytes["dense/bias:0"] == bench.input.tensorBytes["dense/bias:0"])
  }

  @Test func `a directory and other layouts are refused`() throws {
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.format = .hdf5
    options.shardByteCount = 100
    #expect(throws: PlanError.hdf5NeedsFile) { try Conversion(of: bench.input, options) }
    options.shardByteCount = nil
    options.layout = CoreAILayout()
    #expect(throws: PlanError.wrongFormat(layout: "coreai", .hdf5, takes: [.safetensors])) {
      try Conversion(of: bench.input, options)
    }
  }
}
