"""Checks `--config` of qconvert against coreai-opt: which tensors a configuration selects, and their bits.

    python configurations.py --tool QCONVERT [--count N] [--seed N] [--keep DIRECTORY]

One model with embeddings, norms, convolutions, transposed convolutions and Linear layers in nested modules is
saved with the types of its modules. For every configuration, written by hand or made up at random, the library
prepares and finalizes the model in eager mode, and qconvert converts the saved floats with
`--config --module-types --layout coreai`. Both must have the same keys, dtypes, shapes and bytes.

A configuration that the library refuses for this model is counted, but not compared: a default axis where
its tables have none.
"""

import argparse
import copy
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import oracle
import torch
import yaml
from coreai_opt.quantization import Quantizer, QuantizerConfig
from safetensors.torch import save_file
from torch import nn

LINEAR = "torch.nn.modules.linear.Linear"
EMBEDDING = "torch.nn.modules.sparse.Embedding"
CONV = "torch.nn.modules.conv.Conv2d"
TRANSPOSED = "torch.nn.modules.conv.ConvTranspose2d"
NORM = "torch.nn.modules.normalization.LayerNorm"


class Attention(nn.Module):
    """Three Linear layers by name."""

    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(32, 32)
        self.k_proj = nn.Linear(32, 32, bias=False)
        self.out_proj = nn.Linear(32, 32)

    def forward(self, x):
        """Any use of all of them."""
        return self.out_proj(self.q_proj(x) * torch.sigmoid(self.k_proj(x)))


class Block(nn.Module):
    """Attention, a norm, and Linear layers by number; a block of 32 does not divide the last."""

    def __init__(self):
        super().__init__()
        self.attention = Attention()
        self.norm = nn.LayerNorm(32)
        self.mlp = nn.Sequential(nn.Linear(32, 48), nn.ReLU(), nn.Linear(48, 32))

    def forward(self, x):
        """A residual around each half."""
        x = x + self.attention(self.norm(x))
        return x + self.mlp(x)


class Decoder(nn.Module):
    """Convolutions both ways."""

    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(32, 64, 3, padding=1)
        self.up = nn.ModuleList(
            [nn.ConvTranspose2d(64, 32, 2, stride=2), nn.ConvTranspose2d(32, 32, 2)]
        )

    def forward(self, x):
        """One after the other."""
        return self.up[1](self.up[0](self.down(x)))


class Model(nn.Module):
    """All of it."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 32)
        self.layers = nn.ModuleList([Block() for _ in range(3)])
        self.decoder = Decoder()
        self.head = nn.Linear(32, 8)

    def forward(self, ids):
        """Uses every parameter: eager mode finds them by running."""
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x)
        image = x.transpose(1, 2).unsqueeze(-1).expand(-1, -1, -1, 3)
        return self.head(x), self.decoder(image)


def make_model() -> nn.Module:
    """The model with the same weights each time."""
    torch.manual_seed(0)
    return Model().eval()


def type_name(module: nn.Module) -> str:
    """The name that the library compares with `module_type_configs`."""
    return f"{type(module).__module__}.{type(module).__qualname__}"


def module_types(model: nn.Module) -> dict[str, str]:
    """The types file of a model."""
    return {name: type_name(module) for name, module in model.named_modules()}


# MARK: Configurations

HEAD = """
quantization_spec:
  w8: &w8 {dtype: int8, granularity: {type: per_channel}}
  w4: &w4 {dtype: int4, granularity: {type: per_block, block_size: 16}}
  u4: &u4 {dtype: uint4, qscheme: asymmetric, granularity: {type: per_channel}}
  one: &one {dtype: int8, granularity: {type: per_tensor}}
  f8: &f8 {dtype: float8_e4m3fn, granularity: {type: per_channel}}
  only8: &only8 {op_state_spec: {weight: *w8}, op_input_spec: null, op_output_spec: null}
  only4: &only4 {op_state_spec: {weight: *w4}, op_input_spec: null, op_output_spec: null}
  onlyf: &onlyf {op_state_spec: {weight: *f8}, op_input_spec: null, op_output_spec: null}
  rest: &rest {op_input_spec: null, op_output_spec: null}
quantization_config:
  execution_mode: eager
"""

WRITTEN = {
    "global": "  global_config: *only4",
    "defaults": "  global_config: *rest",
    "off but a type": f"  global_config: null\n  module_type_configs: {{{LINEAR}: *only8}}",
    "off but a name": "  global_config: ~\n  module_name_configs: {layers.1: *only8}",
    "type off": f"  global_config: *only8\n  module_type_configs: {{{EMBEDDING}: null}}",
    "transposed defaults": "  global_config: *only8\n  module_name_configs: {decoder: *only4}",
    "axis of one layer": "  global_config: *only4\n  module_name_configs: {decoder.up.0: "
    "{<<: *rest, op_state_spec: {weight: {<<: *w4, granularity: "
    "{type: per_block, block_size: 16, axis: 1}}}}}",
    "negative axis": "  global_config: {<<: *rest, op_state_spec: {weight: "
    "{dtype: int8, granularity: {type: per_channel, axis: -2}}}}",
    "last name wins": "  global_config: *only8\n  module_name_configs: "
    '{layers.0: *onlyf, "layers.*": *only4}',
    "last name wins, turned round": "  global_config: *only8\n  module_name_configs: "
    '{"layers.*": *only4, layers.0: *onlyf}',
    "inner before outer": "  global_config: null\n  module_name_configs: "
    "{layers.0.attention.q_proj: *onlyf, layers.0: *only4}",
    "inner after outer": "  global_config: null\n  module_name_configs: "
    "{layers.0: *only4, layers.0.attention.q_proj: *onlyf}",
    "name over type": f"  global_config: null\n  module_type_configs: {{{LINEAR}: *only8}}\n"
    "  module_name_configs: {layers.2: null}",
    "outer type, inner type": "  global_config: *only8\n  module_type_configs: "
    f"{{{LINEAR}: *onlyf, {type_name(Attention())}: *only4}}",
    "the root": '  global_config: *only8\n  module_name_configs: {".*": *only4}',
    "alternatives": "  global_config: *only8\n  module_name_configs: "
    r"{'.*\.(q|k)_proj': *only4, 'layers\.[02]\.mlp\.\d': null}",
    "lookahead": "  global_config: *only8\n  module_name_configs: {'(?!layers|decoder).*': *only4}",
    "a dot is any character": "  global_config: *only8\n  module_name_configs: "
    "{layers.0.attention.q.proj: *only4, layersX0: null}",
    "op type": "  global_config: {<<: *only8, op_type_config: {linear: null, conv2d: *only4}}",
    "op type in a module": "  global_config: *only8\n  module_name_configs: "
    "{layers.1: {<<: *only8, op_type_config: {linear: {<<: *rest}}}}",
    "module state": "  global_config: *only8\n  module_name_configs: {layers.0.mlp.0: "
    "{<<: *rest, op_state_spec: null, module_state_spec: {weight: *w4}}}",
    "module state off": "  global_config: *only8\n  module_name_configs: {head: "
    "{<<: *rest, module_state_spec: {weight: null}}}",
    "module state is not inherited": "  global_config: *only8\n  module_name_configs: "
    "{layers.0.mlp: {<<: *rest, op_state_spec: {weight: *w4}, module_state_spec: {weight: null}}}",
    "state off": "  global_config: {<<: *rest, op_state_spec: null}\n"
    "  module_name_configs: {head: *only8}",
    "weight off among others": "  global_config: {<<: *rest, op_state_spec: "
    '{weight: null, "*": *one}}\n  module_name_configs: {head: *only8}',
    "asymmetric": "  global_config: {<<: *rest, op_state_spec: {weight: *u4}}",
}

PATTERNS = [
    "embedding", "head", "layers", "layers.0", "layers.1", r"layers\.2", "layers.*", ".*", "decoder",
    r"decoder\.up\.\d", "decoder.up.0", "decoder.down", r".*\.mlp", r".*\.mlp\.0", r".*_proj",
    "layers.0.attention", "layers.1.attention.q_proj", r"layers\.(0|2)\..*", "nothing.here", "",
    r"(layers\.1|head)", r"[a-e].*", r"layers\.\d+\.(attention|mlp)",
]
TYPES = [LINEAR, EMBEDDING, CONV, TRANSPOSED, NORM, *map(type_name, (Attention(), Block(), Decoder()))]
OPS = ["linear", "embedding", "conv2d", "conv_transpose2d", "softmax"]
DTYPES = ["int8", "uint8", "int4", "uint4", "float8_e4m3fn", "float8_e5m2"]


def random_spec(choose: random.Random) -> dict | None:
    """A spec that applies to most weights, or null."""
    if choose.random() < 0.15:
        return None
    spec = {"dtype": choose.choice(DTYPES)}
    if not spec["dtype"].startswith("float") and choose.random() < 0.5:
        spec["qscheme"] = choose.choice(["symmetric", "symmetric_with_clipping", "asymmetric"])
    kind = choose.choice(["per_tensor", "per_channel", "per_block", None])
    if kind is not None:
        spec["granularity"] = {"type": kind}
    if kind == "per_block":
        spec["granularity"]["block_size"] = choose.choice([8, 16, 32])
    if kind in ("per_channel", "per_block") and choose.random() < 0.3:
        spec["granularity"]["axis"] = choose.choice([0, 1, -2] if kind == "per_channel" else [0, 1])
    return spec


def random_module_config(choose: random.Random, is_global: bool) -> dict | None:
    """The settings of a scope, or null. Activations stay off: a checkpoint has none."""
    if choose.random() < 0.15:
        return None
    config = {"op_input_spec": None, "op_output_spec": None}
    if choose.random() < 0.85:
        state = {"weight": random_spec(choose)}
        config["op_state_spec"] = choose.choice([state] * 5 + [None, {}])
    if choose.random() < 0.2:
        ops = choose.sample(OPS, choose.randint(1, 2))
        config["op_type_config"] = {
            op: None
            if choose.random() < 0.3
            else {"op_input_spec": None, "op_output_spec": None}
            | ({"op_state_spec": {"weight": random_spec(choose)}} if choose.random() < 0.8 else {})
            for op in ops
        }
    if not is_global and choose.random() < 0.1:
        config["module_state_spec"] = choose.choice([{"weight": None}, {}, None])
    return config


def random_configuration(choose: random.Random) -> str:
    """A whole configuration as YAML."""
    config = {"execution_mode": "eager"}
    if choose.random() < 0.9:
        config["global_config"] = random_module_config(choose, True)
    else:
        config["global_config"] = {"op_input_spec": None, "op_output_spec": None}
    for key, names in [("module_type_configs", TYPES), ("module_name_configs", PATTERNS)]:
        picked = choose.sample(names, choose.randint(0, 4))
        if picked:
            config[key] = {name: random_module_config(choose, False) for name in picked}
    return yaml.safe_dump({"quantization_config": config}, sort_keys=False)


def configurations(count: int, seed: int) -> dict[str, str]:
    """Those written by hand, and so many at random."""
    choose = random.Random(seed)
    found = {name: HEAD + text + "\n" for name, text in WRITTEN.items()}
    return found | {f"random {number}": random_configuration(choose) for number in range(count)}


# MARK: The comparison


def library_state(text: str, example: torch.Tensor) -> dict[str, torch.Tensor]:
    """The state dict that the library makes of the model; raises ValueError where it refuses."""
    config = QuantizerConfig.from_dict(copy.deepcopy(yaml.safe_load(text)))
    quantizer = Quantizer(make_model(), config)
    quantizer.prepare((example,))
    return {name: tensor.detach() for name, tensor in quantizer.finalize().state_dict().items()}


def check(tool: str, directory: Path, text: str, expected: dict[str, torch.Tensor]) -> list[str]:
    """Converts the model with a configuration; one line for each difference."""
    (directory / "config.yaml").write_text(text)
    command = [tool, directory / "float.safetensors", "-o", directory / "converted.safetensors"]
    command += ["--config", directory / "config.yaml", "--module-types", directory / "types.json"]
    command += ["--allow-unmatched", "--layout=coreai", "--overwrite", "--quiet", "--sync", "none"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        return [f"exit code {run.returncode}: {run.stderr.strip()}"]
    actual, _ = oracle.load(directory / "converted.safetensors")
    return oracle.differences(expected, actual)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, help="the qconvert executable")
    parser.add_argument("--count", type=int, default=100, help="random configurations")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="where the files of the last case stay")
    options = parser.parse_args()

    model, example = make_model(), torch.tensor([[0, 3, 10, 7, 3]])
    checked = failed = refused = 0
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        save_file(model.state_dict(), directory / "float.safetensors", metadata={"format": "pt"})
        (directory / "types.json").write_text(json.dumps(module_types(model)))
        for name, text in configurations(options.count, options.seed).items():
            try:
                expected = library_state(text, example)
            except ValueError:
                refused += 1
                continue
            lines = check(options.tool, directory, text, expected)
            checked += 1
            failed += bool(lines)
            if lines:
                print(f"{name}:\n{text}")
                print("".join(f"  {line}\n" for line in lines[:5]), end="")
    print(
        f"{checked} configurations compared with coreai-opt, {failed} with differences; "
        f"{refused} refused by it"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
