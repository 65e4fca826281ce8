"""Writes README.md of docs/benchmarks out of the JSON files beside it."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import kernel_report
import report
import scaling_rows
from machine import Machine
from records import GroupRecord, KernelRecord, Record
from rows import Group

HEAD = """# Benchmarks

Written by `make bench`, `make bench-scaling` and `make bench-kernels` out of the JSON files beside this one: no number
here is typed. They need Linux, Python 3.11 and room for inputs in `.build-bench`; `make bench-check` fails
when a conversion misses its target by more than 15 %. `./scripts/bench.sh conversions --only bf16/int8 --scale 0.05`
runs some rows over small inputs and leaves this page alone.

Every number is of whole processes, from their start to their end, by the monotonic clock; memory and the time of the
cores are what the kernel says of them. The rows of a table take turns over one input, in as many rounds as it says, and
ratios are between rows of one table only: those of the medians and, in brackets, those of the fastest runs. A virtual
machine gives memory back to its host between runs, and `cp` may then take four times as long; the minima show that.
The input is dropped from the page cache and read once before the first round, the output is removed before every
run. Neither side waits for the disk (`--sync none`), except where the title says so. Targets are for two cores.
"""


def machine_text(machine: Machine) -> str:
    """A sentence that names the machine."""
    sets = ", ".join(machine["vector_sets"])
    return (
        f"qconvert {machine['tool']} ({machine['commit']}), {machine['date']}: {machine['cpu']}, "
        f"{machine['cores']} cores ({sets}), {report.bytes_text(machine['memory'])} of memory, "
        f"{machine['kernel']}, {machine['file_system']}. A peak below "
        f"{report.bytes_text(machine['harness_memory'])} cannot be told from that of the harness."
    )


def scale_text(record: Record) -> str:
    """What is said of inputs that are not of full size."""
    return "" if record["scale"] == 1 else f"\nInputs have {record['scale']:g} of their full size.\n"


# MARK: Conversions


def conversions(record: Record) -> str:
    """The tables of `make bench`."""
    sections = "\n".join(map(report.group_section, record["groups"]))
    return f"""
## Conversions

{machine_text(record["machine"])}
{scale_text(record)}
![Time of conversions as a fraction of that of cp](conversions.svg)

{sections}"""


# MARK: Scaling


def growth(times: float, bytes_: float) -> float:
    """By how much a time grows with twice the bytes, where it grew so many times with so many times the bytes."""
    return 2 ** (math.log(times) / math.log(bytes_))


def growth_text(before: GroupRecord, after: GroupRecord, index: int) -> str:
    """The growth of the time of a row, on the clock and of the cores."""
    bytes_ = after["bytes"] / before["bytes"]
    old, new = before["rows"][index], after["rows"][index]
    wall, cpu = (growth(new[field] / old[field], bytes_) for field in ("wall", "cpu"))
    return f"{wall:.2f} (CPU {cpu:.2f})"


def scaling_table(groups: list[GroupRecord], is_growing: bool) -> str:
    """All rows of some groups in one table."""
    header = ["input", "bytes", "row", "s", "least s", "CPU s", "peak MB", "GB/s", "of cp"]
    if is_growing:
        header.append("twice the bytes")
    rows = []
    for number, group in enumerate(groups):
        for index, row in enumerate(group["rows"]):
            cells = [group["title"], report.bytes_text(group["bytes"]), row["name"]]
            cells += [f"{row['wall']:.3f}", f"{row['least_wall']:.3f}", f"{row['cpu']:.3f}"]
            cells += [f"{row['peak'] / 1e6:.0f}", f"{group['bytes'] / row['wall'] / 1e9:.2f}"]
            cells.append(report.ratio_text(row["ratio"]))
            if is_growing:
                before = groups[number - 1]
                cells.append(growth_text(before, group, index) if number else "")
            rows.append(cells)
    return report.table(header, rows, frozenset({0, 2}))


def scaling_section(record: Record, title: str, groups: Sequence[Group], is_growing: bool) -> str:
    """The groups that were measured, under a title."""
    names = {group.name for group in groups}
    found = [group for group in record["groups"] if group["name"] in names]
    return f"\n### {title}\n\n{scaling_table(found, is_growing)}\n" if found else ""


def scaling(record: Record) -> str:
    """The tables of `make bench-scaling`."""
    skipped = "".join(f"\nLeft out: {line}.\n" for line in record.get("skipped", []))
    sizes = scaling_section(record, "Size", scaling_rows.SIZES, is_growing=True)
    shapes = scaling_section(record, "Shape", scaling_rows.SHAPES, is_growing=False)
    cache = scaling_section(record, "Page cache", scaling_rows.CACHE, is_growing=False)
    return f"""
## How it grows

{machine_text(record["machine"])}
{scale_text(record)}
bfloat16 into int8 per channel. The last column of the first table is the factor that time grows by with twice the
bytes: at most 2.1 where it is linear. Of outputs beyond `vm.dirty_background_ratio` of the memory the kernel writes
some to the disk meanwhile, those of `cp` too.

![Time and memory over the size of the file](scaling.svg)
{sizes}{skipped}{shapes}{cache}"""


# MARK: Kernels


def kernels(record: KernelRecord) -> str:
    """The table of `make bench-kernels`."""
    return f"""
## Kernels

{machine_text(record["machine"])}

Billions of elements a second and, in brackets, GB/s of input, on one core with data in the second-level cache; of
`qparams`, groups in place of elements.
{kernel_report.copies_text(record["kernels"])}

{kernel_report.table(record["kernels"])}
"""


SECTIONS: dict[str, Callable[[Any], str]] = {
    "results.json": conversions,
    "scaling.json": scaling,
    "kernels.json": kernels,
}


def write(folder: Path) -> None:
    """The page about all files that are there."""
    text = HEAD
    for name, section in SECTIONS.items():
        file = folder / name
        if file.exists():
            text += section(json.loads(file.read_text()))
    (folder / "README.md").write_text(text)
