#!/usr/bin/env bash
# Measures the tool: `bench.sh (conversions | check | scaling | kernels | profile) [options]`; `conversions --help` lists them.
# Needs Linux and python3 (3.11) with venv; what is made goes into .build-bench, what is found into docs/benchmarks.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:?conversions, check, scaling, kernels or profile}
shift
work=.build-bench
tool=$(swift build -c release --show-bin-path)/qconvert

mkdir -p $work
compile() { # name: with the kernels and the optimization of `swift build -c release`
  "$(dirname "$(readlink -f "$(command -v swift)")")/clang" -O2 -ISources/CKernels/include "benchmarks/$1.c" \
    Sources/CKernels/*.c -o "$work/$1" -lm -lpthread
}
case $what in
  kernels)
    compile kernels
    set -- --program $work/kernels "$@"
    ;;
  conversions) compile io_floor ;;
esac
python3 "benchmarks/$what.py" --tool "$tool" "$@"
