"""Quantizes a checkpoint with MLX on the CPU: load, quantize every matrix in groups of 32, save.

    python mlx_quantize.py INPUT OUTPUT BITS
"""

import argparse

import mlx.core as mx

GROUP = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("bits", type=int)
    options = parser.parse_args()

    mx.set_default_device(mx.cpu)
    tensors = {}
    for name, weight in mx.load(options.input).items():
        if weight.ndim == 2:
            module = name.removesuffix(".weight")
            codes, scales, biases = mx.quantize(weight, group_size=GROUP, bits=options.bits)
            tensors |= {name: codes, f"{module}.scales": scales, f"{module}.biases": biases}
        else:
            tensors[name] = weight
    mx.save_safetensors(options.output, tensors)


if __name__ == "__main__":
    main()
