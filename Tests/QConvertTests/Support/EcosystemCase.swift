import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// What a library of another ecosystem makes of a small model; see `fixtures/make_ecosystem.py`.
struct EcosystemCase: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  /// The directory of the float model.
  private let input: String
  /// How qconvert is called for the same.
  private let arguments: [String]
  /// The file that the library writes.
  private let expected: String
  /// Some of the weights as the library turns them back into floats.
  private let decoded: String
  /// Patterns of tensors that are left alone.
  private let excluded: [String]?

  var testDescription: String { name }
  var float: FilePath { Fixtures.ecosystem.appending(input) }
  var quantized: FilePath { Fixtures.ecosystem.appending(expected) }
  var dequantized: FilePath { Fixtures.ecosystem.appending(decoded) }

  /// The precision of the float model in the words of `config.json`.
  var precision: String {
    ["input-f16": "float16", "input-bf16": "bfloat16"][input] ?? "float32"
  }

  /// The members of `config.json` that the output has; nil where nothing in it is the layout's, or where the
  /// library writes more than is needed.
  var configuration: JSONValue? {
    get throws { try member("config") }
  }

  private func member(_ key: String) throws -> JSONValue? {
    let manifest = Fixtures.ecosystem.appending("manifest.json")
    let json = try JSONValue(parsing: Data(contentsOf: URL(filePath: manifest.string)))
    return json["cases"]?.elements?.first { $0["name"]?.string == name }?[key]
  }

  /// A directory as the library writes it, with nothing of qconvert.
  func foreign(in directory: TemporaryDirectory) throws -> FilePath {
    let folder = directory.path("foreign")
    try FileManager.default.createDirectory(
      atPath: folder.string, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: quantized.string, toPath: folder.appending("model.safetensors").string)
    let text = try Data(contentsOf: URL(filePath: float.appending("config.json").string))
    let own = try (member("written") ?? configuration)?.members ?? []
    let members = try (JSONValue(parsing: text).members ?? []) + own
    try Data(JSONValue.object(members).description.utf8)
      .write(to: URL(filePath: folder.appending("config.json").string))
    return folder
  }

  /// The cases of a layout.
  static func all(of layout: String) -> [EcosystemCase] {
    let url = URL(filePath: Fixtures.ecosystem.appending("manifest.json").string)
    let manifest = try? JSONDecoder().decode(
      [String: [EcosystemCase]].self, from: Data(contentsOf: url))
    return manifest?["cases"]?.filter { $0.name.hasPrefix("\(layout)-") } ?? []
  }

  /// The value of an option.
  private func value(_ option: String) -> String? {
    let flag = "--\(option)"
    if let index = arguments.firstIndex(of: flag) { return arguments[index + 1] }
    return arguments.first { $0.hasPrefix("\(flag)=") }.map { String($0.dropFirst(flag.count + 1)) }
  }

  var request: LayoutRequest {
    var request = LayoutRequest()
    request.variant = value("variant")
    request.bits = value("bits").flatMap { Int($0) }
    request.groupSize = value("group-size").flatMap { Int($0) }
    request.scheme = value("scheme").flatMap(QuantizationScheme.init(rawValue:))
    request.groups =
      switch value("granularity") {
      case "per_tensor": .tensor
      case "per_channel": .channels
      case "per_block": .blocks
      default: nil
      }
    request.blockSizes = value("block-size")?.split(separator: ",").compactMap { Int($0) }
    return request
  }

  /// The settings of a conversion.
  func options() throws -> ConversionOptions {
    let name = try #require(value("layout"))
    let layout = try #require(Layouts.named(name))
    var options = ConversionOptions(spec: try layout.spec(for: request))
    options.layout = layout.adapted(to: request)
    options.selection.exclude = excluded ?? []
    options.isDurable = false
    options.overwrites = true
    return options
  }
}
