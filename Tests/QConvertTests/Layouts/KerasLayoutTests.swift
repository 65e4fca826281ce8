import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Files that Keras wrote before and after `quantize()`; see `fixtures/make_keras.py`.
@Suite struct KerasLayoutTests {
  /// A mode of Keras.
  struct Mode: Sendable, CustomTestStringConvertible {
    let name: String
    /// The elements of a block of int4, -1 for channels; nil for int8.
    let groupSize: Int?

    var testDescription: String { name }

    static let all = [
      Mode(name: "int8", groupSize: nil), Mode(name: "int4-128", groupSize: 128),
      Mode(name: "int4-4", groupSize: 4), Mode(name: "int4-7", groupSize: 7),
      Mode(name: "int4--1", groupSize: -1),
    ]

    func spec() throws -> QuantizationSpec {
      var request = LayoutRequest()
      request.variant = groupSize == nil ? "int8" : "int4"
      request.groupSize = groupSize
      return try KerasLayout().spec(for: request)
    }

    func options() throws -> ConversionOptions {
      var options = ConversionOptions(spec: try spec())
      options.layout = KerasLayout()
      options.isDurable = false
      return options
    }
  }

  private let directory: TemporaryDirectory
  private static let folder = Fixtures.keras.appending("quantized")
  private static let float = folder.appending("float.weights.h5")

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// The file that the mode gives.
  private func quantized(_ mode: Mode, jobs: Int? = nil, memory: Int? = nil) throws -> FilePath {
    var options = try mode.options()
    options.jobs = jobs
    options.memoryBound = memory
    options.overwrites = true
    let output = directory.path("\(mode.name).weights.h5")
    _ = try Conversion(of: Self.float, options).write(to: output)
    return output
  }

  @Test(arguments: Mode.all)
  func `every dataset is that of Keras, bit for bit`(_ mode: Mode) throws {
    let expected = try Checkpoint(Self.folder.appending("\(mode.name).weights.h5")).contents
    let found = try Checkpoint(try quantized(mode)).contents
    #expect(found.keys.sorted() == expected.keys.sorted())
    #expect(expected.count > 30)
    for (name, values) in expected { #expect(found[name] == values, "\(name)") }
  }

  @Test func `groups keep the names of layers`() throws {
    let names = { (path: FilePath) in
      try #require(try Checkpoint(path).hdf5).groups.map {
        "\($0.path) \($0.attribute("name")?.text ?? "")"
      }
    }
    let kept = try names(try quantized(Mode.all[0]))
    #expect(try kept.sorted() == names(Self.float).sorted())
    #expect(kept.contains("layers/embedding/vars tokens"))
  }

  @Test(arguments: Mode.all)
  func `a file is verified and dequantized by its record alone`(_ mode: Mode) throws {
    let output = try quantized(mode)
    let report = try Verification(of: output, against: Self.float).run()
    #expect(report.findings.isEmpty, "\(report.findings)")
    #expect(report.errors.count == 12)
    var options = Dequantization.Options()
    options.isDurable = false
    let back = directory.path("back.weights.h5")
    _ = try Dequantization(of: output, options).write(to: back)
    let (floats, original) = (try Checkpoint(back), try Checkpoint(Self.float))
    #expect(floats.tensors.map(\.name) == original.tensors.map(\.name))
    #expect(floats.tensors.map(\.shape) == original.tensors.map(\.shape))
    #expect(floats.tensors.allSatisfy { $0.dtype == .float32 })
  }

  @Test func `what stands beside a kernel is in the record`() throws {
    let checkpoint = try QuantizedCheckpoint(try quantized(Mode.all[1]))
    let index = try #require(
      checkpoint.record.tensors.firstIndex { $0.name == "layers/einsum_dense_1/vars/0" })
    #expect(checkpoint.record.tensors[index].view == [15, 8])
    #expect(
      checkpoint.entries[index].map { "\($0.name) \($0.dtype) \($0.shape)" } == [
        "layers/einsum_dense_1/vars/0 I8 [15, 4]", "layers/einsum_dense_1/vars/1 F32 [1, 8]",
        "layers/einsum_dense_1/vars/2 I8 [1, 8]", "layers/einsum_dense_1/vars/3 F32 [15]",
      ])
  }

  @Test func `what is not quantized has a reason`() throws {
    let plan = try Conversion(of: Self.float, try Mode.all[0].options()).plan
    let reasons = Dictionary(
      uniqueKeysWithValues: plan.tensors.map { ($0.name.string, $0.decision.reason) })
    #expect(
      reasons["layers/dense/vars/0"] == "Keras does not quantize a Dense with layers within it")
    #expect(reasons["layers/dense_1/vars/0"] == .some(nil))
  }

  @Test(arguments: [1, 3])
  func `the bytes do not depend on workers and memory`(_ jobs: Int) throws {
    for mode in Mode.all {
      let all = try quantized(mode).fileBytes
      #expect(try quantized(mode, jobs: jobs, memory: jobs << 18).fileBytes == all)
    }
  }

  /// A record whose entries do not fit what it says of the tensor.
  @Test(
    arguments: [
      nil, [OutputEntry("k/vars/0", .int8, [4, 4], .quantized)],
      [
        OutputEntry("k/vars/0", .int8, [4, 2], .quantized),
        OutputEntry("k/vars/1", .float32, [4], .scale),
      ],
      [
        OutputEntry("k/vars/0", .int8, [4, 4], .quantized),
        OutputEntry("k/vars/1", .float32, [5], .scale),
      ],
    ] as [[OutputEntry]?])
  func `a file that tells of other entries is refused`(_ entries: [OutputEntry]?) throws {
    let record = QuantizationRecord(
      layout: "keras", isPacked: false,
      tensors: [
        .init(
          name: "k/vars/0", precision: .float32, shape: [4, 4],
          spec: try QuantizationSpec(granularity: .perChannel(axis: 1)), entries: entries)
      ])
    let path = try directory.write(
      SafetensorsFile.bytes(
        [
          ("k/vars/0", .init(dtype: "I8", shape: [4, 4], bytes: [UInt8](repeating: 1, count: 16))),
          ("k/vars/1", .init(dtype: "F32", shape: [5], bytes: [UInt8](repeating: 0, count: 20))),
        ], metadata: ["qconvert": record.text.replacing("\"", with: "\\\"")]),
      to: "hostile.safetensors")
    if entries?.count == 1 {
      // Without a scale there is nothing to be turned back.
      #expect(try Dequantization(of: path).plan.tensors.map(\.name) == ["k/vars/1"])
    } else {
      let error = #expect(throws: CheckpointError.self) { try Dequantization(of: path) }
      #expect(error?.reason is RecordError)
    }
  }
}
