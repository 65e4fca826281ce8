"""What the benchmarks do with a group of rows, and with all results in the end."""

import subprocess

import document
import inputs
import records
import report
from environments import OWN, python
from machine import this_machine
from options import Settings
from records import GroupRecord, Record
from rounds import measure
from rows import Group


def run_group(group: Group, settings: Settings, rounds: int) -> GroupRecord:
    """Measures a group and prints its table."""
    inputs.make(group.input, settings.scale)
    samples = measure(group, settings.place, rounds)
    record = records.of_group(group, samples, settings.place, rounds)
    print(report.group_section(record), flush=True)
    return record


def publish(name: str, settings: Settings, groups: list[GroupRecord], skipped: list[str] | None = None) -> None:
    """Writes what was measured and, of all records in the folder, the charts and the page."""
    machine = this_machine(settings.place.tool, inputs.WORK)
    record: Record = {"machine": machine, "scale": settings.scale, "groups": groups}
    if skipped is not None:
        record["skipped"] = skipped
    folder = settings.results
    records.write(folder / name, record)
    subprocess.run([python(OWN), "benchmarks/plot.py", str(folder)], check=True)
    document.write(folder)
    print(f"results are in {folder}")
