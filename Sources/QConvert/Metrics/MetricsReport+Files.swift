public import SystemPackage

extension MetricsReport {
  private static let formatVersion = 1

  /// The report as a JSON object: format_version, input, output, layout, bytes_in, bytes_out, total, and
  /// tensors, those with the lowest signal-to-noise ratio first and those that are not quantized last; each
  /// with its index in the model and a histogram.
  public var json: String {
    let places = Dictionary(
      tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let ordered =
      worstFirst.map(\.tensor) + tensors.filter { $0.figures == nil }
    let members = ordered.map { tensor in
      JSONValue.object([
        "name": .string(tensor.name),
        "index": .integer(places[tensor.name] ?? 0),
        "dtype": .string(tensor.dtype),
        "shape": .array(tensor.shape.map(JSONValue.integer)),
        "treatment": .string(tensor.treatment),
        "bytes_in": .integer(tensor.inputByteCount),
        "bytes_out": .integer(tensor.outputByteCount),
        "metrics": tensor.figures.map { figures in
          .object(
            figures.members
              + (figures.histogram.map { [.init(name: "histogram", value: $0.json)] } ?? []))
        },
      ])
    }
    return JSONValue.object([
      "format_version": .integer(Self.formatVersion),
      "input": .string(input),
      "output": .string(output),
      "layout": .string(layout),
      "bytes_in": .integer(inputByteCount),
      "bytes_out": .integer(outputByteCount),
      "total": total?.json,
      "tensors": .array(members),
    ]).indented(depth: 2)
  }

  /// The quantized tensors as comma-separated values with a line of names, those with the lowest
  /// signal-to-noise ratio first.
  public var csv: String {
    func quoted(_ text: String) -> String {
      text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        ? "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
        : text
    }
    let rows = worstFirst.map { tensor, figures in
      [
        quoted(tensor.name), tensor.dtype, quoted("\(tensor.shape)"), quoted(tensor.treatment),
        "\(figures.count)", "\(tensor.inputByteCount)", "\(tensor.outputByteCount)",
        "\(figures.meanSquaredError)", "\(figures.signalToNoise)", "\(figures.maxError)",
        "\(figures.cosineSimilarity)", "\(figures.clippedShare)",
        figures.scales.map { "\($0.lowerBound)" } ?? "",
        figures.scales.map { "\($0.upperBound)" } ?? "",
      ].joined(separator: ",")
    }
    let names =
      "name,dtype,shape,treatment,elements,bytes_in,bytes_out,mse,sqnr_db,max_error,cosine,clipped,"
      + "scale_min,scale_max"
    return ([names] + rows).joined(separator: "\n") + "\n"
  }

  /// Demands that a report can be written.
  ///
  /// - Throws: ``StorageError``.
  public static func check(_ path: FilePath, overwrite: Bool) throws {
    try OutputFile.check(path, inputs: [], overwrite: overwrite)
  }

  /// Writes the report as ``csv`` where the name of the file ends in `.csv`, else as ``json``; the file
  /// appears complete or not at all.
  ///
  /// - Throws: ``StorageError``.
  public func write(to path: FilePath, overwrite: Bool = false) throws {
    let text = path.extension?.lowercased() == "csv" ? csv : json + "\n"
    try TextFile.write(text, to: path, overwrite: overwrite)
  }

  /// Reads a report that ``json`` has written.
  ///
  /// - Throws: ``StorageError``; ``MetricsError/notAReport(_:)``.
  public init(contentsOf path: FilePath) throws {
    let file = try InputFile(path)
    guard let json = try? JSONValue(parsing: file.bytes(0..<file.byteCount)),
      json["format_version"]?.integer == Self.formatVersion,
      let input = json["input"]?.string, let output = json["output"]?.string,
      let layout = json["layout"]?.string, let bytesIn = json["bytes_in"]?.integer,
      let bytesOut = json["bytes_out"]?.integer, let elements = json["tensors"]?.elements
    else { throw MetricsError.notAReport(path) }
    let tensors = try elements.map { element -> (index: Int, Tensor) in
      guard let tensor = Tensor(json: element), let index = element["index"]?.integer else {
        throw MetricsError.notAReport(path)
      }
      return (index, tensor)
    }
    self.init(
      input: input, output: output, layout: layout, inputByteCount: bytesIn,
      outputByteCount: bytesOut, total: json["total"].flatMap(ErrorFigures.init(json:)),
      tensors: tensors.sorted { $0.index < $1.index }.map(\.1))
  }
}

extension MetricsReport.Tensor {
  fileprivate init?(json: JSONValue) {
    guard let name = json["name"]?.string, let dtype = json["dtype"]?.string,
      let shape = json["shape"]?.elements?.compactMap(\.integer),
      let treatment = json["treatment"]?.string, let bytesIn = json["bytes_in"]?.integer,
      let bytesOut = json["bytes_out"]?.integer
    else { return nil }
    self.init(
      name: name, dtype: dtype, shape: shape, treatment: treatment, inputByteCount: bytesIn,
      outputByteCount: bytesOut, figures: json["metrics"].flatMap(ErrorFigures.init(json:)))
  }
}

/// Why there is no report.
public enum MetricsError: Error, Hashable, Sendable {
  /// A file that is none of ``MetricsReport``.
  case notAReport(FilePath)
}

extension MetricsError: CustomStringConvertible {
  /// What is wrong and where, in one line.
  public var description: String {
    switch self {
    case .notAReport(let path): "\(path): not a file that --metrics-file has written"
    }
  }
}
