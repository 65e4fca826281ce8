"""The virtual environments that inputs, charts and other tools need; each is made once and kept."""

import os
import subprocess
import sys
from pathlib import Path

OWN = Path(".build-bench/venv")
CONFORMANCE = Path(".build-conformance/venv")
ECOSYSTEM = Path(".build-conformance/venv-ecosystem")


def python(environment: Path) -> str:
    """The interpreter of an environment."""
    return str(environment / "bin/python")


def make(environment: Path, requirements: str) -> None:
    """Makes an environment, or brings it up to its requirements."""
    if not Path(python(environment)).exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [python(environment), "-m", "pip", "install", "--quiet", "--requirement", requirements]
    subprocess.run(pip, check=True)


def make_own() -> None:
    """What inputs and charts are made with."""
    make(OWN, "benchmarks/requirements.txt")


def make_peers() -> None:
    """What the other tools are in: the environments of the conformance checks, 1.5 GB each."""
    make(CONFORMANCE, "conformance/requirements.txt")
    make(ECOSYSTEM, "conformance/requirements-ecosystem.txt")
    os.environ["TORCH_CPP_LOG_LEVEL"] = "ERROR"
    # Or they would compile their modules in every run: 2 s for torch.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
