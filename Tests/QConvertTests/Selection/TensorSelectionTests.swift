import Testing

@testable import QConvert

@Suite struct TensorSelectionTests {
  private func tensor(
    _ name: String, _ dtype: DType = .float32, _ shape: [Int] = [2, 3]
  ) -> TensorDescriptor {
    let bytes = shape.reduce(dtype.bitWidth, *) / 8
    return TensorDescriptor(name: TensorName(name), dtype: dtype, shape: shape, bytes: 0..<bytes)
  }

  @Test(arguments: ["weight", "a.weight", "a.b.weight", ".weight"])
  func `weights are quantized in every float type`(_ name: String) {
    for precision in FloatPrecision.allCases {
      #expect(TensorSelection().reasonToCopy(tensor(name, precision.dtype)) == nil)
    }
    #expect(TensorSelection().reasonToCopy(tensor(name, .float32, [2, 3, 4, 5])) == nil)
  }

  @Test(arguments: ["", "bias", "weights", "my_weight", "weight.g", "a.Weight", "a.weight_scale"])
  func `other names are copied`(_ name: String) {
    #expect(TensorSelection().reasonToCopy(tensor(name)) == .notAWeight)
  }

  @Test func `weights that cannot be quantized are copied, with the reason`() {
    let selection = TensorSelection(include: ["*"])
    for dtype in DType.allCases where FloatPrecision(dtype) == nil {
      #expect(selection.reasonToCopy(tensor("a.weight", dtype, [8, 8])) == .notFloat(dtype))
    }
    #expect(TensorSelection().reasonToCopy(tensor("weight", .float32, [3])) == .rank(1))
    #expect(TensorSelection().reasonToCopy(tensor("weight", .float32, [])) == .rank(0))
    #expect(selection.reasonToCopy(tensor("weight", .float32, [])) == .rank(0))
    #expect(selection.reasonToCopy(tensor("weight", .float32, [2, 0])) == .empty)
  }

  @Test func `patterns include and exclude, and exclusion wins`() {
    let selection = TensorSelection(
      include: ["*.bias", "layer.[01].x"], exclude: ["head.*", "layer.1.?"])
    #expect(selection.reasonToCopy(tensor("a.b.bias", .float32, [3])) == nil)
    #expect(selection.reasonToCopy(tensor("layer.0.x")) == nil)
    #expect(selection.reasonToCopy(tensor("layer.2.x")) == .notAWeight)
    #expect(selection.reasonToCopy(tensor("layer.1.x")) == .excluded("layer.1.?"))
    #expect(selection.reasonToCopy(tensor("head.weight")) == .excluded("head.*"))
    #expect(selection.reasonToCopy(tensor("head.bias")) == .excluded("head.*"))
    #expect(selection.reasonToCopy(tensor("a.weight")) == nil)
  }

  @Test func `a star takes dots and slashes`() {
    let selection = TensorSelection(exclude: ["a*z"])
    #expect(selection.reasonToCopy(tensor("a.b/c.z")) == .excluded("a*z"))
  }

  @Test func `patterns that match nothing are told, in order`() {
    let tensors = [tensor("a.weight"), tensor("ids", .int64)]
    let selection = TensorSelection(include: ["b*", "a.*"], exclude: ["ids", "c"])
    #expect(selection.unmatchedPatterns(in: tensors) == ["b*", "c"])
    #expect(TensorSelection().unmatchedPatterns(in: []).isEmpty)
  }
}
