import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Leaves the state of optimizers out.
@Suite struct DroppedStateTests {
  private let directory: TemporaryDirectory
  private let input = ArchiveFixture.path("stored.keras")

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func options(_ format: OutputFormat?) throws -> ConversionOptions {
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.dropsOptimizerState = true
    options.format = format
    options.isDurable = false
    return options
  }

  @Test(arguments: [OutputFormat.hdf5, .safetensors])
  func `nothing of it is in the output, and the report says so`(_ format: OutputFormat) throws {
    let output = directory.path("out")
    let report = try Conversion(of: input, options(format)).write(to: output)
    let dropped = report.tensors.filter { $0.decision.action == "dropped" }
    #expect(dropped.map(\.name) == ["optimizer/vars/0", "optimizer/vars/1"])
    #expect(dropped.allSatisfy { $0.outputByteCount == 0 && "\($0.rule)" == "--drop-optimizer" })
    #expect(dropped.allSatisfy { $0.decision.reason == "state of an optimizer" })
    let found = try Checkpoint(output)
    #expect(found.tensors.contains { $0.name.string.hasPrefix("optimizer") } == false)
    let groups = found.hdf5?.groups.map(\.path.string) ?? []
    #expect(!groups.contains { $0.hasPrefix("optimizer") })
    #expect(groups.contains("layers/dropout/vars") == (format == .hdf5))
    #expect(try Verification(of: output, against: input).run().findings.isEmpty)
    // Of the weights 144 bytes are kernels, 28 biases.
    #expect(report.coverage == 144.0 / 172)
  }

  @Test func `a file without any gives a warning`() throws {
    let bare = directory.path("bare.h5")
    _ = try Conversion(of: input, options(.hdf5)).write(to: bare)
    var random = SeededGenerator(seed: 5)
    let bench = try Workbench([("a.weight", .init(.float32, [4, 4], &random))])
    let note = "there is no state of an optimizer to drop"
    #expect(try Conversion(of: bench.input, options(nil)).warnings.contains(note))
    #expect(!(try Conversion(of: input, options(nil)).warnings.contains(note)))
  }

  @Test func `state that is missing in part is a finding`() throws {
    var options = try options(.safetensors)
    options.dropsOptimizerState = false
    let output = directory.path("out.safetensors")
    _ = try Conversion(of: input, options).write(to: output)
    let file = try SafetensorsFile(output)
    let kept = file.tensors.filter { $0.key != "optimizer/vars/1" }
    #expect(kept.count == file.tensors.count - 1)
    let tensors = kept.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    let metadata = file.metadata.mapValues { $0.replacing("\"", with: #"\""#) }
    let changed = try directory.write(
      SafetensorsFile.bytes(tensors, metadata: metadata), to: "changed.safetensors")
    let findings = try Verification(of: changed, against: input).run().findings
    #expect(findings == [.missing("optimizer/vars/1")])
  }
}
