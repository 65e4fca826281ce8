#include <stdlib.h>
#include <string.h>

#include "qc_kernels.h"

extern const struct qc_kernels qc_kernels_baseline;
#if defined(__x86_64__)
extern const struct qc_kernels qc_kernels_avx2, qc_kernels_avx512;
#endif

const struct qc_kernels *qc_kernels_for(enum qc_cpu cpu) {
  if (cpu == QC_CPU_BASELINE) return &qc_kernels_baseline;
#if defined(__x86_64__)
  bool has_avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("fma");
  if (cpu == QC_CPU_AVX2 && has_avx2) return &qc_kernels_avx2;
  if (cpu == QC_CPU_AVX512 && has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return &qc_kernels_avx512;
  }
#endif
  return NULL;
}

const struct qc_kernels *qc_kernels_best(void) {
  const char *wanted = getenv("QCONVERT_CPU");
  const struct qc_kernels *best = &qc_kernels_baseline;
  for (enum qc_cpu cpu = QC_CPU_BASELINE; cpu < QC_CPU_COUNT; cpu++) {
    const struct qc_kernels *kernels = qc_kernels_for(cpu);
    if (!kernels) continue;
    if (wanted && strcmp(wanted, kernels->name) == 0) return kernels;
    best = kernels;
  }
  return best;
}

size_t qc_block_size(enum qc_block block) {
  switch (block) {
    case QC_BLOCK_Q4_0: return 18;
    case QC_BLOCK_Q4_1: return 20;
    case QC_BLOCK_Q5_0: return 22;
    case QC_BLOCK_Q5_1: return 24;
    case QC_BLOCK_Q8_0: return 34;
    case QC_BLOCK_MXFP4: return 17;
  }
}
