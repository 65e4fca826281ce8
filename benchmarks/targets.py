"""What a row has to reach, and whether it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from samples import Samples


class Verdict(TypedDict):
    """A target with what was measured; `excess` is beyond 1 where it is missed."""

    what: str
    measured: float
    of_minima: float | None
    sign: str
    limit: float
    excess: float


@dataclass(frozen=True)
class AtMost:
    """The row takes at most so many times the time of another row of its group."""

    times: float
    of: str

    def verdict(self, row: Samples, group: Mapping[str, Samples]) -> Verdict:
        ratio = row.ratio_to(group[self.of])
        return Verdict(
            what=f"of {self.of}",
            measured=ratio["of_medians"],
            of_minima=ratio["of_minima"],
            sign="<=",
            limit=self.times,
            excess=ratio["of_medians"] / self.times,
        )


@dataclass(frozen=True)
class AtLeast:
    """The row takes at least so many times the time of another row of its group: that one is faster."""

    times: float
    of: str

    def verdict(self, row: Samples, group: Mapping[str, Samples]) -> Verdict:
        ratio = row.ratio_to(group[self.of])
        return Verdict(
            what=f"times {self.of}",
            measured=ratio["of_medians"],
            of_minima=ratio["of_minima"],
            sign=">=",
            limit=self.times,
            excess=self.times / ratio["of_medians"],
        )


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
