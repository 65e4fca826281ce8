@testable import QConvert
import Testing

@Suite struct QuantizedDTypeTests {
  /// numerics.md, "Quantization range and storage".
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let limits: [Double]
    let clipped: [Double]
    let storage: DType

    var testDescription: String { name }

    static let all = [
      Case(name: "int8", limits: [-128, 127], clipped: [-127, 127], storage: .int8),
      Case(name: "uint8", limits: [0, 255], clipped: [0, 255], storage: .uint8),
      Case(name: "int4", limits: [-8, 7], clipped: [-7, 7], storage: .int8),
      Case(name: "uint4", limits: [0, 15], clipped: [0, 15], storage: .uint8),
      Case(name: "int2", limits: [-2, 1], clipped: [-1, 1], storage: .int8),
      Case(name: "uint2", limits: [0, 3], clipped: [0, 3], storage: .uint8),
      Case(
        name: "float8_e4m3fn", limits: [-448, 448], clipped: [-448, 448], storage: .float8E4M3),
      Case(
        name: "float8_e5m2", limits: [-57344, 57344], clipped: [-57344, 57344],
        storage: .float8E5M2),
      Case(name: "float4_e2m1fn", limits: [-6, 6], clipped: [-6, 6], storage: .float8E4M3),
    ]
  }

  @Test(arguments: Case.all)
  func `a type has its limits and its storage`(_ test: Case) throws {
    let dtype = try #require(QuantizedDType(name: test.name))
    #expect(dtype.rawValue == test.name)
    for scheme in QuantizationScheme.allCases {
      let limits = dtype.limits(scheme)
      let expected = scheme == .symmetricWithClipping ? test.clipped : test.limits
      #expect([limits.min, limits.max] == expected, "\(scheme)")
    }
    #expect(dtype.storage == test.storage)
    #expect(dtype.isInteger == test.name.contains("int"))
    #expect(dtype.isSignedInteger == test.name.hasPrefix("int"))
    #expect(test.name.contains("\(dtype.bitWidth)"))
  }

  @Test func `the table holds every type of the reference`() {
    #expect(Case.all.map(\.name) == QuantizedDType.referenceTypes.map(\.rawValue))
  }

  @Test(arguments: 1...8, [false, true])
  func `there are integers of every width`(_ bits: Int, _ isSigned: Bool) throws {
    let dtype = try #require(QuantizedDType(bits: bits, isSigned: isSigned))
    #expect(dtype.bitWidth == bits)
    #expect(dtype.isInteger)
    #expect(dtype.isSignedInteger == isSigned)
    let limits = dtype.limits(.symmetric)
    #expect(limits.max - limits.min == Double(1 << bits - 1))
    #expect(limits.min == (isSigned ? -Double(1 << (bits - 1)) : 0))
    #expect(QuantizedDType(bits: 9, isSigned: isSigned) == nil)
  }

  @Test func `the reference's aliases are known, other names are not`() {
    #expect(QuantizedDType(name: "float8_e4m3") == .float8E4M3)
    #expect(QuantizedDType(name: "float4_e2m1fn_x2") == .float4E2M1)
    for name in ["", "INT8", "int3", "float8", "float16", " int8"] {
      #expect(QuantizedDType(name: name) == nil, "\(name)")
    }
  }
}
