#!/usr/bin/env bash
# Measures the tool: `bench.sh (conversions | check | scaling | kernels) [options]`; `conversions --help` lists them.
# Needs Linux and python3 (3.11) with venv; what is made goes into .build-bench, what is found into docs/benchmarks.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:?conversions, check, scaling or kernels}
shift
work=.build-bench
tool=$(swift build -c release --show-bin-path)/qconvert

mkdir -p $work
if [ "$what" = kernels ]; then
  clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
  kernels=Sources/CKernels
  # The optimization of `swift build -c release`.
  "$clang" -O2 -I$kernels/include benchmarks/kernels.c $kernels/*.c -o $work/kernels -lm
  set -- --program $work/kernels "$@"
fi
python3 "benchmarks/$what.py" --tool "$tool" "$@"
