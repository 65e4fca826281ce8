"""Checks the layout of compressed-tensors against the live library and transformers.

    python compressed_tensors_layout.py (--tool QCONVERT | --stand-in) [--quick] [--model BERT]

For small models of every dtype and every scheme of the layout:

1. Every tensor has the name, dtype, shape and bytes that the library's own `calculate_qparams` and
   `compress` give; config.json is the original one and a quantization_config that the library reads
   and that has every float Linear in its ignore list.
2. transformers loads the directory, with and without `dequantize=True`, and computes exactly what the
   float model computes with the library's decompressed weights.
3. `qconvert dequantize` gives these weights, and `qconvert verify` accepts the directory.
4. The same two of directories that the library wrote.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import ecosystem
import ecosystem_models
import torch
import transformers
from compressed_tensors.compressors import ModelCompressor
from compressed_tensors.compressors.base import BaseCompressor
from compressed_tensors.offload import dispatch
from compressed_tensors.quantization import (
    QuantizationArgs,
    QuantizationConfig,
    QuantizationScheme,
    QuantizationStatus,
    apply_quantization_config,
)
from compressed_tensors.quantization.lifecycle import apply
from compressed_tensors.quantization.utils import calculate_qparams, generate_gparam
from compressed_tensors.utils.match import is_match
from ecosystem import Control, changed_config, changed_entry, expect, flip_nibble, rotate
from ecosystem_models import Model, to_entries
from loguru import logger

logger.disable("compressed_tensors")  # warns of ragged blocks
# Neither asks whether a progress bar is wanted.
for module in (apply, dispatch):
    module.tqdm = lambda items, **_: items

# The projections that vLLM fuses share one global scale, that of the largest value of all.
FUSED = [{"q_proj", "k_proj", "v_proj"}, {"gate_proj", "up_proj"}]


@dataclass(frozen=True)
class Scheme:
    """A format of the library with its settings."""

    format: str
    bits: int = 8
    strategy: str = "channel"
    group: int | None = None
    symmetric: bool = True

    @property
    def name(self) -> str:
        """What the scheme is called in messages."""
        strategy = f"group {self.group}" if self.group else self.strategy
        kind = "" if self.symmetric else " asymmetric"
        return f"{self.format} {self.bits} {strategy}{kind}"

    @property
    def microscaled(self) -> bool:
        """Whether the library's way back to float goes through bfloat16."""
        return self.format.startswith(("mxfp", "nvfp"))

    @property
    def arguments(self) -> list[str]:
        """The options of qconvert."""
        options = ["--layout=compressed-tensors", f"--variant={self.format}"]
        if self.format.endswith("int-quantized") or self.format == "pack-quantized":
            options += [f"--bits={self.bits}", "--scheme"]
            options.append("symmetric" if self.symmetric else "asymmetric")
        if self.strategy == "group" and not self.microscaled:
            options.append(f"--group-size={self.group}")
        if self.strategy == "tensor":
            options.append("--granularity=per_tensor")
        if self.strategy == "block":
            options += ["--granularity=per_block", "--block-size=128,128"]
        return options

    @property
    def library(self) -> QuantizationScheme:
        """The library's own object."""
        scale_dtypes = {"mxfp": torch.uint8, "nvfp": torch.float8_e4m3fn}
        settings = {
            "num_bits": self.bits,
            "type": "int" if "int" in self.format or self.format == "pack-quantized" else "float",
            "strategy": self.strategy,
            "symmetric": self.symmetric,
        }
        if self.group:
            settings["group_size"] = self.group
        if self.strategy == "block":
            settings["block_structure"] = [128, 128]
        if self.microscaled:
            settings["scale_dtype"] = scale_dtypes[self.format[:4]]
        weights = QuantizationArgs(**settings)
        return QuantizationScheme(targets=["Linear"], weights=weights, format=self.format)

    @property
    def compressor(self) -> type[BaseCompressor]:
        """The library's own compressor."""
        return BaseCompressor.get_value_from_registry(self.format)

    def fits(self, weight: torch.Tensor) -> bool:
        """Whether groups divide the rows."""
        return self.group is None or weight.shape[1] % self.group == 0


def schemes() -> list[Scheme]:
    """Everything that `--layout compressed-tensors` offers."""
    found = []
    for symmetric in (True, False):
        for bits in (4, 8):
            for group in (32, 128, None):
                strategy = "group" if group else "channel"
                found.append(Scheme("pack-quantized", bits, strategy, group, symmetric))
        for strategy, group in (("channel", None), ("tensor", None), ("group", 32)):
            found.append(Scheme("int-quantized", 8, strategy, group, symmetric))
    found += [Scheme("float-quantized", 8, name) for name in ("tensor", "channel", "block")]
    found.append(Scheme("mxfp4-pack-quantized", 4, "group", 32))
    found.append(Scheme("mxfp8-quantized", 8, "group", 32))
    found.append(Scheme("nvfp4-pack-quantized", 4, "tensor_group", 16))
    return found


# MARK: What the library makes


def blocks(weight: torch.Tensor, scheme: Scheme) -> tuple[torch.Tensor, tuple[int, ...]]:
    """The values that share a scale as rows, ragged blocks filled with zeros; the shape of the scale."""
    rows, columns = weight.shape
    if scheme.strategy == "tensor":
        return weight.reshape(1, -1), (1,)
    if scheme.strategy == "channel":
        return weight, (rows, 1)
    if scheme.group:
        return weight.reshape(-1, scheme.group), (rows, columns // scheme.group)
    down, across = -(-rows // 128), -(-columns // 128)
    padding = (0, across * 128 - columns, 0, down * 128 - rows)
    padded = torch.nn.functional.pad(weight, padding).reshape(down, 128, across, 128)
    return padded.transpose(1, 2).reshape(-1, 128 * 128), (down, across)


def global_scale(weight: torch.Tensor) -> torch.Tensor:
    """The library's own global scale of one tensor."""
    return generate_gparam(weight.float().amin(), weight.float().amax())


def compress(
    weight: torch.Tensor, scheme: Scheme, shared: torch.Tensor | None
) -> dict[str, torch.Tensor]:
    """What the library makes of one weight: tensors by their local names."""
    groups, shape = blocks(weight, scheme)
    scale, zero = calculate_qparams(
        groups.amin(1), groups.amax(1), scheme.library.weights, global_scale=shared
    )
    state = {"weight": weight, "weight_scale": scale.reshape(shape)}
    state["weight_zero_point"] = zero.reshape(shape)
    if shared is not None:
        state["weight_global_scale"] = shared
    return scheme.compressor.compress(state, scheme.library)


def quantized_modules(model: Model, tensors: dict, scheme: Scheme) -> list[str]:
    """The modules that the scheme applies to: linear ones but the head."""
    return [
        module
        for module in model.linears()
        if module != "lm_head" and scheme.fits(tensors[f"{module}.weight"])
    ]


def global_scales(modules: list[str], tensors: dict) -> dict[str, torch.Tensor]:
    """The global scale of each module: the least of those that are fused with it."""
    own = {module: global_scale(tensors[f"{module}.weight"]) for module in modules}
    shared = {}
    for module in modules:
        parent, _, name = module.rpartition(".")
        names = next((names for names in FUSED if name in names), {name})
        found = [own[f"{parent}.{other}"] for other in names if f"{parent}.{other}" in own]
        shared[module] = min(found)
    return shared


@dataclass
class Expected:
    """What the library makes of a model."""

    modules: list[str]
    tensors: dict[str, torch.Tensor]
    dense: dict[str, torch.Tensor]


def expected(model: Model, scheme: Scheme) -> Expected:
    """Compresses a model with the library, and decompresses it."""
    original = ecosystem_models.read_tensors(model.path)
    modules = quantized_modules(model, original, scheme)
    shared = global_scales(modules, original) if scheme.strategy == "tensor_group" else {}
    tensors, dense = {}, dict(original)
    for name, tensor in original.items():
        module = name.removesuffix(".weight")
        if name == module or module not in modules:
            tensors[name] = tensor
            continue
        state = compress(tensor, scheme, shared.get(module))
        tensors |= {f"{module}.{local}": value for local, value in state.items()}
        # Microscaled formats come back in bfloat16, whatever the model.
        dense[name] = scheme.compressor.decompress(state, scheme.library)["weight"].to(tensor.dtype)
    return Expected(modules, tensors, dense)


def library_config(model: Model, scheme: Scheme, modules: list[str]) -> QuantizationConfig:
    """The library's own configuration."""
    return QuantizationConfig(
        config_groups={"group_0": scheme.library},
        format=scheme.format,
        quantization_status=QuantizationStatus.COMPRESSED,
        ignore=[name for name in model.linears() if name not in modules],
    )


def write_library(model: Model, scheme: Scheme, output: Path) -> None:
    """A directory of the library's tensors and its configuration."""
    found = expected(model, scheme)
    config = library_config(model, scheme, found.modules).model_dump(mode="json")
    ecosystem.copy_companions(model.path, output)
    own = ecosystem.read_config(output) | {"quantization_config": config}
    ecosystem.write_config(output, own)
    entries = to_entries(found.tensors)
    ecosystem.write_file(output / "model.safetensors", entries, {"format": "pt"})


def save_library(model: Model, scheme: Scheme, output: Path) -> None:
    """A directory that the library and transformers write on their own: `save_pretrained`."""
    float_model = model.load()
    original = ecosystem_models.read_tensors(model.path)
    modules = quantized_modules(model, original, scheme)
    config = library_config(model, scheme, modules)
    config.quantization_status = QuantizationStatus.INITIALIZED
    apply_quantization_config(float_model, config)
    shared = global_scales(modules, original) if scheme.strategy == "tensor_group" else {}
    for name in modules:
        module = float_model.get_submodule(name)
        groups, shape = blocks(module.weight.data, scheme)
        scale, zero = calculate_qparams(
            groups.amin(1), groups.amax(1), scheme.library.weights, global_scale=shared.get(name)
        )
        module.weight_scale.data = scale.reshape(shape)
        if not scheme.symmetric:
            module.weight_zero_point.data = zero.reshape(shape)
        if name in shared:
            module.weight_global_scale.data = shared[name].clone()  # or it counts as tied
    compressor = ModelCompressor(quantization_config=config)
    compressor.compress_model(float_model)
    float_model.save_pretrained(output)
    compressor.update_config(str(output))


# MARK: Checks


def check_files(model: Model, scheme: Scheme, wanted: Expected, output: Path) -> None:
    """The tensors and config.json."""
    actual, metadata = ecosystem.read(output)
    ecosystem.expect_equal("convert", to_entries(wanted.tensors), actual)
    expect(metadata.get("format") == "pt", f"convert: the metadata is {metadata}")
    config = ecosystem.read_config(output)
    original = ecosystem.read_config(model.path)
    ecosystem.expect_config("convert", original, config, ("quantization_config",))

    quantization = config["quantization_config"]
    parsed = QuantizationConfig.model_validate(quantization)
    expect(parsed.quant_method == "compressed-tensors", f"quant_method {parsed.quant_method}")
    expect(parsed.quantization_status == QuantizationStatus.COMPRESSED, "not compressed")
    expect(parsed.format == scheme.format, f"format {parsed.format}")
    expect(parsed.kv_cache_scheme is None, "kv_cache_scheme")
    for group in parsed.config_groups.values():
        expect(group.format in (None, scheme.format), f"format of a group {group.format}")
        expect(group.input_activations is None and group.output_activations is None, "activations")
        settings, own = group.weights.model_dump(), scheme.library.weights.model_dump()
        # The library fills in the observer, which has no meaning in a checkpoint.
        for key in settings.keys() - {"observer", "observer_kwargs"}:
            expect(settings[key] == own[key], f"weights: {key} is {settings[key]!r}")
    targets = [target for group in parsed.config_groups.values() for target in group.targets]
    for name, module in model.linears().items():
        applies = is_match(name, module, targets, parsed.ignore or [])
        expect(applies == (name in wanted.modules), f"ignore: {name} counts as quantized: {applies}")


def known_limit(model: Model, scheme: Scheme, dequantize: bool) -> str | None:
    """The message with which compressed-tensors 0.20 and transformers 5.23 fail on their own files too."""
    if dequantize:
        return None
    if scheme.format == "pack-quantized" and not scheme.symmetric:
        return "mismatch"  # the zero points are not packed in the layout that it makes beforehand
    if scheme.microscaled and model.dtype != torch.bfloat16:
        return "same dtype"  # decompresses to bfloat16
    return None


def check_loading(model: Model, scheme: Scheme, wanted: Expected, output: Path) -> None:
    """What transformers computes with the directory, on both of its routes."""
    reference = model.output(ecosystem_models.with_weights(model, wanted.dense))
    for dequantize in (False, True):
        settings = {}
        if dequantize:
            config = transformers.CompressedTensorsConfig(dequantize=True)
            settings["quantization_config"] = config
        limit = known_limit(model, scheme, dequantize)
        step = "loaded with dequantize=True" if dequantize else "loaded"
        try:
            actual = model.output(model.load(output, **settings))
        except (RuntimeError, ValueError, LookupError) as error:
            text = f"{type(error).__name__}: {error}"
            expect(limit is not None and re.search(limit, text) is not None, f"{step}: {text}")
            continue
        expect(limit is None, f"{step}: the library has lost its limit {limit!r}")
        ecosystem_models.expect_output(step, reference, actual)


def check_dequantized(model: Model, wanted: Expected, output: Path) -> None:
    """A float directory: the decompressed weights, and config.json without a trace of the layout."""
    actual, _ = ecosystem.read(output)
    ecosystem.expect_equal("dequantize", to_entries(wanted.dense), actual)
    config = ecosystem.read_config(output)
    ecosystem.expect_config("dequantize", ecosystem.read_config(model.path), config)


def check(tool, model: Model, scheme: Scheme, folder: Path) -> None:
    """Goes through all steps with one model and one scheme."""
    wanted = expected(model, scheme)
    output = folder / "output"
    if tool is None:
        write_library(model, scheme, output)
    else:
        tool.convert(model.path, scheme.arguments, output)
    check_files(model, scheme, wanted, output)
    check_loading(model, scheme, wanted, output)
    if tool is None:
        return
    tool.dequantize(output, folder / "float")
    check_dequantized(model, wanted, folder / "float")
    tool.verify(output, model.path)


def check_foreign(tool, model: Model, scheme: Scheme, write, folder: Path) -> None:
    """Reads a directory that the library wrote."""
    wanted, output = expected(model, scheme), folder / "library"
    write(model, scheme, output)
    # The library says a little more in config.json than we compare: tensors alone.
    ecosystem.expect_equal("library", to_entries(wanted.tensors), ecosystem.read(output)[0])
    if tool is None:
        return
    tool.dequantize(output, folder / "float")
    actual, _ = ecosystem.read(folder / "float")
    ecosystem.expect_equal("dequantize", to_entries(wanted.dense), actual)
    tool.verify(output, model.path)


def controls(scheme: Scheme) -> list[Control]:
    """What must be noticed."""

    def quantization(change):
        return changed_config(lambda config: change(config["quantization_config"]))

    codes = "weight_packed" if "pack" in scheme.format else "proj.weight"
    found = [
        Control("a flipped nibble", changed_entry(codes, flip_nibble)),
        Control("shifted scales", changed_entry("weight_scale", rotate)),
        Control("an entry less to ignore", quantization(lambda q: q["ignore"].pop())),
        Control("an entry more to ignore", quantization(lambda q: q["ignore"].append("re:.*q_proj"))),
        Control("no status", quantization(lambda q: q.pop("quantization_status"))),
        Control("another key", changed_config(lambda config: config.update(rope_theta=1))),
    ]
    if scheme.format == "pack-quantized":
        found.append(Control("no shape", changed_entry("weight_shape", lambda entry: None)))
    if not scheme.symmetric:
        found.append(Control("other zero points", changed_entry("zero_point", flip_nibble)))
    return found


def loading_controls(scheme: Scheme) -> list[Control]:
    """What must be noticed by what the model computes."""
    codes = "weight_packed" if "pack" in scheme.format else "q_proj.weight"
    return [
        Control("rotated codes, loaded", changed_entry(codes, rotate)),
        Control("shifted scales, loaded", changed_entry("q_proj.weight_scale", rotate)),
    ]


def run(checks: ecosystem.Checks, tool, real: Path | None) -> None:
    """All cases."""
    folder = checks.directory / "models"
    found, models = schemes(), {}
    for name in ecosystem_models.MAKERS:
        models[name] = ecosystem_models.make(folder, name)
    some = [scheme for scheme in found if scheme.group != 128 and scheme.strategy != "tensor"]
    plan = {"float32": found, "bfloat16": found, "float16": found}
    plan |= {"shards": some[::4], "odd": [s for s in found if s.group == 128] + found[-6:]}
    plan["bert"] = found[::3]
    if checks.quick:
        plan = {"bfloat16": some, "float32": some[::4], "odd": found[1:2]}
    for name, chosen in plan.items():
        for scheme in chosen:
            model = models[name]
            checks.case(f"{scheme.name} {name}", lambda f: check(tool, model, scheme, f))
    for write in (write_library, save_library):
        for scheme in found[:: 5 if checks.quick else 1]:
            model = models["bfloat16"]
            case = f"{write.__name__} {scheme.name}"
            checks.case(case, lambda f: check_foreign(tool, model, scheme, write, f))
    if real is not None:
        model = ecosystem_models.real_bert(real)
        for scheme in found[:2] if checks.quick else found[::4]:
            checks.case(f"{scheme.name} real", lambda f: check(tool, model, scheme, f))

    for scheme in found[:: 9 if checks.quick else 1]:
        model = models["bfloat16"]
        output = checks.directory / f"{scheme.name} bfloat16".replace(" ", "_") / "output"
        if output.exists():
            wanted = expected(model, scheme)
            files = lambda path: check_files(model, scheme, wanted, path)
            loading = lambda path: check_loading(model, scheme, wanted, path)
            checks.expect_caught(output, controls(scheme), files)
            checks.expect_caught(output, loading_controls(scheme), loading)


if __name__ == "__main__":
    sys.exit(ecosystem.main("compressed-tensors", __doc__, run))
