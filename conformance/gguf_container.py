"""Checks the GGUF files of qconvert against gguf-py: names, shapes, types, bytes and metadata.

    python gguf_container.py --tool QCONVERT

Random tensors of every type that GGUF has go from safetensors to GGUF, where `gguf.GGUFReader` must find them;
and files that `gguf.GGUFWriter` made, blocks of all kinds among them, go through the tool, which must neither lose
nor change anything. Sharded models become one file.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from safetensors.torch import save_file

TYPES = {
    torch.float32: Kind.F32, torch.float16: Kind.F16, torch.bfloat16: Kind.BF16, torch.float64: Kind.F64,
    torch.int8: Kind.I8, torch.int16: Kind.I16, torch.int32: Kind.I32, torch.int64: Kind.I64,
}
SHAPES = [(), (1,), (7,), (64,), (3, 5), (2, 96), (0, 4), (2, 3, 4), (2, 1, 3, 32)]
OWN = {"GGUF.version", "GGUF.tensor_count", "GGUF.kv_count"}


def expect(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"gguf_container: {what}")


def run(*command) -> str:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    expect(result.returncode == 0, f"{command}: exit code {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def contents(path: Path) -> tuple[dict, dict]:
    """The tensors of a file with type, shape and bytes, and its metadata with types."""
    reader = gguf.GGUFReader(path)
    expect(reader.fields["GGUF.version"].contents() == 3, f"{path}: not version 3")
    tensors = {
        tensor.name: (tensor.tensor_type, tuple(int(n) for n in reversed(tensor.shape)), tensor.data.tobytes())
        for tensor in reader.tensors
    }
    for tensor in reader.tensors:
        expect(tensor.data_offset % reader.alignment == 0, f"{path}: {tensor.name} is not aligned")
    return tensors, {key: (field.types, field.contents()) for key, field in reader.fields.items() if key not in OWN}


def raw(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def from_safetensors(tool: Path, folder: Path) -> int:
    generator = torch.Generator().manual_seed(1)
    tensors = {}
    for dtype in TYPES:
        for shape in SHAPES:
            # gguf-py's reader fails at these.
            if shape == () and dtype == torch.bfloat16:
                continue
            values = torch.randn(shape, generator=generator) * 50
            tensors[f"{str(dtype)[6:]}.{'x'.join(map(str, shape)) or 'scalar'}"] = values.to(dtype)
    metadata = {"format": "pt", "grüße": "mit\nZeilen", "general.name": "a model"}
    source = folder / "in.safetensors"
    save_file(tensors, source, metadata)
    run(tool, source, "--exclude", "*", "-o", folder / "out.gguf")
    check(folder / "out.gguf", tensors, metadata)

    model = folder / "model"
    model.mkdir()
    names = list(tensors)
    weight_map = {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        shard = f"model-{number:05}-of-00002.safetensors"
        save_file({name: tensors[name] for name in part}, model / shard, {"format": "pt"})
        weight_map |= dict.fromkeys(part, shard)
    (model / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    run(tool, model, "--exclude", "*", "-o", folder / "model.gguf")
    check(folder / "model.gguf", tensors, {"format": "pt"})
    return 2 * len(tensors)


def check(path: Path, tensors: dict, metadata: dict) -> None:
    found, pairs = contents(path)
    expect(set(found) == set(tensors), f"{path}: other names")
    for name, tensor in tensors.items():
        kind, shape, data = found[name]
        expect(kind == TYPES[tensor.dtype], f"{path}: {name} is {kind.name}")
        expect(shape == tuple(tensor.shape), f"{path}: {name} has the shape {shape}")
        expect(data == raw(tensor), f"{path}: {name} has other bytes")
    expect(pairs["general.quantization_version"][1] == 2, f"{path}: no version of blocks")
    for key, text in metadata.items():
        expect(pairs[key] == ([gguf.GGUFValueType.STRING], text), f"{path}: metadata {key}: {pairs.get(key)}")


def from_gguf(tool: Path, folder: Path) -> int:
    """A file with blocks of all types and a large vocabulary: copied as it is; its floats quantized."""
    source, copy, native = folder / "blocks.gguf", folder / "copy.gguf", folder / "native.gguf"
    random = np.random.default_rng(2)
    writer = gguf.GGUFWriter(source, "sample")
    writer.add_token_list([f"token {n}" for n in range(50_000)])
    writer.add_token_scores([float(n) for n in range(50_000)])
    writer.add_uint64("sample.count", 2**63)
    for kind, (length, size) in gguf.GGML_QUANT_SIZES.items():
        if length > 1:
            blocks = random.integers(0, 256, size=(3, 2 * size), dtype=np.uint8)
            writer.add_tensor(kind.name, blocks, raw_dtype=kind)
    writer.add_tensor("a.weight", random.normal(size=(8, 64)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    run(tool, source, "--exclude", "*", "-o", copy)
    expect(copy.read_bytes() == source.read_bytes(), "a copy has other bytes")
    run(tool, source, "-o", native)
    tensors, pairs = contents(source)
    quantized, kept = contents(native)
    del tensors["a.weight"]
    expect(all(quantized[name] == tensor for name, tensor in tensors.items()), "blocks were changed")
    expect(all(kept[key] == value for key, value in pairs.items()), "metadata was changed")
    expect(quantized["a.weight"][:2] == (Kind.I8, (8, 64)), "the weight is not quantized")
    run(tool, "verify", native, "--against", source)
    listed = {tensor["name"]: tensor for tensor in json.loads(run(tool, "inspect", source, "--json"))["tensors"]}
    for name, (kind, shape, data) in tensors.items():
        known = listed[name]
        expect(
            (known["dtype"], tuple(known["shape"]), known["bytes"]) == (kind.name, shape, len(data)),
            f"inspect says {known} of {name}")
    return 2 * len(tensors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tool", type=Path, required=True)
    tool = parser.parse_args().tool.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        count = from_safetensors(tool, Path(scratch)) + from_gguf(tool, Path(scratch))
    print(f"gguf_container: {count} tensors as gguf-py reads them")


main()
