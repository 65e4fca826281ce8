"""Checks `--config` of qconvert against coreai-opt: which tensors a configuration selects, and their bits.

    python configurations.py --tool QCONVERT [--model DIRECTORY] [--count N] [--seed N]
                             [--keep DIRECTORY]

One model with layers of most kinds in nested modules is saved with the types of its modules. For every
configuration, written by hand or made up at random, the library prepares and finalizes the model in eager
mode, and qconvert converts the saved floats with `--config --module-types --layout coreai`. Both must have
the same keys, dtypes, shapes and bytes. With `--model`, so must the BERT of a model directory, as transformers
loads it, and a small Llama that transformers makes.

A configuration that the library refuses for this model is counted, but not compared: a default axis where
its tables have none.

Not covered, because the types of modules do not tell it: a parameter of one axis in a class that is not
torch's, such as the norm of a Llama. The library quantizes it if a mul or an add takes it, provided that its
spec names an axis or is per tensor. qconvert copies it under `weight` and `*`, and quantizes it where its own
name or its module state is given.
"""

import argparse
import copy
import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TQDM_DISABLE": "1"}

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


class Signal(nn.Module):
    """Convolutions of one axis, other norms, and parameters that are no layer's."""

    def __init__(self):
        super().__init__()
        self.narrow = nn.Conv1d(32, 16, 3, padding=1)
        self.groups = nn.GroupNorm(4, 16)
        self.batch = nn.BatchNorm1d(16)
        self.widen = nn.ConvTranspose1d(16, 32, 3, padding=1)
        self.rms = nn.RMSNorm(32)
        self.gain = nn.Parameter(torch.randn(1, 32))  # with one axis `*` would not quantize it
        self.matrix = nn.Parameter(torch.randn(32, 16))

    def forward(self, x):
        """One after the other, and arithmetic with the parameters."""
        x = self.batch(self.groups(self.narrow(x.transpose(1, 2))))
        x = self.rms(self.widen(x).transpose(1, 2))
        return (x * self.gain) @ self.matrix


class Others(nn.Module):
    """Classes with weights that the library does not quantize, but for those of a list."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(32, 2, batch_first=True)
        self.memory = nn.GRUCell(32, 16)  # an LSTM would ignore its module state, too
        self.bag = nn.EmbeddingBag(11, 32)
        self.pair = nn.Bilinear(32, 16, 32)
        self.slope = nn.PReLU(32)
        self.mixes = nn.ParameterList([torch.randn(32, 16), torch.randn(16, 32)])

    def forward(self, x, ids):
        """One after the other."""
        x = self.slope(self.attention(x, x, x)[0].transpose(1, 2)).transpose(1, 2)
        memory = self.memory(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        x = self.pair(x.contiguous(), memory)
        return (x + self.bag(ids)) @ self.mixes[0] @ self.mixes[1]


class Model(nn.Module):
    """All of it."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 32)
        self.layers = nn.ModuleList([Block() for _ in range(3)])
        self.decoder = Decoder()
        self.signal = Signal()
        self.others = Others()
        self.head = nn.Linear(32, 8)

    def forward(self, ids):
        """Uses every parameter: eager mode finds them by running."""
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x)
        image = x.transpose(1, 2).unsqueeze(-1).expand(-1, -1, -1, 3)
        return self.head(x), self.decoder(image), self.signal(x), self.others(x, ids)


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
  rows: &rows {dtype: int8, granularity: {type: per_channel, axis: 0}}
  fours: &fours {dtype: int4, granularity: {type: per_block, block_size: 4, axis: 0}}
  f8: &f8 {dtype: float8_e4m3fn, granularity: {type: per_channel}}
  only8: &only8 {op_state_spec: {weight: *w8}, op_input_spec: null, op_output_spec: null}
  only4: &only4 {op_state_spec: {weight: *w4}, op_input_spec: null, op_output_spec: null}
  onlyf: &onlyf {op_state_spec: {weight: *f8}, op_input_spec: null, op_output_spec: null}
  only32: &only32
    op_state_spec: {weight: {dtype: int4, granularity: {type: per_block, block_size: 32}}}
    op_input_spec: null
    op_output_spec: null
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
    "every state": '  global_config: {<<: *rest, op_state_spec: {"*": *rows}}',
    "every state, one scale": '  global_config: {<<: *rest, op_state_spec: {"*": *one}}',
    "biases alone": "  global_config: {<<: *rest, op_state_spec: {bias: *rows}}",
    "biases in blocks": "  global_config: {<<: *rest, op_state_spec: {weight: *w4, bias: *fours}}",
    "biases off": '  global_config: {<<: *rest, op_state_spec: {bias: null, "*": *rows}}',
    "biases of a name": "  global_config: *only8\n  module_name_configs: {'.*\\.mlp\\.0': "
    "{<<: *rest, op_state_spec: {bias: *one}}, decoder.up.0: "
    "{<<: *rest, op_state_spec: {'*': *rows}}}",
    "biases of a type": f"  global_config: *only8\n  module_type_configs: {{{LINEAR}: "
    "{<<: *rest, op_state_spec: {weight: *w4, bias: *rows}}}",
    "biases of an op type": "  global_config: {<<: *only8, op_type_config: {linear: "
    "{<<: *rest, op_state_spec: {'*': *rows}}, conv_transpose2d: "
    "{<<: *rest, op_state_spec: {bias: *fours}}}}",
    "biases as module state": "  global_config: *only8\n  module_name_configs: {head: "
    "{<<: *rest, module_state_spec: {bias: *one}}}",
    "norms": "  global_config: *only8\n  module_name_configs: {'.*norm': "
    "{<<: *rest, op_state_spec: null, module_state_spec: {weight: *rows, bias: *fours}}}",
    "norms by type": f"  global_config: *only4\n  module_type_configs: {{{NORM}: "
    "{<<: *rest, op_state_spec: {'*': *rows}, module_state_spec: {'*': *rows}}}",
    "no op uses a norm": f"  global_config: *only4\n  module_type_configs: {{{NORM}: "
    "{<<: *rest, op_state_spec: {'*': *rows}}}",
    "parameters and buffers": "  global_config: *only8\n  module_name_configs: {'signal.*': "
    "{<<: *rest, module_state_spec: {'*': *one}}}",
    "parameters of no layer": "  global_config: *only8\n  module_name_configs: {signal: "
    "{<<: *rest, op_state_spec: {gain: *rows, matrix: *rows}}}",
    "no op of the library": '  global_config: null\n  module_name_configs: {others: '
    '{<<: *rest, op_state_spec: {"*": *one}}}',
    "module state of other classes": '  global_config: null\n  module_name_configs: '
    '{"others.*": {<<: *rest, op_state_spec: null, module_state_spec: {"*": *rows}}}',
    "channels of transposed layers": "  global_config: null\n  module_name_configs: "
    "{'decoder.up.*|signal.widen': *only8}",
    "blocks of transposed layers": "  global_config: null\n  module_type_configs: "
    f"{{{TRANSPOSED}: *only4, {TRANSPOSED.replace('2d', '1d')}: *only4}}",
    "axes of transposed layers": "  global_config: *only8\n  module_name_configs: "
    "{'decoder.up.*|signal.widen': {<<: *rest, op_state_spec: {'*': *rows}}}",
    "asymmetric": "  global_config: {<<: *rest, op_state_spec: {weight: *u4}}",
}

LLAMA_NORM = "transformers.models.llama.modeling_llama.LlamaRMSNorm"

BERT = {
    "attention, three layers, embeddings": "  global_config: *only8\n  module_name_configs: "
    "{'.*attention.*': *only8, 'encoder.layer.[0-2].*': *only32, embeddings: null}",
    "the other way round": "  global_config: *onlyf\n  module_name_configs: {embeddings: null, "
    r"'encoder\.layer\.[0-2].*': *only32, '.*attention\.self.*': *only8}",
    "biases and norms": f"  global_config: *only8\n  module_type_configs: {{{LINEAR}: {{<<: *rest, "
    f"op_state_spec: {{'*': *rows}}}}, {NORM}: {{<<: *rest, module_state_spec: {{weight: *one}}}}}}",
    "types": f"  global_config: null\n  module_type_configs: {{{EMBEDDING}: *only32, "
    f"{LINEAR}: {{<<: *rest, op_state_spec: {{weight: *u4}}}}, "
    "transformers.models.bert.modeling_bert.BertSelfAttention: null, "
    "transformers.models.bert.modeling_bert.BertPooler: *onlyf}",
    "op types": "  global_config: {<<: *only8, op_type_config: {embedding: null}}\n"
    "  module_name_configs: {encoder.layer.5: {<<: *only4, op_type_config: {linear: *onlyf}}}",
}
LLAMA = {
    "norms off by type": "  global_config: *only32\n  module_type_configs: "
    f"{{{LLAMA_NORM}: null}}\n  module_name_configs: {{lm_head: *only8}}",
    "norms off by name": "  global_config: *only8\n  module_name_configs: {'.*norm': null, "
    r"'model\.layers\.\d+\.mlp\..*': *only32, model.embed_tokens: *onlyf}",
    "norms by name": "  global_config: *only32\n  module_name_configs: {'.*norm': "
    "{<<: *rest, op_state_spec: null, module_state_spec: {weight: *rows}}}",
}

PATTERNS = [
    "others", "others.*", "signal", "signal.*", r"signal\.(groups|batch|rms)", r".*\.norm",
    "embedding", "head", "layers", "layers.0", "layers.1", r"layers\.2", "layers.*", ".*", "decoder",
    r"decoder\.up\.\d", "decoder.up.0", "decoder.down", r".*\.mlp", r".*\.mlp\.0", r".*_proj",
    "layers.0.attention", "layers.1.attention.q_proj", r"layers\.(0|2)\..*", "nothing.here", "",
    r"(layers\.1|head)", r"[a-e].*", r"layers\.\d+\.(attention|mlp)",
]
OWN = [Attention(), Block(), Decoder(), Signal(), Others()]
TYPES = [LINEAR, EMBEDDING, CONV, TRANSPOSED, NORM, *map(type_name, OWN)]
OPS = ["linear", "embedding", "conv2d", "conv_transpose2d", "conv1d", "conv_transpose1d", "softmax"]
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


def random_state(choose: random.Random) -> dict:
    """What becomes of weights, and perhaps of other parameters. Those have no default axis."""
    state = {"weight": random_spec(choose)}
    for name in ["bias", "gain", "*"]:
        if choose.random() < 0.15:
            granularity = choose.choice([{"type": "per_tensor"}, {"type": "per_channel", "axis": 0}])
            spec = {"dtype": choose.choice(DTYPES), "granularity": granularity}
            state[name] = choose.choice([spec] * 4 + [None])
    return dict(choose.sample(list(state.items()), len(state)))


def random_module_config(choose: random.Random, is_global: bool) -> dict | None:
    """The settings of a scope, or null. Activations stay off: a checkpoint has none."""
    if choose.random() < 0.15:
        return None
    config = {"op_input_spec": None, "op_output_spec": None}
    if choose.random() < 0.85:
        state = random_state(choose)
        config["op_state_spec"] = choose.choice([state] * 5 + [None, {}])
    if choose.random() < 0.2:
        ops = choose.sample(OPS, choose.randint(1, 2))
        config["op_type_config"] = {
            op: None
            if choose.random() < 0.3
            else {"op_input_spec": None, "op_output_spec": None}
            | ({"op_state_spec": random_state(choose)} if choose.random() < 0.8 else {})
            for op in ops
        }
    if not is_global and choose.random() < 0.1:
        config["module_state_spec"] = choose.choice(
            [{"weight": None}, {}, None, random_state(choose), random_state(choose)]
        )
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


@dataclass
class Subject:
    """A model with its example input, and its weights and types as files."""

    model: nn.Module
    example: torch.Tensor
    path: Path
    types: Path

    @classmethod
    def saved(cls, model: nn.Module, example: torch.Tensor, directory: Path, path: Path) -> "Subject":
        """A model whose weights are in a file or directory; its types become a file."""
        types = directory / "types.json"
        types.write_text(json.dumps(module_types(model)))
        return cls(model, example, path, types)


def library_state(text: str, subject: Subject) -> dict[str, torch.Tensor]:
    """The state dict that the library makes of the model; raises ValueError where it refuses."""
    config = QuantizerConfig.from_dict(copy.deepcopy(yaml.safe_load(text)))
    quantizer = Quantizer(copy.deepcopy(subject.model), config)
    quantizer.prepare((subject.example,))
    return {name: tensor.detach() for name, tensor in quantizer.finalize().state_dict().items()}


def converted_state(tool: str, text: str, subject: Subject) -> dict[str, torch.Tensor] | str:
    """What the tool makes of the files, or its error."""
    directory = subject.types.parent
    (directory / "config.yaml").write_text(text)
    output = directory / ("converted" if subject.path.is_dir() else "converted.safetensors")
    command = [tool, subject.path, "-o", output, "--config", directory / "config.yaml"]
    command += ["--module-types", subject.types, "--allow-unmatched", "--layout=coreai"]
    command += ["--overwrite", "--quiet", "--sync", "none"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        return f"exit code {run.returncode}: {run.stderr.strip()}"
    files = output.glob("*.safetensors") if output.is_dir() else [output]
    found = {name: tensor for file in files for name, tensor in oracle.load(file)[0].items()}
    # BERT's checkpoint has numbers that the model no longer keeps.
    return {name: tensor for name, tensor in found.items() if not name.endswith("position_ids")}


@dataclass
class Tally:
    """What came of all configurations."""

    compared: int = 0
    different: int = 0
    refused: int = 0
    tensors: int = 0

    def compare(self, tool: str, name: str, text: str, subject: Subject) -> None:
        """Compares one configuration; prints the first differences."""
        try:
            expected = library_state(text, subject)
        except ValueError:
            self.refused += 1
            return
        actual = converted_state(tool, text, subject)
        lines = [actual] if isinstance(actual, str) else oracle.differences(expected, actual)
        self.compared += 1
        self.different += bool(lines)
        self.tensors += sum(key.endswith(".quantized_data") for key in expected)
        if lines:
            print(f"{name}:\n{text}")
            print("".join(f"  {line}\n" for line in lines[:5]), end="")


def transformers_subjects(model: Path, directory: Path) -> list[tuple[Subject, dict[str, str]]]:
    """Models of transformers with the configurations for them."""
    import transformers

    found = []
    bert = transformers.AutoModel.from_pretrained(model).eval()
    config = transformers.LlamaConfig(
        hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, vocab_size=128, use_cache=False,
    )  # fmt: skip
    torch.manual_seed(0)
    llama = transformers.LlamaForCausalLM(config).eval()
    llama.save_pretrained(directory / "llama-float", max_shard_size="50KB")
    ids = torch.tensor([[1, 5, 9, 64, 127]])
    for name, subject, path, texts in [
        ("bert", bert, model, BERT),
        ("llama", llama, directory / "llama-float", LLAMA),
    ]:
        place = directory / name
        place.mkdir(exist_ok=True)
        found.append((Subject.saved(subject, ids, place, path), texts))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, help="the qconvert executable")
    parser.add_argument("--model", type=Path, help="a directory with a BERT")
    parser.add_argument("--count", type=int, default=100, help="random configurations")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="where the files of the last case stay")
    options = parser.parse_args()

    tally = Tally()
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        model, path = make_model(), directory / "float.safetensors"
        save_file(model.state_dict(), path, metadata={"format": "pt"})
        subject = Subject.saved(model, torch.tensor([[0, 3, 10, 7, 3]]), directory, path)
        for name, text in configurations(options.count, options.seed).items():
            tally.compare(options.tool, name, text, subject)
        if options.model:
            for subject, texts in transformers_subjects(options.model, directory):
                for name, text in texts.items():
                    name = f"{type(subject.model).__name__}, {name}"
                    tally.compare(options.tool, name, HEAD + text + "\n", subject)
    print(
        f"{tally.compared} configurations compared with coreai-opt ({tally.tensors} quantized tensors), "
        f"{tally.different} with differences; {tally.refused} refused by it"
    )
    return 1 if tally.different else 0


if __name__ == "__main__":
    sys.exit(main())
