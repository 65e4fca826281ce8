"""Compares qconvert with the live coreai-opt over a seeded random matrix of specs and tensors.

    python matrix.py --tool QCONVERT [--configs 300] [--seed 0] [--quick] [--only INDEX]

A configuration is a spec (dtype, scheme, formulation, granularity, axis, block size, float range,
scale dtype) and an input dtype. qconvert converts a checkpoint of about thirty weights of different
shapes and data with it; every entry of its output must be equal to the library's, bit for bit, and
so must the tensors that are only copied. A weight that the spec cannot apply to (its blocks do not
divide it) must be copied too, without qparams. Specs that the library refuses are not generated.
"""

import argparse
import random
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import oracle
import torch
from safetensors.torch import save_file

INPUT_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float64": torch.float64,
}
# Checkpoints for each input dtype: the same shapes, another kind of data in each of them.
VARIANTS = 3

# The spread of values stays within these, so that no range of a block overflows the dtype.
LARGEST = {"float32": 1e37, "bfloat16": 1e37, "float16": 3e4, "float64": 1e37}
# About the smallest subnormal; float64 becomes float32 before it is quantized.
SMALLEST = {"float32": 1.4e-45, "bfloat16": 9.2e-41, "float16": 6e-8, "float64": 1.4e-45}

SHAPES = [
    # Rank 2: a single element, row or column, odd sizes, sizes beside a vector width.
    *[(1, 1), (1, 64), (64, 1), (7, 5), (3, 33), (31, 17), (16, 32), (32, 64), (64, 96)],
    *[(17, 128), (128, 31), (96, 160), (5, 1000), (257, 3), (33, 64), (2, 4096)],
    # Rank 3 and 4, like Conv1d and Conv2d.
    *[(4, 8, 3), (32, 32, 5), (6, 64, 1), (3, 5, 7), (8, 1, 9), (2, 3, 130)],
    *[(8, 4, 3, 3), (16, 32, 1, 1), (1, 1, 1, 1), (32, 16, 3, 3), (64, 32, 3, 5), (5, 3, 7, 7)],
]
# More than 1 MiB each in every input dtype; a checkpoint has one or two of them.
LARGE_SHAPES = [[(640, 1024)], [(1031, 640), (96, 160, 6, 6)], [(64, 32, 320), (3, 200_000)]]


def normal(shape, generator) -> torch.Tensor:
    """Standard normal values."""
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def per_row(shape, generator, values: list[float]) -> torch.Tensor:
    """One of the values for each index of axis 0, to multiply with."""
    picks = torch.randint(len(values), (shape[0],), generator=generator)
    column = torch.tensor(values, dtype=torch.float64)[picks]
    return column.reshape(-1, *[1] * (len(shape) - 1))


def heavy_tails(shape, generator) -> torch.Tensor:
    """Cauchy in some rows, Student's t with three degrees of freedom in others."""
    degrees = per_row(shape, generator, [1.0, 3.0])
    chi = sum(normal(shape, generator) ** 2 * (index < degrees) for index in range(3))
    return normal(shape, generator) / (chi / degrees).sqrt()


def ties(shape, generator) -> torch.Tensor:
    """Multiples of half a step, with the largest value that makes the scale a power of two."""
    largest = per_row(shape, generator, [127.5, 127.0, 7.5, 7.0, 1.5, 6.0, 448.0])
    values = (normal(shape, generator) * largest).round() + 0.5
    values = torch.maximum(torch.minimum(values, largest), -largest)
    first = (slice(None), *[slice(0, 1)] * (len(shape) - 1))
    values[first] = largest
    return values * per_row(shape, generator, [2.0**-10, 2.0**-3, 1.0])


def zero_rows(shape, generator) -> torch.Tensor:
    """Rows of zeros, of zeros with a sign, and of small normal values."""
    return normal(shape, generator) * per_row(shape, generator, [0.0, -0.0, 0.02])


def negative_zeros(shape, generator) -> torch.Tensor:
    """Mostly -0.0 and 0.0, and values so small beside the rest that they round to either."""
    values = normal(shape, generator)
    keep = torch.rand(shape, generator=generator)
    signed = torch.copysign(torch.zeros(()), values)
    return torch.where(keep < 0.1, values, torch.where(keep < 0.3, values * 1e-4, signed))


def constants(shape, generator) -> torch.Tensor:
    """One value in each row."""
    return torch.ones(shape, dtype=torch.float64) * normal((shape[0],), generator).reshape(
        -1, *[1] * (len(shape) - 1)
    )


DATA = {
    "normal": lambda shape, g, _: normal(shape, g) * 0.04,
    "heavy": lambda shape, g, _: heavy_tails(shape, g),
    "huge": lambda shape, g, dtype: normal(shape, g) * LARGEST[dtype] / 4,
    "tiny": lambda shape, g, dtype: (normal(shape, g) * 40).round() * SMALLEST[dtype],
    "small": lambda shape, g, _: normal(shape, g) * per_row(shape, g, [1e-5, 3e-7, 1e-7]),
    "zero-rows": lambda shape, g, _: zero_rows(shape, g),
    "zeros": lambda shape, g, _: torch.zeros(shape, dtype=torch.float64),
    "constants": lambda shape, g, _: constants(shape, g),
    "ties": lambda shape, g, _: ties(shape, g),
    "positive": lambda shape, g, _: normal(shape, g).abs() * 3 + 1e-3,
    "negative": lambda shape, g, _: -normal(shape, g).abs() - 1e-3,
    "mixed": lambda shape, g, _: normal(shape, g) * per_row(shape, g, [1e-4, 1e-2, 1.0, 300.0]),
    "signed-zeros": lambda shape, g, _: negative_zeros(shape, g),
    "integers": lambda shape, g, _: (normal(shape, g) * 40).round(),
}


def make_checkpoint(dtype: str, variant: int) -> dict[str, torch.Tensor]:
    """Weights of every shape, and tensors that are never quantized."""
    generator = torch.Generator().manual_seed(1000 * variant + list(INPUT_DTYPES).index(dtype))
    kinds = list(DATA)
    checkpoint = {}
    for index, shape in enumerate([*SHAPES, *LARGE_SHAPES[variant]]):
        # Twice as many shapes as kinds: the shift pairs them anew in each variant.
        kind = kinds[(index * 3 + variant * 5 + index // len(kinds)) % len(kinds)]
        values = DATA[kind](shape, generator, dtype).clamp(-LARGEST[dtype], LARGEST[dtype])
        name = f"layers.{index}.{kind}.{'x'.join(map(str, shape))}.weight"
        checkpoint[name] = values.to(INPUT_DTYPES[dtype])
    checkpoint["layers.0.bias"] = normal((33,), generator).to(INPUT_DTYPES[dtype])
    checkpoint["norm.weight"] = normal((64,), generator).to(INPUT_DTYPES[dtype])
    checkpoint["position_ids"] = torch.arange(77).reshape(1, 77)
    checkpoint["counts.weight"] = torch.arange(12).reshape(3, 4)
    checkpoint["mask"] = torch.rand(5, 9, generator=generator) < 0.5
    checkpoint["empty.weight"] = torch.empty(0, 4, dtype=INPUT_DTYPES[dtype])
    return checkpoint


@dataclass
class Configuration:
    """One run of the tool: a spec, what it is applied to, and how many workers do it."""

    index: int
    spec: dict
    dtype: str
    variant: int
    jobs: int


def random_granularity(rng: random.Random) -> dict:
    """Any granularity. Some apply to few shapes, and few of them to none of the shapes."""
    kind = rng.choices(["per_tensor", "per_channel", "per_block", "list"], [15, 35, 35, 15])[0]
    if kind == "per_tensor":
        return {"type": "per_tensor"}
    if kind == "per_channel":
        axis = rng.choice([None, 0, 0, 1, 1, -1, -1, -2, -2, 2, 3, -3])
        return {"type": "per_channel"} | ({} if axis is None else {"axis": axis})
    if kind == "list":
        rank = rng.choice([2, 2, 3, 4])
        sizes = rng.choices([-1, -1, -1, 1, 2, 3, 4, 8, 16, 32], k=rank)
        return {"type": "per_block", "block_size": sizes}
    axis = rng.choice([None, 1, 1, 0, 0, -1, -2])
    size = rng.choice([1, 2, 3, 4, 5, 7, 8, 16, 16, 31, 32, 32, 32, 64, 128])
    return {"type": "per_block", "block_size": size} | ({} if axis is None else {"axis": axis})


def random_float_range(rng: random.Random) -> list[float | None] | None:
    """No range, one side or both; bounds that no dtype represents among them."""

    def bound():
        round_ones = [0.0, 0.1, 0.013, 1.0, 1e-4, 3.3, 300.0, 0.5]
        return rng.choice([*round_ones, rng.uniform(0, 2), 10 ** rng.uniform(-6, 3)])

    sides = rng.choices(["none", "low", "high", "both"], [50, 16, 16, 18])[0]
    low = -bound() if sides in ("low", "both") else None
    high = bound() if sides in ("high", "both") else None
    if low == 0 and high == 0:
        high = 1.0
    return None if sides == "none" else [low, high]


def random_spec(rng: random.Random, dtype: str) -> dict:
    """A spec with this dtype that the library accepts."""
    spec = {"dtype": dtype}
    if dtype in oracle.INTEGERS:
        spec["qscheme"] = rng.choice(["symmetric", "symmetric_with_clipping", "asymmetric"])
        spec["qformulation"] = rng.choice(["zp", "minval"])
    elif rng.random() < 0.5:
        spec["scale_dtype"] = "float8_e8m0fnu"
    spec["granularity"] = random_granularity(rng)
    float_range = random_float_range(rng)
    if float_range is not None:
        spec["float_range"] = float_range
    return spec


def configurations(count: int, seed: int) -> Iterator[Configuration]:
    """Every dtype with every input dtype in turn; all else at random."""
    rng = random.Random(seed)
    for index in range(count):
        dtype = oracle.DTYPES[index % len(oracle.DTYPES)]
        source = list(INPUT_DTYPES)[index // len(oracle.DTYPES) % len(INPUT_DTYPES)]
        spec = random_spec(rng, dtype)
        while not any(oracle.applies(spec, shape) for shape in SHAPES):
            spec = random_spec(rng, dtype)
        jobs = rng.choice([1, 2, 7])
        yield Configuration(index, spec, source, rng.randrange(VARIANTS), jobs)


@dataclass
class Counts:
    """What was compared so far."""

    configurations: int = 0
    tensors: int = 0
    skipped: int = 0
    differences: int = 0


class Matrix:
    """The checkpoints, made once and used by many configurations, and the comparison."""

    def __init__(self, tool: str, directory: Path):
        self.tool = tool
        self.directory = directory
        self.checkpoints: dict[str, dict[str, torch.Tensor]] = {}
        self.counts = Counts()

    def source(self, configuration: Configuration) -> tuple[Path, dict[str, torch.Tensor]]:
        """The input file of a configuration, and what is in it."""
        name = f"{configuration.dtype}-{configuration.variant}"
        path = self.directory / f"{name}.safetensors"
        if name not in self.checkpoints:
            tensors = make_checkpoint(configuration.dtype, configuration.variant)
            save_file(tensors, path, metadata={"format": "pt"})
            self.checkpoints[name] = tensors
        return path, self.checkpoints[name]

    def check(self, configuration: Configuration) -> tuple[list[str], str]:
        """Converts with the tool and compares; the differences, and the command that was run."""
        source, checkpoint = self.source(configuration)
        output = self.directory / "output.safetensors"
        command = [self.tool, str(source), "-o", str(output), "--overwrite", "--sync", "none"]
        command += ["--quiet", "--jobs", str(configuration.jobs)]
        command += oracle.arguments(configuration.spec)
        run = subprocess.run(command, capture_output=True, text=True)
        self.counts.configurations += 1
        if run.returncode != 0:
            lines = [f"exit code {run.returncode}: {run.stderr.strip()}"]
        else:
            actual, _ = oracle.load(str(output))
            expected = oracle.native(checkpoint, configuration.spec)
            lines = oracle.differences(expected, actual)
            selected = [name for name, t in checkpoint.items() if oracle.is_selected(name, t)]
            self.counts.tensors += len(checkpoint)
            self.counts.skipped += sum(f"{name}_scale" not in expected for name in selected)
        self.counts.differences += len(lines)
        return lines, shlex.join(command)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", required=True, help="the qconvert executable")
    parser.add_argument("--configs", type=int, default=300, help="how many configurations")
    parser.add_argument("--seed", type=int, default=0, help="of the configurations")
    parser.add_argument("--quick", action="store_true", help="36 configurations")
    parser.add_argument("--only", type=int, help="the index of a single configuration")
    parser.add_argument("--keep", type=Path, help="where the files stay, to look at them later")
    options = parser.parse_args()
    count = 36 if options.quick else options.configs
    if options.only is not None:
        count = max(count, options.only + 1)

    start = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        directory = options.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        matrix = Matrix(options.tool, directory)
        for configuration in configurations(count, options.seed):
            if options.only not in (None, configuration.index):
                continue
            lines, command = matrix.check(configuration)
            if lines:
                arguments = f"--seed {options.seed} --only {configuration.index} --keep DIRECTORY"
                print(f"configuration {configuration.index}: {command}")
                print("".join(f"  {line}\n" for line in lines[:5]), end="")
                print(f"  {len(lines)} differences; to keep the files: matrix.py {arguments}")
    counts = matrix.counts
    print(
        f"{counts.configurations} configurations, {counts.tensors} tensors compared, "
        f"{counts.skipped} skipped as not applicable, {counts.differences} differences "
        f"({time.monotonic() - start:.0f} s)"
    )
    return 1 if counts.differences else 0


if __name__ == "__main__":
    sys.exit(main())
