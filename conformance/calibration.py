"""Checks `qconvert calibrate` against the live coreai-opt: sequences of random activations.

    python calibration.py --tool QCONVERT [--rounds N] [--seed N]

Every round writes 7 to 12 dumps of one precision and observes them with every calculator, scheme and granularity
that go together, with random dtypes, float ranges and averaging constants. Each buffer has to be the library's,
bit for bit and of the same dtype; so has each buffer of a sequence that was saved in the middle and continued.
"""

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import oracle
import torch
from coreai_opt.config.spec import CompressionTargetTensor
from coreai_opt.quantization.spec.factory import QuantizationComponentFactory
from safetensors.torch import load_file, save_file

PRECISIONS = [torch.float32, torch.bfloat16, torch.float16, torch.float64]
CALCULATORS = ["default", "moving_average", "global_minmax", "static", "dynamic"]
SCHEMES = ["symmetric", "symmetric_with_clipping", "asymmetric"]
# Each with the tensors of a dump that it is for.
GRANULARITIES = [
    ({"type": "per_tensor"}, ["rows", "images", "tokens", "scalar"]),
    ({"type": "per_channel", "axis": -1}, ["rows", "tokens"]),
    ({"type": "per_channel", "axis": 1}, ["rows", "images"]),
    ({"type": "per_block", "axis": -1, "block_size": 8}, ["fixed"]),
    ({"type": "per_block", "axis": 1, "block_size": 3}, ["fixed"]),
    ({"type": "per_block", "block_size": [-1, 2, 16]}, ["fixed"]),
]
BUFFERS = ["scale", "zero_point", "minval", "running_min", "running_max"]


def dump(generator: torch.Generator, precision: torch.dtype) -> dict[str, torch.Tensor]:
    """One batch: tensors whose batch axis varies, and one that does not."""
    batch = int(torch.randint(1, 5, (1,), generator=generator))
    spread = 10 ** float(torch.empty(1).uniform_(-3, 2, generator=generator))

    def normal(*shape):
        values = torch.randn(shape, generator=generator, dtype=torch.float64) * spread
        shift = float(torch.empty(1).uniform_(-3, 3, generator=generator)) * spread
        kind = int(torch.randint(0, 8, (1,), generator=generator))
        if kind == 0:
            values = values.abs()
        elif kind == 1:
            values = torch.zeros_like(values)
        elif kind == 2:
            values = -values.abs()
        return (values + (shift if kind > 4 else 0)).to(precision)

    return {
        "rows": normal(batch, 24),
        "images": normal(batch, 6, 5, 4),
        "tokens": normal(batch, 7, 48),
        "fixed": normal(2, 6, 48),
        "scalar": normal(),
    }


def reference(spec: dict, constant: float | None, tensors: list[torch.Tensor]) -> dict:
    """The library's buffers after these tensors."""
    quantizer = QuantizationComponentFactory.create_fake_quantizer(
        oracle.quantization_spec(spec), CompressionTargetTensor.ACTIVATION
    )
    calculator = quantizer.qparams_calculator
    if constant is not None:
        calculator.averaging_constant = constant
    for tensor in tensors:
        calculator(tensor)
    found = {name: getattr(calculator, name, None) for name in BUFFERS}
    if spec["qparam_calculator_cls"] == "dynamic":
        # No buffers but attributes, in the precision of the tensor.
        found = {
            name: value.to(torch.int32 if name == "zero_point" else torch.float32)
            for name, value in found.items()
            if value is not None
        }
    return {name: value for name, value in found.items() if value is not None}


def differences(spec: dict, expected: dict, found: dict[str, torch.Tensor], name: str) -> list[str]:
    problems = []
    for buffer in BUFFERS:
        want, have = expected.get(buffer), found.get(f"{name}_{buffer}")
        if (want is None) != (have is None):
            problems.append(f"{buffer} is {'missing' if have is None else 'unexpected'}")
        elif want is not None:
            if want.dtype != have.dtype or want.shape != have.shape:
                problems.append(f"{buffer} is {have.dtype} {list(have.shape)}, not {want.dtype} {list(want.shape)}")
            elif not torch.equal(want, have):  # equal zeros of either sign
                problems.append(f"{buffer} is {have.flatten()[:4]}, not {want.flatten()[:4]}")
    return problems


def run(command: list) -> None:
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{command}: exit code {result.returncode}: {result.stderr.strip()}")


def specs(choose: random.Random):
    """Every calculator, scheme and granularity that go together."""
    for calculator, scheme, (granularity, names) in itertools.product(CALCULATORS, SCHEMES, GRANULARITIES):
        if calculator == "dynamic" and scheme == "symmetric_with_clipping":
            continue
        dtypes = oracle.INTEGERS + (["float8_e4m3fn", "float8_e5m2"] if scheme == "symmetric" else [])
        spec = {
            "dtype": choose.choice(dtypes),
            "qscheme": scheme,
            "granularity": granularity,
            "qparam_calculator_cls": calculator,
        }
        if calculator != "dynamic" and choose.random() < 0.4:
            low, high = -choose.uniform(0.01, 5), choose.uniform(0.01, 5)
            spec["float_range"] = choose.choice([[low, None], [None, high], [low, high]])
        yield spec, names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    choose = random.Random(options.seed)
    generator = torch.Generator().manual_seed(options.seed)
    sequences = buffers = 0
    failures = []
    for _, precision in itertools.product(range(options.rounds), PRECISIONS):
        batches = [dump(generator, precision) for _ in range(choose.randint(7, 12))]
        with tempfile.TemporaryDirectory() as directory:
            paths = [Path(directory) / f"{index:02}.safetensors" for index in range(len(batches))]
            for path, batch in zip(paths, batches):
                save_file(batch, path)
            for spec, names in specs(choose):
                averages = spec["qparam_calculator_cls"] in ("default", "moving_average")
                constant = choose.choice([None, 0.1, 0.37, 1.0]) if averages else None
                arguments = oracle.arguments(spec) + [f"--calculator={spec['qparam_calculator_cls']}"]
                arguments += [] if constant is None else [f"--averaging-constant={constant}"]
                arguments += [f"--include={name}" for name in names] + ["--sync=none", "--quiet", "--overwrite"]
                whole, part = Path(directory) / "whole.safetensors", Path(directory) / "part.safetensors"
                run([options.tool, "calibrate", *paths, "-o", whole, *arguments])
                cut = choose.randint(1, len(paths) - 1)
                run([options.tool, "calibrate", *paths[:cut], "-o", part, *arguments])
                again = ["--continue-from", part, "-o", part, *arguments[-len(names) - 3 :]]
                run([options.tool, "calibrate", *paths[cut:], *again])
                results = load_file(whole), load_file(part)
                for name in names:
                    expected = reference(spec, constant, [batch[name] for batch in batches])
                    sequences += 1
                    buffers += len(expected)
                    for found in results:
                        for problem in differences(spec, expected, found, name):
                            failures.append(f"{precision} {name} {spec} {constant}: {problem}")
    for failure in failures[:20]:
        print(failure, file=sys.stderr)
    print(f"calibration: {sequences} sequences, {buffers} buffers, {len(failures)} differences")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
