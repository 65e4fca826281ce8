"""Checks converted model directories as the loaders of Hugging Face see them.

    python directories.py --tool QCONVERT --model DIRECTORY [--keep DIRECTORY]

The directory holds a BERT with its tokenizer; it is split into shards here. Small decoders and mixtures of
experts are made by transformers itself. All that is compared is compared bit for bit: companion files, the
tensors of directories, what transformers loads, and its weights with those of the live coreai-opt.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TQDM_DISABLE": "1"}

import oracle
import torch
import transformers
from real_model import Failure, dequantized, expect_equal
from safetensors.torch import save_file

W8 = {"dtype": "int8", "qscheme": "symmetric", "granularity": {"type": "per_channel"}}
W4 = {"dtype": "int4", "qscheme": "symmetric"} | {
    "granularity": {"type": "per_block", "block_size": 32}
}
SHARDS = 12
SENTENCES = ["Quantized weights are smaller.", "Größe zählt, naïve 東京 😀", "", "a " * 300]


# MARK: The tool and its directories


def expect(condition: bool, problem: str) -> None:
    """Fails with a problem unless the condition holds."""
    if not condition:
        raise Failure(problem)


def run(*command) -> None:
    """Runs the tool; anything but exit code 0 fails the check."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise Failure(f"{command[1:]}: exit code {result.returncode}: {result.stderr.strip()}")


def weight_files(directory: Path) -> list[Path]:
    """The safetensors files of a directory in the order of their names."""
    return sorted(directory.glob("*.safetensors"))


def tensors(directory: Path) -> dict[str, torch.Tensor]:
    """The tensors of a directory, its index held against its files."""
    shards = {}
    for path in weight_files(directory):
        shards[path.name], metadata = oracle.load(path)
        expect(metadata.get("format") == "pt", f"{path.name} does not say that it is torch's")
    index = directory / "model.safetensors.index.json"
    found = {name: tensor for shard in shards.values() for name, tensor in shard.items()}
    if not index.exists():
        expect(list(shards) == ["model.safetensors"], f"no index, but {list(shards)}")
        return found
    index = json.loads(index.read_text())
    places = {name: file for file, shard in shards.items() for name in shard}
    expect(index["weight_map"] == places, "the index and the shards differ")
    size = sum(tensor.numel() * tensor.element_size() for tensor in found.values())
    expect(index["metadata"]["total_size"] == size, f"total_size is not {size}")
    return found


def expect_companions(source: Path, output: Path) -> int:
    """Fails unless all files but weights are there with the same bytes; their number."""

    def files(directory):
        found = [path for path in directory.rglob("*") if not path.is_dir()]
        names = (path.relative_to(directory) for path in found)
        return {name for name in names if ".safetensors" not in name.name}

    expect(files(source) == files(output), f"other files: {files(source) ^ files(output)}")
    for name in files(source):
        same = (source / name).read_bytes() == (output / name).read_bytes()
        expect(same, f"{name} differs")
    return len(files(source))


def shard(model: Path, output: Path, count: int) -> None:
    """Deals the tensors of a model directory out to so many shards, and writes the index."""
    state, metadata = oracle.load(model / "model.safetensors")
    shutil.copytree(model, output, ignore=shutil.ignore_patterns("*.safetensors"))
    places = {}
    for number in range(count):
        names = sorted(state)[number::count]
        file = f"model-{number + 1:05}-of-{count:05}.safetensors"
        save_file({name: state[name] for name in names}, output / file, metadata=metadata)
        places |= dict.fromkeys(names, file)
    size = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(places.items()))}
    text = json.dumps(index, indent=2) + "\n"
    (output / "model.safetensors.index.json").write_text(text)


# MARK: What transformers loads


def loaded(directory: Path, kind=transformers.AutoModel, layout: str = "native"):
    """The model of a directory; no weight may be missing, or be left over but for those of a layout."""
    model, info = kind.from_pretrained(directory, output_loading_info=True, dtype="auto")
    for problem in ("missing_keys", "mismatched_keys", "error_msgs"):
        expect(not info.get(problem), f"{problem}: {info.get(problem)}")
    left = [name for name in info["unexpected_keys"] if not name.endswith("position_ids")]
    if layout == "coreml":
        left = [name for name in left if "_COREML_" not in name]
    expect(not left, f"unexpected_keys: {left[:5]}")
    return model.eval()


def expect_weights(model, expected: dict[str, torch.Tensor]) -> int:
    """Fails unless a model has the weights; their number."""
    state = model.state_dict()
    expected = {name: tensor for name, tensor in expected.items() if name in state}
    expect(len(expected) > 0.9 * len(state), f"only {len(expected)} of {len(state)} weights known")
    expect_equal("loaded", expected, {name: state[name] for name in expected})
    return len(expected)


def similarity(one, other, **inputs) -> float:
    """The cosine of the outputs of two models."""
    with torch.no_grad():
        first, second = (model(**inputs)[0].flatten() for model in (one, other))
    return torch.nn.functional.cosine_similarity(first, second, dim=0).item()


# MARK: A real model in shards


class Bert:
    """The checks of one model directory. Each returns a line that says what was equal."""

    def __init__(self, tool: str, model: Path, directory: Path):
        self.tool, self.directory = tool, directory
        self.whole, self.sharded = directory / "whole", directory / "sharded"
        self.native = directory / "native"
        shutil.copytree(model, self.whole)
        shard(self.whole, self.sharded, SHARDS)
        self.state, _ = oracle.load(self.whole / "model.safetensors")
        self.float = dequantized(self.state, W8)
        self.original = loaded(self.sharded)

    def check_native(self) -> str:
        """Shards in, shards out, with the tensors of the conversion of a single file."""
        expect(len(weight_files(self.sharded)) == SHARDS, "the split has another number of shards")
        run(self.tool, self.sharded, "-o", self.native, *oracle.arguments(W8))
        names = [path.name for path in weight_files(self.native)]
        expect(names == [path.name for path in weight_files(self.sharded)], f"shards {names}")
        actual = tensors(self.native)
        expect_equal("native", oracle.native(self.state, W8), actual)
        single = self.directory / "single.safetensors"
        run(self.tool, self.whole / "model.safetensors", "-o", single, *oracle.arguments(W8))
        expect_equal("single", oracle.load(single)[0], actual)
        run(self.tool, "verify", self.native, "--against", self.sharded)
        return f"{SHARDS} shards, {len(actual)} tensors as of a single file, the index is right"

    def check_companions(self) -> str:
        """Configuration and tokenizer."""
        count = expect_companions(self.sharded, self.native)
        for kind in (transformers.AutoConfig, transformers.AutoTokenizer):
            expect(kind.from_pretrained(self.native) is not None, f"{kind} does not load")
        configs = [
            transformers.AutoConfig.from_pretrained(directory).to_dict() | {"_name_or_path": ""}
            for directory in (self.whole, self.native)
        ]
        expect(configs[0] == configs[1], "the configurations differ")
        one, other = (
            transformers.AutoTokenizer.from_pretrained(directory)(SENTENCES, truncation=True)
            for directory in (self.whole, self.native)
        )
        expect(dict(one) == dict(other), "the tokenizers differ")
        return f"{count} other files, configuration and tokenizer"

    def check_coreml(self) -> str:
        """The float form of the quantized weights is a model that loads and computes."""
        output = self.directory / "coreml"
        run(self.tool, self.sharded, "-o", output, "--layout=coreml", *oracle.arguments(W8))
        tensors(output)
        expect_companions(self.sharded, output)
        model = loaded(output, layout="coreml")
        count = expect_weights(model, self.float)
        return f"--layout coreml: {count} weights as loaded, {self.cosine(model)}"

    def check_dequantized(self) -> str:
        """The way back has the names, shapes and files of the original."""
        output = self.directory / "dequantized"
        run(self.tool, "dequantize", self.native, "-o", output)
        expect_equal("dequantize", self.float, tensors(output))
        expect_companions(self.sharded, output)
        names = [path.name for path in weight_files(output)]
        expect(names == [path.name for path in weight_files(self.sharded)], f"shards {names}")
        model = loaded(output)
        return f"dequantize: {expect_weights(model, self.float)} weights, {self.cosine(model)}"

    def check_shard_size(self) -> str:
        """Other shards, the same tensors; the embedding alone is more than a shard."""
        results = []
        for source, size in [(self.sharded, "20MB"), (self.whole, "5MB"), (self.sharded, "1GB")]:
            output = self.directory / f"size-{size}"
            options = ["--layout=coreml", f"--shard-size={size}", *oracle.arguments(W8)]
            run(self.tool, source, "-o", output, *options)
            tensors(output)
            expect_weights(loaded(output, layout="coreml"), self.float)
            results.append(f"{size} in {len(weight_files(output))}")
        return f"--shard-size: {', '.join(results)} shards"

    def check_cache(self) -> str:
        """The cache of the hub, where all files are links, becomes plain files."""
        cache = self.directory / "models--bert"
        snapshot, blobs = cache / "snapshots" / "0123abcd", cache / "blobs"
        blobs.mkdir(parents=True)
        for path in sorted(self.sharded.rglob("*")):
            if path.is_dir():
                continue
            blob = blobs / hashlib.sha256(path.read_bytes()).hexdigest()
            if not blob.exists():
                shutil.copy(path, blob)
            link = snapshot / path.relative_to(self.sharded)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(blob, link.parent))
        output = self.directory / "from-cache"
        run(self.tool, snapshot, "-o", output, *oracle.arguments(W8))
        links = [path.name for path in output.rglob("*") if path.is_symlink()]
        expect(not links, f"links {links}")
        count = expect_companions(self.sharded, output)
        expect_equal("cache", tensors(self.native), tensors(output))
        return f"cache of links: {count} other files and {SHARDS} shards, none a link"

    def cosine(self, model) -> str:
        """Whether the outputs are near to those of the original."""
        tokenizer = transformers.AutoTokenizer.from_pretrained(self.whole)
        inputs = tokenizer(SENTENCES[1], return_tensors="pt")
        cosine = similarity(self.original, model, **inputs)
        expect(0.99 < cosine < 1, f"the output is {cosine} of the original's")
        return f"cosine of the outputs {cosine:.5f}"


# MARK: Models that transformers makes

SMALL = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "vocab_size": 128}
SMALL |= {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}
MIXTURES = {
    "gpt-oss": lambda: transformers.GptOssForCausalLM(
        transformers.GptOssConfig(
            **SMALL, **EXPERTS, layer_types=["sliding_attention", "full_attention"]
        )
    ),
    "Llama 4": lambda: transformers.Llama4ForCausalLM(
        transformers.Llama4TextConfig(**SMALL, num_local_experts=4, intermediate_size_mlp=96)
    ),
    "Qwen3 MoE": lambda: transformers.Qwen3MoeForCausalLM(
        transformers.Qwen3MoeConfig(
            **SMALL, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32
        )
    ),
}
CAUSAL = transformers.AutoModelForCausalLM
IDS = torch.tensor([[1, 5, 9, 64, 127]])


def save(model, directory: Path, size: str) -> dict[str, torch.Tensor]:
    """Saves a model with weights of some spread; its state as saved."""
    for parameter in model.parameters():
        parameter.data.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(directory, max_shard_size=size)
    return tensors(directory)


def check_decoder(tool: str, directory: Path, tied: bool) -> str:
    """Shards and index by transformers; a tied head stays tied."""
    source, output = directory / f"llama-{tied}", directory / f"llama-{tied}-w4"
    config = transformers.LlamaConfig(**SMALL, tie_word_embeddings=tied)
    dtype = torch.bfloat16 if tied else torch.float32
    state = save(transformers.LlamaForCausalLM(config).to(dtype), source, "50KB")
    expect(("lm_head.weight" in state) != tied, "the head is not as asked for")
    run(tool, source, "-o", output, "--preset=w4_per_block", "--layout=coreml")
    tensors(output)
    expect_companions(source, output)
    model = loaded(output, CAUSAL, "coreml")
    expected = dequantized(state, W4)
    if tied:
        expected["lm_head.weight"] = expected["model.embed_tokens.weight"]
    count = expect_weights(model, expected)
    head, embedding = model.lm_head.weight, model.model.embed_tokens.weight
    expect((head is embedding) == tied, "the tie of head and embedding has changed")
    cosine = similarity(loaded(source, CAUSAL), model, input_ids=IDS)
    expect(0.9 < cosine < 1, f"the output is {cosine} of the original's")
    shards = len(weight_files(output))
    kind = "tied" if tied else "not tied"
    expect(model.dtype == dtype, f"the model is {model.dtype}")
    return f"Llama in {dtype}, {kind}: {shards} shards, {count} weights, cosine of the outputs {cosine:.5f}"


def is_fused(name: str, tensor: torch.Tensor) -> bool:
    """Whether a tensor holds the matrices of all experts."""
    return ".experts." in name and tensor.ndim == 3


def check_mixture(tool: str, directory: Path, name: str) -> str:
    """Each expert is quantized as it would be alone."""
    source = directory / name
    state = save(MIXTURES[name](), source, "5GB")
    expected = oracle.native({key: t for key, t in state.items() if not is_fused(key, t)}, W8)
    floats, fused = dequantized(state, W8), 0
    for key, tensor in state.items():
        if is_fused(key, tensor):
            alone = [oracle.quantize(expert, W8) for expert in tensor]
            expected[key] = torch.stack([one.data for one in alone])
            for part in ("scale", "zero_point", "minval"):
                expected[f"{key}_{part}"] = torch.stack([getattr(one, part) for one in alone])
            floats[key] = torch.stack([one.dequantized(tensor.dtype) for one in alone])
            fused += 1
    run(tool, source, "-o", directory / f"{name}-w8", "--preset=w8")
    expect_equal("native", expected, tensors(directory / f"{name}-w8"))
    output = directory / f"{name}-coreml"
    run(tool, source, "-o", output, "--preset=w8", "--layout=coreml")
    actual = tensors(output)
    expect_equal("coreml", floats, {key: t for key, t in actual.items() if "_COREML_" not in key})
    loaded_model = loaded(output, CAUSAL, "coreml")
    cosine = similarity(loaded(source, CAUSAL), loaded_model, input_ids=IDS)
    expect(0.9 < cosine < 1, f"the output is {cosine} of the original's")
    quantized = sum(key.endswith("_scale") for key in expected)
    experts = f"{quantized} quantized tensors, {fused} of them with 4 experts each"
    return f"{name}: {experts}, cosine of the outputs {cosine:.5f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, help="the qconvert executable")
    parser.add_argument("--model", required=True, type=Path, help="a directory with a BERT")
    parser.add_argument("--keep", type=Path, help="a directory, not there yet, for all files")
    options = parser.parse_args()

    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        bert = Bert(options.tool, options.model, directory)
        checks = [bert.check_native, bert.check_companions, bert.check_coreml]
        checks += [bert.check_dequantized, bert.check_shard_size, bert.check_cache]
        for tied in (True, False):
            checks.append(lambda tied=tied: check_decoder(options.tool, directory, tied))
        for name in MIXTURES:
            checks.append(lambda name=name: check_mixture(options.tool, directory, name))
        for check in checks:
            start = time.monotonic()
            torch.manual_seed(0)
            try:
                print(f"equal: {check()} ({time.monotonic() - start:.0f} s)", flush=True)
            except Failure as failure:
                failed += 1
                print(f"DIFFERENT:\n{failure}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
