"""Checks qconvert on a real Keras file against the live coreai-opt, with h5py on the other side.

    python hdf5.py --tool QCONVERT --model emotion_model.hdf5

For each spec: every quantized dataset equals what the library makes of the same array along the same axis, bit
for bit; everything else in the file (groups, attributes, datasets) is as it was; `qconvert verify` accepts the
result; `qconvert dequantize` gives a file with the tree, attributes and shapes of the original; and on the way to
safetensors and back to HDF5 no dataset changes. Files of h5py's with chunks and filters keep them, or get those of
`--compression`, with the same values.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
import oracle
import torch

SPECS = [
    [],
    ["--dtype", "uint8", "--scheme", "asymmetric", "--formulation", "minval"],
    ["--dtype", "int4", "--block-size", "8"],
    ["--dtype", "float8_e4m3fn", "--granularity", "per_tensor"],
]


def run(command: list) -> str:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{command}: exit code {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def contents(path: Path) -> tuple[dict, dict]:
    """The datasets of a file as arrays, and the attributes of all objects as texts."""
    arrays, attributes = {}, {}
    with h5py.File(path) as file:

        def visit(name, item):
            attributes[name] = {key: repr(np.asarray(value)) for key, value in item.attrs.items()}
            if isinstance(item, h5py.Dataset):
                arrays[name] = item[()]

        visit("", file)
        file.visititems(visit)
    attributes[""].pop("qconvert", None)
    for texts in attributes.values():
        texts.pop("element_type", None)
    return arrays, attributes


def expect(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"hdf5: {what}")


def check(tool: str, model: Path, folder: Path, options: list) -> int:
    original, attributes = contents(model)
    output, back = folder / "quantized.h5", folder / "back.h5"
    common = ["--overwrite", "--sync", "none"]
    report = json.loads(run([tool, model, "-o", output, "--json", *common, *options]))
    arrays, kept = contents(output)
    count = 0
    for tensor in report["tensors"]:
        name = tensor["name"]
        if tensor["action"] != "quantized":
            expect(np.array_equal(arrays.pop(name), original[name]), f"{name} changed")
            continue
        count += 1
        expected = oracle.quantize(torch.from_numpy(original[name]), tensor["spec"])
        expect(expected is not None, f"{name}: the library cannot apply {tensor['spec']}")
        # float8 is stored as opaque bytes: HDF5 has no floats without infinity.
        codes = oracle.element_bytes(expected.data).tobytes()
        expect(arrays.pop(name).tobytes() == codes, f"{name}: codes")
        pairs = {"scale": expected.scale, "zero_point": expected.zero_point, "minval": expected.minval}
        for ending, values in pairs.items():
            if values is not None:
                found = arrays.pop(f"{name}_{ending}")
                expect(np.array_equal(found, values.numpy()), f"{name}_{ending}")
    expect(not arrays, f"datasets that nothing accounts for: {list(arrays)[:3]}")
    expect({k: kept[k] for k in attributes} == attributes, "attributes changed")
    run([tool, "verify", output, "--against", model, "--quiet"])
    run([tool, "dequantize", output, "-o", back, "--quiet", *common])
    floats, same = contents(back)
    expect(same == attributes, "attributes after dequantizing")
    shapes = {name: array.shape for name, array in original.items()}
    expect({name: array.shape for name, array in floats.items()} == shapes, "shapes after dequantizing")
    return count


def check_way_back(tool: str, model: Path, folder: Path) -> int:
    middle, end = folder / "middle.safetensors", folder / "end.h5"
    for source, target in ((model, middle), (middle, end)):
        run([tool, source, "-o", target, "--exclude", "*", "--overwrite", "--sync", "none", "--quiet"])
    before, after = contents(model)[0], contents(end)[0]
    expect(before.keys() == after.keys(), "names on the way through safetensors")
    for name, array in before.items():
        expect(array.tobytes() == after[name].tobytes(), f"{name} changed on the way through safetensors")
    return len(before)


COMPRESSED = {
    "a/kernel": ((300, 257), "<f4", {"chunks": (64, 100), "compression": 6, "shuffle": True, "fletcher32": True}),
    "whole/kernel": ((1000, 700), "<f4", {"chunks": (1000, 700), "compression": 9}),
    "growing/kernel": ((100, 30), "<f4", {"chunks": (7, 30), "maxshape": (None, 30), "shuffle": True}),
    "conv/kernel": ((3, 3, 64, 70), "<f4", {"chunks": (2, 2, 32, 32), "compression": 1, "maxshape": (None,) * 4}),
    "columns/kernel": ((513, 600), "<f4", {"chunks": (513, 7), "compression": 4}),
    "half/kernel": ((64, 64), "<f2", {"chunks": (10, 64), "compression": 2}),
    "bytes": ((10, 100), "u1", {"chunks": (3, 100), "compression": 2, "shuffle": True}),
    "double": ((70,), "<f8", {"chunks": (32,), "fletcher32": True}),
    "over": ((3,), "<f4", {"chunks": (8,), "maxshape": (None,), "compression": 4}),
    "empty": ((0, 5), "<f4", {"chunks": (4, 5), "maxshape": (None, 5), "compression": 3}),
    "plain/kernel": ((700, 600), "<f4", {}),
}


def storage(path: Path) -> dict:
    """How the datasets of a file are stored."""
    with h5py.File(path) as file:
        return {
            name: (item.chunks, item.maxshape, item.compression, item.compression_opts, item.shuffle, item.fletcher32)
            for name, item in ((name, file[name]) for name in COMPRESSED)
        }


def check_compression(tool: str, folder: Path) -> int:
    source, output, back = folder / "source.h5", folder / "output.h5", folder / "back.h5"
    random = np.random.default_rng(5)
    with h5py.File(source, "w") as file:
        for name, (shape, kind, options) in COMPRESSED.items():
            file.create_dataset(name, data=(random.standard_normal(shape) * 20).round().astype(kind), **options)
        file["text"] = ["one", "two", ""]
        file["fixed"] = np.array([b"a", b"bc"], dtype="S4")
    common = ["--overwrite", "--sync", "none", "--quiet"]
    original = contents(source)[0]
    for options in ([], ["--exclude", "*"]):
        plain = None
        for compression in ("none", None, "gzip:1", "gzip:6"):
            chosen = ["--compression", compression] if compression else []
            run([tool, source, "-o", output, *common, *options, *chosen])
            arrays = contents(output)[0]
            plain = plain or arrays
            expect(arrays.keys() == plain.keys(), f"{compression}: names")
            for name, array in arrays.items():
                expect(np.array_equal(array, plain[name]), f"{name} with {compression}")
            expect(all(np.array_equal(arrays[name], original[name]) for name in ("text", "fixed")), "texts")
            if options:
                expect(all(np.array_equal(arrays[name], original[name]) for name in COMPRESSED), "copies")
            found, kept = storage(output), storage(source)
            for name, (chunks, limits, filter_, level, shuffle, check) in found.items():
                if compression is None:
                    expect(found[name] == kept[name], f"{name}: {found[name]}, not {kept[name]}")
                elif compression == "none":
                    expect((chunks, filter_, shuffle, check) == (None, None, False, False), name)
                else:
                    wide = arrays[name].itemsize > 1
                    expect((filter_, level, shuffle) == ("gzip", int(compression[5:]), wide), f"{name}: {found[name]}")
                    expect(kept[name][0] in (None, chunks) and check == kept[name][5], f"{name}: {found[name]}")
            if not options:
                run([tool, "verify", output, "--against", source, "--quiet"])
        if not options:
            run([tool, source, "-o", output, *common])
            run([tool, "dequantize", output, "-o", back, *common])
            expect(storage(back) == storage(source), "chunks after dequantizing")
            expect(contents(back)[0].keys() == original.keys(), "names after dequantizing")
    return len(COMPRESSED)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--model", required=True, type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for options in SPECS:
            count = check(arguments.tool, arguments.model, Path(folder), options)
            print(f"equal: {count} quantized datasets, {' '.join(options) or 'no options'}", flush=True)
        count = check_way_back(arguments.tool, arguments.model, Path(folder))
        print(f"equal: {count} datasets through safetensors and back")
        count = check_compression(arguments.tool, Path(folder))
        print(f"equal: {count} datasets with chunks and filters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
