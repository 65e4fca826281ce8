"""Checks qconvert on a real Keras file against the live coreai-opt, with h5py on the other side.

    python hdf5.py --tool QCONVERT --model emotion_model.hdf5

For each spec: every quantized dataset equals what the library makes of the same array along the same axis, bit
for bit; everything else in the file (groups, attributes, datasets) is as it was; `qconvert verify` accepts the
result; `qconvert dequantize` gives a file with the tree, attributes and shapes of the original; and on the way to
safetensors and back to HDF5 no dataset changes.
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
