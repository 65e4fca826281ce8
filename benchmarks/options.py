"""The options that the benchmarks share, and where their results go."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import inputs
from rounds import Place
from rows import Group
from selection import chosen

DOCUMENTS = Path("docs/benchmarks")
UNOFFICIAL = inputs.WORK / "results"


def parser(description: str, rounds: int) -> argparse.ArgumentParser:
    """A parser with the options that all have."""
    found = argparse.ArgumentParser(description=description)
    found.add_argument("--tool", type=Path, required=True, help="the qconvert executable")
    found.add_argument("--rounds", type=int, default=rounds, help=f"runs of each row ({rounds})")
    found.add_argument("--scale", type=float, default=1, help="the share of the inputs' full size")
    only = "these rows, and what they are compared with"
    found.add_argument("--only", nargs="+", default=[], metavar="GROUP[/ROW]", help=only)
    return found


@dataclass(frozen=True)
class Settings:
    """What the options come to."""

    place: Place
    scale: float
    rounds: int
    only: list[str]

    @property
    def results(self) -> Path:
        """Where results go: a run in part, or of small inputs, leaves the documents alone."""
        return DOCUMENTS if self.scale == 1 and not self.only else UNOFFICIAL

    def select(self, groups: tuple[Group, ...]) -> list[Group]:
        """The groups to run."""
        return chosen(groups, self.only) if self.only else list(groups)


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings that parsed options ask for."""
    place = Place(options.tool, inputs.folder(options.scale), inputs.WORK / "outputs")
    return Settings(place, options.scale, options.rounds, options.only)
