import Testing

@testable import QConvert

@Suite struct MLXVariantTests {
  @Test func `nothing said is 4 bits in groups of 64`() throws {
    let spec = try MLXLayout().spec(for: LayoutRequest())
    #expect(spec.dtype == .uint4)
    #expect(spec.granularity == .perBlock(axis: nil, size: 64))
  }

  @Test func `the same may be said in both words`() throws {
    let request = request {
      ($0.bits, $0.dtype, $0.groupSize, $0.blockSizes, $0.groups) = (8, .int8, 32, [32], .blocks)
    }
    let spec = try MLXLayout().spec(for: request)
    #expect(spec.dtype == .uint8)
    #expect(spec.granularity == .perBlock(axis: nil, size: 32))
  }

  @Test(arguments: ["affine", "mxfp4", "mxfp8"])
  func `the formulas of coreai-opt may fill the format`(_ variant: String) throws {
    let spec = try MLXLayout().spec(
      for: request { ($0.variant, $0.formulas) = (variant, .coreaiOpt) })
    #expect(spec.qparamsCalculator == "static")
    let tensor = TensorDescriptor(
      name: "a.weight", dtype: .float32, shape: [8, 64], bytes: 0..<2048)
    guard case .quantize(let fitted, _) = try MLXLayout().fit(spec, to: tensor) else {
      Issue.record("not quantized")
      return
    }
    #expect(fitted.qparamsCalculator == "static")
  }

  @Test func `what MLX does not have is an error`() {
    let requests = [
      request { $0.variant = "awq" }, request { $0.bits = 7 }, request { $0.bits = 0 },
      request { $0.groupSize = 16 }, request { $0.groupSize = -1 },
      request { $0.scheme = .symmetric }, request { $0.groups = .channels },
      request { $0.dtype = .float8E4M3 }, request { ($0.bits, $0.dtype) = (4, .int8) },
      request { ($0.groupSize, $0.blockSizes) = (32, [64]) },
      request { $0.blockSizes = [32, 64] },
      request { ($0.variant, $0.bits) = ("mxfp4", 8) },
      request { ($0.variant, $0.groupSize) = ("nvfp4", 32) },
      request { ($0.variant, $0.scheme) = ("mxfp8", .asymmetric) },
      request { ($0.variant, $0.dtype) = ("mxfp8", .int8) },
      request { ($0.variant, $0.formulas) = ("nvfp4", .coreaiOpt) },
    ]
    for request in requests {
      #expect(throws: LayoutError.self, "\(request)") { try MLXLayout().spec(for: request) }
    }
  }

  @Test(
    arguments: [
      ("conv.weight", DType.float32, [8, 64, 3], nil),
      ("a.bias", .float32, [8, 64], nil),
      ("a.weight", .float64, [8, 64], nil),
      ("a.weight", .float32, [8, 64], 1),
      ("mlp.experts.w1.weight", .bfloat16, [4, 8, 64], 2),
    ] as [(TensorName, DType, [Int], Int?)])
  func `linear layers, embeddings and experts are quantized along the last axis`(
    _ name: TensorName, _ dtype: DType, _ shape: [Int], _ axis: Int?
  ) throws {
    let spec = try MLXLayout().spec(for: LayoutRequest())
    let count = shape.reduce(dtype.bitWidth / 8, *)
    let tensor = TensorDescriptor(name: name, dtype: dtype, shape: shape, bytes: 0..<count)
    switch try MLXLayout().fit(spec, to: tensor) {
    case .quantize(let spec, let view):
      #expect(view == shape)
      #expect(spec.granularity == axis.map { .perBlock(axis: $0, size: 64) })
    case .copy: #expect(axis == nil)
    }
  }

  @Test func `rows that groups do not divide are left as they are`() throws {
    let spec = try MLXLayout().spec(for: LayoutRequest())
    let tensor = TensorDescriptor(
      name: "a.weight", dtype: .float32, shape: [8, 96], bytes: 0..<3072)
    #expect(throws: GranularityError.self) { try MLXLayout().fit(spec, to: tensor) }
  }
}
