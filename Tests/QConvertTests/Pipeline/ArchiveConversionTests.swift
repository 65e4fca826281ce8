import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Converts from `.keras` archives and into them.
@Suite struct ArchiveConversionTests {
  private let directory: TemporaryDirectory
  private let input = ArchiveFixture.path("assets.keras")

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func options(
    _ format: OutputFormat? = .keras, excluding: [String] = []
  ) throws -> ConversionOptions {
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.selection.exclude = excluding
    options.format = format
    options.isDurable = false
    return options
  }

  private func archive(_ path: FilePath) throws -> KerasArchive {
    try #require(try Checkpoint(path).archive)
  }

  private func texts(_ archive: KerasArchive) throws -> [TensorName: [UInt8]] {
    var texts: [TensorName: [UInt8]] = [:]
    for asset in archive.assets {
      unsafe try archive.read(asset) { bytes in
        unsafe texts[asset.name, default: []].append(contentsOf: bytes)
      }
    }
    return texts
  }

  @Test func `a copy has the values, texts and assets of the original`() throws {
    let output = directory.path("copy.keras")
    let report = try Conversion(of: input, options(excluding: ["*"])).write(to: output)
    #expect(report.outputByteCount == (try output.fileBytes.count))
    let (before, after) = (try archive(input), try archive(output))
    #expect(try ArchiveFixture.numbers(Model(output)) == ArchiveFixture.expectedNumbers())
    #expect(after.config == before.config && after.metadata == before.metadata)
    #expect(try texts(after) == texts(before))
    #expect(try texts(after)["assets/lookup/vocabulary.txt"] == Array("one\ntwo\n".utf8))
    #expect(try directory.contents == ["copy.keras"])
  }

  @Test func `the bytes depend on nothing but the input`() throws {
    let outputs = try ["a", "b"].map { name in
      var options = try options(excluding: ["*"])
      options.jobs = name == "a" ? 1 : 4
      let output = directory.path("\(name).keras")
      _ = try Conversion(of: input, options).write(to: output)
      return try output.fileBytes
    }
    #expect(outputs[0] == outputs[1])
  }

  @Test func `a quantized archive has the configuration that its layout gives`() throws {
    let output = directory.path("q.keras")
    var options = try options()
    options.layout = KerasLayout()
    _ = try Conversion(of: input, options).write(to: output)
    let quantized = try Checkpoint(output)
    #expect(quantized.tensors.first { $0.name == "layers/dense/vars/0" }?.dtype == .int8)
    let config = String(decoding: try archive(output).config, as: UTF8.self)
    #expect(config.split(separator: #""class_name": "QuantizedDTypePolicy""#).count == 3)
    #expect(try Verification(of: output, against: input).run().findings.isEmpty)
    let error = try #require(throws: CheckpointError.self) { try Dequantization(of: output) }
    #expect(error.reason as? RecordError == .inArchive)
  }

  @Test func `other outputs hold the tensors only`() throws {
    for name in ["q.h5", "q.safetensors"] {
      let output = directory.path(name)
      let options = try options(OutputFormat(extensionOf: output))
      _ = try Conversion(of: input, options).write(to: output)
      #expect(try Checkpoint(output).archive == nil)
      #expect(try Verification(of: output, against: input).run().findings.isEmpty)
    }
  }

  @Test func `what cannot be in an archive is refused`() throws {
    #expect(throws: PlanError.archiveNeedsLayout(layout: "native")) {
      try Conversion(of: input, options())
    }
    #expect(throws: PlanError.archiveNeedsArchive) {
      try Conversion(of: ArchiveFixture.index, options(excluding: ["*"]))
    }
    for change in [\ConversionOptions.separatesBuffers, \.dropsOptimizerState] {
      var options = try options(excluding: ["*"])
      options[keyPath: change] = true
      if change == \.separatesBuffers {
        #expect(throws: PlanError.archiveNeedsAll) { try Conversion(of: input, options) }
      } else {
        #expect(throws: Never.self) { try Conversion(of: input, options) }
      }
    }
    var sharded = try options(excluding: ["*"])
    sharded.shardByteCount = 100
    #expect(throws: PlanError.archiveNeedsAll) { try Conversion(of: input, sharded) }
    let hostile = try #require(HostileCase.archives.first { $0.name == "asset_leads_out" }).file
    #expect(throws: ArchiveError.unsafeName("assets/../../evil")) {
      try Conversion(of: hostile, options(excluding: ["*"]))
    }
  }

  @Test func `an archive is not written onto itself, nor onto another without asking`() throws {
    let own = try directory.write(input.fileBytes, to: "own.keras")
    let options = try options(excluding: ["*"])
    #expect(throws: StorageError.self) { try Conversion(of: own, options).write(to: own) }
    var overwriting = options
    overwriting.overwrites = true
    #expect(throws: StorageError.self) { try Conversion(of: own, overwriting).write(to: own) }
    #expect(try own.fileBytes == input.fileBytes)
    let other = try directory.write([1], to: "other.keras")
    #expect(throws: StorageError.self) { try Conversion(of: own, options).write(to: other) }
    _ = try Conversion(of: own, overwriting).write(to: other)
    #expect(try directory.contents == ["other.keras", "own.keras"])
    #expect(try Checkpoint(other).tensors.count == Checkpoint(own).tensors.count)
  }

  @Test func `an archive that changes meanwhile is noticed`() throws {
    let own = try directory.write(input.fileBytes, to: "own.keras")
    let conversion = try Conversion(of: own, options(excluding: ["*"]))
    _ = try directory.write(Array("something else".utf8), to: "own.keras")
    #expect(throws: StorageError.self) { try conversion.write(to: directory.path("out.keras")) }
    #expect(try directory.contents == ["own.keras"])
  }

  /// Assets are read from the archive while the output is made.
  @Test func `an asset whose checksum is wrong leaves nothing behind`() throws {
    var bytes = try input.fileBytes
    let entry = try #require(archive(input).assets.first { $0.name.string.contains("vocabulary") })
    let checksum = (0..<4).map { UInt8(truncatingIfNeeded: entry.checksum >> (8 * $0)) }
    let places = bytes.indices.dropLast(3).filter { Array(bytes[$0..<$0 + 4]) == checksum }
    for place in places { bytes[place] ^= 1 }
    let broken = try directory.write(bytes, to: "broken.keras")
    let conversion = try Conversion(of: broken, options(excluding: ["*"]))
    let error = try #require(throws: ArchiveError.self) {
      try conversion.write(to: directory.path("out.keras"))
    }
    #expect("\(error)".hasPrefix("assets/lookup/vocabulary.txt in the archive is damaged"))
    #expect(try directory.contents == ["broken.keras"])
  }
}
