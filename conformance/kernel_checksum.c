// Prints a checksum after every kernel call over pseudo-random elements, for all types, codes and many run
// lengths. Two builds whose lines are the same compute the same bits; scripts/check-arm64.sh compares
// the baseline set of arm64, under emulation, with that of this machine.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "qc_kernels.h"

enum { COUNT = 70000, RULES = 12 };

static uint8_t elements[4 * COUNT], codes[COUNT], packed[COUNT], values[4 * COUNT];
static float low[COUNT], high[COUNT], scale[COUNT], minval[COUNT];
static int32_t zero[COUNT];

static uint64_t state = 88172645463325252;
static uint64_t checksum = 1469598103934665603;

static uint32_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)state;
}

static void mix(const char *what, int type, int detail, const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) checksum = (checksum ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
  printf("%s %d %d %016" PRIx64 "\n", what, type, detail, checksum);
}

// All patterns of the 16-bit types and more; magnitudes whose ranges stay finite, as the tool demands.
static void fill(enum qc_float type) {
  for (uint32_t i = 0; i < COUNT; i++) {
    uint32_t bits = type == QC_F32 ? next_random() : i;
    if (type == QC_F32) {
      if ((bits >> 23 & 0xff) > 200) bits = (bits & 0x807fffff) | 0x3f800000;
      memcpy(elements + 4 * i, &bits, 4);
    } else {
      uint16_t half = (uint16_t)bits;
      uint16_t limit = type == QC_F16 ? 0x7400 : 0x6400;
      if ((half & 0x7fff) >= limit) half = (uint16_t)(half & 0x83ff);
      memcpy(elements + 2 * i, &half, 2);
    }
  }
}

// One for each rule; scales of the last ones may be 0, by which nothing is divided on the way back.
static const enum qc_arithmetic arithmetics[RULES] = {
    QC_DIVIDE, QC_MULTIPLY, QC_DIVIDE_ROUNDED, QC_RECIPROCAL, QC_RECIPROCAL_ROUNDED, QC_HALF_AWAY,
    QC_HALF_UP, QC_DIVIDE, QC_DIVIDE_ROUNDED, QC_HALF_UP, QC_HALF_UP, QC_DIVIDE};

static void run(const struct qc_kernels *kernels, enum qc_float type, size_t length) {
  size_t runs = COUNT / length;
  for (size_t i = 0; i < runs; i++) {
    low[i] = 1e30f;
    high[i] = -1e30f;
  }
  kernels->range_runs(type, elements, runs, length, low, high);
  mix("low", type, (int)length, low, runs * sizeof *low);
  mix("high", type, (int)length, high, runs * sizeof *high);
  kernels->extreme_runs(type, elements, runs, length, low, high);
  mix("extreme low", type, (int)length, low, runs * sizeof *low);
  mix("extreme high", type, (int)length, high, runs * sizeof *high);
  for (int rule = 0; rule < RULES; rule++) {
    struct qc_rule rules[] = {
        {QC_RULE_SYMMETRIC, type, .quant_min = -128, .quant_max = 127, .half_steps = 127.5f, .least_scale = 0x1p-23f},
        {QC_RULE_ASYMMETRIC, type, .quant_min = -128, .quant_max = 127, .least_scale = 0x1p-23f},
        {QC_RULE_POWER_OF_TWO, type, .target_exponent = 8},
        {QC_RULE_CT_ASYMMETRIC, type, .quant_min = -128, .quant_max = 127, .zero_scale = 0x1p-10f},
        {QC_RULE_CT_MX, type, .target_exponent = 8},
        {QC_RULE_CT_NVFP4, type, .half_steps = 6, .zero_scale = 0.125f, .global = 123.4f},
        {QC_RULE_MLX_AFFINE, QC_F32, .quant_max = 255, .least_scale = 1e-7f},
        {QC_RULE_MLX_MX, type, .half_steps = 6},
        {QC_RULE_MLX_NVFP4, type, .half_steps = 6},
        {QC_RULE_GGUF_EXTREME, QC_F32, .half_steps = 8},
        {QC_RULE_GGUF_MINIMUM, QC_F32, .quant_max = 15},
        {QC_RULE_GGUF_MX, QC_F32, .target_exponent = 2},
    };
    kernels->qparams(&rules[rule], runs, low, high, scale, zero, minval);
    mix("scale", type, rule, scale, runs * sizeof *scale);
    mix("zero", type, rule, zero, runs * sizeof *zero);
    mix("minval", type, rule, minval, runs * sizeof *minval);
    // Emulation is slow: not every rule at every length.
    if (rule > QC_RULE_POWER_OF_TWO && length % 4 != 1) continue;
    for (int code = QC_I8; code <= QC_E2M1_LOWER; code++) {
      for (int shifted = 0; shifted < 2; shifted++) {
        struct qc_affine affine = {
            scale, shifted ? minval : NULL, shifted ? NULL : zero, -128, 127,
            .arithmetic = arithmetics[rule], .product = (enum qc_float)(rule % 3)};
        kernels->quantize_runs(type, code, elements, runs, length, &affine, codes);
        mix("runs", type, code, codes, runs * length);
        for (enum qc_float result = QC_F32; result <= QC_BF16; result++) {
          kernels->dequantize_runs(code, result, codes, runs, length, &affine, values);
          mix("values", type, code, values, runs * length * (result == QC_F32 ? 4 : 2));
        }
        kernels->quantize_lanes(type, code, elements, runs, &affine, codes);
        mix("lanes", type, code, codes, runs);
      }
    }
  }
}

int main(void) {
  const struct qc_kernels *kernels = qc_kernels_for(QC_CPU_BASELINE);
  for (enum qc_float type = QC_F32; type <= QC_BF16; type++) {
    fill(type);
    for (size_t length = 1; length < 70; length += 7) run(kernels, type, length);
    kernels->widen(type, elements, COUNT, (float *)values);
    mix("widened", type, 0, values, 4 * COUNT);
    kernels->narrow(QC_F16, (float *)values, COUNT / 2, elements);
    mix("narrowed", type, 0, elements, COUNT);
  }
  for (unsigned bits = 1; bits <= 8; bits++) {
    kernels->pack(bits, bits % 2, codes, COUNT, packed, COUNT);
    mix("packed", 0, (int)bits, packed, COUNT);
    kernels->unpack(bits, bits % 2, bits > 4, packed, COUNT, codes);
    mix("unpacked", 0, (int)bits, codes, COUNT);
  }
  for (enum qc_block block = QC_BLOCK_Q4_0; block <= QC_BLOCK_MXFP4; block++) {
    kernels->gguf_blocks(block, codes, scale, minval, 1000, values);
    mix("blocks", 0, block, values, 1000 * qc_block_size(block));
    kernels->gguf_unblocks(block, values, 1000, codes, low, high);
    mix("unblocked", 0, block, codes, 32000);
    mix("scales", 0, block, low, 1000 * sizeof *low);
  }
  return 0;
}
