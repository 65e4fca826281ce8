import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// What becomes of datasets that are no tensors.
@Suite struct OtherDatasetTests {
  private let directory: TemporaryDirectory
  private let input = Fixtures.hdf5.appending("others.h5")

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func convert(
    _ name: String, _ compression: HDF5Compression? = nil
  ) throws -> ConversionReport {
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.compression = compression
    options.isDurable = false
    options.format = OutputFormat(extensionOf: directory.path(name))
    return try Conversion(of: input, options).write(to: directory.path(name))
  }

  private func others(_ path: FilePath) throws -> [TensorName: HDF5Outline.Dataset] {
    let checkpoint = try Checkpoint(path)
    let outline = try HDF5Template(checkpoint.hdf5, of: [checkpoint]).outline([], metadata: [])
    return Dictionary(uniqueKeysWithValues: outline.datasets.map { ($0.path, $0) })
  }

  @Test(arguments: [nil, HDF5Compression.off, .gzip(level: 1)])
  func `texts and fixed elements are copied, with type, shape and attributes`(
    _ compression: HDF5Compression?
  ) throws {
    let report = try convert("out.h5", compression)
    let (found, expected) = (try others(directory.path("out.h5")), try others(input))
    let lost: Set<TensorName> = ["compound", "sequence", "reference"]
    #expect(expected.count == 13)
    #expect(Set(found.keys) == Set(expected.keys).subtracting(lost))
    for (path, dataset) in found {
      #expect(dataset.value == expected[path]?.value && dataset.value != .unread, "\(path)")
      #expect(dataset.type == expected[path]?.type, "\(path)")
      #expect(dataset.shape == expected[path]?.shape, "\(path)")
      #expect(dataset.otherPaths == expected[path]?.otherPaths, "\(path)")
      #expect(dataset.attributes.map(\.name) == expected[path]?.attributes.map(\.name), "\(path)")
    }
    #expect(report.tensors.map(\.name) == ["weight"])
    #expect(
      report.warnings.filter { $0.contains("left out") } == [
        "compound is left out: elements of type compound",
        "reference is left out: elements of type reference",
        "sequence is left out: elements of type sequence",
      ])
    let steps: [BlockEncoding]? =
      switch compression {
      case .off: nil
      case .gzip(let level): [.shuffle, .deflate(level: level)]
      case nil: [.deflate(level: 3)]
      }
    #expect(found["fixed_chunked"]?.chunking?.steps == steps)
  }

  @Test func `they are copied on the way back as well`() throws {
    _ = try convert("out.h5")
    var options = Dequantization.Options()
    options.isDurable = false
    _ = try Dequantization(of: directory.path("out.h5"), options)
      .write(to: directory.path("back.h5"))
    #expect(
      try others(directory.path("back.h5")).mapValues(\.value)
        == others(directory.path("out.h5")).mapValues(\.value))
  }

  @Test func `a safetensors file leaves all of them out, named`() throws {
    let warnings = try convert("out.safetensors").warnings
    #expect(warnings.contains("dataset again is no tensor, left out: text"))
    #expect(warnings.contains("dataset names is no tensor, left out: an enumeration"))
    #expect(warnings.contains("dataset no_number is no tensor, left out: empty"))
    #expect(warnings.count { $0.contains("is no tensor, left out: ") } == 13)
    #expect(try Checkpoint(input).nonTensors.count == 13)
  }
}
