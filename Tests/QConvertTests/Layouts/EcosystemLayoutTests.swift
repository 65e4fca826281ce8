import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// What libraries of other ecosystems make of small models, byte for byte; see `fixtures/make_ecosystem.py`.
@Suite struct EcosystemLayoutTests {
  private static let cases = ["mlx", "torchao", "compressed-tensors"].flatMap(
    EcosystemCase.all(of:))

  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  /// The output for a case.
  private func quantized(
    _ test: EcosystemCase, jobs: Int? = nil, memory: Int? = nil
  ) throws -> FilePath {
    var options = try test.options()
    options.jobs = jobs
    options.memoryBound = memory
    let output = directory.path("quantized")
    _ = try Conversion(of: test.float, options).write(to: output)
    return output
  }

  /// That the weights which the library has turned back are the same in a directory.
  private func expectDecoded(_ test: EcosystemCase, in output: FilePath) throws {
    let found = try Checkpoint(output.appending("model.safetensors")).contents
    for (name, entry) in try Checkpoint(test.dequantized).contents {
      #expect(found[name] == entry, "\(name)")
    }
  }

  @Test(arguments: cases)
  func `every entry is that of the library`(_ test: EcosystemCase) throws {
    let expected = try Checkpoint(test.quantized).contents
    for (jobs, memory) in [(1, nil), (2, 1 << 20)] {
      let output = try quantized(test, jobs: jobs, memory: memory)
      let found = try Checkpoint(output.appending("model.safetensors")).contents
      #expect(found.keys.sorted() == expected.keys.sorted())
      for (name, entry) in expected { #expect(found[name] == entry, "\(name)") }
    }
  }

  @Test(arguments: cases)
  func `the way back is that of the library`(_ test: EcosystemCase) throws {
    let quantized = try quantized(test)
    let output = directory.path("float")
    _ = try Dequantization(of: quantized).write(to: output)
    try expectDecoded(test, in: output)
    #expect(
      try Data(contentsOf: URL(filePath: output.appending("config.json").string))
        == Data(contentsOf: URL(filePath: test.float.appending("config.json").string)))
    #expect(try Verification(of: quantized, against: test.float).run().findings.isEmpty)
    let kept = try SafetensorsFile(test.float.appending("model.safetensors")).metadata
    let found = try SafetensorsFile(output.appending("model.safetensors")).metadata
    #expect(Set(found.keys).subtracting(kept.keys).isSubset(of: ["format"]))
  }

  @Test(arguments: cases)
  func `config.json tells what the library would`(_ test: EcosystemCase) throws {
    guard let expected = try test.configuration else { return }
    let found = try #require(try Model(quantized(test)).configuration)
    for member in expected.members ?? [] {
      #expect(found[member.name]?.canonical == member.value.canonical, "\(member.name)")
    }
  }

  @Test(arguments: cases)
  func `what the library has written is read without a record`(_ test: EcosystemCase) throws {
    let folder = try test.foreign(in: directory)
    let output = directory.path("float")
    _ = try Dequantization(of: folder).write(to: output)
    try expectDecoded(test, in: output)
    #expect(try Verification(of: folder, against: test.float).run().findings == [])
  }
}

extension JSONValue {
  /// The value with members in the order of their names.
  fileprivate var canonical: JSONValue {
    if let elements { return .array(elements.map(\.canonical)) }
    guard let members else { return self }
    return .object(
      members.sorted { $0.name < $1.name }.map { .init(name: $0.name, value: $0.value.canonical) })
  }
}
