"""Checks the layout of GGUF against the live gguf-py.

    python gguf_layout.py (--tool QCONVERT | --stand-in) [--quick] [--model BERT]

For small models of every dtype and every type of the layout:

1. gguf-py reads the file; every tensor has its original name and shape. The weights of linear layers with
   rows that 32 divides have the type asked for, everything of rank 1 is F32, and embeddings and the
   head are either; a float type other than F32 needs no division. All bytes equal those of `gguf.quantize`,
   but for the sign of a least value that is 0: which of several zeros numpy takes depends on the processor.
2. The file says which architecture, which file type and which quantization version it has.
3. `qconvert dequantize` gives what `gguf.dequantize` gives, and `qconvert verify` accepts the file.
4. The same two of files that gguf-py wrote.
"""

import sys
from pathlib import Path

import ecosystem
import ecosystem_models
import gguf
import numpy as np
import torch
from ecosystem import Control, expect
from ecosystem_models import Model

TYPES = {
    "q8_0": gguf.GGMLQuantizationType.Q8_0,
    "q4_0": gguf.GGMLQuantizationType.Q4_0,
    "q4_1": gguf.GGMLQuantizationType.Q4_1,
    "q5_0": gguf.GGMLQuantizationType.Q5_0,
    "q5_1": gguf.GGMLQuantizationType.Q5_1,
    "mxfp4": gguf.GGMLQuantizationType.MXFP4,
    "f16": gguf.GGMLQuantizationType.F16,
    "bf16": gguf.GGMLQuantizationType.BF16,
}
FILE_TYPES = {
    "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    "q4_0": gguf.LlamaFileType.MOSTLY_Q4_0,
    "q4_1": gguf.LlamaFileType.MOSTLY_Q4_1,
    "q5_0": gguf.LlamaFileType.MOSTLY_Q5_0,
    "q5_1": gguf.LlamaFileType.MOSTLY_Q5_1,
    "mxfp4": gguf.LlamaFileType.MOSTLY_MXFP4_MOE,
    "f16": gguf.LlamaFileType.MOSTLY_F16,
    "bf16": gguf.LlamaFileType.MOSTLY_BF16,
}
F32 = gguf.GGMLQuantizationType.F32
INTEGERS = ("position_ids",)


def original(model: Model) -> dict[str, np.ndarray]:
    """The float tensors of a model in float32."""
    tensors = ecosystem_models.read_tensors(model.path)
    return {
        name: tensor.float().numpy() for name, tensor in tensors.items() if tensor.is_floating_point()
    }


def may_have(variant: str, model: Model, name: str, values: np.ndarray) -> list:
    """The types that a tensor may have."""
    kind, module = TYPES[variant], name.removesuffix(".weight")
    block, _ = gguf.GGML_QUANT_SIZES[kind]
    if values.ndim < 2 or values.shape[-1] % block != 0:
        return [F32]
    return [kind] if module in model.linears() and module != "lm_head" else [kind, F32]


# MARK: What gguf-py makes


def without_zero_signs(data: np.ndarray, kind: gguf.GGMLQuantizationType) -> np.ndarray:
    """The bytes with +0 for every least value of a block that is -0; it stands for the same elements."""
    data = data.view(np.uint8).reshape(-1).copy()
    if kind in (TYPES["q4_1"], TYPES["q5_1"]):
        blocks = data.reshape(-1, gguf.GGML_QUANT_SIZES[kind][1])
        blocks[(blocks[:, 2:4] == (0, 0x80)).all(axis=1), 3] = 0
    return data


def quantize(values: np.ndarray, kind: gguf.GGMLQuantizationType) -> np.ndarray:
    """What gguf-py makes of a tensor, with one sign for zeros."""
    data = gguf.quantize(values, kind)
    return data if data.dtype != np.uint8 else without_zero_signs(data, kind).reshape(data.shape)


def write_library(model: Model, variant: str, output: Path) -> None:
    """A file that gguf-py writes."""
    architecture = ecosystem.read_config(model.path)["model_type"]
    writer = gguf.GGUFWriter(output, architecture)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_file_type(FILE_TYPES[variant])
    for name, values in original(model).items():
        kind = may_have(variant, model, name, values)[0]
        writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)
    for name, tensor in ecosystem_models.read_tensors(model.path).items():
        if name.endswith(INTEGERS):
            writer.add_tensor(name, tensor.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# MARK: Checks


def field(reader: gguf.GGUFReader, key: str):
    """The value of a key; it must be there."""
    found = reader.get_field(key)
    expect(found is not None, f"{key} is missing")
    return found.contents()


def check_file(model: Model, variant: str, output: Path) -> None:
    """The tensors and the keys, as gguf-py reads them."""
    reader, wanted = gguf.GGUFReader(output), original(model)
    names = {tensor.name for tensor in reader.tensors}
    expect(len(names) == len(reader.tensors), "two tensors have one name")
    left = names ^ wanted.keys()
    # What is not float has no place in the comparison; the tool decides whether it is kept.
    left = [name for name in left if not name.endswith(INTEGERS)]
    expect(not left, f"missing or not expected: {left[:5]}")
    for tensor in reader.tensors:
        if tensor.name not in wanted:
            continue
        values = wanted[tensor.name]
        shape = tuple(int(size) for size in reversed(tensor.shape))
        expect(shape == values.shape, f"{tensor.name}: shape {shape}, not {values.shape}")
        kinds = may_have(variant, model, tensor.name, values)
        expect(tensor.tensor_type in kinds, f"{tensor.name}: type {tensor.tensor_type.name}")
        own = quantize(values, tensor.tensor_type).view(np.uint8).reshape(-1)
        other = without_zero_signs(tensor.data, tensor.tensor_type)
        expect(own.size == other.size, f"{tensor.name}: {other.size} bytes, not {own.size}")
        places = np.flatnonzero(own != other)
        if places.size:
            text = f"{places.size} of {own.size} bytes differ, first at {places[0]}"
            raise ecosystem.Failure(f"{tensor.name} ({tensor.tensor_type.name}): {text}")
    expect(field(reader, "GGUF.version") == 3, "another version of GGUF")
    expect(bool(field(reader, "general.architecture")), "no architecture")
    version = field(reader, "general.quantization_version")
    expect(version == gguf.GGML_QUANT_VERSION, f"general.quantization_version is {version}")
    kind = field(reader, "general.file_type")
    expect(kind == FILE_TYPES[variant].value, f"general.file_type is {kind}")


def check_dequantized(quantized: Path, output: Path) -> None:
    """A float file or directory: the values of gguf-py, rounded if they are not in float32."""
    source = output if output.is_dir() else None
    entries = ecosystem.read(source)[0] if source else ecosystem.read_file(output)[0]
    reader = gguf.GGUFReader(quantized)
    names = {tensor.name for tensor in reader.tensors}
    expect(entries.keys() == names, f"dequantize: names: {sorted(entries.keys() ^ names)[:5]}")
    for tensor in reader.tensors:
        if tensor.name.endswith(INTEGERS):
            continue
        actual = ecosystem_models.to_tensor(entries[tensor.name])
        values = np.array(gguf.dequantize(tensor.data, tensor.tensor_type))
        wanted = torch.from_numpy(values).to(actual.dtype)
        same = wanted.shape == actual.shape and torch.equal(wanted, actual)
        expect(same, f"dequantize: {tensor.name} ({tensor.tensor_type.name}) differs")


def check(tool, model: Model, variant: str, folder: Path) -> None:
    """Goes through all steps with one model and one type."""
    library, output = folder / "library.gguf", folder / "output.gguf"
    write_library(model, variant, library)
    if tool is None:
        write_library(model, variant, output)
    else:
        tool.convert(model.path, ["--layout=gguf", f"--variant={variant}"], output)
    check_file(model, variant, output)
    if tool is not None:
        for path in (output, library):
            back = folder / f"{path.stem}.safetensors"
            tool.dequantize(path, back)
            check_dequantized(path, back)
            # Integers are not in the file of gguf-py, and verify rightly misses them.
            if path == output or original(model).keys() == ecosystem.read(model.path)[0].keys():
                tool.verify(path, model.path)


def flipped(offset: int):
    """Changes a byte of the first tensor of blocks, so far into it."""

    def apply(path: Path) -> None:
        reader = gguf.GGUFReader(path)
        tensor = next(tensor for tensor in reader.tensors if "proj.weight" in tensor.name)
        place = tensor.data_offset + offset
        data = bytearray(path.read_bytes())
        data[place] ^= 0x11
        path.write_bytes(data)

    return apply


def renamed(old: bytes, new: bytes):
    """Changes a name, or a key, to one of the same length."""

    def apply(path: Path) -> None:
        data = path.read_bytes()
        if old not in data:
            raise LookupError(old)
        # In the record of the tool, too.
        path.write_bytes(data.replace(old, new))

    return apply


CONTROLS = [
    Control("a flipped scale", flipped(0)),
    Control("a flipped code", flipped(16)),
    Control("another name", renamed(b"q_proj.weight", b"p_proj.weight")),
    Control("no file type", renamed(b"general.file_type", b"general.file_kind")),
    Control("another architecture key", renamed(b"general.architecture", b"general.architectura")),
]


def run(checks: ecosystem.Checks, tool, real: Path | None) -> None:
    """All cases."""
    names = ["bfloat16", "float32"] if checks.quick else list(ecosystem_models.MAKERS)
    for name in names:
        model = ecosystem_models.make(checks.directory / "models", name)
        for variant in list(TYPES)[:: 3 if checks.quick and name == "float32" else 1]:
            case = f"{variant} {name}"
            if checks.case(case, lambda folder: check(tool, model, variant, folder)):
                if name == "bfloat16":
                    output = checks.directory / case.replace(" ", "_") / "output.gguf"
                    checks.expect_caught(
                        output, CONTROLS, lambda path: check_file(model, variant, path)
                    )
    if real is not None:
        model = ecosystem_models.real_bert(real)
        for variant in ["q8_0", "q4_0"] if checks.quick else ["q8_0", "q4_0", "q5_1", "mxfp4", "f16"]:
            checks.case(f"{variant} real", lambda folder: check(tool, model, variant, folder))


if __name__ == "__main__":
    sys.exit(ecosystem.main("gguf", __doc__, run))
