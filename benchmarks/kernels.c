// Measures the kernels on one core, in every instruction set that it runs: elements and bytes of input a second, with
// data that stays in the second-level cache, and how fast memcpy is beside them.
//
//   kernels [--json]
//
// A number is the median of several samples, each long enough for the clock.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "qc_kernels.h"

enum {
  CACHED = 256 << 10,    // bytes of elements: they and their codes leave half of a cache of 1 MiB free
  UNCACHED = 256 << 20,  // bytes that are beyond every cache
  LANES = 32 << 10,      // elements with parameters of their own, which take eight bytes each
  CODES = 64 << 10,      // codes, and elements that become wider
  GROUPS = 4 << 10,      // ranges that become parameters
  SAMPLES = 7,
};

static const double SAMPLE_SECONDS = 0.001;

static const char *const TYPE_NAMES[] = {"f32", "f16", "bf16"};
static const char *const CODE_NAMES[] = {"i8", "u8", "e4m3", "e5m2", "e2m1", "e2m1 as e4m3", "e2m1 lower"};

static uint8_t elements[CACHED], codes[CODES], output[CACHED];
static float low[LANES], high[LANES], scale[LANES], minval[LANES];
static int32_t zero[LANES];

// A call of a kernel; what it has no use for is 0.
struct call {
  const struct qc_kernels *kernels;
  enum qc_float type;
  enum qc_code code;
  const struct qc_rule *rule;
  size_t count;   // of elements; of groups for parameters
  size_t length;  // of a run
  size_t bytes;   // of input
};

typedef void (*kernel)(const struct call *call);

// Clock and statistics

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double seconds_for(kernel run, const struct call *call, size_t repeats) {
  double start = now();
  for (size_t i = 0; i < repeats; i++) run(call);
  return now() - start;
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

// The seconds of one call.
static double measure(kernel run, const struct call *call) {
  size_t repeats = 1;
  while (seconds_for(run, call, repeats) < SAMPLE_SECONDS) repeats *= 2;
  double samples[SAMPLES];
  for (int i = 0; i < SAMPLES; i++) samples[i] = seconds_for(run, call, repeats) / (double)repeats;
  qsort(samples, SAMPLES, sizeof *samples, compare);
  return samples[SAMPLES / 2];
}

// Output

static bool is_json;
static bool is_first = true;

static void begin_output(void) {
  if (is_json) {
    printf("[");
  } else {
    printf("%-16s %-14s %-5s %6s %-9s %8s %8s\n", "kernel", "detail", "type", "length", "set", "GB/s", "Gelem/s");
  }
}

static void print_number(const char *name, const char *detail, const char *type, size_t length, const char *set,
                         size_t bytes, size_t count, double seconds) {
  double bytes_rate = 1e-9 * (double)bytes / seconds, count_rate = 1e-9 * (double)count / seconds;
  if (is_json) {
    printf("%s\n {\"kernel\": \"%s\", \"detail\": \"%s\", \"type\": \"%s\", \"length\": %zu, \"set\": \"%s\", "
           "\"gigabytes\": %.3f, \"gigaelements\": %.3f}",
           is_first ? "" : ",", name, detail, type, length, set, bytes_rate, count_rate);
  } else {
    printf("%-16s %-14s %-5s %6zu %-9s %8.2f %8.2f\n", name, detail, type, length, set, bytes_rate, count_rate);
  }
  is_first = false;
}

static void end_output(void) {
  if (is_json) printf("\n]\n");
}

static void print(const char *name, const char *detail, const char *type, kernel run, const struct call *call) {
  double seconds = measure(run, call);
  print_number(name, detail, type, call->length, call->kernels->name, call->bytes, call->count, seconds);
}

// The kernels

// Symmetric codes, with zero points of 0; the limits are those of the code.
static struct qc_affine affine_of(enum qc_code code) {
  return (struct qc_affine){
      .scale = scale, .zero = zero, .quant_min = code == QC_U8 ? 0 : -128, .quant_max = code == QC_U8 ? 255 : 127};
}

static void range_runs(const struct call *call) {
  call->kernels->range_runs(call->type, elements, call->count / call->length, call->length, low, high);
}

static void range_lanes(const struct call *call) {
  call->kernels->range_lanes(call->type, elements, call->count, low, high);
}

static void quantize_runs(const struct call *call) {
  struct qc_affine affine = affine_of(call->code);
  call->kernels->quantize_runs(call->type, call->code, elements, call->count / call->length, call->length, &affine,
                               output);
}

static void quantize_lanes(const struct call *call) {
  struct qc_affine affine = affine_of(call->code);
  call->kernels->quantize_lanes(call->type, call->code, elements, call->count, &affine, output);
}

static void dequantize_runs(const struct call *call) {
  struct qc_affine affine = affine_of(call->code);
  call->kernels->dequantize_runs(call->code, call->type, codes, call->count / call->length, call->length, &affine,
                                 output);
}

static void qparams(const struct call *call) {
  call->kernels->qparams(call->rule, call->count, low, high, (float *)output, zero, minval);
}

static void pack(const struct call *call) { call->kernels->pack(4, true, codes, call->count, output, call->count / 2); }

static void pack_halves(const struct call *call) { call->kernels->pack_halves(true, codes, call->count / 32, output); }

static void narrow(const struct call *call) {
  call->kernels->narrow(call->type, (const float *)elements, call->count, output);
}

static void widen(const struct call *call) {
  call->kernels->widen(call->type, elements, call->count, (float *)output);
}

// Data

// Bell-shaped values as weights have them; the same in every run.
static float next_weight(void) {
  static uint64_t state = 88172645463325252;
  float sum = 0;
  for (int i = 0; i < 4; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    sum += (float)(int32_t)(state >> 32) * 0x1p-31f;
  }
  return 0.02f * sum;
}

static size_t element_size(enum qc_float type) { return type == QC_F32 ? 4 : 2; }

static void fill_elements(enum qc_float type) {
  static float weights[CACHED / 2];
  size_t count = CACHED / element_size(type);
  for (size_t i = 0; i < count; i++) weights[i] = next_weight();
  if (type == QC_F32) {
    memcpy(elements, weights, CACHED);
  } else {
    qc_kernels_best()->narrow(type, weights, count, elements);
  }
}

// One scale for all groups, in the type of the elements, by which the largest weights reach the largest code.
static void fill_scales(enum qc_code code, enum qc_float type) {
  float largest = code == QC_E4M3 ? 448 : code == QC_E5M2 ? 57344 : code < QC_E4M3 ? 127.5f : 6;
  float exact = 0.08f / largest;
  qc_kernels_best()->narrow(type, &exact, 1, output);
  qc_kernels_best()->widen(type, output, 1, scale);
  for (size_t i = 1; i < LANES; i++) scale[i] = scale[0];
}

static void fill_ranges(void) {
  for (size_t i = 0; i < LANES; i++) {
    low[i] = -0.06f - 0.01f * (float)(i % 3);
    high[i] = 0.05f + 0.01f * (float)(i % 5);
    zero[i] = 0;
  }
}

// What is measured

static const size_t RUN_LENGTHS[] = {2048, 64, 32};
static const enum qc_code RUN_CODES[] = {QC_I8, QC_E4M3, QC_E2M1, QC_E2M1_AS_E4M3};
static const enum qc_float TYPES[] = {QC_BF16, QC_F16, QC_F32};

static const struct {
  const char *name;
  struct qc_rule rule;
} RULES[] = {
    {"symmetric", {QC_RULE_SYMMETRIC, QC_BF16, .half_steps = 127.5f, .least_scale = 0x1p-23f}},
    {"asymmetric", {QC_RULE_ASYMMETRIC, QC_BF16, .quant_min = -128, .quant_max = 127, .least_scale = 0x1p-23f}},
    {"power of two", {QC_RULE_POWER_OF_TWO, QC_BF16, .target_exponent = 2}},
    {"ct asymmetric", {QC_RULE_CT_ASYMMETRIC, QC_BF16, .quant_min = -8, .quant_max = 7, .zero_scale = 0x1p-7f}},
    {"ct nvfp4", {QC_RULE_CT_NVFP4, QC_BF16, .half_steps = 6, .zero_scale = 0.125f, .global = 123.4f}},
    {"mlx affine", {QC_RULE_MLX_AFFINE, QC_F32, .quant_max = 15, .least_scale = 1e-7f}},
    {"gguf extreme", {QC_RULE_GGUF_EXTREME, QC_F32, .half_steps = 8}},
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static void measure_elements(const struct qc_kernels *kernels, enum qc_float type) {
  const char *type_name = TYPE_NAMES[type];
  struct call call = {.kernels = kernels, .type = type, .count = CACHED / element_size(type), .bytes = CACHED};
  fill_elements(type);
  for (size_t i = 0; i < COUNT_OF(RUN_LENGTHS); i++) {
    call.length = RUN_LENGTHS[i];
    print("range_runs", "", type_name, range_runs, &call);
  }
  for (size_t i = 0; i < COUNT_OF(RUN_CODES); i++) {
    call.code = RUN_CODES[i];
    fill_scales(call.code, type);
    for (size_t j = 0; j < COUNT_OF(RUN_LENGTHS); j++) {
      call.length = RUN_LENGTHS[j];
      print("quantize_runs", CODE_NAMES[call.code], type_name, quantize_runs, &call);
    }
  }
}

static void measure_lanes(const struct qc_kernels *kernels, enum qc_float type) {
  const char *type_name = TYPE_NAMES[type];
  struct call call = {.kernels = kernels, .type = type, .count = LANES, .bytes = LANES * element_size(type)};
  fill_elements(type);
  print("range_lanes", "", type_name, range_lanes, &call);
  for (size_t i = 0; i < COUNT_OF(RUN_CODES); i++) {
    call.code = RUN_CODES[i];
    fill_scales(call.code, type);
    print("quantize_lanes", CODE_NAMES[call.code], type_name, quantize_lanes, &call);
  }
}

static void measure_codes(const struct qc_kernels *kernels) {
  struct call call = {.kernels = kernels, .count = CODES, .bytes = CODES};
  memset(codes, 0x05, sizeof codes);
  print("pack", "4 bits", "", pack, &call);
  print("pack_halves", "4 bits", "", pack_halves, &call);
  call.length = 32;
  for (size_t i = 0; i < COUNT_OF(RUN_CODES); i++) {
    call.code = RUN_CODES[i];
    for (size_t j = 0; j < COUNT_OF(TYPES); j++) {
      call.type = TYPES[j];
      fill_scales(call.code, call.type);
      print("dequantize_runs", CODE_NAMES[call.code], TYPE_NAMES[call.type], dequantize_runs, &call);
    }
  }
}

static void measure_parameters(const struct qc_kernels *kernels) {
  fill_ranges();
  struct call call = {.kernels = kernels, .count = GROUPS, .bytes = 2 * GROUPS * sizeof(float)};
  for (size_t i = 0; i < COUNT_OF(RULES); i++) {
    call.rule = &RULES[i].rule;
    print("qparams", RULES[i].name, TYPE_NAMES[call.rule->precision], qparams, &call);
  }
  // Back to zero points of 0.
  fill_ranges();
}

static void measure_conversions(const struct qc_kernels *kernels, enum qc_float type) {
  struct call call = {.kernels = kernels, .type = type, .count = CODES};
  call.bytes = CODES * sizeof(float);
  fill_elements(QC_F32);
  print("narrow", "", TYPE_NAMES[type], narrow, &call);
  call.bytes = CODES * element_size(type);
  fill_elements(type);
  print("widen", "", TYPE_NAMES[type], widen, &call);
}

// memcpy

static uint8_t *copy_source, *copy_target;

static void copy(const struct call *call) { memcpy(copy_target, copy_source, call->bytes); }

static void measure_copy(const char *place, size_t bytes) {
  struct call call = {.bytes = bytes};
  print_number("memcpy", place, "", 0, "libc", bytes, bytes, measure(copy, &call));
}

static void measure_copies(void) {
  copy_source = malloc(UNCACHED);
  copy_target = malloc(UNCACHED);
  if (!copy_source || !copy_target) {
    fprintf(stderr, "kernels: no memory for %d bytes\n", 2 * UNCACHED);
    exit(1);
  }
  // Pages that were never written are all the same page of zeros.
  memset(copy_source, 1, UNCACHED);
  memset(copy_target, 2, UNCACHED);
  measure_copy("cache", CACHED);
  measure_copy("memory", UNCACHED);
  free(copy_source);
  free(copy_target);
}

int main(int count, char **arguments) {
  is_json = count == 2 && strcmp(arguments[1], "--json") == 0;
  if (count > 1 && !is_json) {
    fprintf(stderr, "usage: kernels [--json]\n");
    return 64;
  }
  begin_output();
  measure_copies();
  fill_ranges();
  for (enum qc_cpu cpu = QC_CPU_BASELINE; cpu < QC_CPU_COUNT; cpu++) {
    const struct qc_kernels *kernels = qc_kernels_for(cpu);
    if (!kernels) continue;
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
      measure_elements(kernels, TYPES[i]);
      measure_lanes(kernels, TYPES[i]);
    }
    measure_codes(kernels);
    measure_parameters(kernels);
    measure_conversions(kernels, QC_BF16);
    measure_conversions(kernels, QC_F16);
  }
  end_output();
  return 0;
}
