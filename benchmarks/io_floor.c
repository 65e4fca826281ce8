// The least that a conversion of bfloat16 can take here: reads a file and writes what the quantized one holds, with as
// many threads, in pieces of the same sizes and places as qconvert does; nothing is planned, checked or reported.
//
//     io_floor INPUT OUTPUT           writes half as many bytes as it reads, as int8 does
//     io_floor INPUT OUTPUT KIND      also finds ranges, makes parameters of them and quantizes; KIND is one of KINDS

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qc_kernels.h"

enum { THREADS = 2, SLAB = 240 * 4096, COUNT = SLAB / 2, SLABS_PER_ITEM = 8, LONG = 2048, SHORT = 32 };

// Groups are rows of 2048 elements, whose parameters are too few to count, or blocks of 32.
struct kind {
  const char *name;
  enum qc_code code;
  size_t length;
  struct qc_rule rule;
  size_t parameters;  // of a block, that are written
  bool packs;         // two codes to a byte
};

#define STEPS(half, min, max) \
  {.kind = QC_RULE_SYMMETRIC, .precision = QC_BF16, .half_steps = half, .quant_min = min, .quant_max = max}

static const struct kind KINDS[] = {
    {"int8", QC_I8, LONG, STEPS(127.5f, -128, 127), 0, false},
    {"fp8", QC_E4M3, LONG, STEPS(448, 0, 0), 0, false},
    {"int4", QC_I8, SHORT, STEPS(7.5f, -8, 7), 3, false},
    {"int4-packed", QC_I8, SHORT, STEPS(7.5f, -8, 7), 3, true},
    {"mxfp4", QC_E2M1_AS_E4M3, SHORT, {.kind = QC_RULE_POWER_OF_TWO, .precision = QC_BF16, .target_exponent = 2}, 1, false},
};

static int input, output;
static size_t slabs;
static const struct kind *kind;
static const struct qc_kernels *kernels;
static atomic_size_t next;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void write_at(size_t place, const void *bytes, size_t count) {
  if (pwrite(output, bytes, count, (off_t)place) != (ssize_t)count) fail("write");
}

// What a thread makes of a slab.
struct result {
  uint8_t codes[COUNT], packed[COUNT / 2];
  float scale[COUNT / SHORT], minval[COUNT / SHORT];
  int32_t zero[COUNT / SHORT];
};

static size_t groups(void) { return kind ? COUNT / kind->length : 0; }

static size_t code_bytes(void) { return kind && kind->packs ? COUNT / 2 : COUNT; }

static void quantize(const uint8_t *x, struct result *result) {
  float min[COUNT / SHORT], max[COUNT / SHORT];
  for (size_t i = 0; i < groups(); i++) {
    min[i] = __builtin_inff();
    max[i] = -__builtin_inff();
  }
  struct qc_affine affine = {.scale = result->scale, .zero = result->zero, .quant_min = (int32_t)kind->rule.quant_min,
                             .quant_max = (int32_t)kind->rule.quant_max, .product = QC_F32};
  if (!kernels->range_runs(QC_BF16, x, groups(), kind->length, min, max)) fail("range");
  if (!kernels->qparams(&kind->rule, groups(), min, max, result->scale, result->zero, result->minval)) fail("qparams");
  kernels->quantize_runs(QC_BF16, kind->code, x, groups(), kind->length, &affine, result->codes);
  if (kind->packs) kernels->pack(4, true, result->codes, COUNT, result->packed, COUNT / 2);
}

static void *work(void *unused) {
  (void)unused;
  uint8_t *x = aligned_alloc(4096, SLAB);
  struct result *result = aligned_alloc(4096, (sizeof *result + 4095) / 4096 * 4096);
  memset(result, 1, sizeof *result);
  size_t parameters = 4096 + slabs * code_bytes(), bytes = groups() * sizeof(float);
  for (size_t item; (item = atomic_fetch_add(&next, SLABS_PER_ITEM)) < slabs;) {
    for (size_t slab = item; slab < slabs && slab < item + SLABS_PER_ITEM; slab++) {
      // The header of the input ends where it may, that of the output at a page.
      if (pread(input, x, SLAB, (off_t)(slab * SLAB + 8)) != SLAB) fail("read");
      if (kind) quantize(x, result);
      write_at(4096 + slab * code_bytes(), kind && kind->packs ? result->packed : result->codes, code_bytes());
      const void *entries[] = {result->scale, result->zero, result->minval};
      for (size_t i = 0; kind && i < kind->parameters; i++) {
        write_at(parameters + (i * slabs + slab) * bytes, entries[i], bytes);
      }
    }
  }
  return NULL;
}

int main(int count, char **arguments) {
  if (count < 3) return 64;
  for (size_t i = 0; count > 3 && i < sizeof KINDS / sizeof *KINDS; i++) {
    if (strcmp(arguments[3], KINDS[i].name) == 0) kind = &KINDS[i];
  }
  if (count > 3 && !kind) return 64;
  kernels = qc_kernels_best();
  input = open(arguments[1], O_RDONLY);
  if (input < 0) fail(arguments[1]);
  output = open(arguments[2], O_RDWR | O_CREAT | O_EXCL, 0644);
  if (output < 0) fail(arguments[2]);
  struct stat status;
  if (fstat(input, &status) != 0) fail("stat");
  // What is left at the end is not worth the trouble.
  slabs = (size_t)(status.st_size - 8) / SLAB;
  size_t parameters = kind ? kind->parameters * slabs * groups() * sizeof(float) : 0;
  if (posix_fallocate(output, 0, (off_t)(4096 + slabs * code_bytes() + parameters)) != 0) fail("reserve");
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  return 0;
}
