import CKernels
import Testing

@testable import QConvert

/// The parameters of runs or lanes.
struct Affine: Sendable {
  var scale: [Float]
  var minval: [Float]?
  var zero: [Int32]?
  var limits: ClosedRange<Int32>
  var arithmetic = Arithmetic.divide
  var global: Float = 0
  var product = FloatPrecision.float32

  /// `body` with the parameters as the kernels take them.
  func withPointer(_ body: (UnsafePointer<qc_affine>) -> Void) {
    unsafe scale.withUnsafeBufferPointer { scale in
      unsafe (minval ?? []).withUnsafeBufferPointer { minval in
        unsafe (zero ?? []).withUnsafeBufferPointer { zero in
          var affine = unsafe qc_affine(
            scale: scale.baseAddress,
            minval: self.minval == nil ? nil : minval.baseAddress,
            zero: self.zero == nil ? nil : zero.baseAddress,
            quant_min: limits.lowerBound, quant_max: limits.upperBound,
            arithmetic: arithmetic.kernelArithmetic, global: global, product: product.kernelType)
          unsafe body(&affine)
        }
      }
    }
  }
}

/// The kernels over arrays. Float elements and codes lie at odd addresses, inputs have not a byte more
/// than needed (the address sanitizer sees a read beyond), and outputs lie between guards.
extension Kernels {
  func rangeRuns(
    _ type: FloatPrecision, _ x: [UInt8], runs: Int, length: Int, min: inout [Float],
    max: inout [Float]
  ) -> Bool {
    var isFinite = false
    unsafe withUnaligned(x) { x in
      isFinite = unsafe functions.range_runs(type.kernelType, x, runs, length, &min, &max)
    }
    return isFinite
  }

  func extremeRuns(
    _ type: FloatPrecision, _ x: [UInt8], runs: Int, length: Int
  ) -> (min: [Float], max: [Float])? {
    var min = [Float](repeating: 1, count: runs)
    var max = [Float](repeating: -1, count: runs)
    var isFinite = false
    unsafe withUnaligned(x) { x in
      isFinite = unsafe functions.extreme_runs(type.kernelType, x, runs, length, &min, &max)
    }
    return isFinite ? (min, max) : nil
  }

  func rangeLanes(
    _ type: FloatPrecision, _ x: [UInt8], lanes: Int, min: inout [Float], max: inout [Float]
  ) -> Bool {
    var isFinite = false
    unsafe withUnaligned(x) { x in
      isFinite = unsafe functions.range_lanes(type.kernelType, x, lanes, &min, &max)
    }
    return isFinite
  }

  /// The parameters of every range; nil when the kernel reports a scale that is not finite.
  func qparams(_ rule: qc_rule, min: [Float], max: [Float]) -> [QParams]? {
    var rule = rule
    let count = min.count
    let guardValue: Float = 123
    var scale = [Float](repeating: guardValue, count: count + 1)
    var zero = [Int32](repeating: 123, count: count + 1)
    var minval = [Float](repeating: guardValue, count: count + 1)
    let isFinite = unsafe functions.qparams(&rule, count, min, max, &scale, &zero, &minval)
    #expect(scale[count] == guardValue && zero[count] == 123 && minval[count] == guardValue)
    guard isFinite else { return nil }
    return (0..<count).map { QParams(scale: scale[$0], zeroPoint: zero[$0], minval: minval[$0]) }
  }

  func quantizeRuns(
    _ type: FloatPrecision, _ code: KernelCode, _ x: [UInt8], runs: Int, length: Int,
    _ affine: Affine
  ) -> [UInt8] {
    unsafe withGuards(runs * length) { out in
      unsafe withUnaligned(x) { x in
        unsafe affine.withPointer { affine in
          unsafe functions.quantize_runs(
            type.kernelType, code.code, x, runs, length, affine,
            out.assumingMemoryBound(to: UInt8.self))
        }
      }
    }
  }

  func quantizeLanes(
    _ type: FloatPrecision, _ code: KernelCode, _ x: [UInt8], lanes: Int, _ affine: Affine
  ) -> [UInt8] {
    unsafe withGuards(lanes) { out in
      unsafe withUnaligned(x) { x in
        unsafe affine.withPointer { affine in
          unsafe functions.quantize_lanes(
            type.kernelType, code.code, x, lanes, affine,
            out.assumingMemoryBound(to: UInt8.self))
        }
      }
    }
  }

  func dequantizeRuns(
    _ code: KernelCode, _ type: FloatPrecision, _ q: [UInt8], runs: Int, length: Int,
    _ affine: Affine
  ) -> [UInt8] {
    unsafe withGuards(runs * length * type.byteCount) { out in
      unsafe withUnaligned(q) { q in
        unsafe affine.withPointer { affine in
          unsafe functions.dequantize_runs(
            code.code, type.kernelType, q.assumingMemoryBound(to: UInt8.self), runs, length,
            affine, out)
        }
      }
    }
  }

  func dequantizeLanes(
    _ code: KernelCode, _ type: FloatPrecision, _ q: [UInt8], lanes: Int, _ affine: Affine
  ) -> [UInt8] {
    unsafe withGuards(lanes * type.byteCount) { out in
      unsafe withUnaligned(q) { q in
        unsafe affine.withPointer { affine in
          unsafe functions.dequantize_lanes(
            code.code, type.kernelType, q.assumingMemoryBound(to: UInt8.self), lanes, affine, out)
        }
      }
    }
  }

  func pack(
    _ codes: [UInt8], bits: Int, isOffset: Bool = false, fill: Int = 0
  ) -> [UInt8] {
    let count = codes.count
    let size = (count * bits + 7) / 8 + fill
    return unsafe withGuards(size) { out in
      unsafe withUnaligned(codes) { codes in
        unsafe functions.pack(
          UInt32(bits), isOffset, codes.assumingMemoryBound(to: UInt8.self), count,
          out.assumingMemoryBound(to: UInt8.self), size)
      }
    }
  }

  func unpack(
    _ packed: [UInt8], bits: Int, isOffset: Bool = false, isSigned: Bool, count: Int
  ) -> [UInt8] {
    unsafe withGuards(count) { out in
      unsafe withUnaligned(packed) { packed in
        unsafe functions.unpack(
          UInt32(bits), isOffset, isSigned, packed.assumingMemoryBound(to: UInt8.self), count,
          out.assumingMemoryBound(to: UInt8.self))
      }
    }
  }

  func ggufBlocks(
    _ block: KernelBlock, _ codes: [UInt8], scale: [Float], minval: [Float]
  ) -> [UInt8] {
    let count = codes.count / 32
    return unsafe withGuards(count * block.byteCount) { out in
      unsafe withUnaligned(codes) { codes in
        unsafe functions.gguf_blocks(
          block.block, codes.assumingMemoryBound(to: UInt8.self), scale, minval, count,
          out.assumingMemoryBound(to: UInt8.self))
      }
    }
  }

  func ggufUnblocks(
    _ block: KernelBlock, _ bytes: [UInt8]
  ) -> (codes: [UInt8], scale: [Float], minval: [Float]) {
    let count = bytes.count / block.byteCount
    var scale = [Float](repeating: 123, count: count + 1)
    var minval = [Float](repeating: 123, count: count + 1)
    let codes = unsafe withGuards(32 * count) { out in
      unsafe withUnaligned(bytes) { bytes in
        unsafe functions.gguf_unblocks(
          block.block, bytes.assumingMemoryBound(to: UInt8.self), count,
          out.assumingMemoryBound(to: UInt8.self), &scale, &minval)
      }
    }
    #expect(scale[count] == 123 && minval[count] == 123)
    return (codes, Array(scale.dropLast()), Array(minval.dropLast()))
  }

  func packHalves(_ codes: [UInt8], isOffset: Bool) -> [UInt8] {
    let blocks = codes.count / 32
    return unsafe withGuards(16 * blocks) { out in
      unsafe withUnaligned(codes) { codes in
        unsafe functions.pack_halves(
          isOffset, codes.assumingMemoryBound(to: UInt8.self), blocks,
          out.assumingMemoryBound(to: UInt8.self))
      }
    }
  }

  func unpackHalves(_ packed: [UInt8], isOffset: Bool, isSigned: Bool) -> [UInt8] {
    let blocks = packed.count / 16
    return unsafe withGuards(32 * blocks) { out in
      unsafe withUnaligned(packed) { packed in
        unsafe functions.unpack_halves(
          isOffset, isSigned, packed.assumingMemoryBound(to: UInt8.self), blocks,
          out.assumingMemoryBound(to: UInt8.self))
      }
    }
  }

  /// What one of the kernels for parameters makes of floats.
  func bytes(
    of values: [Float], _ kernel: KeyPath<qc_kernels, ParamNarrowing>
  ) -> [UInt8] {
    unsafe withGuards(values.count) { out in
      unsafe functions[keyPath: kernel]?(
        values, values.count, out.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// The floats that one of the kernels for parameters makes of bytes.
  func values(
    of bytes: [UInt8], _ kernel: KeyPath<qc_kernels, ParamWidening>
  ) -> [Float] {
    var values = [Float](repeating: 123, count: bytes.count + 1)
    unsafe functions[keyPath: kernel]?(bytes, bytes.count, &values)
    #expect(values[bytes.count] == 123)
    return Array(values.dropLast())
  }

  typealias ParamNarrowing =
    (@convention(c) (UnsafePointer<Float>?, Int, UnsafeMutablePointer<UInt8>?) -> Void)?
  typealias ParamWidening =
    (@convention(c) (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<Float>?) -> Void)?

  func narrow(_ values: [Float], to type: FloatPrecision) -> [UInt8] {
    unsafe withGuards(values.count * type.byteCount) { out in
      unsafe functions.narrow(type.kernelType, values, values.count, out)
    }
  }

  func widen(_ x: [UInt8], _ type: FloatPrecision) -> [Float] {
    let count = x.count / type.byteCount
    var values = [Float](repeating: 123, count: count + 1)
    unsafe withUnaligned(x) { x in unsafe functions.widen(type.kernelType, x, count, &values) }
    #expect(values[count] == 123)
    return Array(values.dropLast())
  }

  /// The sums over the differences, with 0x80 and 0x7f as the codes at the ends.
  func errors(
    _ type: FloatPrecision, _ x: [UInt8], _ values: [Float], _ codes: [UInt8]
  ) -> qc_errors {
    var sums = qc_errors()
    unsafe withUnaligned(x) { x in
      unsafe functions.errors(type.kernelType, x, values, codes, codes.count, 0x80, 0x7f, &sums)
    }
    return sums
  }

  private func withUnaligned(_ bytes: [UInt8], _ body: (UnsafeRawPointer) -> Void) {
    let copy = [0] + bytes
    unsafe copy.withUnsafeBytes { bytes in
      unsafe body(bytes.baseAddress.unsafelyUnwrapped + 1)
    }
  }

  private func withGuards(
    _ count: Int, _ body: (UnsafeMutableRawPointer) -> Void
  ) -> [UInt8] {
    let guards = [UInt8](repeating: 0xa5, count: 65)
    var bytes = guards + [UInt8](repeating: 0x5a, count: count) + guards
    unsafe bytes.withUnsafeMutableBytes { bytes in
      unsafe body(bytes.baseAddress.unsafelyUnwrapped + guards.count)
    }
    #expect(Array(bytes.prefix(guards.count)) == guards, "written before the beginning")
    #expect(Array(bytes.suffix(guards.count)) == guards, "written beyond the end")
    return Array(bytes[guards.count..<guards.count + count])
  }
}

extension FloatPrecision {
  /// The precisions that kernels know.
  static let ofKernels: [FloatPrecision] = [.float32, .float16, .bfloat16]
  /// Those of 16 bits.
  static let halves: [FloatPrecision] = [.float16, .bfloat16]
}

/// The blocks of GGUF that kernels make.
enum KernelBlock: String, CaseIterable, Sendable {
  case q4_0 = "Q4_0"
  case q4_1 = "Q4_1"
  case q5_0 = "Q5_0"
  case q5_1 = "Q5_1"
  case q8_0 = "Q8_0"
  case mxfp4 = "MXFP4"

  var block: qc_block {
    switch self {
    case .q4_0: QC_BLOCK_Q4_0
    case .q4_1: QC_BLOCK_Q4_1
    case .q5_0: QC_BLOCK_Q5_0
    case .q5_1: QC_BLOCK_Q5_1
    case .q8_0: QC_BLOCK_Q8_0
    case .mxfp4: QC_BLOCK_MXFP4
    }
  }

  var byteCount: Int { qc_block_size(block) }
}
