// The least that a conversion of bfloat16 to int8 can take here: reads a file and writes half as many bytes, with as many
// threads, in pieces of the same sizes and places as qconvert does; nothing is planned, checked or reported.
//
//     io_floor INPUT OUTPUT [kernels]     with `kernels`, finds the range of rows of 2048 elements and quantizes them

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

enum { THREADS = 2, SLAB = 240 * 4096, SLABS_PER_ITEM = 8, ROW = 2048, ROWS = SLAB / (2 * ROW) };

static int input, output;
static size_t slabs;
static const struct qc_kernels *kernels;
static atomic_size_t next;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void quantize(const uint8_t *x, uint8_t *codes) {
  float min[ROWS], max[ROWS], scale[ROWS], minval[ROWS];
  int32_t zero[ROWS];
  for (size_t row = 0; row < ROWS; row++) {
    min[row] = __builtin_inff();
    max[row] = -__builtin_inff();
  }
  struct qc_rule rule = {.kind = QC_RULE_SYMMETRIC, .precision = QC_BF16, .quant_min = -128, .quant_max = 127, .half_steps = 127.5f};
  struct qc_affine affine = {.scale = scale, .zero = zero, .quant_min = -128, .quant_max = 127, .product = QC_F32};
  if (!kernels->range_runs(QC_BF16, x, ROWS, ROW, min, max)) fail("range");
  if (!kernels->qparams(&rule, ROWS, min, max, scale, zero, minval)) fail("qparams");
  kernels->quantize_runs(QC_BF16, QC_I8, x, ROWS, ROW, &affine, codes);
}

static void *work(void *unused) {
  (void)unused;
  uint8_t *x = aligned_alloc(4096, SLAB), *codes = aligned_alloc(4096, SLAB / 2);
  memset(codes, 1, SLAB / 2);
  for (size_t item; (item = atomic_fetch_add(&next, SLABS_PER_ITEM)) < slabs;) {
    for (size_t slab = item; slab < slabs && slab < item + SLABS_PER_ITEM; slab++) {
      // The header of the input ends where it may, that of the output at a page.
      if (pread(input, x, SLAB, (off_t)(slab * SLAB + 8)) != SLAB) fail("read");
      if (kernels) quantize(x, codes);
      if (pwrite(output, codes, SLAB / 2, (off_t)(4096 + slab * SLAB / 2)) != SLAB / 2) fail("write");
    }
  }
  return NULL;
}

int main(int count, char **arguments) {
  if (count < 3) return 64;
  if (count > 3) kernels = qc_kernels_best();
  input = open(arguments[1], O_RDONLY);
  if (input < 0) fail(arguments[1]);
  output = open(arguments[2], O_RDWR | O_CREAT | O_EXCL, 0644);
  if (output < 0) fail(arguments[2]);
  struct stat status;
  if (fstat(input, &status) != 0) fail("stat");
  // What is left at the end is not worth the trouble.
  slabs = (size_t)(status.st_size - 8) / SLAB;
  if (posix_fallocate(output, 0, (off_t)(4096 + slabs * SLAB / 2)) != 0) fail("reserve");
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  return 0;
}
