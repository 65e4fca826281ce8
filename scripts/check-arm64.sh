#!/usr/bin/env bash
# Compares the arm64 kernels, under emulation, with those of this machine, bit for bit.
# Needs on Debian: apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
set -euo pipefail
cd "$(dirname "$0")/.."
work=.build-arm64
kernels=Sources/CKernels
sources=(conformance/kernel_checksum.c $kernels/baseline.c $kernels/avx2.c $kernels/avx512.c $kernels/dispatch.c)
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang

mkdir -p $work
"$clang" -O2 -I$kernels/include "${sources[@]}" -o $work/here -lm
for source in "${sources[@]}"; do
  "$clang" --target=aarch64-linux-gnu -I/usr/aarch64-linux-gnu/include -O2 -I$kernels/include \
    -c "$source" -o "$work/$(basename "$source" .c).o"
done
aarch64-linux-gnu-gcc -static $work/*.o -o $work/arm64 -lm
$work/here >$work/here.txt
qemu-aarch64 $work/arm64 >$work/arm64.txt
if ! cmp $work/here.txt $work/arm64.txt; then
  diff $work/here.txt $work/arm64.txt | head -n 4
  exit 1
fi
echo "arm64: $(wc -l <$work/here.txt) kernel calls give the same bits as on $(uname -m)"
