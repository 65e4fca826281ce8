import Testing

@testable import QConvert

@Suite struct QuantizationSpecTests {
  @Test func `the defaults are those of the reference`() throws {
    let spec = try QuantizationSpec()
    #expect(spec.dtype == .int8)
    #expect(spec.scheme == .symmetric)
    #expect(spec.formulation == .zeroPoint)
    #expect(spec.granularity == .perChannel(axis: nil))
    #expect(spec.floatRange == .observed)
    #expect(spec.scaleDType == .none)
    #expect(spec.qparamsCalculator == "default")
    #expect(spec.rangeCalculator == "minmax")
  }

  @Test(arguments: [QuantizedDType.float8E4M3, .float8E5M2, .float4E2M1])
  func `float types are symmetric and have a zero point only`(_ dtype: QuantizedDType) {
    for scheme in [QuantizationScheme.asymmetric, .symmetricWithClipping] {
      #expect(throws: QuantizationSpecError.floatNeedsSymmetric(dtype, scheme)) {
        try QuantizationSpec(dtype: dtype, scheme: scheme)
      }
    }
    #expect(throws: QuantizationSpecError.floatNeedsZeroPoint(dtype)) {
      try QuantizationSpec(dtype: dtype, formulation: .minval)
    }
    #expect(throws: Never.self) { try QuantizationSpec(dtype: dtype, scaleDType: .float8E8M0) }
  }

  @Test(arguments: [QuantizedDType.int8, .uint8, .int4, .uint4, .int2, .uint2])
  func `integers take every scheme and formulation, but no power-of-two scales`(
    _ dtype: QuantizedDType
  ) {
    for scheme in QuantizationScheme.allCases {
      for formulation in QuantizationFormulation.allCases {
        #expect(throws: Never.self) {
          try QuantizationSpec(dtype: dtype, scheme: scheme, formulation: formulation)
        }
      }
    }
    #expect(throws: QuantizationSpecError.integerWithPowerOfTwoScale(dtype)) {
      try QuantizationSpec(dtype: dtype, scaleDType: .float8E8M0)
    }
  }

  @Test func `float4 always has power-of-two scales, float8 on request`() throws {
    #expect(try QuantizationSpec(dtype: .float4E2M1).scaleDType == .float8E8M0)
    #expect(try QuantizationSpec(dtype: .float8E4M3).scaleDType == .none)
  }

  @Test(arguments: [
    (Granularity.perBlock(axis: nil, size: 0), 0), (.perBlock(axis: 1, size: -1), -1),
    (.perBlocks([4, 0]), 0), (.perBlocks([-1, -2]), -2),
  ])
  func `block sizes are positive, or -1 in a list`(_ granularity: Granularity, _ size: Int) {
    #expect(throws: QuantizationSpecError.badBlockSize(size)) {
      try QuantizationSpec(granularity: granularity)
    }
  }

  @Test(
    arguments: [
      (nil, -1), (1, nil), (0, 0), (-0.0, 0), (0.5, 1), (-1, -0.5), (.nan, nil), (nil, .infinity),
      (-.infinity, 1), (1, -1),
    ] as [(Double?, Double?)])
  func `a float range holds zero and is not empty`(_ low: Double?, _ high: Double?) {
    // NaN equals nothing, so the payload is not compared.
    #expect { try FloatRange(low: low, high: high) } throws: { error in
      if case QuantizationSpecError.badFloatRange? = error as? QuantizationSpecError {
        true
      } else {
        false
      }
    }
  }

  @Test(
    arguments: [
      (nil, nil), (-1, 1), (0, 1), (-1, 0), (nil, 0), (0, nil), (-1e30, nil),
    ] as [(Double?, Double?)])
  func `a float range keeps its bounds`(_ low: Double?, _ high: Double?) throws {
    let range = try FloatRange(low: low, high: high)
    #expect(range.low == low)
    #expect(range.high == high)
  }

  @Test func `a resolved spec names its axis and changes nothing else`() throws {
    let spec = try QuantizationSpec(
      dtype: .uint4, scheme: .asymmetric, formulation: .minval,
      granularity: .perBlock(axis: -1, size: 8), floatRange: FloatRange(low: -1, high: nil),
      qparamsCalculator: "own", rangeCalculator: "percentile")
    let resolved = try spec.resolved(rank: 3)
    let expected = try QuantizationSpec(
      dtype: .uint4, scheme: .asymmetric, formulation: .minval,
      granularity: .perBlock(axis: 2, size: 8), floatRange: FloatRange(low: -1, high: nil),
      qparamsCalculator: "own", rangeCalculator: "percentile")
    #expect(resolved == expected)
    let defaults: [(Granularity, Granularity)] = [
      (.perChannel(axis: nil), .perChannel(axis: 0)), (.perTensor, .perTensor),
      (.perBlock(axis: nil, size: 8), .perBlock(axis: 1, size: 8)),
      (.perBlocks([1, -1, 2]), .perBlocks([1, -1, 2])),
    ]
    for (granularity, expected) in defaults {
      #expect(try granularity.resolved(rank: 3) == expected)
    }
    #expect(throws: GranularityError.axisOutOfRange(axis: -4, rank: 3)) {
      try Granularity.perChannel(axis: -4).resolved(rank: 3)
    }
  }
}
