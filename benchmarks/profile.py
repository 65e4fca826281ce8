"""Writes docs/benchmarks/profile.md: where the time of a conversion goes, by samples of all cores and by system calls.

    ./scripts/bench.sh profile [--before TOOL]     needs perf and strace; TOOL is an older qconvert to compare with
"""

import argparse
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import inputs
from document import machine_text
from machine import this_machine
from options import DOCUMENTS
from report import table
from rounds import Place
from rows import BF16, Row

ROUNDS = 7
FREQUENCY = 4000

# The first pattern that a symbol matches names its part; what matches none is the rest.
PARTS = (
    ("kernels: quantize and pack", r"^(quantize_|pack)"),
    ("kernels: range and parameters", r"^(range_|extreme_|qparams|narrow)"),
    ("copy from the page cache", r"^_?copy_(to_iter|page_to_iter|mc_)|^filemap_(get_read|read)"),
    ("copy to the page cache", r"^copy_folio_from_iter|^generic_perform_write"),
    ("waiting for the output's lock", r"rwsem|osq_|vcpu_is_preempted"),
    ("page faults", r"page_fault|mm_fault|^do_(fault|wp|anonymous)|^clear_page|next_uptodate|filemap_map|^set_pte"),
    ("start-up: dynamic linker, Swift's runtime", r"^_?dl_|do_lookup_x|^check_match|^strcmp|^swift_|swift::"),
)
REST = "page allocation, ext4 and the rest of the kernel; the rest of qconvert"


def part(symbol: str) -> str:
    """The part of the work that a symbol belongs to."""
    return next((name for name, pattern in PARTS if re.search(pattern, symbol)), REST)


def milliseconds(command: list[str], place: Place) -> Counter[str]:
    """Milliseconds of all cores in each part, the mean of some runs."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/perf.data"
        for _ in range(ROUNDS):
            place.clear_outputs()
            record = ["perf", "record", "--quiet", "-F", str(FREQUENCY), "-o", data, "--", *command]
            subprocess.run(record, check=True, capture_output=True)
            report = ["perf", "report", "-i", data, "--stdio", "--sort", "sym", "-n", "-F", "sample,sym"]
            text = subprocess.run(report, check=True, capture_output=True, text=True).stdout
            for line in text.splitlines():
                if match := re.match(r"\s*(\d+)\s+\[.\]\s+(\S+)", line):
                    found[part(match[2])] += int(match[1]) * 1000 / FREQUENCY / ROUNDS
    return found


def calls(command: list[str], place: Place) -> Counter[str]:
    """The number of system calls, by name."""
    place.clear_outputs()
    with tempfile.NamedTemporaryFile("r") as summary:
        subprocess.run(["strace", "-f", "-c", "-o", summary.name, *command], check=True, capture_output=True)
        fields = [line.split() for line in summary.read().splitlines()]
    # Percentage, seconds, microseconds, calls, perhaps errors, name.
    return Counter({found[-1]: int(found[3]) for found in fields if len(found) >= 5 and found[3].isdigit()})


def section(row: Row, tools: dict[str, Path], place: Place) -> str:
    """The tables of a conversion, a column for each tool."""
    commands = {
        name: Place(tool, place.inputs, place.outputs).command(BF16, row) for name, tool in tools.items()
    }
    times = {name: milliseconds(command, place) for name, command in commands.items()}
    counts = {name: calls(command, place) for name, command in commands.items()}
    place.clear_outputs()
    names = [name for name, _ in PARTS] + [REST]
    sums = {name: sum(found.values()) for name, found in times.items()}
    rows = [[name, *(f"{found[name]:.0f} ({found[name] / sums[tool]:.0%})" for tool, found in times.items())] for name in names]
    rows.append(["all", *(f"{total:.0f}" for total in sums.values())])
    calls_rows = [
        [name, *(str(found[name]) for found in counts.values())] for name in ("pread64", "pwrite64", "mmap", "openat")
    ]
    arguments = f"`{row.arguments}`" if row.arguments else "int8 per channel, no options"
    return f"""
## {arguments}

{table(["milliseconds of all cores", *tools], rows, frozenset({0}))}

{table(["system calls", *tools], calls_rows, frozenset({0}))}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", type=Path, required=True, help="the qconvert executable")
    parser.add_argument("--before", type=Path, help="an older one")
    options = parser.parse_args()
    tools = ({"before": options.before} if options.before else {}) | {"now": options.tool}

    inputs.make(BF16.input, 1)
    place = Place(options.tool, inputs.folder(1), inputs.WORK / "outputs")
    rows = [row for row in BF16.rows if row.name in ("int8", "int4-packed", "fp8", "mxfp4")]
    sections = "".join(section(row, tools, place) for row in rows)
    text = f"""# Where the time goes

Written by `make bench-profile`: samples of perf, {FREQUENCY} a second and core, over {ROUNDS} runs of each conversion of the
bfloat16 Llama of [the benchmarks](README.md), and counts of strace. Sampling slows the runs, so the sums are larger than there.

{machine_text(this_machine(options.tool, inputs.WORK))}
{sections}"""
    DOCUMENTS.mkdir(parents=True, exist_ok=True)
    (DOCUMENTS / "profile.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
