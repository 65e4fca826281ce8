"""The numbers of kernels.c as a table: a line for each kernel, a column for each instruction set."""

from collections.abc import Sequence

import report
from records import Number

COPY = "memcpy"


def copies_text(numbers: Sequence[Number]) -> str:
    """A sentence about memory."""
    copies = (number for number in numbers if number["kernel"] == COPY)
    rates = (f"{number['gigabytes']:.0f} GB/s in {number['detail']}" for number in copies)
    return f"`memcpy` copies {' and '.join(rates)}."


def table(numbers: Sequence[Number]) -> str:
    """All kernels."""
    kernels = [number for number in numbers if number["kernel"] != COPY]
    sets = list(dict.fromkeys(number["set"] for number in kernels))
    lines: dict[tuple[str, ...], dict[str, str]] = {}
    for number in kernels:
        length = str(number["length"] or "")
        line = (number["kernel"], number["detail"], number["type"], length)
        rate = f"{number['gigaelements']:.2f} ({number['gigabytes']:.1f})"
        lines.setdefault(line, {})[number["set"]] = rate
    rows = [[*line, *(rates[name] for name in sets)] for line, rates in lines.items()]
    return report.table(["kernel", "of", "type", "run", *sets], rows, frozenset({0, 1, 2}))
