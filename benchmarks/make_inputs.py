"""Makes one input of the benchmarks: a folder with a checkpoint of random weights, the same in every run.

    python make_inputs.py NAME FOLDER [--scale 0.05]

With a scale below 1 the inputs have about that share of their bytes: smaller tensors, or of tiny ones fewer.
Needs numpy and h5py.
"""

import argparse
import json
import math
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import h5py
import numpy as np
from safetensors_writer import Tensor, write
from scaling_rows import GIGABYTES

Shape = tuple[int, ...]
Named = tuple[str, Shape]

TORCH_NAMES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}
DEVIATION = np.float32(0.02)
# Bytes from the place in a block where one tensor is cut out to that of the next.
STRIDE = 2 * 1_000_003
LAYERS = 8
SHARDS = 3
HDF5_LAYERS = 2


# MARK: What is in the models


class Llama:
    """A small Llama: half a billion parameters in 75 tensors at scale 1."""

    def __init__(self, scale: float):
        side = math.sqrt(scale)
        # Groups of 128 divide all rows.
        self.hidden = max(128, 128 * round(2048 * side / 128))
        self.intermediate = max(128, 128 * round(5632 * side / 128))
        self.vocabulary = max(128, 128 * round(32000 * side / 128))

    def layer(self, index: int) -> Iterator[Named]:
        """The tensors of a layer."""
        prefix = f"model.layers.{index}."
        for projection in "qkvo":
            yield f"{prefix}self_attn.{projection}_proj.weight", (self.hidden, self.hidden)
        yield f"{prefix}mlp.gate_proj.weight", (self.intermediate, self.hidden)
        yield f"{prefix}mlp.up_proj.weight", (self.intermediate, self.hidden)
        yield f"{prefix}mlp.down_proj.weight", (self.hidden, self.intermediate)
        yield f"{prefix}input_layernorm.weight", (self.hidden,)
        yield f"{prefix}post_attention_layernorm.weight", (self.hidden,)

    def tensors(self) -> Iterator[Named]:
        """All tensors in the order of the file."""
        yield "model.embed_tokens.weight", (self.vocabulary, self.hidden)
        for index in range(LAYERS):
            yield from self.layer(index)
        yield "model.norm.weight", (self.hidden,)
        yield "lm_head.weight", (self.vocabulary, self.hidden)

    def config(self, dtype: str) -> dict:
        """What config.json says."""
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_size": self.hidden,
            "intermediate_size": self.intermediate,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": self.hidden // 64,
            "num_key_value_heads": self.hidden // 64,
            "head_dim": 64,
            "vocab_size": self.vocabulary,
            "max_position_embeddings": 2048,
            "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0,
            "hidden_act": "silu",
            "tie_word_embeddings": False,
            "torch_dtype": dtype,
            "bos_token_id": 1,
            "eos_token_id": 2,
        }


def convolutions(scale: float) -> Iterator[Named]:
    """Kernels (out, in, 3, 3) with the widths of a diffusion model."""
    for width, count in ((320, 16), (640, 16), (1280, 12)):
        channels = max(32, 32 * round(width * math.sqrt(scale) / 32))
        for index in range(count):
            yield f"blocks.{width}.{index}.conv.weight", (channels, channels, 3, 3)
            yield f"blocks.{width}.{index}.conv.bias", (channels,)


# MARK: Values


def values(index: int, shape: Shape) -> np.ndarray:
    """The float32 values of the tensor of that index, the same in every input that has it."""
    generator = np.random.Generator(np.random.SFC64(1234 + index))
    array = generator.standard_normal(shape, dtype=np.float32)
    array *= DEVIATION
    return array if len(shape) > 1 else array + np.float32(1)


def to_bfloat16(array: np.ndarray) -> np.ndarray:
    """The nearest bfloat16, ties to even, as its bits."""
    bits = array.view(np.uint32)
    return ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype(np.uint16)


def as_stored(array: np.ndarray, dtype: str) -> np.ndarray:
    """An array as it is in a file of a dtype of safetensors."""
    match dtype:
        case "BF16":
            return to_bfloat16(array)
        case "F16":
            return array.astype(np.float16)
        case _:
            return array


def stored(index: int, shape: Shape, dtype: str) -> bytes:
    """The bytes of a tensor in a file."""
    return as_stored(values(index, shape), dtype).tobytes()


def random_tensors(items: Iterable[tuple[int, Named]], dtype: str) -> list[Tensor]:
    """Tensors of random values, each made when it is written."""
    return [
        Tensor(name, dtype, shape, partial(stored, index, shape, dtype))
        for index, (name, shape) in items
    ]


def cut(block: bytes, index: int, size: int) -> bytes:
    """So many bytes out of a block, or all of it over and over.

    Every index begins elsewhere, as the tool compares tensors with the same first bytes.
    """
    if size >= len(block):
        return (block * math.ceil(size / len(block)))[:size]
    start = index * STRIDE % (len(block) - size)
    return block[start : start + size]


def cut_tensors(items: Iterable[Named]) -> list[Tensor]:
    """bfloat16 tensors cut out of one random block: large files in little time."""
    block = stored(0, (4096, 8192), "BF16")
    return [
        Tensor(name, "BF16", shape, partial(cut, block, index, 2 * math.prod(shape)))
        for index, (name, shape) in enumerate(items)
    ]


# MARK: Inputs


def write_json(path: Path, value: dict) -> None:
    """A file as the libraries write it."""
    path.write_text(json.dumps(value, indent=1) + "\n")


def make_llama(folder: Path, scale: float, dtype: str) -> None:
    """A model directory with one file."""
    model = Llama(scale)
    write(folder / "model.safetensors", random_tensors(enumerate(model.tensors()), dtype))
    write_json(folder / "config.json", model.config(TORCH_NAMES[dtype]))


def make_shards(folder: Path, scale: float) -> None:
    """A model directory in float32 with shards of about one size."""
    model = Llama(scale)
    items = list(enumerate(model.tensors()))
    total = sum(4 * math.prod(shape) for _, (_, shape) in items)
    shards: list[list[tuple[int, Named]]] = [[] for _ in range(SHARDS)]
    position = 0
    for item in items:
        shards[min(SHARDS - 1, position * SHARDS // total)].append(item)
        position += 4 * math.prod(item[1][1])
    places: dict[str, str] = {}
    for number, shard in enumerate(shards, start=1):
        file = f"model-{number:05}-of-{SHARDS:05}.safetensors"
        write(folder / file, random_tensors(shard, "F32"))
        places |= {name: file for _, (name, _) in shard}
    index = {"metadata": {"total_size": total}, "weight_map": places}
    write_json(folder / "model.safetensors.index.json", index)
    write_json(folder / "config.json", model.config(TORCH_NAMES["F32"]))


def make_convolutions(folder: Path, scale: float) -> None:
    """One file of convolution kernels."""
    tensors = random_tensors(enumerate(convolutions(scale)), "BF16")
    write(folder / "model.safetensors", tensors)


def make_hdf5(folder: Path, scale: float, is_compressed: bool) -> None:
    """Some layers of the Llama as float32 datasets."""
    items = list(enumerate(Llama(scale).tensors()))[1 : 1 + 9 * HDF5_LAYERS]
    with h5py.File(folder / "model.h5", "w") as file:
        for index, (name, shape) in items:
            storage = {}
            if is_compressed:
                chunks = (min(128, shape[0]), *shape[1:])
                storage = {"chunks": chunks, "compression": "gzip", "compression_opts": 4}
            file.create_dataset(name.replace(".", "/"), data=values(index, shape), **storage)


def make_size(folder: Path, scale: float, gigabytes: float) -> None:
    """One file with as many matrices of 16 MB as it takes."""
    rows, columns = 4096, 2048
    shape = (max(1, round(rows * scale)), columns)
    count = round(gigabytes * 1e9 / (2 * rows * columns))
    items = [(f"model.layers.{index}.mlp.up_proj.weight", shape) for index in range(count)]
    write(folder / "model.safetensors", cut_tensors(items))


def make_one_tensor(folder: Path, scale: float) -> None:
    """One file with nothing but a matrix of a gigabyte."""
    items = [("model.embed_tokens.weight", (max(1, round(65536 * scale)), 8192))]
    write(folder / "model.safetensors", cut_tensors(items))


def make_tiny_tensors(folder: Path, scale: float) -> None:
    """One file with very many matrices of a thousand elements."""
    count = max(1, round(100_000 * scale))
    items = [(f"layers.{index}.weight", (20, 50)) for index in range(count)]
    write(folder / "model.safetensors", cut_tensors(items))


MAKERS: dict[str, Callable[[Path, float], None]] = {
    "bf16": partial(make_llama, dtype="BF16"),
    "f16": partial(make_llama, dtype="F16"),
    "shards": make_shards,
    "conv": make_convolutions,
    "gzip": partial(make_hdf5, is_compressed=True),
    "contiguous": partial(make_hdf5, is_compressed=False),
    "one-tensor": make_one_tensor,
    "tiny-tensors": make_tiny_tensors,
}
for size in GIGABYTES:
    MAKERS[f"size-{size:g}"] = partial(make_size, gigabytes=size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=MAKERS)
    parser.add_argument("folder", type=Path, help="where the folder of the input goes")
    parser.add_argument("--scale", type=float, default=1)
    options = parser.parse_args()

    # An input that is there is whole.
    unfinished = options.folder / f"{options.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    MAKERS[options.name](unfinished, options.scale)
    unfinished.rename(options.folder / options.name)


if __name__ == "__main__":
    main()
