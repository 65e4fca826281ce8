// The kernels, written once over vectors of 16 floats; included by one file per instruction set, which
// defines QC_SET (the name) and QC_NATIVE (1 where one instruction converts float16, or multiplies and adds).

#pragma STDC FP_CONTRACT OFF

// One function per type, code and so on.
#define FOR_FLOAT(type, call)                                                  \
  switch (type) {                                                              \
    case QC_F32: { enum { T = QC_F32 }; call; break; }                         \
    case QC_F16: { enum { T = QC_F16 }; call; break; }                         \
    case QC_BF16: { enum { T = QC_BF16 }; call; break; }                       \
  }

// Steps that are not for a code or type are left out by constants: where nothing is optimized, calls are inlined first.
#define FOR_STEP(C, step, call)                                                \
  switch (step) {                                                              \
    case STEP_DIVIDE_HALVES: { enum { S = STEP_DIVIDE_HALVES }; if (C <= QC_U8 && T != QC_F32) call; break; } \
    case STEP_TIMES_POWER: { enum { S = STEP_TIMES_POWER }; if (T == QC_BF16 && (C == QC_E2M1 || C == QC_E2M1_AS_E4M3)) call; break; } \
    case STEP_DIVIDE: { enum { S = STEP_DIVIDE }; call; break; }               \
    case STEP_TIMES: { enum { S = STEP_TIMES }; call; break; }                 \
    case STEP_SHIFT_DIVIDE: { enum { S = STEP_SHIFT_DIVIDE }; call; break; }   \
    case STEP_SHIFT_TIMES: { enum { S = STEP_SHIFT_TIMES }; call; break; }     \
    case STEP_DIVIDE_ROUNDED: { enum { S = STEP_DIVIDE_ROUNDED }; call; break; } \
    case STEP_TIMES_ROUNDED: { enum { S = STEP_TIMES_ROUNDED }; call; break; } \
    case STEP_HALF_AWAY: { enum { S = STEP_HALF_AWAY }; if (C <= QC_U8) call; break; } \
    case STEP_HALF_UP: { enum { S = STEP_HALF_UP }; if (C <= QC_U8) call; break; } \
  }

#define FOR_PRODUCT(affine, call)                                              \
  if ((affine)->arithmetic == QC_MULTIPLY) { enum { P = PRODUCT_BACK }; call; } \
  else if ((affine)->product == QC_F32) { enum { P = PRODUCT_EXACT }; call; }  \
  else { enum { P = PRODUCT_ROUNDED }; call; }

#include "vectors.inc.h"
#include "ranges.inc.h"
#include "qparams.inc.h"
#include "quantize.inc.h"
#include "dequantize.inc.h"
#include "packing.inc.h"
#include "conversions.inc.h"
#include "errors.inc.h"

static bool range_runs(enum qc_float type, const void *x, size_t runs, size_t length, float *min, float *max) {
  FOR_FLOAT(type, return range_runs_of(T, x, runs, length, min, max))
  return false;
}

static bool range_lanes(enum qc_float type, const void *x, size_t lanes, float *min, float *max) {
  FOR_FLOAT(type, return range_lanes_of(T, x, lanes, min, max))
  return false;
}

static bool extreme_runs(enum qc_float type, const void *x, size_t runs, size_t length, float *min, float *max) {
  FOR_FLOAT(type, return extreme_runs_of(T, x, runs, length, min, max))
  return false;
}

static bool qparams(const struct qc_rule *rule, size_t count, const float *min, const float *max,
                    float *scale, int32_t *zero, float *minval) {
  FOR_FLOAT(rule->precision, return qparams_in(T, rule, count, min, max, scale, zero, minval))
  return false;
}

// A function for each code, so that no frame is large where nothing is optimized.
#define DEFINE_CODE(C)                                                                                              \
  static __attribute__((noinline)) void quantize_runs_##C(                                                          \
      enum qc_float type, const void *x, size_t runs, size_t length, const struct qc_affine *affine, uint8_t *out) { \
    enum element_step step = step_of(C, affine);                                                                    \
    const uint8_t *bytes = x;                                                                                       \
    for (size_t i = 0; i < runs; i += LANES) {                                                                      \
      size_t n = runs - i < LANES ? runs - i : LANES;                                                               \
      struct lane_quantizer lanes = quantizers_at(type, C, step, affine, i, n);                                     \
      enum element_step batch = by_product(type, C, step, &lanes);                                                  \
      FOR_FLOAT(type, FOR_STEP(C, batch, quantize_batch(T, C, S, bytes, n, length, &lanes, out)))                   \
      bytes += n * length * element_size(type);                                                                     \
      out += n * length;                                                                                            \
    }                                                                                                               \
  }                                                                                                                 \
  static __attribute__((noinline)) void quantize_lanes_##C(                                                         \
      enum qc_float type, const void *x, size_t lanes, const struct qc_affine *affine, uint8_t *out) {              \
    enum element_step step = step_of(C, affine);                                                                    \
    FOR_FLOAT(type, FOR_STEP(C, step, quantize_lanes_as(T, C, S, x, lanes, affine, out)))                           \
  }                                                                                                                 \
  static __attribute__((noinline)) void dequantize_runs_##C(                                                        \
      enum qc_float type, const uint8_t *q, size_t runs, size_t length, const struct qc_affine *affine, void *out) { \
    FOR_FLOAT(type, FOR_PRODUCT(affine, dequantize_runs_as(C, T, P, q, runs, length, affine, out)))                 \
  }                                                                                                                 \
  static __attribute__((noinline)) void dequantize_lanes_##C(                                                       \
      enum qc_float type, const uint8_t *q, size_t lanes, const struct qc_affine *affine, void *out) {              \
    FOR_FLOAT(type, FOR_PRODUCT(affine, dequantize_lanes_as(C, T, P, q, lanes, affine, out)))                       \
  }

DEFINE_CODE(QC_I8)
DEFINE_CODE(QC_U8)
DEFINE_CODE(QC_E4M3)
DEFINE_CODE(QC_E5M2)
DEFINE_CODE(QC_E2M1)
DEFINE_CODE(QC_E2M1_AS_E4M3)
DEFINE_CODE(QC_E2M1_LOWER)

#define FOR_CODE(code, function, ...)                                          \
  switch (code) {                                                              \
    case QC_I8: return function##_QC_I8(__VA_ARGS__);                          \
    case QC_U8: return function##_QC_U8(__VA_ARGS__);                          \
    case QC_E4M3: return function##_QC_E4M3(__VA_ARGS__);                      \
    case QC_E5M2: return function##_QC_E5M2(__VA_ARGS__);                      \
    case QC_E2M1: return function##_QC_E2M1(__VA_ARGS__);                      \
    case QC_E2M1_AS_E4M3: return function##_QC_E2M1_AS_E4M3(__VA_ARGS__);      \
    case QC_E2M1_LOWER: return function##_QC_E2M1_LOWER(__VA_ARGS__);          \
  }

static void quantize_runs(enum qc_float type, enum qc_code code, const void *x, size_t runs, size_t length,
                          const struct qc_affine *affine, uint8_t *out) {
  FOR_CODE(code, quantize_runs, type, x, runs, length, affine, out)
}

static void quantize_lanes(enum qc_float type, enum qc_code code, const void *x, size_t lanes,
                           const struct qc_affine *affine, uint8_t *out) {
  FOR_CODE(code, quantize_lanes, type, x, lanes, affine, out)
}

static void dequantize_runs(enum qc_code code, enum qc_float type, const uint8_t *q, size_t runs, size_t length,
                            const struct qc_affine *affine, void *out) {
  FOR_CODE(code, dequantize_runs, type, q, runs, length, affine, out)
}

static void dequantize_lanes(enum qc_code code, enum qc_float type, const uint8_t *q, size_t lanes,
                             const struct qc_affine *affine, void *out) {
  FOR_CODE(code, dequantize_lanes, type, q, lanes, affine, out)
}

#define NAME_(set) #set
#define NAME(set) NAME_(set)
#define TABLE_(set) qc_kernels_##set
#define TABLE(set) TABLE_(set)

const struct qc_kernels TABLE(QC_SET) = {
    .name = NAME(QC_SET),
    .range_runs = range_runs,
    .range_lanes = range_lanes,
    .extreme_runs = extreme_runs,
    .qparams = qparams,
    .quantize_runs = quantize_runs,
    .quantize_lanes = quantize_lanes,
    .dequantize_runs = dequantize_runs,
    .dequantize_lanes = dequantize_lanes,
    .pack = pack,
    .unpack = unpack,
    .pack_halves = pack_halves,
    .unpack_halves = unpack_halves,
    .gguf_blocks = gguf_blocks,
    .gguf_unblocks = gguf_unblocks,
    .errors = errors,
    .narrow = narrow,
    .widen = widen,
    .narrow_e4m3 = narrow_e4m3,
    .widen_e4m3 = widen_e4m3,
    .narrow_e8m0 = narrow_e8m0,
    .widen_e8m0 = widen_e8m0,
    .narrow_i8 = narrow_i8,
    .widen_i8 = widen_i8,
};
