import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Finds the weights that a model holds more than once.
@Suite struct TiedTensorsTests {
  private func groups(_ tensors: [(String, Workbench.Tensor)]) throws -> [[TensorName]] {
    // The directory goes with the bench.
    let bench = try Workbench(tensors)
    return try groups(of: bench.input)
  }

  private func groups(of input: FilePath) throws -> [[TensorName]] {
    let conversion = try Conversion(of: input, ConversionOptions(spec: QuantizationSpec()))
    return try TiedTensors(conversion.model, conversion.plan).groups
  }

  /// A tensor of zeros but for the last byte, longer than what is compared first.
  private func tensor(_ last: UInt8) -> Workbench.Tensor {
    .init(dtype: "BF16", shape: [2, 2000], bytes: [UInt8](repeating: 0, count: 7999) + [last])
  }

  @Test func `what is the same to its end is found`() throws {
    let found = try groups([
      ("a", tensor(1)), ("b", tensor(2)), ("c", tensor(1)), ("d", tensor(3)), ("e", tensor(2)),
    ])
    #expect(found == [["a", "c"], ["b", "e"]])
  }

  @Test func `what differs after many have begun alike is compared no more`() throws {
    let tensors = (1...20).flatMap { number in
      ["a", "b"].map { ("\($0)\(number)", tensor(UInt8(number))) }
    }
    #expect(try groups(tensors).count == 8)
  }

  @Test(.timeLimit(.minutes(10)))
  func `as many tensors as there may be of one kind take no time`() throws {
    let entries = (0..<50_000).map {
      #""\#($0)":{"dtype":"BF16","shape":[1,1],"data_offsets":[\#(2 * $0),\#(2 * $0 + 2)]}"#
    }
    let directory = try TemporaryDirectory()
    let input = try directory.write(
      SafetensorsFile.bytes(
        header: "{\(entries.joined(separator: ","))}", data: [UInt8](repeating: 0, count: 100_000)),
      to: "in.safetensors")
    let found = try groups(of: input)
    #expect(found.map(\.count) == [50_000])
  }
}
