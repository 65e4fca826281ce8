#!/usr/bin/env bash
# The rules of the source tree that the compiler does not check: which rooms know which, and which files
# hold unsafe code (docs/unsafe.txt). A rule that is broken is named, with the lines.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0

forbid() { # rule, pattern, paths...
  local rule=$1 pattern=$2
  shift 2
  if grep -rnE --include='*.swift' "$pattern" "$@"; then
    echo "structure: $rule" >&2
    status=1
  fi
}

library=Sources/QConvert
forbid "only Pipeline runs work in parallel" '^(public )?import Dispatch' \
  $library/{Tensors,Storage,Checkpoints,Ranges,QParams,Configuration,Quantization,Layouts,Selection}
forbid "only Quantization and Pipeline call kernels" '^import CKernels' \
  $library/{Tensors,Storage,Checkpoints,Ranges,QParams,Configuration,Layouts,Selection}
forbid "only the folders called HDF5 know libhdf5" '^import CHDF5' \
  $(find Sources -name '*.swift' ! -path "$library/*/HDF5/*")
forbid "only the reader of archives knows libzip" '^import CZip' \
  $(find Sources -name '*.swift' ! -path "$library/Checkpoints/Archives/*")
forbid "the library does without Foundation" '^(public )?import Foundation' Sources
forbid "lower rooms do not know the pipeline" 'ConversionPlan|PipelineRun|EntrySink|WorkerPool' \
  $library/{Tensors,Storage,Checkpoints,Ranges,QParams,Configuration,Quantization,Layouts}
forbid "lower rooms do not know layouts" 'OutputLayout|OutputEntry' \
  $library/{Tensors,Storage,Ranges,QParams,Configuration,Quantization}
forbid "only one file reads YAML text" '^import CYAML' \
  $(find $library -name '*.swift' ! -name YAMLEvents.swift)
forbid "a file's bytes never trap: no try!, no forced cast" 'try!|as!' Sources

if ! diff <(grep -rlE '(^|[^[:alnum:]_])unsafe([^-[:alnum:]_]|$)' --include='*.swift' Sources | LC_ALL=C sort) docs/unsafe.txt; then
  echo "structure: docs/unsafe.txt does not list the files with unsafe code" >&2
  status=1
fi

# The page of a report runs one script only: the one whose hash its policy names.
report=Sources/QConvertCommand/Report
hash=sha256-$(python3 -c 'import base64, hashlib, sys
print(base64.b64encode(hashlib.sha256(sys.stdin.buffer.read()).digest()).decode())' <$report/report.js)
if ! grep -qF "\"$hash\"" $report/ReportPage.swift; then
  echo "structure: ReportPage.swift must have the hash of report.js: $hash" >&2
  status=1
fi
exit $status
