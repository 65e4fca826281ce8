"""Rounds to nearest with torch, as a user vectorizes it by hand: load, quantize every matrix, save.

    python torch_rtn.py INPUT OUTPUT (int8 | int4 | fp8)
"""

import argparse

import torch
from safetensors.torch import load_file, save_file

BLOCK = 32

torch.set_num_threads(2)


def int8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A scale for every row."""
    values = weight.float()
    scale = values.abs().amax(dim=1, keepdim=True) / 127.5
    return (values / scale).round_().clamp_(-128, 127).to(torch.int8), scale


def int4(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A scale for every 32 elements of a row; a byte for each code."""
    values = weight.float().unflatten(1, (-1, BLOCK))
    scale = values.abs().amax(dim=2, keepdim=True) / 7.5
    return (values / scale).round_().clamp_(-8, 7).to(torch.int8).flatten(1), scale.squeeze(2)


def fp8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A scale for every row."""
    values = weight.float()
    scale = values.abs().amax(dim=1, keepdim=True) / 448
    return (values / scale).clamp_(-448, 448).to(torch.float8_e4m3fn), scale


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("scheme", choices=["int8", "int4", "fp8"])
    options = parser.parse_args()

    quantize = {"int8": int8, "int4": int4, "fp8": fp8}[options.scheme]
    tensors = {}
    for name, weight in load_file(options.input).items():
        if weight.ndim == 2:
            codes, scale = quantize(weight)
            tensors |= {name: codes, f"{name}_scale": scale.to(weight.dtype)}
        else:
            tensors[name] = weight
    save_file(tensors, options.output)


if __name__ == "__main__":
    main()
