#!/usr/bin/env bash
# Measures the tool: `bench.sh (conversions | check | scaling) [options]`; `conversions --help` lists them.
# Needs Linux and python3 (3.11) with venv; what is made goes into .build-bench, what is found into docs/benchmarks.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:?conversions, check or scaling}
shift
work=.build-bench
tool=$(swift build -c release --show-bin-path)/qconvert

mkdir -p $work
python3 "benchmarks/$what.py" --tool "$tool" "$@"
