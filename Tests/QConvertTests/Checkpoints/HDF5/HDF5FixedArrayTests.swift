import Fixtures
import Testing

@testable import QConvert

/// Reads fixed arrays without libhdf5 and compares the chunks with those that h5py lists.
@Suite struct HDF5FixedArrayTests {
  private func array(
    _ file: String, _ path: String, limits: [UInt64], elementSize: UInt64, count: Int? = nil
  ) throws -> (found: [UInt64]?, expected: [UInt64]) {
    let input = try InputFile(Fixtures.hdf5.appending("\(file).h5"))
    let index = try HDF5Index(of: input, access: .inProcess)
    let dataset = try #require(index.datasets.first { $0.path.string == path })
    let raw = try #require(try HDF5RawFile(input, userBlock: 0))
    let header = try #require(try HDF5ObjectHeader(at: dataset.address, in: raw))
    let facts = HDF5IndexTests.facts.first { $0.name == file }?.value["datasets"]?[path]
    func numbers(_ value: JSONValue?) -> [UInt64] {
      (value?.elements ?? []).compactMap { $0.integer.map { UInt64($0) } }
    }
    let chunk = numbers(facts?["chunk"])
    let chunks = try #require(facts?["chunks"]?.elements)
    let expected = chunks.flatMap { fact -> [UInt64] in
      let parts = fact.elements ?? []
      let rest = parts.dropFirst().compactMap { $0.integer.map { UInt64($0) } }
      return numbers(parts.first) + [rest[2], rest[0], rest[1]]
    }
    let grid = HDF5FixedArray.Grid(
      chunk: chunk, limits: limits, chunkByteCount: chunk.reduce(elementSize, *))
    let found = try HDF5FixedArray(
      at: try #require(header.fixedArray), grid, count: count ?? chunks.count, in: raw)
    return (found?.numbers, expected)
  }

  @Test(
    arguments: [
      ("fixed_array", "deflate", [2100], 2), ("fixed_array", "limit", [75, 30], 2),
      ("chunks_v110", "many", [41, 11], 4), ("chunks_v110", "fixed", [9, 4], 4),
      ("chunks_v110", "fixed_deflate", [9, 4], 4),
    ] as [(String, String, [UInt64], UInt64)])
  func `the chunks are those that h5py lists`(
    _ file: String, _ path: String, _ limits: [UInt64], _ elementSize: UInt64
  ) throws {
    let (found, expected) = try array(file, path, limits: limits, elementSize: elementSize)
    #expect(found == expected)
    #expect(!expected.isEmpty)
  }

  @Test func `an array of another grid or number is none`() throws {
    for (limits, count) in [([2101], nil), ([.max], nil), ([2100, 1], nil), ([2100], 65)]
      as [([UInt64], Int?)]
    {
      let found = try array(
        "fixed_array", "deflate", limits: limits, elementSize: 2, count: count
      ).found
      #expect(found == nil, "\(limits)")
    }
  }
}
