"""Draws the charts of docs/benchmarks out of the JSON files there; the same numbers give the same bytes.

    python plot.py FOLDER

The background is transparent and the colours have contrast on white and on black, as a page may be either.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from records import GroupRecord, Record, RowRecord

INK = "#757b83"
GRID = "#757b8355"
BAR = "#3b82c4"
MISSED = "#d1622b"
COPY = "#8a8f96"
ROW_COLOURS = {"cp": COPY, "jobs1": "#b0803a", "jobs2": BAR}

plt.rcParams.update(
    {
        "svg.hashsalt": "qconvert",
        "svg.fonttype": "none",
        "text.color": INK,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": GRID,
        "font.size": 9,
        "legend.frameon": False,
    }
)


def save(figure: Figure, path: Path) -> None:
    """An SVG without the date."""
    figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


# MARK: Conversions

# Bars that are longer are cut off; their number tells the rest.
LONGEST = 1.25
# Between groups, where a bar and its surroundings take 1.
GAP = 0.4


def target(row: RowRecord) -> float | None:
    """The most of cp's time that the row may take, if it has such a target."""
    limits = (one["limit"] for one in row["verdicts"] if one["what"] == "of cp")
    return next(limits, None)


def draw_row(axes: Axes, position: float, row: RowRecord, ratio: float) -> None:
    """A bar with its number, and the mark of its target."""
    limit = target(row)
    is_missed = limit is not None and ratio > limit
    axes.barh(position, min(ratio, LONGEST), height=0.7, color=MISSED if is_missed else BAR)
    if limit is not None:
        axes.plot([limit, limit], [position - 0.4, position + 0.4], color=INK, linewidth=2)
    end = max(min(ratio, LONGEST), limit or 0)
    axes.text(end + 0.015, position, f"{ratio:.2f}", va="center")


def draw_conversions(record: Record, path: Path) -> None:
    """The time of every conversion as a fraction of that of cp."""
    groups = [group for group in record["groups"] if group["reference"] == "cp"]
    position, ticks, names = 0.0, [], []
    figure, axes = plt.subplots()
    for group in groups:
        axes.text(0, position, group["title"], va="center", weight="bold")
        position += 1
        for row in group["rows"]:
            if row["name"] == "cp" or row["ratio"] is None:
                continue
            draw_row(axes, position, row, row["ratio"]["of_medians"])
            ticks.append(position)
            names.append(row["name"])
            position += 1
        position += GAP
    figure.set_size_inches(8, 0.6 + 0.22 * position)
    axes.axvline(1, color=COPY, linewidth=1.5, linestyle="--")
    axes.text(1, -0.8, "cp", ha="center")
    axes.set_yticks(ticks, names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(position - 0.5 - GAP, -0.6)
    axes.set_xlim(0, LONGEST + 0.1)
    axes.set_xlabel("time as a fraction of that of cp; a short line is a target")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    save(figure, path)


# MARK: Scaling


def draw_growth(
    axes: Axes, groups: list[GroupRecord], value: Callable[[RowRecord], float]
) -> None:
    """A line for each row over the size of the file."""
    sizes = [group["bytes"] / 1e9 for group in groups]
    for name, colour in ROW_COLOURS.items():
        rows = [row for group in groups for row in group["rows"] if row["name"] == name]
        axes.plot(sizes, [*map(value, rows)], color=colour, marker="o", markersize=4, label=name)
    axes.set_xscale("log")
    ticks = [f"{size:.2g}" for size in sizes]
    axes.set_xticks(sizes, ticks)
    axes.minorticks_off()
    axes.set_xlabel("GB of bfloat16")
    axes.grid()


def draw_scaling(record: Record, path: Path) -> None:
    """Time and memory over the size of the file."""
    groups = [group for group in record["groups"] if group["name"].startswith("size-")]
    # A run of some rows may have measured no sizes.
    if not groups:
        return
    figure, (times, peaks) = plt.subplots(1, 2, figsize=(9, 3.4))
    draw_growth(times, groups, lambda row: row["wall"])
    times.set_yscale("log")
    times.set_ylabel("seconds")
    times.legend()
    draw_growth(peaks, groups, lambda row: row["peak"] / 1e6)
    peaks.set_ylim(bottom=0)
    peaks.set_ylabel("peak memory in MB")
    figure.tight_layout()
    save(figure, path)


CHARTS = {
    "results.json": ("conversions.svg", draw_conversions),
    "scaling.json": ("scaling.svg", draw_scaling),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, (chart, draw) in CHARTS.items():
        if (folder / name).exists():
            draw(json.loads((folder / name).read_text()), folder / chart)


if __name__ == "__main__":
    main()
