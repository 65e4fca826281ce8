"""The inputs on the disk: each is made once, by a process of its own, and kept."""

import sys
from pathlib import Path

import process
from environments import OWN, python

WORK = Path(".build-bench")


def folder(scale: float) -> Path:
    """Where the inputs of a scale are."""
    return WORK / "inputs" / f"{scale:g}"


def make(path: str, scale: float) -> None:
    """Makes the input that a group's path is in, unless it is there."""
    name = Path(path).parts[0]
    inputs = folder(scale)
    if (inputs / name).exists():
        return
    print(f"making {inputs / name}", file=sys.stderr)
    script = "benchmarks/make_inputs.py"
    process.run([python(OWN), script, name, str(inputs), "--scale", f"{scale:g}"])
