/// The element types of a GGUF file, spelled as ggml spells them.
///
/// Most are types of blocks: some elements of a row share bytes, mostly a scale and their codes. A row is
/// whole blocks.
public enum GGMLType: String, CaseIterable, Sendable {
  case float32 = "F32"
  case float16 = "F16"
  case q40 = "Q4_0"
  case q41 = "Q4_1"
  case q50 = "Q5_0"
  case q51 = "Q5_1"
  case q80 = "Q8_0"
  case q81 = "Q8_1"
  case q2K = "Q2_K"
  case q3K = "Q3_K"
  case q4K = "Q4_K"
  case q5K = "Q5_K"
  case q6K = "Q6_K"
  case q8K = "Q8_K"
  case iq2XXS = "IQ2_XXS"
  case iq2XS = "IQ2_XS"
  case iq3XXS = "IQ3_XXS"
  case iq1S = "IQ1_S"
  case iq4NL = "IQ4_NL"
  case iq3S = "IQ3_S"
  case iq2S = "IQ2_S"
  case iq4XS = "IQ4_XS"
  case int8 = "I8"
  case int16 = "I16"
  case int32 = "I32"
  case int64 = "I64"
  case float64 = "F64"
  case iq1M = "IQ1_M"
  case bfloat16 = "BF16"
  case tq10 = "TQ1_0"
  case tq20 = "TQ2_0"
  case mxfp4 = "MXFP4"
  case nvfp4 = "NVFP4"
  case q10 = "Q1_0"
}

extension GGMLType {
  /// The number of the type in a file.
  public var id: UInt32 { layout.id }
  /// The elements of a block; 1 for plain elements.
  public var blockLength: Int { layout.length }
  /// The bytes of a block.
  public var blockByteCount: Int { layout.bytes }

  /// The type of a number in a file; nil for one that is not known or no longer used.
  init?(id: UInt32) {
    guard let type = Self.allCases.first(where: { $0.id == id }) else { return nil }
    self = type
  }

  /// `GGML_QUANT_SIZES` of gguf-py 0.19. Numbers between these were of types that ggml has given up.
  private var layout: (id: UInt32, length: Int, bytes: Int) {
    switch self {
    case .float32: (0, 1, 4)
    case .float16: (1, 1, 2)
    case .q40: (2, 32, 18)
    case .q41: (3, 32, 20)
    case .q50: (6, 32, 22)
    case .q51: (7, 32, 24)
    case .q80: (8, 32, 34)
    case .q81: (9, 32, 40)
    case .q2K: (10, 256, 84)
    case .q3K: (11, 256, 110)
    case .q4K: (12, 256, 144)
    case .q5K: (13, 256, 176)
    case .q6K: (14, 256, 210)
    case .q8K: (15, 256, 292)
    case .iq2XXS: (16, 256, 66)
    case .iq2XS: (17, 256, 74)
    case .iq3XXS: (18, 256, 98)
    case .iq1S: (19, 256, 50)
    case .iq4NL: (20, 32, 18)
    case .iq3S: (21, 256, 110)
    case .iq2S: (22, 256, 82)
    case .iq4XS: (23, 256, 136)
    case .int8: (24, 1, 1)
    case .int16: (25, 1, 2)
    case .int32: (26, 1, 4)
    case .int64: (27, 1, 8)
    case .float64: (28, 1, 8)
    case .iq1M: (29, 256, 56)
    case .bfloat16: (30, 1, 2)
    case .tq10: (34, 256, 54)
    case .tq20: (35, 256, 66)
    case .mxfp4: (39, 32, 17)
    case .nvfp4: (40, 64, 36)
    case .q10: (41, 128, 18)
    }
  }
}

extension GGMLType {
  /// The type for plain elements; nil where GGUF has none.
  init?(_ dtype: DType) {
    guard let type = Self.allCases.first(where: { $0.dtype == dtype }) else { return nil }
    self = type
  }

  /// The type of plain elements; nil for blocks.
  public var dtype: DType? {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float64: .float64
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    default: nil
    }
  }

  /// Whether elements share bytes.
  public var isBlock: Bool { blockLength > 1 }

  /// The shape of the bytes of a tensor whose elements have this shape.
  ///
  /// - Parameter shape: The shape of the elements, whose rows are whole blocks.
  /// - Returns: The shape with the last axis in bytes.
  func byteShape(of shape: [Int]) -> [Int] {
    shape.dropLast() + shape.suffix(1).map { $0 / blockLength * blockByteCount }
  }

  /// The shape of the elements of a tensor whose bytes have this shape: ``byteShape(of:)`` the other way.
  func elementShape(ofBytes shape: [Int]) -> [Int] {
    shape.dropLast() + shape.suffix(1).map { $0 / blockByteCount * blockLength }
  }

  /// What `general.file_type` says of a file whose weights are mostly of this type; nil where ggml has more than
  /// one word for it, or none.
  var fileType: UInt32? {
    switch self {
    case .float32: 0
    case .float16: 1
    case .q40: 2
    case .q41: 3
    case .q80: 7
    case .q50: 8
    case .q51: 9
    case .q2K: 10
    case .q6K: 18
    case .iq4NL: 25
    case .iq4XS: 30
    case .bfloat16: 32
    case .tq10: 36
    case .tq20: 37
    case .mxfp4: 38
    case .nvfp4: 39
    case .q10: 40
    default: nil
    }
  }
}

extension GGMLType: CustomStringConvertible {
  /// The spelling of ggml.
  public var description: String { rawValue }
}
