#!/usr/bin/env bash
# Drives the page that `qconvert report` writes in a headless Chromium: sorting, searching, choosing, colours, narrow screens,
# hostile names. With --screenshot writes docs/report.png instead, of the model that `make demo` fetches
# (fonts-inter makes it look as it should).
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$(swift build -c release --show-bin-path)/qconvert

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if ! find_chromium >/dev/null; then
  if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "report: needs chromium; on Debian: apt-get install chromium" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
check=(python3 scripts/check_report.py --tool "$tool" --chromium "$(find_chromium)")

if [ "${1:-}" = --screenshot ]; then
  [ -f demo/model.safetensors ] || ./scripts/demo.sh >/dev/null
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cp demo/model.safetensors "$work/all-minilm-l6-v2.safetensors"
  "${check[@]}" --model "$work/all-minilm-l6-v2.safetensors" --screenshot docs/report.png
  # DocC wants pictures beside its articles, and no links.
  cp docs/report.png Sources/QConvert/QConvert.docc/report.png
else
  "${check[@]}" --model fixtures/real/minilm-attention.safetensors
fi
