"""All runs of one row, and what is said of them."""

import statistics
from dataclasses import dataclass
from typing import TypedDict

from process import Usage


class Ratio(TypedDict):
    """How two rows of the same rounds compare; that of the medians is the official one."""

    of_medians: float
    of_minima: float


@dataclass(frozen=True)
class Samples:
    """The runs of a row, one a round."""

    usages: list[Usage]

    @property
    def wall(self) -> float:
        """Seconds on the clock."""
        return statistics.median(usage.wall for usage in self.usages)

    @property
    def least_wall(self) -> float:
        """Seconds on the clock of the fastest run: of an unsteady machine the steadiest number."""
        return min(usage.wall for usage in self.usages)

    @property
    def cpu(self) -> float:
        """Seconds of all cores."""
        return statistics.median(usage.cpu for usage in self.usages)

    @property
    def peak(self) -> int:
        """The most bytes of any run."""
        return max(usage.peak for usage in self.usages)

    def ratio_to(self, other: "Samples") -> Ratio:
        """The time of this row in units of another's."""
        return {
            "of_medians": self.wall / other.wall,
            "of_minima": self.least_wall / other.least_wall,
        }
