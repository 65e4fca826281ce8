"""Checks qconvert on a real checkpoint against the live coreai-opt.

    python real_model.py --tool QCONVERT --model model.safetensors

For each spec: every quantized tensor equals the library's and every other tensor the original, bit
for bit; the original metadata is still there; `qconvert verify` accepts the result; and `qconvert
dequantize` gives back the names, shapes and dtypes of the original with exactly the values that the
library's own dequantization has.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import oracle
import torch

CHANNEL = {"type": "per_channel"}
BLOCK = {"type": "per_block", "block_size": 32}
SPECS = [
    {"dtype": "int8", "qscheme": "symmetric", "granularity": CHANNEL},
    {"dtype": "int4", "granularity": BLOCK},
    {
        "dtype": "uint8",
        "qscheme": "asymmetric",
        "qformulation": "minval",
        "granularity": CHANNEL,
    },
    {"dtype": "float8_e4m3fn", "granularity": {"type": "per_tensor"}},
    {"dtype": "float4_e2m1fn", "granularity": BLOCK},
]


class Failure(Exception):
    """What a check found, one line for each difference."""


def run(command: list) -> None:
    """Runs the tool; anything but exit code 0 fails the check."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        shown = " ".join(map(str, command))
        raise Failure(f"{shown}: exit code {result.returncode}: {result.stderr.strip()}")


def expect_equal(step: str, expected: dict, actual: dict) -> None:
    """Fails with the first differences between two sets of tensors."""
    lines = oracle.differences(expected, actual)
    if lines:
        raise Failure("\n".join(f"{step}: {line}" for line in lines[:10]))


def expect_metadata(step: str, original: dict[str, str], actual: dict[str, str]) -> None:
    """Fails where a pair of the original metadata is missing or was changed."""
    for key, value in original.items():
        if actual.get(key) != value:
            raise Failure(f"{step}: metadata {key!r} is {actual.get(key)!r}, expected {value!r}")


def dequantized(checkpoint: dict[str, torch.Tensor], spec: dict) -> dict[str, torch.Tensor]:
    """The checkpoint with every quantized weight replaced by the library's way back to float."""
    tensors = dict(checkpoint)
    for name, tensor in checkpoint.items():
        if oracle.is_selected(name, tensor):
            quantized = oracle.quantize(tensor, spec)
            if quantized is not None:
                tensors[name] = quantized.dequantized(tensor.dtype)
    return tensors


def check(tool: str, model: Path, directory: Path, spec: dict) -> int:
    """Goes through all steps with one spec; the number of tensors that were quantized."""
    original, metadata = oracle.load(str(model))
    output, back = directory / "quantized.safetensors", directory / "back.safetensors"
    common = ["--overwrite", "--quiet", "--sync", "none"]

    run([tool, model, "-o", output, *common, *oracle.arguments(spec)])
    expected = oracle.native(original, spec)
    actual, actual_metadata = oracle.load(str(output))
    expect_equal("convert", expected, actual)
    expect_metadata("convert", metadata, actual_metadata)

    run([tool, "verify", output, "--against", model])

    run([tool, "dequantize", output, "-o", back, *common])
    actual, actual_metadata = oracle.load(str(back))
    expect_equal("dequantize", dequantized(original, spec), actual)
    expect_metadata("dequantize", metadata, actual_metadata)
    return sum(f"{name}_scale" in expected for name in original)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, help="the qconvert executable")
    parser.add_argument("--model", required=True, type=Path, help="a float safetensors file")
    options = parser.parse_args()

    failed = 0
    for spec in SPECS:
        arguments = " ".join(oracle.arguments(spec))
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as directory:
            try:
                count = check(options.tool, options.model, Path(directory), spec)
                seconds = time.monotonic() - start
                print(f"equal: {count} quantized tensors, {arguments} ({seconds:.0f} s)")
            except Failure as failure:
                failed += 1
                print(f"DIFFERENT: {arguments}\n{failure}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
