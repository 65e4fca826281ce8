import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Reads the tensors of sound HDF5 files and compares them with what h5py reads.
@Suite struct HDF5ValuesTests {
  private static let files: [JSONValue.Member] = {
    let data = FileManager.default.contents(atPath: Fixtures.hdf5.appending("values.json").string)
    let members = (try? JSONValue(parsing: data ?? Data()))?.members ?? []
    // These have the attributes of a Keras model and nothing else of it.
    return members.filter { !$0.name.hasPrefix("attributes") }
  }()

  @Test func `all files are there`() {
    #expect(Self.files.count == 14)
  }

  @Test(arguments: files.map(\.name))
  func `values are those that h5py reads`(_ file: String) throws {
    let expected = try #require(Self.files.first { $0.name == file }?.value.members)
    let checkpoint = try Checkpoint(Fixtures.hdf5.appending("\(file).h5"))
    for dataset in expected {
      let tensor = try #require(
        checkpoint.tensors.first { $0.name == TensorName(dataset.name) }, "\(dataset.name)")
      #expect(tensor.dtype.rawValue == dataset.value["dtype"]?.string, "\(dataset.name)")
      #expect(tensor.shape == dataset.value["shape"]?.elements?.compactMap(\.integer))
      let bytes = try StoredTensor(file: checkpoint.file, descriptor: tensor)
        .bytes(0..<tensor.byteCount)
      let digits = bytes.map { String(format: "%02x", $0) }.joined()
      #expect(digits == dataset.value["bytes"]?.string, "\(dataset.name)")
    }
  }

  @Test func `floats of other fields keep their type`() throws {
    let tensors = try Checkpoint(Fixtures.hdf5.appending("types.h5")).tensors
    #expect(tensors.contains { $0.dtype == .bfloat16 })
  }

  @Test(arguments: files.map(\.name))
  func `what is copied to safetensors and to HDF5 keeps its values`(_ file: String) throws {
    let directory = try TemporaryDirectory()
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.selection.exclude = ["*"]
    options.allowsUnmatched = true
    options.isDurable = false
    let input = Fixtures.hdf5.appending("\(file).h5")
    let original = try Checkpoint(input)
    for format in [OutputFormat.safetensors, .hdf5] {
      options.format = format
      let output = directory.path("out.\(format)")
      _ = try Conversion(of: input, options).write(to: output)
      let copy = try Checkpoint(output)
      #expect(Set(copy.tensors.map(\.name)) == Set(original.tensors.map(\.name)))
      for tensor in original.tensors {
        let copied = try #require(copy.tensors.first { $0.name == tensor.name })
        #expect(copied.dtype == tensor.dtype, "\(tensor.name)")
        #expect(copied.shape == tensor.shape)
        let range = 0..<tensor.byteCount
        #expect(
          try StoredTensor(file: copy.file, descriptor: copied).bytes(range)
            == StoredTensor(file: original.file, descriptor: tensor).bytes(range),
          "\(tensor.name)")
      }
    }
  }
}
