"""Records as Markdown tables, which the terminal shows as they are."""

from collections.abc import Sequence

from records import GroupRecord, RowRecord
from samples import Ratio
from targets import Verdict


def table(header: Sequence[str], rows: Sequence[Sequence[str]], texts: frozenset[int]) -> str:
    """A table with columns of one width: those of `texts` to the left, numbers to the right."""
    columns = list(zip(header, *rows, strict=True))
    widths = [max(3, *map(len, column)) for column in columns]

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if index in texts else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = (
        "-" * width if index in texts else "-" * (width - 1) + ":"
        for index, width in enumerate(widths)
    )
    return "\n".join([line(header), f"| {' | '.join(rule)} |", *map(line, rows)])


def bytes_text(count: int) -> str:
    """A number of bytes, to three digits or so."""
    if count >= 1e9:
        return f"{count / 1e9:.2f} GB"
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


def ratio_text(ratio: Ratio | None) -> str:
    """The ratio of the medians and, in brackets, that of the minima."""
    return f"{ratio['of_medians']:.2f} ({ratio['of_minima']:.2f})" if ratio else ""


def verdict_text(verdict: Verdict) -> str:
    """A target with what was measured."""
    digits = 2 if verdict["limit"] < 10 else 0
    measured = f"{verdict['measured']:.{digits}f}"
    if verdict["of_minima"] is not None:
        measured += f" ({verdict['of_minima']:.{digits}f})"
    mark = "holds" if verdict["excess"] <= 1 else "**missed**"
    return f"{measured} {verdict['what']}, {verdict['sign']} {verdict['limit']:g}: {mark}"


def remark(row: RowRecord) -> str:
    """What a row has to reach, or why it has to reach nothing."""
    return "; ".join(map(verdict_text, row["verdicts"])) or row["reason"]


def group_table(group: GroupRecord) -> str:
    """The rows of a group."""
    header = ["row", "options", "s", "least s", "CPU s", "peak MB"]
    if group["reference"]:
        header.append(f"of {group['reference']}")
    header.append("targets")
    rows = []
    for row in group["rows"]:
        options = f"`{row['arguments']}`" if row["arguments"] else ""
        cells = [row["name"], options]
        cells += [f"{row['wall']:.3f}", f"{row['least_wall']:.3f}", f"{row['cpu']:.3f}"]
        cells.append(f"{row['peak'] / 1e6:.0f}")
        if group["reference"]:
            cells.append(ratio_text(row["ratio"]))
        cells.append(remark(row))
        rows.append(cells)
    return table(header, rows, frozenset({0, 1, len(header) - 1}))


def group_section(group: GroupRecord) -> str:
    """A group under its title."""
    size, rounds = bytes_text(group["bytes"]), group["rounds"]
    head = f"### {group['title']}\n\nGroup `{group['name']}`, {size}, runs of each row: {rounds}."
    return f"{head}\n\n{group_table(group)}\n"
