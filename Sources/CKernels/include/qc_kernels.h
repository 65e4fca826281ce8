// Vector kernels of qconvert: ranges, quantization parameters, quantize, dequantize, pack.
//
// One source (kernels.inc.h) is compiled once per instruction set; `qc_kernels_best` picks the widest
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
  QC_E2M1,          // the 4-bit code: sign, then the index into 0 .5 1 1.5 2 3 4 6
  QC_E2M1_AS_E4M3,  // the same grid, each value as the e4m3 byte that holds it
};

// Whose formula turns the range of a group into its parameters.
enum qc_rule_kind {
  QC_RULE_COREAI,      // coreai-opt's: the range is widened to hold zero, every step is rounded to `precision`
  QC_RULE_MLX_AFFINE,  // MLX's: the range as it is, in float32; the scale is negative where the positive end is larger
};

// How the range of a group becomes its parameters.
struct qc_rule {
  enum qc_rule_kind kind;
  enum qc_float precision;
  bool asymmetric;
  bool has_low, has_high;  // replace the observed bound by the given one
  float low, high;         // already rounded to `precision`, low <= 0 <= high
  float quant_min, quant_max;
  float half_steps;        // (quant_max - quant_min) / 2
  int32_t zero_point;      // of the symmetric schemes
  bool power_of_two;       // e8m0 scale: floor(log2(max |x|)) - target_exponent
  int32_t target_exponent;
};

// The parameters of consecutive groups (runs) or of consecutive elements (lanes).
struct qc_affine {
  const float *scale;
  const float *minval;     // subtracted before dividing; NULL for none
  const int32_t *zero;     // added after rounding; NULL for quant_min
  int32_t quant_min, quant_max;
  bool reciprocal;         // scale is one over the step: multiplied where it else divides, and back
  bool rounds_product;     // on the way back, the product is rounded before minval is added
};

// Sums over the differences between the elements of a tensor and the values that their codes stand for.
struct qc_errors {
  double squared_error, squared_signal, squared_value;
  double product;          // of element and value
  double largest;          // difference, without its sign
  size_t clipped;          // elements beyond the value of the highest or lowest code
};

struct qc_kernels {
  const char *name;

  // Merges the smallest and largest value of every run (length > 0) into min[run], max[run].
  // False when a value is NaN or infinite (min and max are then meaningless).
  bool (*range_runs)(enum qc_float type, const void *x, size_t runs, size_t length, float *min, float *max);

  // Merges element i into min[i], max[i]. False when a value is NaN or infinite.
  bool (*range_lanes)(enum qc_float type, const void *x, size_t lanes, float *min, float *max);

  // Range to parameters, for `count` groups. False when a scale is not finite, or has no finite range.
  // Float dtypes have no use for the zero point and minval they get.
  bool (*qparams)(const struct qc_rule *rule, size_t count, const float *min, const float *max,
                  float *scale, int32_t *zero, float *minval);

  // clamp(round((x - minval) / scale) + zero), one byte per element; times the scale if it is a reciprocal.
  void (*quantize_runs)(enum qc_float type, enum qc_code code, const void *x, size_t runs, size_t length,
                        const struct qc_affine *affine, uint8_t *out);
  void (*quantize_lanes)(enum qc_float type, enum qc_code code, const void *x, size_t lanes,
                         const struct qc_affine *affine, uint8_t *out);

  // (q - zero) * scale + minval in float32, then rounded to `type`, the product too where that is asked for;
  // divided by a scale that is a reciprocal.
  void (*dequantize_runs)(enum qc_code code, enum qc_float type, const uint8_t *q, size_t runs, size_t length,
                          const struct qc_affine *affine, void *out);
  void (*dequantize_lanes)(enum qc_code code, enum qc_float type, const uint8_t *q, size_t lanes,
                           const struct qc_affine *affine, void *out);

  // The low `bits` (1 to 8) of each byte as a stream of bits, the first element in the lowest ones; `is_offset`
  // stores them plus 2^(bits-1). The rest of the `size` bytes of `out` is filled up with zero bits.
  void (*pack)(unsigned bits, bool is_offset, const uint8_t *codes, size_t count, uint8_t *out, size_t size);
  void (*unpack)(unsigned bits, bool is_offset, bool is_signed, const uint8_t *packed, size_t count, uint8_t *codes);

  // Adds what `count` elements differ from `values`, which `codes` stand for, to `sums`. `lowest` and `highest`
  // are the codes at the ends. Sums of 1024 elements are in float32, in a fixed order.
  void (*errors)(enum qc_float type, const void *x, const float *values, const uint8_t *codes, size_t count,
                 uint8_t lowest, uint8_t highest, struct qc_errors *sums);

  // float32 to `type` and back, round half to even.
  void (*narrow)(enum qc_float type, const float *x, size_t count, void *out);
  void (*widen)(enum qc_float type, const void *x, size_t count, float *out);
};

enum qc_cpu { QC_CPU_BASELINE, QC_CPU_AVX2, QC_CPU_AVX512, QC_CPU_COUNT };

// The kernels for an instruction set; NULL when this CPU or this build has none.
const struct qc_kernels *qc_kernels_for(enum qc_cpu cpu);

// The widest set this CPU runs, or the one that the environment variable QCONVERT_CPU names
// (baseline, avx2, avx512); a name that cannot run here is passed over.
const struct qc_kernels *qc_kernels_best(void);

#endif
