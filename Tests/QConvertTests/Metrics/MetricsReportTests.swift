import Fixtures
import SystemPackage
import Testing

@testable import QConvert

@Suite struct MetricsReportTests {
  private let rows = 40
  private let columns = 96

  private func floats(_ seed: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return (0..<rows * columns).map { _ in random.weight() }
  }

  private func bench() throws -> Workbench {
    try Workbench([
      ("a.weight", .init(shape: [rows, columns], floats: floats(1))),
      ("a.bias", .init(shape: [2], floats: [1, 2])),
      ("b.weight", .init(shape: [rows, columns], floats: floats(2).map { $0 * 100 })),
      ("c.weight", .init(shape: [rows, columns], floats: floats(3).map { _ in 0 })),
    ])
  }

  private func report(
    _ bench: Workbench, _ spec: QuantizationSpec, jobs: Int? = nil, _ layout: any OutputLayout
  ) throws -> MetricsReport {
    var options = ConversionOptions(spec: spec)
    options.measuresErrors = true
    options.isDurable = false
    options.overwrites = true
    options.jobs = jobs
    options.layout = layout
    return MetricsReport(
      try Conversion(of: bench.input, options).write(to: bench.directory.path("q.safetensors")))
  }

  @Test(arguments: [
    (QuantizedDType.int8, QuantizationScheme.symmetric, Granularity.perChannel(axis: 0), false),
    (.uint4, .asymmetric, .perBlock(axis: 1, size: 32), true),
    (.int4, .symmetric, .perChannel(axis: 1), false),
    (.float8E4M3, .symmetric, .perTensor, false),
    (.float4E2M1, .symmetric, .perBlock(axis: 1, size: 32), true),
  ])
  func `figures are those of the dequantized file`(
    _ dtype: QuantizedDType, _ scheme: QuantizationScheme, _ granularity: Granularity,
    _ isPacked: Bool
  ) throws {
    let bench = try bench()
    let spec = try QuantizationSpec(dtype: dtype, scheme: scheme, granularity: granularity)
    let report = try report(bench, spec, NativeLayout(isPacked: isPacked))
    let dequantized = try bench.dequantized(bench.directory.path("q.safetensors"))
    for (name, seed, factor) in [("a.weight", UInt64(1), Float(1)), ("b.weight", 2, 100)] {
      let before = floats(seed).map { Double($0 * factor) }
      let after = try #require(dequantized[name]).floats.map(Double.init)
      let figures = try #require(report.tensors.first { $0.name == name }?.figures)
      let noise = zip(before, after).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      let signal = before.reduce(0) { $0 + $1 * $1 }
      let product = zip(before, after).reduce(0) { $0 + $1.0 * $1.1 }
      let length = (signal * after.reduce(0) { $0 + $1 * $1 }).squareRoot()
      #expect(figures.count == rows * columns)
      #expect(abs(figures.meanSquaredError / (noise / Double(before.count)) - 1) < 1e-5)
      #expect(abs(figures.cosineSimilarity - product / length) < 1e-6)
      let largest = zip(before, after).map { abs($0 - $1) }.max() ?? 0
      #expect(abs(figures.maxError - largest) <= 1e-6 * largest)
      let scale = try #require(
        try SafetensorsFile(bench.directory.path("q.safetensors")).tensors[name + "_scale"])
      #expect(figures.scales?.lowerBound == scale.floats.min())
      #expect(figures.scales?.upperBound == scale.floats.max())
      let histogram = try #require(figures.histogram)
      #expect(histogram.before.reduce(0, +) == histogram.after.reduce(0, +))
      #expect(histogram.low <= Float(before.min() ?? 0) / 2)
    }
    #expect(report.tensors.last?.figures?.signalToNoise == .infinity)
    #expect(report.total?.count == 3 * rows * columns)
  }

  @Test func `figures are of parameters as they are stored`() throws {
    let test = try #require(
      EcosystemCase.all(of: "mlx").first { $0.name == "mlx-affine-4-group-128-bf16" })
    let directory = try TemporaryDirectory()
    var options = try test.options()
    options.measuresErrors = true
    let quantized = directory.path("quantized")
    let report = MetricsReport(try Conversion(of: test.float, options).write(to: quantized))
    let float = directory.path("float")
    _ = try Dequantization(of: quantized).write(to: float)
    let before = try SafetensorsFile(test.float.appending("model.safetensors")).tensors
    let after = try SafetensorsFile(float.appending("model.safetensors")).tensors
    var count = 0
    for tensor in report.tensors {
      guard let figures = tensor.figures else { continue }
      let pairs = zip(
        try #require(before[tensor.name]).halves,
        try #require(after[tensor.name]).halves)
      let largest = pairs.map { abs(Double($0) - Double($1)) }.max()
      #expect(figures.maxError == largest, "\(tensor.name)")
      count += 1
    }
    #expect(count > 4)
  }

  @Test func `clipped are the values beyond the codes`() throws {
    // Of 1 the scale is 1 / 127.5: 1 rounds to 128, and 127 is the most there is; -1 is -127.5, or -128.
    let bench = try Workbench([("w.weight", .init(shape: [1, 4], floats: [1, -1, 0.5, 0]))])
    let report = try report(bench, QuantizationSpec(), NativeLayout())
    #expect(report.tensors.first?.figures?.clippedShare == 0.25)
  }

  @Test func `the worst come first, and nothing depends on the workers`() throws {
    let bench = try bench()
    let spec = try QuantizationSpec(dtype: .int4, granularity: .perTensor)
    let one = try report(bench, spec, jobs: 1, NativeLayout())
    #expect(one.json == (try report(bench, spec, jobs: 2, NativeLayout())).json)
    let ratios = one.worstFirst.map(\.figures.signalToNoise)
    #expect(ratios == ratios.sorted())
    #expect(one.worstFirst.last?.tensor.name == "c.weight")
    #expect(one.csv.split(separator: "\n").count == 4)
  }

  @Test func `a file is read back as it was written`() throws {
    let bench = try bench()
    let report = try report(bench, QuantizationSpec(), NativeLayout())
    let path = bench.directory.path("metrics.json")
    try report.write(to: path)
    #expect(try MetricsReport(contentsOf: path).json == report.json)
    #expect(throws: StorageError.self) { try report.write(to: path) }
    #expect(throws: MetricsError.notAReport(bench.input)) {
      try MetricsReport(contentsOf: bench.input)
    }
  }

  @Test func `names are quoted in CSV where they need it`() throws {
    let bench = try Workbench([(#"a,b c.weight"#, .init(shape: [1, 2], floats: [1, 2]))])
    let report = try report(bench, QuantizationSpec(), NativeLayout())
    #expect(report.csv.split(separator: "\n")[1].hasPrefix(#""a,b c.weight",F32,"[1, 2]","#))
  }
}

extension SafetensorsFile.Tensor {
  /// The elements of a bfloat16 tensor.
  fileprivate var halves: [Float] {
    stride(from: 0, to: bytes.count, by: 2).map {
      Float(bitPattern: UInt32(bytes[$0]) << 16 | UInt32(bytes[$0 + 1]) << 24)
    }
  }
}
