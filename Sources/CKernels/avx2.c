#include "qc_kernels.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,f16c,fma"))), apply_to = function)
#define QC_SET avx2
#define QC_NATIVE 1
#include "kernels.inc.h"
#pragma clang attribute pop
#endif
