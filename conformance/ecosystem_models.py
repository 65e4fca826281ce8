"""Small models for the checks of the ecosystem layouts, the same ones in every run.

Llamas of two layers with grouped queries in float32, bfloat16 and float16, one with biases, one tied,
one in shards, one with a hidden size that no group of 128 divides, and a BERT. Some rows are hard:
zeros, one sign, halfway between two codes.
"""

import logging
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TQDM_DISABLE": "1"}
logging.disable(logging.WARNING)  # before the imports: torchao warns of its missing GPU kernels
warnings.filterwarnings("ignore")

import torch
import transformers
from ecosystem import Entry, Failure, read

torch.set_num_threads(1)


@dataclass(frozen=True)
class Model:
    """A float model directory."""

    name: str
    path: Path
    dtype: torch.dtype
    kind: type = transformers.AutoModelForCausalLM

    def load(self, path: Path | None = None, **settings):
        """Loads the model, or another directory in its place; no weight may be missing or left over."""
        model, info = self.kind.from_pretrained(
            path or self.path, dtype="auto", output_loading_info=True, **settings
        )
        for problem in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"):
            left = [key for key in info.get(problem) or () if "position_ids" not in str(key)]
            if left:
                raise LookupError(f"{problem}: {left[:5]}")
        return model.eval()

    def linears(self) -> dict[str, torch.nn.Module]:
        """Every linear layer that transformers has in it, the head included."""
        config = transformers.AutoConfig.from_pretrained(self.path)
        with torch.device("meta"):
            model = self.kind.from_config(config)
        modules = model.named_modules()
        return {name: module for name, module in modules if isinstance(module, torch.nn.Linear)}

    def output(self, model) -> torch.Tensor:
        """What a model makes of a few tokens."""
        with torch.no_grad():
            return model(torch.arange(1, 17).reshape(2, 8))[0]


def hard_rows(width: int) -> torch.Tensor:
    """Rows of zeros, of one sign, and of values halfway between two codes of 8, 4 and 2 bits or FP4."""
    steps = torch.arange(width, dtype=torch.float64)
    zeros = torch.zeros(width, dtype=torch.float64)
    signed_zeros = torch.where(steps % 2 == 0, 0.0, -0.0).to(torch.float64)
    signed_zeros[-1] = -0.25
    ties = [zeros, signed_zeros, (steps % 7 + 1) / 64, -(steps % 5 + 1) / 64]
    for edge, unit in ((127.5, 2.0**-10), (7.5, 2.0**-6), (1.5, 2.0**-4)):
        row = steps % (2 * edge + 1) - edge
        row[::32], row[1::32] = edge, -edge
        ties.append(row * unit)
    halves = torch.tensor([0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5, 6], dtype=torch.float64)
    row = halves.repeat(width // 8) * torch.where(steps % 3 == 0, -1, 1)
    return torch.stack([*ties, row / 64])


def prepared(model, seed: int):
    """Seeds the weights; the first rows of one layer become hard."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        values = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        shift = 1 if "norm" in name.lower() and name.endswith("weight") else 0
        parameter.data = (values * (0.1 if parameter.ndim == 1 else 0.05) + shift).to(parameter.dtype)
        if name.endswith(("layers.0.mlp.up_proj.weight", "layer.0.intermediate.dense.weight")):
            rows = hard_rows(parameter.shape[1])
            parameter.data[: len(rows)] = rows.to(parameter.dtype)
    return model


def llama(hidden: int = 256, intermediate: int = 384, bias: bool = False, tied: bool = False):
    """A Llama of two layers."""
    config = transformers.LlamaConfig(
        hidden_size=hidden,
        intermediate_size=intermediate,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=320,
        max_position_embeddings=128,
        tie_word_embeddings=tied,
        attention_bias=bias,
        mlp_bias=bias,
    )
    return transformers.LlamaForCausalLM(config)


def bert():
    """A BERT of two layers."""
    config = transformers.BertConfig(
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        vocab_size=320,
        max_position_embeddings=64,
    )
    return transformers.BertModel(config)


MAKERS = {
    "float32": (torch.float32, lambda: llama(bias=True)),
    "bfloat16": (torch.bfloat16, lambda: llama(tied=True)),
    "float16": (torch.float16, llama),
    "shards": (torch.bfloat16, llama),
    "odd": (torch.bfloat16, lambda: llama(hidden=192, intermediate=256)),
    "bert": (torch.float32, bert),
}


def make(folder: Path, name: str) -> Model:
    """Writes the directory of one of these models, unless it is there."""
    dtype, maker = MAKERS[name]
    path, kind = folder / name, Model.kind
    if name == "bert":
        kind = transformers.AutoModel
    if not path.exists():
        # The default generator decides only what `prepared` then replaces.
        model = prepared(maker().to(dtype), list(MAKERS).index(name))
        size = "300KB" if name == "shards" else "5GB"
        model.save_pretrained(path, max_shard_size=size)
        if path.joinpath("generation_config.json").exists():
            path.joinpath("generation_config.json").unlink()
    return Model(name, path, dtype, kind)


def real_bert(path: Path) -> Model:
    """A BERT that was trained."""
    return Model("real", path, torch.float32, transformers.AutoModel)


# MARK: Tensors

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "I64": torch.int64,
    "I32": torch.int32,
    "U32": torch.uint32,
    "I8": torch.int8,
    "U8": torch.uint8,
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}


def to_entry(tensor: torch.Tensor) -> Entry:
    """A tensor as it is stored."""
    flat = tensor.detach().contiguous().reshape(-1).view(torch.uint8)
    return Entry(DTYPE_NAMES[tensor.dtype], tuple(tensor.shape), flat.numpy().tobytes())


def to_tensor(entry: Entry) -> torch.Tensor:
    """The stored tensor."""
    flat = torch.frombuffer(bytearray(entry.data), dtype=DTYPES[entry.dtype])
    return flat.reshape(entry.shape)


def read_tensors(directory: Path) -> dict[str, torch.Tensor]:
    """The tensors of a directory."""
    return {name: to_tensor(entry) for name, entry in read(directory)[0].items()}


def to_entries(tensors: dict[str, torch.Tensor]) -> dict[str, Entry]:
    """Tensors as they are stored."""
    return {name: to_entry(tensor) for name, tensor in tensors.items()}


def expect_output(step: str, expected: torch.Tensor, actual: torch.Tensor) -> None:
    """Fails unless two models make the same, bit for bit."""
    if not torch.isfinite(expected).all():
        raise Failure(f"{step}: the expected output is not finite")
    if not torch.equal(expected, actual):
        apart = (expected.float() - actual.float()).abs().max().item()
        raise Failure(f"{step}: the outputs are {apart} apart")


def with_weights(model: Model, tensors: dict[str, torch.Tensor]):
    """The float model with these values in its weights."""
    dense = model.load()
    left = dense.load_state_dict(tensors, strict=False)
    unknown = [name for name in left.unexpected_keys if "position_ids" not in name]
    if unknown:
        raise LookupError(f"unexpected_keys: {unknown[:5]}")
    return dense
