#include "qc_kernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,f16c,fma"))), \
                             apply_to = function)
#define QC_SET avx512
#define QC_NATIVE 1
#include "kernels.inc.h"
#pragma clang attribute pop
#endif
