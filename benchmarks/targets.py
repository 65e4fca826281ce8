"""What a row has to reach, and whether it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from samples import Ratio, Samples


class Verdict(TypedDict):
    """A target with what was measured; `excess` is beyond 1 where it is missed."""

    what: str
    measured: float
    of_minima: float | None
    sign: str
    limit: float
    excess: float


def of_ratio(ratio: Ratio, what: str, sign: str, limit: float, excess: float) -> Verdict:
    """A verdict on how two rows compare."""
    return Verdict(
        what=what,
        measured=ratio["of_medians"],
        of_minima=ratio["of_minima"],
        sign=sign,
        limit=limit,
        excess=excess,
    )


@dataclass(frozen=True)
class AtMost:
    """The row takes at most so many times the time of another row of its group."""

    times: float
    of: str

    def verdict(self, row: Samples, group: Mapping[str, Samples]) -> Verdict:
        ratio = row.ratio_to(group[self.of])
        excess = ratio["of_medians"] / self.times
        return of_ratio(ratio, f"of {self.of}", "<=", self.times, excess)


@dataclass(frozen=True)
class AtLeast:
    """The row takes at least so many times the time of another row of its group: that one is faster."""

    times: float
    of: str

    def verdict(self, row: Samples, group: Mapping[str, Samples]) -> Verdict:
        ratio = row.ratio_to(group[self.of])
        excess = self.times / ratio["of_medians"]
        return of_ratio(ratio, f"times {self.of}", ">=", self.times, excess)


@dataclass(frozen=True)
class PeakMemory:
    """The row holds at most so many megabytes at any time in any run."""

    megabytes: float

    def verdict(self, row: Samples, group: Mapping[str, Samples]) -> Verdict:
        peak = row.peak / 1e6
        return Verdict(
            what="MB",
            measured=peak,
            of_minima=None,
            sign="<=",
            limit=self.megabytes,
            excess=peak / self.megabytes,
        )


@dataclass(frozen=True)
class Milliseconds:
    """The row takes at most so long."""

    most: float

    def verdict(self, row: Samples, group: Mapping[str, Samples]) -> Verdict:
        wall = row.wall * 1e3
        return Verdict(
            what="ms",
            measured=wall,
            of_minima=row.least_wall * 1e3,
            sign="<=",
            limit=self.most,
            excess=wall / self.most,
        )


Target = AtMost | AtLeast | PeakMemory | Milliseconds
