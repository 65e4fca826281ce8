"""Checks the layout of MLX against the live mlx-lm.

    python mlx_layout.py (--tool QCONVERT | --stand-in) [--quick]

For small Llamas of every dtype, tied and untied, and every mode, width and group size:

1. Every tensor has the name, dtype, shape and bytes that mlx-lm's own `quantize_model` and `save_model`
   give, and so has the quantization in config.json; its other keys are the original ones.
2. mlx-lm loads the directory, computes exactly what the model does that mlx-lm quantized itself, and
   goes on with the same tokens.
3. `qconvert dequantize` gives what `mx.dequantize` gives, and `qconvert verify` accepts the directory.
4. The same two of directories that mlx-lm wrote.

A layer that no group divides may be written as `false` into the configuration; mlx-lm leaves it out.
"""

import contextlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path

import ecosystem
import ecosystem_models
import mlx.core as mx
import numpy as np
from ecosystem import Control, Entry, changed_config, changed_entry, expect, flip_nibble, rotate
from ecosystem_models import Model
from mlx.utils import tree_flatten
from mlx_lm.utils import load_model, quantize_model, save_config, save_model

# The kernels for the GPU round halves away from zero.
mx.set_default_device(mx.cpu)

KEYS = ("quantization", "quantization_config")
DTYPES = {mx.float32: "F32", mx.float16: "F16", mx.bfloat16: "BF16", mx.uint32: "U32", mx.uint8: "U8"}


@dataclass(frozen=True)
class Scheme:
    """A mode of MLX with its settings."""

    mode: str
    bits: int
    group: int

    @property
    def name(self) -> str:
        """What the scheme is called in messages."""
        return f"{self.mode} {self.bits} group {self.group}"

    @property
    def arguments(self) -> list[str]:
        """The options of qconvert."""
        options = ["--layout=mlx", f"--variant={self.mode}"]
        if self.mode == "affine":
            options += [f"--bits={self.bits}", f"--group-size={self.group}"]
        return options


AFFINE = [Scheme("affine", bits, group) for bits in (2, 3, 4, 5, 6, 8) for group in (32, 64, 128)]
FLOATS = [Scheme("mxfp4", 4, 32), Scheme("mxfp8", 8, 32), Scheme("nvfp4", 4, 16)]
SCHEMES = AFFINE + FLOATS


# MARK: What mlx-lm makes


def write_library(model: Model, scheme: Scheme, output: Path) -> None:
    """A directory that mlx-lm quantized and wrote."""
    with contextlib.redirect_stdout(io.StringIO()):
        network, config = load_model(model.path)
        network, config = quantize_model(
            network, config, scheme.group, scheme.bits, mode=scheme.mode
        )
        save_model(output, network)
        save_config(config, output / "config.json")


def to_entry(array: mx.array) -> Entry:
    """An array as it is stored."""
    data = np.array(array.view(mx.uint16) if array.dtype == mx.bfloat16 else array).tobytes()
    return Entry(DTYPES[array.dtype], tuple(array.shape), data)


def dequantized(model: Model, library: Path) -> dict[str, Entry]:
    """What MLX makes of a directory of mlx-lm: the weights of every layer in the model's own dtype."""
    network, _ = load_model(library)
    original, _ = ecosystem.read(model.path)
    dtype = {name: dtype for dtype, name in DTYPES.items()}
    found = dict(original)
    for name, layer in network.named_modules():
        if hasattr(layer, "scales"):
            weight = f"{name}.weight"
            found[weight] = to_entry(
                mx.dequantize(
                    layer.weight,
                    layer.scales,
                    layer.get("biases"),
                    layer.group_size,
                    layer.bits,
                    layer.mode,
                    dtype=dtype[original[weight].dtype],
                )
            )
    return found


# MARK: Checks


def settings(config: dict, entries: dict[str, Entry]) -> dict:
    """The quantization in config.json, without what it says of layers in float."""
    found = dict(config["quantization"])
    for path in [path for path, value in found.items() if value is False]:
        expect(f"{path}.weight" in entries, f"config.json: {path} is no layer")
        expect(f"{path}.scales" not in entries, f"config.json: {path} is not in float")
        found.pop(path)
    found.setdefault("mode", "affine")
    return found


def check_files(model: Model, library: Path, output: Path) -> None:
    """The tensors and config.json."""
    wanted, _ = ecosystem.read(library)
    actual, metadata = ecosystem.read(output)
    ecosystem.expect_equal("convert", wanted, actual)
    expect(metadata.get("format") == "mlx", f"convert: the metadata is {metadata}")
    config = ecosystem.read_config(output)
    ecosystem.expect_config("convert", ecosystem.read_config(model.path), config, KEYS)
    expect(config[KEYS[0]] == config[KEYS[1]], "config.json: the two quantizations differ")
    own, other = settings(ecosystem.read_config(library), wanted), settings(config, actual)
    expect(own == other, f"config.json: the quantization is {other}, not {own}")


def greedy(network, count: int = 8) -> list[int]:
    """Some tokens, each the likeliest one."""
    tokens = [1, 2, 3]
    for _ in range(count):
        logits = network(mx.array([tokens]))
        tokens.append(int(mx.argmax(logits[0, -1]).item()))
    return tokens


def logits(network) -> np.ndarray:
    """What a model makes of a few tokens."""
    return np.array(network(mx.arange(1, 17).reshape(2, 8)).astype(mx.float32))


def check_loading(library: Path, output: Path) -> None:
    """What mlx-lm computes with the directory."""
    (own, _), (other, _) = load_model(library), load_model(output)
    names = [sorted(name for name, _ in tree_flatten(network.parameters())) for network in (own, other)]
    expect(names[0] == names[1], "loaded: other parameters")
    wanted, actual = logits(own), logits(other)
    expect(bool(np.isfinite(wanted).all()), "loaded: the expected output is not finite")
    apart = np.abs(wanted - actual).max()
    expect(np.array_equal(wanted, actual), f"loaded: the outputs are {apart} apart")
    expect(greedy(own) == greedy(other), "loaded: other tokens")


def check_dequantized(tool, model: Model, library: Path, quantized: Path, output: Path) -> None:
    """A float directory: what MLX makes of the codes, and config.json without a trace of the layout."""
    tool.dequantize(quantized, output)
    actual, _ = ecosystem.read(output)
    ecosystem.expect_equal("dequantize", dequantized(model, library), actual)
    original, config = ecosystem.read_config(model.path), ecosystem.read_config(output)
    ecosystem.expect_config("dequantize", original, config)
    tool.verify(quantized, model.path)


def check(tool, model: Model, scheme: Scheme, folder: Path) -> None:
    """Goes through all steps with one model and one scheme."""
    library, output = folder / "library", folder / "output"
    write_library(model, scheme, library)
    if tool is None:
        write_library(model, scheme, output)
    else:
        tool.convert(model.path, scheme.arguments, output)
    check_files(model, library, output)
    check_loading(library, output)
    if tool is not None:
        check_dequantized(tool, model, library, output, folder / "float")
        check_dequantized(tool, model, library, library, folder / "library-float")


def controls(scheme: Scheme) -> list[Control]:
    """What must be noticed."""

    def quantization(change):
        def apply(config):
            for key in KEYS:
                change(config[key])

        return changed_config(apply)

    found = [
        Control("a flipped nibble", changed_entry("q_proj.weight", flip_nibble)),
        Control("shifted scales", changed_entry("scales", rotate)),
        Control("other bits", quantization(lambda q: q.update(bits=q["bits"] // 2))),
        Control("one quantization", changed_config(lambda config: config.pop(KEYS[1]))),
        Control("a layer in float", quantization(lambda q: q.update({"lm_head": False}))),
        Control("another key", changed_config(lambda config: config.update(rope_theta=1))),
    ]
    if scheme.mode == "affine":
        found.append(Control("no biases", changed_entry("biases", lambda entry: None)))
    return found


LOADING_CONTROLS = [
    Control("rotated codes, loaded", changed_entry("embed_tokens.weight", rotate)),
    Control("shifted scales, loaded", changed_entry("q_proj.scales", rotate)),
]


def run(checks: ecosystem.Checks, tool, real: Path | None) -> None:
    """All cases; mlx-lm has no BERT."""
    plan = {name: SCHEMES for name in ("float32", "bfloat16", "float16")}
    plan |= {"odd": AFFINE[2:6] + FLOATS, "shards": SCHEMES[::5]}
    if checks.quick:
        plan = {"bfloat16": AFFINE[1::3] + FLOATS, "float32": AFFINE[6:7] + FLOATS}
        plan["odd"] = AFFINE[8:9]
    for name, schemes in plan.items():
        model = ecosystem_models.make(checks.directory / "models", name)
        for scheme in schemes:
            case = f"{scheme.name} {name}"
            if not checks.case(case, lambda folder: check(tool, model, scheme, folder)):
                continue
            if name == "bfloat16" and scheme in SCHEMES[:: 10 if checks.quick else 1]:
                folder = checks.directory / case.replace(" ", "_")
                library = folder / "library"
                files = lambda path: check_files(model, library, path)
                loading = lambda path: check_loading(library, path)
                checks.expect_caught(folder / "output", controls(scheme), files)
                checks.expect_caught(folder / "output", LOADING_CONTROLS, loading)


if __name__ == "__main__":
    sys.exit(ecosystem.main("mlx-lm", __doc__, run))
