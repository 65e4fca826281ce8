"""Runs what kernels.c was compiled to, prints its numbers and writes them to docs/benchmarks.

    ./scripts/bench.sh kernels
"""

import argparse
import json
import subprocess
from pathlib import Path

import document
import inputs
import kernel_report
import records
from machine import this_machine
from options import DOCUMENTS
from records import KernelRecord


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", type=Path, required=True, help="the qconvert executable")
    parser.add_argument("--program", required=True, help="what kernels.c was compiled to")
    options = parser.parse_args()

    found = subprocess.run([options.program, "--json"], check=True, stdout=subprocess.PIPE)
    numbers = json.loads(found.stdout)
    print(kernel_report.copies_text(numbers))
    print(kernel_report.table(numbers))
    record: KernelRecord = {"machine": this_machine(options.tool, inputs.WORK), "kernels": numbers}
    records.write(DOCUMENTS / "kernels.json", record)
    document.write(DOCUMENTS)


if __name__ == "__main__":
    main()
