// The instruction set every CPU of the target has: SSE2 on x86-64, NEON on arm64.
#include "qc_kernels.h"

#define QC_SET baseline
#if defined(__aarch64__)
#define QC_NATIVE 1
#else
#define QC_NATIVE 0
#endif
#include "kernels.inc.h"
