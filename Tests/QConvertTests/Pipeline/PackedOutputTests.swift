import Fixtures
import Testing

@testable import QConvert

@Suite struct PackedOutputTests {
  /// The 4-bit code of an e4m3 byte that holds a value of the float4 grid.
  private static let float4Codes: [UInt8: UInt8] = [
    0x00: 0, 0x30: 1, 0x38: 2, 0x3c: 3, 0x40: 4, 0x44: 5, 0x48: 6, 0x4c: 7,
  ]

  @Test(arguments: [QuantizedDType.int4, .uint4, .int2, .uint2, .float4E2M1], [1, 2, 7])
  func `packed output is the unpacked one, packed row by row`(
    _ dtype: QuantizedDType, _ jobs: Int
  ) throws {
    let bench = try ManyTensors.bench()
    var options = ConversionOptions(
      spec: try QuantizationSpec(dtype: dtype, granularity: .perChannel(axis: 1)))
    options.jobs = jobs
    options.memoryBound = ManyTensors.smallestBound(jobs: jobs)
    let plain = try bench.converted(options)
    options.layout = NativeLayout(isPacked: true)
    let packed = try bench.converted(options)
    #expect(packed.keys.sorted() == plain.keys.sorted())
    let perByte = 8 / dtype.bitWidth
    for (name, tensor) in plain {
      let found = try #require(packed[name])
      guard name.hasSuffix(".weight"), tensor.shape.count > 1, !tensor.bytes.isEmpty else {
        #expect(found == tensor, "\(name)")
        continue
      }
      let length = try #require(tensor.shape.last)
      #expect(found.shape == tensor.shape.dropLast() + [(length + perByte - 1) / perByte])
      #expect(found.dtype == "U8")
      let codes = try tensor.bytes.map { byte in
        guard dtype == .float4E2M1 else { return byte }
        return try #require(Self.float4Codes[byte & 0x7f]) | (byte & 0x80) >> 4
      }
      let rows = stride(from: 0, to: codes.count, by: length).flatMap { start in
        KernelReference.pack(Array(codes[start..<start + length]), bits: dtype.bitWidth)
      }
      #expect(found.bytes == rows, "\(name)")
    }
  }
}
