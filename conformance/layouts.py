"""Checks the coreai-opt layouts of qconvert against state dicts of the live library.

    python layouts.py --tool QCONVERT [--layout NAME] [--keep DIRECTORY]

For a small model in float32, bfloat16, float16 and float64, and for every spec that a layout takes:

1. coreai-opt's `Quantizer` prepares (and finalizes) the model; qconvert converts its float state
   dict with `--layout`. Both must have the same keys, dtypes, shapes and bytes.
2. The converted state dict loads with `strict=True` into another instance of the library's module,
   made from other weights, which then computes exactly what the library's own module computes.

Not covered, because a state dict does not show it: parameters and buffers that the forward pass
does not use (torch.export drops them from a graph), and tied weights, which safetensors does not
store.
"""

import argparse
import copy
import subprocess
import sys
import tempfile
from pathlib import Path

import oracle
import torch
from coreai_opt import ExportBackend
from coreai_opt.quantization import Quantizer, QuantizerConfig
from coreai_torch._compression._floatx import Float4Tensor
from safetensors.torch import save_file
from torch import nn

LAYOUTS = ["coreai-prepared", "coreai", "coreai-graph", "coreml"]
INPUT_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float64": torch.float64,
}
CHANNEL = {"type": "per_channel"}
TENSOR = {"type": "per_tensor"}
BLOCK = {"type": "per_block", "block_size": 32}


class Mixer(nn.Module):
    """Linear layers of divisible and of odd size around a norm; all of rank 2."""

    def __init__(self):
        super().__init__()
        self.up = nn.Linear(32, 64)
        self.norm = nn.LayerNorm(64)
        self.steps = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 30, bias=False))
        self.odd_one = nn.Linear(30, 7)

    def forward(self, x):
        """A block of 32 divides every weight but that of `odd_one`."""
        return self.odd_one(self.steps(self.norm(self.up(x))))


class Model(nn.Module):
    """Embedding, Conv2d, LayerNorm and Linear, nested in submodules."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 32)
        self.layers = nn.ModuleList([Mixer()])
        self.conv_2 = nn.Conv2d(32, 6, 3, padding=1)

    def forward(self, ids):
        """Uses every parameter, so that a graph keeps them all."""
        x = self.embedding(ids)
        image = x.transpose(1, 2).unsqueeze(-1).expand(-1, -1, -1, 3)
        return self.layers[0](x), self.conv_2(image)


class MixerOnly(nn.Module):
    """Rank 2 weights alone: coreai-opt refuses to export float4 convolutions."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 32)
        self.layers = nn.ModuleList([Mixer()])

    def forward(self, ids):
        """Uses every parameter, so that a graph keeps them all."""
        return self.layers[0](self.embedding(ids))


def example_input() -> torch.Tensor:
    """Token numbers, so that the input is the same for every dtype."""
    return torch.tensor([[0, 3, 10, 7, 3]])


def make_model(seed: int, dtype: torch.dtype, spec: dict) -> nn.Module:
    """A seeded model that the spec can be exported for."""
    torch.manual_seed(seed)
    model = MixerOnly() if spec["dtype"] == "float4_e2m1fn" else Model()
    for parameter in model.parameters():
        parameter.data.mul_(1 + seed)
    return model.to(dtype).eval()


def library_module(model: nn.Module, layout: str, spec: dict, example: torch.Tensor) -> nn.Module:
    """The module that coreai-opt makes of a copy of the model, in the form of the layout."""
    mode = "graph" if layout == "coreai-graph" else "eager"
    module_config = {"op_state_spec": {"weight": spec}, "op_input_spec": None}
    module_config["op_output_spec"] = None
    config = {"execution_mode": mode, "global_config": module_config}
    quantizer = Quantizer(
        copy.deepcopy(model),
        QuantizerConfig.from_dict({"quantization_config": copy.deepcopy(config)}),
    )
    prepared = quantizer.prepare((example,))
    if layout == "coreai-prepared":
        return prepared
    backend = ExportBackend.CoreML if layout == "coreml" else ExportBackend.CoreAI
    return quantizer.finalize(backend=backend)


def state_dict(module: nn.Module) -> dict[str, torch.Tensor]:
    """The state dict with packed float4 data as plain bytes, the form that can be saved."""
    return {
        name: (tensor.elem if isinstance(tensor, Float4Tensor) else tensor).detach()
        for name, tensor in module.state_dict().items()
    }


def load_state_dict(module: nn.Module, state: dict[str, torch.Tensor]) -> None:
    """Loads strictly. Float4Tensor cannot be copied into, so its entries are assigned."""
    own = module.state_dict()
    packed = {name for name, tensor in own.items() if isinstance(tensor, Float4Tensor)}
    state = {name: Float4Tensor(t) if name in packed else t for name, t in state.items()}
    module.load_state_dict(state, strict=True, assign=bool(packed))


def specs(layout: str) -> list[dict]:
    """The specs that a layout takes. CoreML takes neither minval nor 2 bits nor floats."""
    found = []
    integers = ["int8", "uint8", "int4", "uint4"]
    formulations = ["zp"]
    if layout != "coreml":
        integers += ["int2"]
        formulations += ["minval"]
    granularities = [CHANNEL, TENSOR, BLOCK, {"type": "per_channel", "axis": -1}]
    for dtype in integers:
        for scheme in ["symmetric", "symmetric_with_clipping", "asymmetric"]:
            for formulation in formulations:
                spec = {"dtype": dtype, "qscheme": scheme, "qformulation": formulation}
                found.append(spec | {"granularity": granularities[len(found) % 4]})
    found.append(
        {"dtype": "int8", "qscheme": "asymmetric", "granularity": CHANNEL}
        | {"float_range": [-0.05, 0.0625]}
    )
    found.append({"dtype": "int8", "granularity": CHANNEL, "float_range": [None, 0.071]})
    if layout != "coreml":
        for dtype in ["float8_e4m3fn", "float8_e5m2"]:
            for granularity in [CHANNEL, TENSOR, BLOCK]:
                spec = {"dtype": dtype, "granularity": granularity}
                found += [spec, spec | {"scale_dtype": "float8_e8m0fnu"}]
        found.append({"dtype": "float4_e2m1fn", "granularity": BLOCK})
    return found


def outputs(module: nn.Module, example: torch.Tensor) -> list[torch.Tensor]:
    """The results of a forward pass as a list."""
    with torch.no_grad():
        result = module(example)
    return list(result) if isinstance(result, (tuple, list)) else [result]


def check(tool: str, directory: Path, layout: str, dtype_name: str, spec: dict) -> list[str]:
    """Converts one model and compares it with the library; one line for each difference."""
    dtype, example = INPUT_DTYPES[dtype_name], example_input()
    model = make_model(0, dtype, spec)
    library = library_module(model, layout, spec, example)

    source, converted = directory / "float.safetensors", directory / "converted.safetensors"
    save_file(model.state_dict(), source, metadata={"format": "pt"})
    command = [tool, source, "-o", converted, "--overwrite", "--quiet", "--sync", "none"]
    command += [f"--layout={layout}", *oracle.arguments(spec)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        return [f"exit code {run.returncode}: {run.stderr.strip()}"]
    actual, _ = oracle.load(converted)
    lines = oracle.differences(state_dict(library), actual)
    if lines:
        return lines

    other = library_module(make_model(1, dtype, spec), layout, spec, example)
    try:
        load_state_dict(other, actual)
    except RuntimeError as error:
        return [f"load_state_dict: {error}"]
    pairs = zip(outputs(library, example), outputs(other, example), strict=True)
    if not all(torch.equal(expected, result) for expected, result in pairs):
        return ["the forward pass of the loaded module differs from the library's"]
    return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, help="the qconvert executable")
    parser.add_argument("--layout", choices=LAYOUTS, action="append", help="only this one")
    parser.add_argument("--keep", type=Path, help="where the files of the last case stay")
    options = parser.parse_args()

    checked = failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        for layout in options.layout or LAYOUTS:
            for dtype_name in INPUT_DTYPES:
                # torch.export takes a second for each model: fewer of them but in float32.
                step = 3 if layout == "coreai-graph" and dtype_name != "float32" else 1
                for spec in specs(layout)[::step]:
                    if dtype_name == "float64" and spec["dtype"] == "float4_e2m1fn":
                        continue  # the library asserts
                    lines = check(options.tool, directory, layout, dtype_name, spec)
                    checked += 1
                    failed += bool(lines)
                    if lines:
                        arguments = " ".join(oracle.arguments(spec))
                        print(f"{dtype_name} model, --layout={layout} {arguments}")
                        print("".join(f"  {line}\n" for line in lines[:5]), end="")
    print(f"{checked} models compared with coreai-opt, {failed} with differences")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
