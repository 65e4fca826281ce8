"""Runs the rows of a group in turns, so that what drifts in the machine meets all of them."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import page_cache
import process
from rows import Group, Row
from samples import Samples


@dataclass(frozen=True)
class Place:
    """Where things are."""

    tool: Path
    inputs: Path
    outputs: Path

    def command(self, group: Group, row: Row) -> list[str]:
        """The words of a row's command."""
        names = {
            "tool": self.tool,
            "input": self.inputs / group.input,
            "output": self.outputs / row.output,
        }
        return [word.format(**names) for word in row.program] + row.arguments.split()

    def clear_outputs(self) -> None:
        """Removes what the last run wrote."""
        shutil.rmtree(self.outputs, ignore_errors=True)
        self.outputs.mkdir(parents=True)


def measure(group: Group, place: Place, rounds: int) -> dict[str, Samples]:
    """The samples of every row; each second round goes backwards, so that no row always follows the same one."""
    source = place.inputs / group.input
    page_cache.settle(source)
    samples = {row.name: Samples([]) for row in group.rows}
    # Memory that a host has to give to the virtual machine first is slow; this run gets it.
    place.clear_outputs()
    process.run(place.command(group, group.rows[0]))
    for number in range(rounds):
        for row in group.rows if number % 2 == 0 else reversed(group.rows):
            place.clear_outputs()
            if group.is_cold:
                page_cache.drop(source)
            usage = process.run(place.command(group, row))
            samples[row.name].usages.append(usage)
            print(f"{group.name}/{row.name}: {usage.wall:.3f} s", file=sys.stderr)
    place.clear_outputs()
    return samples
