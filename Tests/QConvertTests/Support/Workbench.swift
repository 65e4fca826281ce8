import Fixtures
import Foundation
import SystemPackage

@testable import QConvert

/// A checkpoint in a directory of its own, to be converted.
struct Workbench {
  typealias Tensor = SafetensorsFile.Tensor

  let directory: TemporaryDirectory
  let input: FilePath

  init(_ tensors: [(String, Tensor)], metadata: [String: String] = ["format": "pt"]) throws {
    directory = try TemporaryDirectory()
    input = try directory.write(
      SafetensorsFile.bytes(tensors, metadata: metadata), to: "in.safetensors")
  }

  /// Converts and returns the path of the output.
  @discardableResult
  func convert(
    _ options: ConversionOptions, to name: String = "out.safetensors",
    progress: ConversionProgress = ConversionProgress()
  ) throws -> FilePath {
    var options = options
    options.isDurable = false
    options.overwrites = true
    _ = try Conversion(of: input, options).write(to: directory.path(name), progress: progress)
    return directory.path(name)
  }

  /// Converts and reads the output.
  func converted(_ options: ConversionOptions) throws -> [String: Tensor] {
    try SafetensorsFile(convert(options)).tensors
  }

  /// Turns a quantized file back into floats and reads them.
  func dequantized(_ path: FilePath, jobs: Int? = nil) throws -> [String: Tensor] {
    var options = Dequantization.Options()
    options.isDurable = false
    options.jobs = jobs
    options.overwrites = true
    let output = directory.path("floats.safetensors")
    _ = try Dequantization(of: path, options).write(to: output)
    return try SafetensorsFile(output).tensors
  }
}

extension FilePath {
  /// The bytes of every tensor in the file.
  var tensorBytes: [TensorName: [UInt8]] {
    get throws {
      let checkpoint = try Checkpoint(self)
      return Dictionary(
        uniqueKeysWithValues: try checkpoint.tensors.map { tensor in
          let stored = StoredTensor(file: checkpoint.data, descriptor: tensor)
          return (tensor.name, try stored.bytes(0..<tensor.byteCount))
        })
    }
  }

  /// The bytes of the file.
  var fileBytes: [UInt8] {
    get throws { [UInt8](try Data(contentsOf: URL(filePath: string))) }
  }
}

extension SafetensorsFile.Tensor {
  /// A tensor of a float type with these values, rounded to it.
  init(_ precision: FloatPrecision, _ shape: [Int], _ values: [Double]) {
    let bytes =
      precision == .float64
      ? values.flatMap { KernelReference.bytes($0.bitPattern) }
      : KernelReference.bytes(values.map { Float($0) }, precision)
    self.init(dtype: precision.dtype.rawValue, shape: shape, bytes: bytes)
  }

  /// A tensor of a float type like a weight's.
  init(_ precision: FloatPrecision, _ shape: [Int], _ random: inout SeededGenerator) {
    let values = (0..<shape.reduce(1, *)).map { _ in Double(random.weight()) }
    self.init(precision, shape, values)
  }

  /// The values of a tensor of floats or integers.
  var values: [Double] {
    let width = DType(rawValue: dtype).map { $0.bitWidth / 8 } ?? 1
    return stride(from: 0, to: bytes.count, by: width).map { start in
      let bits = bytes[start..<start + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return switch dtype {
      case "F64": Double(bitPattern: bits)
      case "F32": Double(Float(bitPattern: UInt32(bits)))
      case "F16": Double(KernelReference.decode(UInt16(bits), .float16))
      case "BF16": Double(KernelReference.decode(UInt16(bits), .bfloat16))
      case "I32": Double(Int32(truncatingIfNeeded: bits))
      case "I8": Double(Int8(truncatingIfNeeded: bits))
      default: Double(bits)
      }
    }
  }
}
