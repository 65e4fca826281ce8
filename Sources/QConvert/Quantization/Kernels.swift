import CKernels

/// The vector kernels for one instruction set.
@safe
struct Kernels: Sendable {
  /// The widest set that this CPU runs, unless the environment variable `QCONVERT_CPU` names another.
  static let best = unsafe Kernels(table: unsafe qc_kernels_best())

  /// Every set that this CPU runs.
  static var available: [Kernels] {
    (0..<QC_CPU_COUNT.rawValue).compactMap { cpu in
      unsafe qc_kernels_for(qc_cpu(cpu)).map { unsafe Kernels(table: $0) }
    }
  }

  // The tables are constants of the program.
  nonisolated(unsafe) private let table: UnsafePointer<qc_kernels>

  private init(table: UnsafePointer<qc_kernels>) {
    unsafe self.table = table
  }

  var functions: qc_kernels { unsafe table.pointee }

  /// `baseline`, `avx2` or `avx512`.
  var name: String { unsafe String(cString: functions.name) }
}

extension FloatPrecision {
  /// The kernels' name of the type; float64 is narrowed to float32 before it meets a kernel.
  var kernelType: qc_float {
    switch self {
    case .float16: QC_F16
    case .bfloat16: QC_BF16
    case .float32, .float64: QC_F32
    }
  }
}

extension QuantizedDType {
  /// How a value is held in a byte; float4 as its code where codes are packed.
  func code(packed: Bool, ties: Float4Ties = .even) -> qc_code {
    switch self {
    case .float8E4M3: QC_E4M3
    case .float8E5M2: QC_E5M2
    case .float4E2M1: packed ? (ties == .even ? QC_E2M1 : QC_E2M1_LOWER) : QC_E2M1_AS_E4M3
    default: isSignedInteger ? QC_I8 : QC_U8
    }
  }
}

extension Arithmetic {
  /// The kernels' name of it.
  var kernelArithmetic: qc_arithmetic {
    switch self {
    case .divide: QC_DIVIDE
    case .multiply: QC_MULTIPLY
    case .divideRounded: QC_DIVIDE_ROUNDED
    case .multiplyByReciprocal: QC_RECIPROCAL
    case .multiplyByReciprocalRounded: QC_RECIPROCAL_ROUNDED
    case .halfAway: QC_HALF_AWAY
    case .halfUp: QC_HALF_UP
    }
  }
}

extension QParamsRule.Kind {
  /// The kernels' name of the formula.
  var kernelKind: qc_rule_kind {
    switch self {
    case .symmetric: QC_RULE_SYMMETRIC
    case .asymmetric: QC_RULE_ASYMMETRIC
    case .powerOfTwo: QC_RULE_POWER_OF_TWO
    case .compressedTensorsAsymmetric: QC_RULE_CT_ASYMMETRIC
    case .compressedTensorsMX: QC_RULE_CT_MX
    case .compressedTensorsNVFP4: QC_RULE_CT_NVFP4
    case .mlxAffine: QC_RULE_MLX_AFFINE
    case .mlxMX: QC_RULE_MLX_MX
    case .mlxNVFP4: QC_RULE_MLX_NVFP4
    case .ggufExtreme: QC_RULE_GGUF_EXTREME
    case .ggufMinimum: QC_RULE_GGUF_MINIMUM
    case .ggufMX: QC_RULE_GGUF_MX
    }
  }
}
