import ArgumentParser
import QConvert
import SystemPackage

/// What a command line asks to be converted: one model, or a batch.
enum Jobs {
  case model(Batch.Item)
  case batch([Batch.Item], warnings: [String])

  /// The models that the inputs stand for, each with its output.
  init(_ inputs: [FilePath], output: FilePath?, _ command: ConvertCommand) throws {
    var models: [FilePath] = []
    var warnings: [String] = []
    var isBatch = inputs.count > 1
    for input in inputs {
      // What cannot be listed is for its conversion to report.
      guard let batch = try? ModelBatch(input) else {
        models.append(input)
        continue
      }
      isBatch = true
      // Without a place of their own, the outputs of a former run lie among the models.
      let outputs = output == nil ? batch.models.map { Self.place(of: $0, command).path } : []
      models += batch.models.filter { !outputs.contains($0.resolvingLinks ?? $0) }
      warnings += batch.quantized.map {
        "\(TensorName($0.string)): already quantized by qconvert, left out"
      }
      warnings += batch.others.map {
        "\(TensorName(input.appending($0).string)): no model, left out"
      }
    }
    if command.buffers == .separate,
      let directory = models.first(where: { Self.place(of: $0, command).isDirectory })
    {
      throw ValidationError("--buffers separate goes with files only: \(directory) is a directory")
    }
    guard isBatch else {
      let own = Self.place(of: models[0], command)
      if own.isDirectory, output?.extension == "safetensors" {
        throw ValidationError(
          "\(models[0]) becomes a directory: \(output ?? "") is the name of a file")
      }
      self = .model(Batch.Item(input: models[0], output: output ?? own.path))
      return
    }
    let items = models.map { model in
      let own = Self.place(of: model, command)
      guard let root = output else { return Batch.Item(input: model, output: own.path) }
      // Under a directory of their own, directories keep their names.
      let isNamed = own.isDirectory && Self.directory(of: model) != nil
      let name = isNamed ? Self.name(of: model) : own.path.lastComponent?.string ?? ""
      return Batch.Item(input: model, output: root.appending(name))
    }
    let places = Dictionary(grouping: items) { $0.output.place }
    if let clash = items.first(where: { places[$0.output.place, default: []].count > 1 }) {
      throw ValidationError("two inputs would be written to \(clash.output)")
    }
    try Self.demandApart(items, overwrite: command.outputOptions.overwrite)
    if let output { try output.createDirectory(dryRun: command.dryRun) }
    self = .batch(items, warnings: warnings)
  }

  /// Demands that no output lies in the input of another, nor with `overwrite` takes its place.
  private static func demandApart(_ items: [Batch.Item], overwrite: Bool) throws {
    let inputs = Dictionary(items.map { ($0.input.place, $0) }) { first, _ in first }
    let outputs = Dictionary(items.map { ($0.output.place, $0) }) { first, _ in first }
    for item in items {
      for (place, isItself) in item.output.place.andAbove where overwrite || !isItself {
        guard let other = inputs[place], other.output != item.output else { continue }
        throw StorageError.outputIsInput(output: item.output, input: other.input)
      }
      for (place, _) in item.input.place.andAbove where overwrite {
        guard let other = outputs[place], other.output != item.output else { continue }
        throw StorageError.outputIsInput(output: other.output, input: item.input)
      }
    }
  }

  /// Where an output goes by default: beside the input.
  private static func place(
    of input: FilePath, _ command: ConvertCommand
  ) -> (path: FilePath, isDirectory: Bool) {
    if let directory = directory(of: input) {
      if command.requestedFormat == .gguf || command.writesOnlyGGUF {
        // All shards go to one file.
        let place = directory.resolvingLinks ?? directory
        let file = "\(name(of: place)).\(command.label).gguf"
        return (place.removingLastComponent().appending(file), false)
      }
      let place = directory.resolvingLinks ?? directory
      return (
        place.removingLastComponent().appending("\(name(of: place)).\(command.label)"), true
      )
    }
    let base = "\(name(of: input)).\(command.label)"
    let isDirectory = command.shardSize != nil
    var ending = fileExtension(of: input, command)
    // Keras takes no other name for files of weights.
    if ending == "h5", isWeights(input) || command.layout == "keras" { ending = "weights.h5" }
    let name = isDirectory ? base : "\(base).\(ending)"
    return (input.removingLastComponent().appending(name), isDirectory)
  }

  /// What the name of an output ends in by default.
  private static func fileExtension(of input: FilePath, _ command: ConvertCommand) -> String {
    var own = OutputFormat(of: input) ?? .safetensors
    if own == .keras, Layouts.named(command.layout)?.formats.contains(.keras) != true {
      own = .hdf5
    }
    if own == .gguf, Layouts.named(command.layout)?.formats.contains(.gguf) != true {
      own = .safetensors
    }
    if command.writesOnlyGGUF { own = .gguf }
    switch command.format ?? own {
    case .safetensors: return "safetensors"
    // An archive or an index is another kind of file.
    case .hdf5: return OutputFormat(extensionOf: input) == .hdf5 ? input.extension ?? "h5" : "h5"
    case .gguf: return "gguf"
    case .keras: return "keras"
    }
  }

  /// The directory of a model; nil for a file that stands for itself.
  private static func directory(of input: FilePath) -> FilePath? {
    guard input.lastComponent?.string.hasSuffix(".index.json") ?? false else {
      return input.isDirectory ? input : nil
    }
    let parent = input.removingLastComponent()
    return parent.isEmpty ? "." : parent
  }

  /// Whether a file has the name of weights of Keras 3.
  private static func isWeights(_ input: FilePath) -> Bool {
    input.lastComponent?.string.hasSuffix(".weights.h5") ?? false
  }

  /// What a model is called.
  private static func name(of input: FilePath) -> String {
    guard let directory = directory(of: input) else {
      let stem = input.stem ?? "model"
      return isWeights(input) ? String(stem.dropLast(".weights".count)) : stem
    }
    return (directory.resolvingLinks ?? directory).lastComponent?.string ?? "model"
  }
}

extension FilePath {
  /// The path without links as far as there is something.
  fileprivate var place: FilePath {
    if let resolved = resolvingLinks { return resolved }
    guard let last = lastComponent else { return self }
    let parent = removingLastComponent()
    return (parent.isEmpty ? "." : parent).place.appending(last)
  }

  /// The path itself and all directories on the way to it.
  fileprivate var andAbove: [(place: FilePath, isItself: Bool)] {
    var places = [(self, true)]
    while let (place, _) = places.last, place.lastComponent != nil {
      places.append((place.removingLastComponent(), false))
    }
    return places
  }
}
