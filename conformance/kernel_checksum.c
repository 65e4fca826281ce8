// Prints a checksum after every kernel call over pseudo-random elements, for all types, codes and many run
// lengths. Two builds whose lines are the same compute the same bits; scripts/check-arm64.sh compares
// the baseline set of arm64, under emulation, with that of this machine.

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "qc_kernels.h"

enum { COUNT = 70000 };

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

static void run(const struct qc_kernels *kernels, enum qc_float type, size_t length) {
  size_t runs = COUNT / length;
  for (size_t i = 0; i < runs; i++) {
    low[i] = 1e30f;
    high[i] = -1e30f;
  }
  kernels->range_runs(type, elements, runs, length, low, high);
  mix("low", type, (int)length, low, runs * sizeof *low);
  mix("high", type, (int)length, high, runs * sizeof *high);
  for (int rule = 0; rule < 4; rule++) {
    struct qc_rule rules[] = {
        {.precision = type, .quant_min = -128, .quant_max = 127, .half_steps = 127.5f},
        {.precision = type, .asymmetric = true, .quant_min = -128, .quant_max = 127},
        {.precision = type, .power_of_two = true, .target_exponent = 8},
        {.kind = QC_RULE_MLX_AFFINE, .precision = type, .quant_max = 15},
    };
    kernels->qparams(&rules[rule], runs, low, high, scale, zero, minval);
    mix("scale", type, rule, scale, runs * sizeof *scale);
    mix("zero", type, rule, zero, runs * sizeof *zero);
    mix("minval", type, rule, minval, runs * sizeof *minval);
    for (int code = QC_I8; code <= QC_E2M1_AS_E4M3; code++) {
      for (int shifted = 0; shifted < 2; shifted++) {
        struct qc_affine affine = {scale, shifted ? minval : NULL, shifted ? NULL : zero, -128, 127, rule == 1, rule == 3};
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
    kernels->pack(bits, bits % 2, codes, COUNT, packed, COUNT / 8 * bits);
    mix("packed", 0, (int)bits, packed, COUNT / 8 * bits);
    kernels->unpack(bits, bits % 2, bits > 4, packed, COUNT, codes);
    mix("unpacked", 0, (int)bits, codes, COUNT);
  }
  return 0;
}
