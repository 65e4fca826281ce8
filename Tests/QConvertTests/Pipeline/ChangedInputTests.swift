import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// Inputs that change between plan and end: no output, and nothing left that could not be taken up.
@Suite struct ChangedInputTests {
  private let directory: TemporaryDirectory
  private let conversion: Conversion

  init() throws {
    directory = try TemporaryDirectory()
    try directory.addIndex(["a": "a.safetensors", "b": "b.safetensors"], to: "m/a.index.json")
    try directory.addShard("m/a.safetensors", "a")
    try directory.addShard("m/b.safetensors", "b")
    try directory.add("m/config.json", Array(#"{"a":1}"#.utf8))
    conversion = try Conversion(
      of: directory.path("m/a.index.json"), ConversionOptions(spec: QuantizationSpec()))
    // The clock of a file system may be coarse.
    usleep(20_000)
  }

  @Test(arguments: [#"{"a":2}"#, #"{"a":20}"#])
  func `a companion that changed is no reason to resume`(_ text: String) throws {
    try directory.add("m/config.json", Array(text.utf8))
    let error = try #require(throws: StorageError.self) {
      try conversion.write(to: directory.path("out"))
    }
    #expect("\(error)".hasSuffix("m/config.json: the file changed while it was read"))
    #expect(try directory.contents == ["m"])
  }

  @Test func `a shard that changed is no reason to resume`() throws {
    try directory.addShard("m/b.safetensors", "b")
    let file = try FileHandle(forWritingTo: directory.url.appending(path: "m/a.safetensors"))
    try file.truncate(atOffset: 10)
    #expect(throws: StorageError.self) { try conversion.write(to: directory.path("out")) }
    #expect(try directory.contents == ["m"])
  }

  @Test func `an output is not complete once a companion has changed`() throws {
    _ = try conversion.write(to: directory.path("out"))
    var options = ConversionOptions(spec: try QuantizationSpec())
    options.resumes = true
    let model = directory.path("m/a.index.json")
    let resumed = try Conversion(of: model, options)
    #expect(resumed.isCarriedOut(at: directory.path("out")))
    usleep(20_000)
    try directory.add("m/config.json", Array(#"{"a":2}"#.utf8))
    #expect(try !Conversion(of: model, options).isCarriedOut(at: directory.path("out")))
  }
}
