import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Reads `.keras` archives, sound and hostile.
@Suite struct KerasArchiveTests {
  @Test(arguments: ArchiveFixture.archives)
  func `every variable has the values that Keras gave it`(_ name: String) throws {
    let model = try Model(ArchiveFixture.path("\(name).keras"))
    #expect(try ArchiveFixture.numbers(model) == ArchiveFixture.expectedNumbers())
    #expect(model.shards[0].checkpoint.warnings == [])
    #expect(model.files.map(\.path) == [ArchiveFixture.path("\(name).keras")])
  }

  @Test func `layers have the classes and names of the configuration`() throws {
    let layers = try Model(ArchiveFixture.path("stored.keras")).layers
    #expect(layers.map(\.path) == ["layers/dense", "layers/dense_1", "layers/dropout"])
    #expect(layers.map { $0.layerClass?.name } == ["Dense", "Dense", "Dropout"])
    #expect(layers.allSatisfy { $0.layerClass?.source == .configuration })
    #expect(layers.map(\.name) == ["hidden", "out", "dropout"])
    #expect(layers[0].variables == ["layers/dense/vars/0", "layers/dense/vars/1"])
  }

  @Test(arguments: HostileCase.archives.filter { $0.expected == .accept })
  func `an odd archive is read`(_ odd: HostileCase) throws {
    let checkpoint = try Checkpoint(odd.file)
    #expect(checkpoint.tensors.count == odd.tensors)
    let tensor = try #require(checkpoint.tensors.first)
    let stored = StoredTensor(file: checkpoint.data, descriptor: tensor)
    #expect(try stored.bytes(0..<4) == [0, 0, 0xc0, 0x3f])
  }

  @Test(arguments: HostileCase.archives.filter { $0.expected == .reject })
  func `a broken archive is refused with its path`(_ broken: HostileCase) throws {
    let error = try #require(throws: CheckpointError.self) { try Checkpoint(broken.file) }
    #expect("\(error)".hasPrefix(broken.file.string))
  }

  static let reasons: [(String, String)] = [
    ("encrypted", "model.weights.h5 in the archive is encrypted"),
    ("bzip2", "compressed with bzip2"), ("unknown_method", "compressed with method 77"),
    ("name_twice", "two entries called model.weights.h5"),
    ("no_config", "without config.json"), ("no_weights", "without model.weights.h5"),
    ("checksum", "model.weights.h5 in the archive is damaged"),
    ("longer_than_said", "longer than it says"), ("shorter_than_said", "shorter than it says"),
    ("size_of_four_gigabytes", "would inflate from"), ("overlap", "overlap"),
    ("truncated", "damaged or incomplete"), ("pytorch", "a zip archive (PyTorch .pt?)"),
    ("weights_are_text", ".keras/model.weights.h5: not an HDF5 file"),
  ]

  @Test(arguments: reasons)
  func `the reason is told`(_ name: String, _ reason: String) throws {
    let file = try #require(HostileCase.archives.first { $0.name == name }).file
    let error = try #require(throws: CheckpointError.self) { try Checkpoint(file) }
    #expect("\(error)".contains(reason), "\(error)")
  }

  @Test(arguments: [("name_leads_out", "../../evil"), ("name_is_absolute", "/tmp/evil")])
  func `a name that leads out is worth a warning`(_ name: String, _ entry: String) throws {
    let file = try #require(HostileCase.archives.first { $0.name == name }).file
    let warnings = try Checkpoint(file).warnings
    #expect(
      warnings == [
        "\(entry) in the archive has a name that leads out of the archive; it is never unpacked"
      ])
  }

  @Test func `an archive of very many entries is refused`() throws {
    let directory = try TemporaryDirectory()
    let count = ZipReader.entryLimit + 1
    let outline = ArchiveOutline(
      (0..<count).map { .init(name: "\($0)", byteCount: 0, checksum: 0) })
    let path = try directory.write(outline.segments.flatMap(\.bytes), to: "many.keras")
    let error = try #require(throws: CheckpointError.self) { try Checkpoint(path) }
    #expect(error.reason as? ArchiveError == .tooManyEntries(count))
  }

  @Test func `a quantized file of weights in an archive is told by its record`() throws {
    let archive = try Checkpoint(ArchiveFixture.path("stored.keras"))
    #expect(try archive.quantizationRecord() == nil)
  }
}
