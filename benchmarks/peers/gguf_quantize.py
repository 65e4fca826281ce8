"""Quantizes a checkpoint with gguf-py: load, quantize the matrices of all layers to a type of ggml, save.

As in the layout of qconvert, everything else becomes float32, the embedding and the head too.

    python gguf_quantize.py INPUT OUTPUT (Q8_0 | Q4_0)
"""

import argparse

import gguf
import torch
from safetensors.torch import load_file

torch.set_num_threads(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("type", choices=["Q8_0", "Q4_0"])
    options = parser.parse_args()

    kind = gguf.GGMLQuantizationType[options.type]
    writer = gguf.GGUFWriter(options.output, "llama")
    for name, weight in load_file(options.input).items():
        values = weight.float().numpy()
        if weight.ndim == 2 and ".layers." in name:
            writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
