"""Measures how time and memory grow: with the size of a file, the shapes of tensors, the jobs, a cold cache.

    ./scripts/bench.sh scaling [--rounds 5] [--only GROUP[/ROW]...] [--scale 0.01]
"""

import shutil
import sys
from pathlib import Path

import environments
import inputs
import machine
import report
from options import Settings, parser, settings_of
from process import Failure
from records import GroupRecord
from rows import Group
from scaling_rows import CACHE, GIGABYTES, SHAPES, SIZES
from session import publish, run_group

# What the system and the output need besides the input and its copy.
RESERVE = 1e9


def obstacle(size: float) -> str | None:
    """Why a file of so many bytes and a copy of it cannot be measured here; None if they can."""
    needed = 2 * size + RESERVE
    if shutil.disk_usage(inputs.WORK).free < needed:
        return f"needs {report.bytes_text(int(needed))} on the disk"
    if machine.memory("MemAvailable") < needed:
        return f"needs {report.bytes_text(int(needed))} of memory for the page cache"
    return None


def run_size(group: Group, settings: Settings) -> GroupRecord:
    """Measures a group and removes its input, which may be large."""
    try:
        return run_group(group, settings, settings.rounds)
    finally:
        shutil.rmtree(settings.place.inputs / Path(group.input).parts[0], ignore_errors=True)


def main() -> None:
    settings = settings_of(parser(__doc__.splitlines()[0], rounds=5).parse_args())
    selected = settings.select((*SIZES, *SHAPES, *CACHE))
    environments.make_own()
    sizes = {f"size-{size:g}": size * 1e9 * settings.scale for size in GIGABYTES}
    groups, skipped = [], []
    for group in selected:
        if group.name not in sizes:
            groups.append(run_group(group, settings, settings.rounds))
        elif why := obstacle(sizes[group.name]):
            skipped.append(f"{group.title}: {why}")
            print(f"skipped {skipped[-1]}", flush=True)
        else:
            groups.append(run_size(group, settings))
    publish("scaling.json", settings, groups, skipped)


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"bench: {failure}")
