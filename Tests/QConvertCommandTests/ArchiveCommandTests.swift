import Fixtures
import Foundation
import SystemPackage
import Testing

/// `.keras` archives and sharded weights through the tool.
@Suite struct ArchiveCommandTests {
  private let directory: TemporaryDirectory
  private static let archives = Fixtures.keras.appending("archives")

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func copy(_ names: String...) throws {
    for name in names {
      try FileManager.default.copyItem(
        atPath: Self.archives.appending(name).string, toPath: directory.path(name).string)
    }
  }

  @Test(
    .timeLimit(.minutes(10)), arguments: HostileCase.archives.filter { $0.expected == .reject })
  func `a broken archive leaves nothing behind`(_ broken: HostileCase) throws {
    let result = try Tool.run(
      broken.file.string, "-o", directory.path("out.h5").string,
      environment: ["TMPDIR": directory.url.path()])
    #expect(result.status == 65, "\(result.errors)")
    #expect(result.isOneLineOfErrors, "\(result.errors)")
    #expect(try directory.contents == [])
  }

  @Test func `what is unpacked is gone in the end`() throws {
    try copy("stored.keras")
    let result = try Tool.run(
      "stored.keras", "-q", in: directory.url, environment: ["TMPDIR": directory.url.path()])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try directory.contents == ["stored.int8.h5", "stored.keras"])
  }

  @Test func `a directory for temporary files that is missing is named`() throws {
    let result = try Tool.run(
      "inspect", Self.archives.appending("stored.keras").string,
      environment: ["TMPDIR": "/no/such/place"])
    #expect(result.status == 74, "\(result.errors)")
    #expect(result.errors.contains("/no/such/place"))
  }

  @Test func `an index of weights becomes one file beside it`() throws {
    try copy("small.weights.json", "small_00000.weights.h5", "small_00001.weights.h5")
    let result = try Tool.run("small.weights.json", "-q", "--drop-optimizer", in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try directory.contents.contains("small.weights.int8.h5"))
    let refused = try Tool.run(
      "small.weights.json", "-o", "other.weights.json", in: directory.url)
    #expect(refused.status == 64)
  }

  @Test func `inspect shows layers, roles and axes`() throws {
    let result = try Tool.run("inspect", Self.archives.appending("stored.keras").string)
    #expect(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(
      lines.contains(
        "layers/dense/vars/0 F32 [6, 4] 96 B kernel, channels along axis 1, blocks along 0"))
    #expect(lines.contains("layer layers/dense hidden Dense (by its configuration) 2 tensors"))

    let json = try Tool.run(
      "inspect", "--json", Self.archives.appending("stored.keras").string
    ).json
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.map { $0["class"] as? String } == ["Dense", "Dense", "Dropout"])
    #expect(
      layers.map { $0["class_known_by"] as? String } == Array(repeating: "configuration", count: 3))
    let tensors = try #require(json["tensors"] as? [[String: Any]])
    let kernel = try #require(tensors.first { $0["name"] as? String == "layers/dense/vars/0" })
    #expect(kernel["role"] as? String == "kernel")
    #expect(kernel["layer"] as? String == "layers/dense")
    #expect(kernel["channel_axis"] as? Int == 1 && kernel["block_axis"] as? Int == 0)
  }

  @Test func `what is dropped is in the summary`() throws {
    let result = try Tool.run(
      Self.archives.appending("stored.keras").string, "--drop-optimizer", "--dry-run", "--explain",
      in: directory.url)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("by --drop-optimizer"))
    let lines = result.output.split(separator: "\n").filter { $0.contains("  dropped") }
    #expect(lines.contains { $0.contains("state of an optimizer") && $0.contains("2  tensors") })
  }
}
