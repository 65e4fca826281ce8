"""Quantizes a checkpoint with coreai-opt: load, quantize every weight to a spec, save.

    python reference_quantize.py INPUT OUTPUT (int8 | int4 | fp8)
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "conformance"))

import oracle
import torch
from safetensors.torch import save_file

torch.set_num_threads(2)

CHANNEL = {"type": "per_channel"}
SPECS = {
    "int8": {"dtype": "int8", "granularity": CHANNEL},
    "int4": {"dtype": "int4", "granularity": {"type": "per_block", "block_size": 32}},
    "fp8": {"dtype": "float8_e4m3fn", "granularity": CHANNEL},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("scheme", choices=SPECS)
    options = parser.parse_args()

    tensors, metadata = oracle.load(options.input)
    save_file(oracle.native(tensors, SPECS[options.scheme]), options.output, metadata)


if __name__ == "__main__":
    main()
