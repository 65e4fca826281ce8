import Fixtures
import Foundation
import SystemPackage
import Testing

/// Compares the tool's output with files that coreai-opt wrote (fixtures/make_golden.py).
@Suite struct GoldenTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let input: String
    let arguments: [String]
    let expected: String

    var testDescription: String { name }

    static let all: [Case] = {
      struct Manifest: Decodable { let cases: [Case] }
      let path = Fixtures.golden.appending("manifest.json")
      let data = FileManager.default.contents(atPath: path.string) ?? Data()
      return (try? JSONDecoder().decode(Manifest.self, from: data).cases) ?? []
    }()
  }

  @Test func `all cases are there`() {
    #expect(Case.all.count == 74)
  }

  @Test(arguments: Case.all)
  func `the tool writes the bits of the reference`(_ golden: Case) throws {
    let directory = try TemporaryDirectory()
    let output = directory.path("out.safetensors")
    let input = Fixtures.golden.pushing(FilePath(golden.input))
    let result = try Tool.run(
      [input.string, "--output", output.string, "--quiet"] + golden.arguments)
    try #require(result.status == 0, "\(result.errors)")
    let expected = try SafetensorsFile(Fixtures.golden.pushing(FilePath(golden.expected)))
    let actual = try SafetensorsFile(output)
    #expect(actual.tensors.keys.sorted() == expected.tensors.keys.sorted())
    for (name, tensor) in expected.tensors {
      let found = try #require(actual.tensors[name])
      #expect(found.dtype == tensor.dtype, "\(name)")
      #expect(found.shape == tensor.shape, "\(name)")
      let isFree = name.hasSuffix("minval")
      #expect(
        found.bytes(zeroSignIsFree: isFree) == tensor.bytes(zeroSignIsFree: isFree), "\(name)")
    }
  }
}
