"""What is kept of a run: the shape of the JSON files in docs/benchmarks."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import page_cache
from machine import Machine
from rounds import Place
from rows import Group, Row
from samples import Ratio, Samples
from targets import Verdict


class RowRecord(TypedDict):
    """One row: times in seconds, the peak of memory in bytes, the ratio to the reference.

    `walls` are the times of all runs in their order.
    """

    name: str
    arguments: str
    wall: float
    least_wall: float
    cpu: float
    peak: int
    walls: list[float]
    ratio: Ratio | None
    verdicts: list[Verdict]
    reason: str


class GroupRecord(TypedDict):
    """The rows of a group, with the bytes of its input."""

    name: str
    title: str
    bytes: int
    rounds: int
    reference: str | None
    rows: list[RowRecord]


class Record(TypedDict):
    """All groups of a run; `skipped` says which sizes of `bench-scaling` were left out, and why."""

    machine: Machine
    scale: float
    groups: list[GroupRecord]
    skipped: NotRequired[list[str]]


class Number(TypedDict):
    """A kernel in one instruction set; billions of bytes of input and of elements a second."""

    kernel: str
    detail: str
    type: str
    length: int
    set: str
    gigabytes: float
    gigaelements: float


class KernelRecord(TypedDict):
    """All numbers of kernels.c."""

    machine: Machine
    kernels: list[Number]


def of_row(group: Group, row: Row, samples: Mapping[str, Samples]) -> RowRecord:
    """What is kept of a row."""
    own = samples[row.name]
    return {
        "name": row.name,
        "arguments": row.arguments,
        "wall": own.wall,
        "least_wall": own.least_wall,
        "cpu": own.cpu,
        "peak": own.peak,
        "walls": [round(usage.wall, 4) for usage in own.usages],
        "ratio": own.ratio_to(samples[group.reference]) if group.reference else None,
        "verdicts": [target.verdict(own, samples) for target in row.targets],
        "reason": row.reason,
    }


def of_group(group: Group, samples: Mapping[str, Samples], place: Place, rounds: int) -> GroupRecord:
    """What is kept of a group."""
    files = page_cache.files(place.inputs / group.input)
    return {
        "name": group.name,
        "title": group.title,
        "bytes": sum(file.stat().st_size for file in files),
        "rounds": rounds,
        "reference": group.reference,
        "rows": [of_row(group, row, samples) for row in group.rows],
    }


def write(path: Path, value: Any) -> None:
    """A JSON file, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")
