"""Which rows are run: those asked for, and those that their ratios are to."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from process import Failure
from rows import Group, Row
from targets import AtLeast, AtMost


def compared_with(row: Row) -> set[str]:
    """The rows that the targets of a row speak of."""
    return {target.of for target in row.targets if isinstance(target, AtMost | AtLeast)}


def restricted(group: Group, names: Collection[str]) -> Group:
    """A group with those rows only, and what they are compared with."""
    wanted = set(names)
    if group.reference:
        wanted.add(group.reference)
    for row in group.rows:
        if row.name in names:
            wanted |= compared_with(row)
    return replace(group, rows=tuple(row for row in group.rows if row.name in wanted))


def matches(group: Group, row: Row, pattern: str) -> bool:
    """Whether a pattern is the group's name or fits GROUP/ROW."""
    return pattern == group.name or fnmatchcase(f"{group.name}/{row.name}", pattern)


def chosen(groups: Iterable[Group], patterns: Collection[str]) -> list[Group]:
    """The groups with the rows that one of the patterns names; a pattern that names nothing is a failure."""
    groups = list(groups)
    for pattern in patterns:
        if not any(matches(group, row, pattern) for group in groups for row in group.rows):
            names = ", ".join(group.name for group in groups)
            raise Failure(f"--only {pattern}: no such row; the groups are {names}")
    found = []
    for group in groups:
        selected = [
            row.name
            for row in group.rows
            if any(matches(group, row, pattern) for pattern in patterns)
        ]
        if selected:
            found.append(restricted(group, selected))
    return found
