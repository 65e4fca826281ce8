// Vector kernels of qconvert: ranges, quantization parameters, quantize, dequantize, pack.
//
// One source (kernels.inc.h and what it includes) is compiled once per instruction set; `qc_kernels_best` picks the widest
// set the CPU runs. Every set gives the same bits: no fused multiply-add, true IEEE division, round
// half to even.
//
// A *run* is `length` consecutive elements that share one group's parameters; runs follow each other
// and so do their groups. A *lane* is one element with parameters of its own.

#ifndef QC_KERNELS_H
#define QC_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The element type of a float tensor, little endian, at any alignment.
enum qc_float {
  QC_F32,
  QC_F16,
  QC_BF16,
};

// How a quantized value is held in a byte.
enum qc_code {
  QC_I8,
  QC_U8,
  QC_E4M3,
  QC_E5M2,
  QC_E2M1,          // the 4-bit code: sign, then the index into 0 .5 1 1.5 2 3 4 6; ties to the even index
  QC_E2M1_AS_E4M3,  // the same grid, each value as the e4m3 byte that holds it
  QC_E2M1_LOWER,    // the 4-bit code; ties to the lower magnitude, no -0
};

// What takes an element to its code: x is the element less minval, R rounds to the type of the tensor, all
// else is float32. Results are clamped to the limits of the code. Where a reciprocal is taken, that of a
// scale of 0 (or of one so small that it has none) is 0. Float codes are those of 0 under a scale of 0.
enum qc_arithmetic {
  QC_DIVIDE,              // round(x / scale) + zero
  QC_MULTIPLY,            // round(x * scale) + zero, and back (q - zero) / scale
  QC_DIVIDE_ROUNDED,      // round(R(R(x / scale) + zero)), with 0 as the zero of float codes, which leaves no -0
  QC_RECIPROCAL,          // round(x * (1 / scale)) + zero
  QC_RECIPROCAL_ROUNDED,  // round(R(x * R(1 / scale))) + zero
  QC_HALF_AWAY,           // as QC_RECIPROCAL, halves away from zero
  QC_HALF_UP,             // trunc(x * (1 / scale) + (zero - quant_min + 0.5)) + quant_min
};

// The formula by which the range of a group becomes its parameters. R rounds to the rule's precision; low and
// high are the range, widened to hold zero in the first ones; magnitude is the larger of -low and high.
enum qc_rule_kind {
  QC_RULE_SYMMETRIC,      // R(magnitude / half_steps), or zero_scale, or least_scale
  QC_RULE_ASYMMETRIC,     // R(R(high - low) / steps), or least_scale; zero R(quant_min - round(R(low / scale)))
  QC_RULE_POWER_OF_TWO,   // floor(log2(magnitude)) - target_exponent, the exponent of a normal number
  QC_RULE_CT_ASYMMETRIC,  // as above, zero round(R(quant_min - R(low / scale))), then zero_scale for 0
  QC_RULE_CT_MX,          // exponent of magnitude plus a quarter of its power of two, less target_exponent
  QC_RULE_CT_NVFP4,       // e4m3 of global * R(magnitude / 6), or 1/8
  // The range as observed:
  QC_RULE_MLX_AFFINE,     // (high - low) / steps, moved so that zero has a code; any sign
  QC_RULE_MLX_MX,         // ceil(log2(R(magnitude / half_steps))), 1 for 0
  QC_RULE_MLX_NVFP4,      // e4m3 of R(magnitude / 6)
  QC_RULE_GGUF_EXTREME,   // the end of largest magnitude / -half_steps; any sign
  QC_RULE_GGUF_MINIMUM,   // (high - low) / steps
  QC_RULE_GGUF_MX,        // floor(log2(magnitude) rounded to float32) - target_exponent
};

// How the range of a group becomes its parameters.
struct qc_rule {
  enum qc_rule_kind kind;
  enum qc_float precision;
  bool has_low, has_high;  // replace the observed bound by the given one
  float low, high;         // already rounded to `precision`, low <= 0 <= high
  float quant_min, quant_max;
  float half_steps;        // what the largest magnitude is divided by
  int32_t zero_point;      // where the range does not decide it
  float least_scale;       // the smallest scale; 0 for none
  float zero_scale;        // in place of a scale of 0
  int32_t target_exponent;
  float global;            // the scale of the tensor's scales
};

// The parameters of consecutive groups (runs) or of consecutive elements (lanes).
struct qc_affine {
  const float *scale;
  const float *minval;     // subtracted before all else; NULL for none
  const int32_t *zero;     // added after rounding; NULL for quant_min
  int32_t quant_min, quant_max;
  enum qc_arithmetic arithmetic;
  float global;            // divides every scale first, and an x / scale of -0 becomes 0; 0 for none
  enum qc_float product;   // to which the product with the scale, and its sum with minval, is rounded in decoding
};

// Sums over the differences between the elements of a tensor and the values that their codes stand for.
struct qc_errors {
  double squared_error, squared_signal, squared_value;
  double product;          // of element and value
  double largest;          // difference, without its sign
  size_t clipped;          // elements beyond the value of the highest or lowest code
};

// The blocks of GGUF files, of 32 elements each, with a float16 scale unless said otherwise.
enum qc_block {
  QC_BLOCK_Q4_0,   // 18 bytes; codes 0...15
  QC_BLOCK_Q4_1,   // 20 bytes; codes 0...15, float16 minval
  QC_BLOCK_Q5_0,   // 22 bytes; codes 0...31
  QC_BLOCK_Q5_1,   // 24 bytes; codes 0...31, float16 minval
  QC_BLOCK_Q8_0,   // 34 bytes; codes -128...127
  QC_BLOCK_MXFP4,  // 17 bytes; float4 codes, e8m0 scale
};

struct qc_kernels {
  const char *name;

  // Merges the smallest and largest value of every run (length > 0) into min[run], max[run].
  // False when a value is NaN or infinite (min and max are then meaningless).
  bool (*range_runs)(enum qc_float type, const void *x, size_t runs, size_t length, float *min, float *max);

  // Merges element i into min[i], max[i]. False when a value is NaN or infinite.
  bool (*range_lanes)(enum qc_float type, const void *x, size_t lanes, float *min, float *max);

  // As range_runs for runs that are whole groups, nothing merged; of two ends of the same magnitude, the one that
  // comes later becomes 0. Where all elements are zeros, both ends are the first.
  bool (*extreme_runs)(enum qc_float type, const void *x, size_t runs, size_t length, float *min, float *max);

  // Range to parameters, for `count` groups. False when a scale is not finite, or has no finite range.
  // Float dtypes have no use for the zero point and minval they get.
  bool (*qparams)(const struct qc_rule *rule, size_t count, const float *min, const float *max,
                  float *scale, int32_t *zero, float *minval);

  // Elements to codes, one byte each, as the arithmetic says.
  void (*quantize_runs)(enum qc_float type, enum qc_code code, const void *x, size_t runs, size_t length,
                        const struct qc_affine *affine, uint8_t *out);
  void (*quantize_lanes)(enum qc_float type, enum qc_code code, const void *x, size_t lanes,
                         const struct qc_affine *affine, uint8_t *out);

  // P(P((q - zero) * scale) + minval), then rounded to `type`; P rounds to affine->product.
  void (*dequantize_runs)(enum qc_code code, enum qc_float type, const uint8_t *q, size_t runs, size_t length,
                          const struct qc_affine *affine, void *out);
  void (*dequantize_lanes)(enum qc_code code, enum qc_float type, const uint8_t *q, size_t lanes,
                           const struct qc_affine *affine, void *out);

  // The low `bits` (1 to 8) of each byte as a stream of bits, the first element in the lowest ones; `is_offset`
  // stores them plus 2^(bits-1). The rest of the `size` bytes of `out` is filled up with zero bits.
  void (*pack)(unsigned bits, bool is_offset, const uint8_t *codes, size_t count, uint8_t *out, size_t size);
  void (*unpack)(unsigned bits, bool is_offset, bool is_signed, const uint8_t *packed, size_t count, uint8_t *codes);

  // The same for 4 bits in blocks of 32: byte j holds codes j and j + 16, the first in the low bits.
  void (*pack_halves)(bool is_offset, const uint8_t *codes, size_t blocks, uint8_t *out);
  void (*unpack_halves)(bool is_offset, bool is_signed, const uint8_t *packed, size_t blocks, uint8_t *codes);

  // Codes and parameters of consecutive blocks to their bytes, and back; minval is for blocks that have one,
  // and NULL for others.
  void (*gguf_blocks)(enum qc_block block, const uint8_t *codes, const float *scale, const float *minval,
                      size_t blocks, uint8_t *out);
  void (*gguf_unblocks)(enum qc_block block, const uint8_t *bytes, size_t blocks, uint8_t *codes, float *scale,
                        float *minval);

  // Adds what `count` elements differ from `values`, which `codes` stand for, to `sums`. `lowest` and `highest`
  // are the codes at the ends. Sums of 1024 elements are in float32, in a fixed order.
  void (*errors)(enum qc_float type, const void *x, const float *values, const uint8_t *codes, size_t count,
                 uint8_t lowest, uint8_t highest, struct qc_errors *sums);

  // float32 to `type` and back, round half to even.
  void (*narrow)(enum qc_float type, const float *x, size_t count, void *out);
  void (*widen)(enum qc_float type, const void *x, size_t count, float *out);

  // Scales to e4m3 bytes, the largest in place of what is beyond it, and back.
  void (*narrow_e4m3)(const float *x, size_t count, uint8_t *out);
  void (*widen_e4m3)(const uint8_t *x, size_t count, float *out);

  // Powers of two from 2^-127 on to their exponents, and back; 255 is NaN.
  void (*narrow_e8m0)(const float *x, size_t count, uint8_t *out);
  void (*widen_e8m0)(const uint8_t *x, size_t count, float *out);

  // Zero points to bytes, which keep the low bits, and back.
  void (*narrow_i8)(const int32_t *x, size_t count, uint8_t *out);
  void (*widen_i8)(const uint8_t *x, size_t count, int32_t *out);
};

// The number of bytes of a block.
size_t qc_block_size(enum qc_block block);

enum qc_cpu { QC_CPU_BASELINE, QC_CPU_AVX2, QC_CPU_AVX512, QC_CPU_COUNT };

// The kernels for an instruction set; NULL when this CPU or this build has none.
const struct qc_kernels *qc_kernels_for(enum qc_cpu cpu);

// The widest set this CPU runs, or the one that the environment variable QCONVERT_CPU names
// (baseline, avx2, avx512); a name that cannot run here is passed over.
const struct qc_kernels *qc_kernels_best(void);

#endif
