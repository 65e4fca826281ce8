import Testing

@testable import QConvert

@Suite struct TensorSelectorTests {
  private func tensor(
    _ name: String, _ dtype: DType = .float32, _ shape: [Int] = [2, 3]
  ) -> TensorDescriptor {
    let bytes = shape.reduce(dtype.bitWidth, *) / 8
    return TensorDescriptor(name: TensorName(name), dtype: dtype, shape: shape, bytes: 0..<bytes)
  }

  /// Why a tensor is copied; nil when it is quantized.
  private func reason(
    _ tensor: TensorDescriptor, _ selection: TensorSelection = TensorSelection()
  ) throws -> CopyReason? {
    let specs = try SpecAssignment(
      QuantizerConfig(spec: QuantizationSpec()), ModuleTypes(), names: [tensor.name])
    let verdict = try TensorSelector(selection, specs, of: [tensor]).verdict(on: tensor)
    if case .copy(let reason) = verdict.decision { return reason }
    return nil
  }

  @Test(arguments: [
    ("m.experts.up", Granularity.perBlocks([1, 1, -1])),
    ("m.experts.up.weight", .perBlocks([1, 1, -1])),
    // A convolution of one expert.
    ("m.experts.0.conv.weight", .perChannel(axis: 0)),
    ("m.experts.conv.weight.1.weight", .perChannel(axis: 0)),
  ])
  func `three axes are those of experts unless it is one expert's`(
    _ name: String, _ granularity: Granularity
  ) throws {
    let tensor = tensor(name, .float32, [4, 6, 3])
    let specs = try SpecAssignment(
      QuantizerConfig(spec: QuantizationSpec(granularity: .perChannel(axis: nil))), ModuleTypes(),
      names: [tensor.name])
    let verdict = try TensorSelector(TensorSelection(), specs, of: [tensor]).verdict(on: tensor)
    #expect(verdict.decision.spec?.granularity == granularity)
  }

  @Test(arguments: ["weight", "a.weight", "a.b.weight", ".weight"])
  func `weights are quantized in every float type`(_ name: String) throws {
    for precision in FloatPrecision.allCases {
      #expect(try reason(tensor(name, precision.dtype)) == nil)
    }
    #expect(try reason(tensor(name, .float32, [2, 3, 4, 5])) == nil)
  }

  @Test(arguments: ["", "bias", "weights", "my_weight", "weight.g", "a.Weight", "a.weight_scale"])
  func `other names are copied`(_ name: String) throws {
    #expect(try reason(tensor(name)) == .notAWeight)
  }

  @Test func `weights that cannot be quantized are copied, with the reason`() throws {
    let selection = TensorSelection(include: ["*"])
    for dtype in DType.allCases where FloatPrecision(dtype) == nil {
      #expect(try reason(tensor("a.weight", dtype, [8, 8]), selection) == .notFloat(dtype))
    }
    #expect(try reason(tensor("weight", .float32, [3])) == .rank(1))
    #expect(try reason(tensor("weight", .float32, [])) == .rank(0))
    #expect(try reason(tensor("weight", .float32, []), selection) == .rank(0))
    #expect(try reason(tensor("weight", .float32, [2, 0]), selection) == .empty)
  }

  @Test func `patterns include and exclude, and exclusion wins`() throws {
    let selection = TensorSelection(
      include: ["*.bias", "layer.[01].x"], exclude: ["head.*", "layer.1.?"])
    #expect(try reason(tensor("a.b.bias", .float32, [3]), selection) == nil)
    #expect(try reason(tensor("layer.0.x"), selection) == nil)
    #expect(try reason(tensor("layer.2.x"), selection) == .notAWeight)
    #expect(try reason(tensor("layer.1.x"), selection) == .excluded("layer.1.?"))
    #expect(try reason(tensor("head.weight"), selection) == .excluded("head.*"))
    #expect(try reason(tensor("head.bias"), selection) == .excluded("head.*"))
    #expect(try reason(tensor("a.weight"), selection) == nil)
  }

  @Test func `a star takes dots and slashes`() throws {
    let selection = TensorSelection(exclude: ["a*z"])
    #expect(try reason(tensor("a.b/c.z"), selection) == .excluded("a*z"))
  }

  @Test func `patterns that match nothing are told, in order`() {
    let tensors: [TensorName] = ["a.weight", "ids"]
    let selection = TensorSelection(include: ["b*", "a.*"], exclude: ["ids", "c"])
    #expect(selection.unmatchedPatterns(in: tensors) == ["b*", "c"])
    #expect(TensorSelection().unmatchedPatterns(in: []).isEmpty)
  }
}
