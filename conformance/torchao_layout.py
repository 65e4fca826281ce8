"""Checks the layout of torchao against the live library and transformers.

    python torchao_layout.py (--tool QCONVERT | --stand-in) [--quick] [--model BERT]

For small models of every dtype and every scheme of the layout:

1. Every tensor and what the metadata says of it equal what transformers writes of a model that torchao
   quantized; config.json is the original one with the same quantization_config.
2. transformers loads the directory and computes exactly what that model computes.
3. `qconvert dequantize` gives torchao's own `dequantize`, and `qconvert verify` accepts the directory.
4. The same two of directories that transformers wrote.

torchao makes NaN of a row of zeros in float8, and a scale of 0. There the codes must be zeros, and the
scale one that can divide.
"""

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import ecosystem
import ecosystem_models
import torch
import transformers
from ecosystem import Control, Entry, changed_config, changed_entry, expect, flip_nibble, rotate
from ecosystem_models import Model, to_entry, to_tensor
from torchao.quantization import (
    Float8WeightOnlyConfig,
    Int8WeightOnlyConfig,
    IntxWeightOnlyConfig,
    MappingType,
    PerAxis,
    PerGroup,
    PerRow,
    PerTensor,
)

KEY = "quantization_config"


@dataclass(frozen=True)
class Scheme:
    """A configuration of torchao."""

    variant: str
    bits: int = 8
    group: int | None = None
    symmetric: bool = True
    per_tensor: bool = False

    @property
    def name(self) -> str:
        """What the scheme is called in messages."""
        place = f"group {self.group}" if self.group else "tensor" if self.per_tensor else "channel"
        kind = "" if self.symmetric else " asymmetric"
        return f"{self.variant} {self.bits} {place}{kind}"

    @property
    def arguments(self) -> list[str]:
        """The options of qconvert."""
        options = ["--layout=torchao", f"--variant={self.variant}"]
        if self.variant == "intx":
            options += [f"--bits={self.bits}", "--scheme"]
            options.append("symmetric" if self.symmetric else "asymmetric")
            return options + ([f"--group-size={self.group}"] if self.group else [])
        return options + [f"--granularity=per_{'tensor' if self.per_tensor else 'channel'}"]

    @property
    def library(self):
        """The library's own configuration."""
        granularity = PerTensor() if self.per_tensor else PerRow()
        if self.variant == "int8":
            return Int8WeightOnlyConfig(granularity=granularity)
        if self.variant == "float8":
            return Float8WeightOnlyConfig(granularity=granularity)
        mapping = MappingType.SYMMETRIC if self.symmetric else MappingType.ASYMMETRIC
        return IntxWeightOnlyConfig(
            weight_dtype=getattr(torch, f"int{self.bits}"),
            granularity=PerGroup(self.group) if self.group else PerAxis(0),
            mapping_type=mapping,
        )


PLAIN = [
    Scheme(variant, per_tensor=per_tensor)
    for variant in ("int8", "float8")
    for per_tensor in (False, True)
]
INTX = [
    Scheme("intx", bits, group, symmetric)
    for bits in range(1, 9)
    for group in (32, None)
    for symmetric in (True, False)
]
SCHEMES = PLAIN + INTX


# MARK: What torchao makes


def skipped(model: Model, scheme: Scheme) -> list[str] | None:
    """The linear layers that stay in float, if some must be named: torchao asserts that groups divide."""
    linears = model.linears()
    odd = [name for name, layer in linears.items() if layer.in_features % (scheme.group or 1)]
    return ["lm_head", *(name for name in odd if name != "lm_head")] if odd else None


def without_nan(entries: dict[str, Entry]) -> dict[str, Entry]:
    """Zeros and a scale of 1 in place of the NaN that torchao makes of zeros in float8."""
    found = dict(entries)
    for name, entry in entries.items():
        if entry.dtype != "F8_E4M3":
            continue
        scale_name = name.removesuffix("qdata") + "scale"
        scale = to_tensor(entries[scale_name])
        broken = (scale == 0).expand(entry.shape)
        codes = to_tensor(entry).view(torch.uint8).masked_fill(broken, 0)
        found[name] = to_entry(codes.view(torch.float8_e4m3fn))
        found[scale_name] = to_entry(scale.masked_fill(scale == 0, 1))
    return found


def write_library(model: Model, scheme: Scheme, output: Path) -> None:
    """A directory that transformers writes of a model that torchao quantized."""
    names = skipped(model, scheme)
    config = transformers.TorchAoConfig(scheme.library, modules_to_not_convert=names)
    network = model.load(quantization_config=config)
    size = "300KB" if model.name == "shards" else "5GB"
    network.save_pretrained(output, max_shard_size=size)
    if scheme.variant != "float8":
        return
    # The codes of a weight and its scale may be in two shards.
    sound = without_nan(ecosystem.read(output)[0])
    for path in ecosystem.files(output):
        entries, metadata = ecosystem.read_file(path)
        ecosystem.write_file(path, {name: sound[name] for name in entries}, metadata)


def write_stand_in(model: Model, scheme: Scheme, output: Path) -> None:
    """The library's tensors in the files of the original directory's kind."""
    library = output.with_name("stand-in")
    write_library(model, scheme, library)
    ecosystem.copy_companions(model.path, output)
    config = {KEY: ecosystem.read_config(library)[KEY]}
    ecosystem.write_config(output, ecosystem.read_config(output) | config)
    for path in [*ecosystem.files(library), *library.glob(ecosystem.INDEX)]:
        shutil.copy(path, output)


def dequantized(model: Model, library: Path) -> dict[str, Entry]:
    """The tensors of the model, quantized ones as torchao brings them back."""
    parameters = dict(model.load(library).named_parameters())
    found = dict(ecosystem.read(model.path)[0])
    for name, parameter in parameters.items():
        if hasattr(parameter.data, "tensor_data_names"):
            found[name] = to_entry(parameter.data.dequantize())
    return found


# MARK: Checks


def with_library_scales(wanted: dict[str, Entry], actual: dict[str, Entry]) -> dict[str, Entry]:
    """Our entries, the scale of zeros in float8 replaced by the 1 of `without_nan`."""
    found = dict(actual)
    for name, entry in wanted.items():
        if entry.dtype != "F8_E4M3" or name not in actual:
            continue
        scale_name = name.removesuffix("qdata") + "scale"
        if scale_name not in actual or actual[scale_name].shape != wanted[scale_name].shape:
            continue
        own, scale = to_tensor(wanted[scale_name]), to_tensor(actual[scale_name])
        expect(bool(((scale > 0) & scale.isfinite()).all()), f"{scale_name}: not all are positive")
        zero = to_tensor(entry).view(torch.uint8).reshape(len(own), -1) == 0
        free = zero.all(dim=1, keepdim=True) & (own == 1)
        found[scale_name] = to_entry(torch.where(free, own, scale))
    return found


def parameters(metadata: dict[str, str], stored: dict[str, Entry]) -> dict[str, dict]:
    """What the metadata says of each parameter that is stored; a tied head may be listed as well."""
    names = [json.loads(value)["_type"] for key, value in metadata.items() if "." in key]
    expect(len(names) > 0, "metadata: nothing of torchao")
    found = {key: json.loads(value) for key, value in metadata.items() if "." in key}
    return {
        name: value
        for name, value in found.items()
        if value["_type"] != "Tensor" or name in stored
    }


def tensor_names(directory: Path) -> set[str]:
    """All parameters that the files list."""
    metadata = [ecosystem.read_file(path)[1] for path in ecosystem.files(directory)]
    return {name for one in metadata for name in json.loads(one.get("tensor_names", "[]"))}


def check_files(model: Model, library: Path, output: Path) -> None:
    """The tensors, the metadata and config.json."""
    wanted, own = ecosystem.read(library)
    actual, metadata = ecosystem.read(output)
    # Buffers and tied weights: what transformers does not write is copied from the original.
    copied = ecosystem.read(model.path)[0]
    extra = {name: copied[name] for name in actual if name not in wanted and name in copied}
    expect(all("position_ids" in name for name in extra), f"convert: not expected: {list(extra)}")
    ecosystem.expect_equal("convert", wanted | extra, with_library_scales(wanted, actual))
    expect(metadata.get("format") == "pt", "convert: the metadata has no format")
    one, other = parameters(own, wanted), parameters(metadata, wanted)
    for name in one.keys() | other.keys():
        same = one.get(name) == other.get(name)
        expect(same, f"metadata: {name} is {other.get(name)}, not {one.get(name)}")
    left = tensor_names(output) ^ tensor_names(library)
    left -= set(extra) | {"lm_head.weight"} - set(wanted)
    expect(not left, f"metadata: tensor_names: {left}")

    config = ecosystem.read_config(output)
    ecosystem.expect_config("convert", ecosystem.read_config(model.path), config, (KEY,))
    one, other = ecosystem.read_config(library)[KEY], dict(config[KEY])
    transformers.TorchAoConfig.from_dict(other)
    # Where groups do not divide the library needs a list to quantize, but not to load.
    listed = other.pop("modules_to_not_convert", None)
    left_out = one.pop("modules_to_not_convert") or ["lm_head"]
    expect(listed is None or set(listed) <= set(left_out), f"config.json: {listed} left out")
    expect(one == other, f"config.json: {KEY} is {other}, not {one}")


def check_loading(model: Model, library: Path, output: Path) -> None:
    """What transformers computes with the directory."""
    wanted, actual = model.output(model.load(library)), model.output(model.load(output))
    ecosystem_models.expect_output("loaded", wanted, actual)


def check_dequantized(tool, model: Model, library: Path, quantized: Path, output: Path) -> None:
    """A float directory: torchao's own values, and config.json without a trace of the layout."""
    tool.dequantize(quantized, output)
    actual, _ = ecosystem.read(output)
    wanted = dequantized(model, library)
    if quantized == library:
        wanted = {name: entry for name, entry in wanted.items() if "position_ids" not in name}
    else:
        original, config = ecosystem.read_config(model.path), ecosystem.read_config(output)
        ecosystem.expect_config("dequantize", original, config)
    ecosystem.expect_equal("dequantize", wanted, actual)
    # transformers leaves out buffers that the original has, which verify rightly misses.
    if quantized != library or ecosystem.read(model.path)[0].keys() == wanted.keys():
        tool.verify(quantized, model.path)


def check(tool, model: Model, scheme: Scheme, folder: Path) -> None:
    """Goes through all steps with one model and one scheme."""
    library, output = folder / "library", folder / "output"
    write_library(model, scheme, library)
    if tool is None:
        write_stand_in(model, scheme, output)
    else:
        tool.convert(model.path, scheme.arguments, output)
    check_files(model, library, output)
    check_loading(model, library, output)
    if tool is not None:
        check_dequantized(tool, model, library, output, folder / "float")
        check_dequantized(tool, model, library, library, folder / "library-float")


def changed_metadata(directory: Path) -> None:
    """Another block size in the metadata of one parameter."""
    path = ecosystem.files(directory)[0]
    entries, metadata = ecosystem.read_file(path)
    name = next(name for name, value in metadata.items() if "block_size" in value)
    value = json.loads(metadata[name])
    value["_data"]["block_size"][1] *= 2
    ecosystem.write_file(path, entries, metadata | {name: json.dumps(value)})


CONTROLS = [
    Control("a flipped nibble", changed_entry("qdata", flip_nibble)),
    Control("shifted scales", changed_entry("scale", rotate)),
    Control("another block size", changed_metadata),
    Control("another key", changed_config(lambda config: config.update(rope_theta=1))),
    Control("no scales", changed_entry("scale", lambda entry: None)),
    Control("a layer less", changed_config(lambda c: c[KEY].update(modules_to_not_convert=["o_proj"]))),
]
LOADING_CONTROLS = [
    Control("rotated codes, loaded", changed_entry("q_proj._weight_qdata", rotate)),
    Control("shifted scales, loaded", changed_entry("q_proj._weight_scale", rotate)),
]


def run(checks: ecosystem.Checks, tool, real: Path | None) -> None:
    """All cases."""
    plan = {name: SCHEMES for name in ("float32", "bfloat16", "float16")}
    plan |= {"bert": SCHEMES[::3], "shards": PLAIN + INTX[::7]}
    plan["odd"] = [Scheme("intx", 4, 128), Scheme("intx", 8, 128, False), *PLAIN]
    if checks.quick:
        plan = {"bfloat16": PLAIN + INTX[12:16], "float32": PLAIN[::2] + INTX[::9]}
        plan["odd"] = [Scheme("intx", 4, 128)]
    for name, schemes in plan.items():
        model = ecosystem_models.make(checks.directory / "models", name)
        for scheme in schemes:
            case = f"{scheme.name} {name}"
            if not checks.case(case, lambda folder: check(tool, model, scheme, folder)):
                continue
            if name == "bfloat16" and (not checks.quick or scheme in SCHEMES[::16]):
                folder = checks.directory / case.replace(" ", "_")
                library = folder / "library"
                files = lambda path: check_files(model, library, path)
                loading = lambda path: check_loading(model, library, path)
                checks.expect_caught(folder / "output", CONTROLS, files)
                if scheme.bits > 1:  # torchao makes zeros of everything with one bit
                    checks.expect_caught(folder / "output", LOADING_CONTROLS, loading)
    if real is not None:
        model = ecosystem_models.real_bert(real)
        for scheme in (PLAIN + INTX[12:14])[:: 4 if checks.quick else 1]:
            checks.case(f"{scheme.name} real", lambda f: check(tool, model, scheme, f))


if __name__ == "__main__":
    sys.exit(ecosystem.main("torchao", __doc__, run))
