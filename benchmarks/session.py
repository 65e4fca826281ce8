"""What the benchmarks do with a group of rows, and with all results in the end."""

import subprocess
from pathlib import Path

import document
import inputs
import records
import report
from environments import OWN, python
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


def publish(folder: Path, name: str, record: Record) -> None:
    """Writes a record and, of all records in the folder, the charts and the page."""
    records.write(folder / name, record)
    subprocess.run([python(OWN), "benchmarks/plot.py", str(folder)], check=True)
    document.write(folder)
    print(f"results are in {folder}")
