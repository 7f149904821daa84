"""A part of docs/benchmarks.md, and the rows that it adds to the table of goals."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Goal(NamedTuple):
    """A row of the table of goals; `peers` is what others were measured at in the same run."""

    measure: str
    peers: str
    measured: str
    goal: str
    holds: bool

    def line(self) -> str:
        """The row in Markdown."""
        cells = (self.measure, self.peers, self.measured, self.goal, yes(holds=self.holds))
        return f"| {' | '.join(cells)} |\n"


class Part(NamedTuple):
    """A part's text, whether its budgets and goals hold, and its rows in the table of goals."""

    text: str
    holds: bool
    goals: Sequence[Goal] = ()


def yes(*, holds: bool) -> str:
    return "yes" if holds else "**no**"


def at_most(measure: str, values: Sequence[float], limit: float, peers: str = "-") -> Goal:
    """The goal that the median of some rounds is no more than a limit."""
    holds = round(statistics.median(values), 3) <= limit
    return Goal(measure, peers, spread(values), f"<= {limit:g}", holds)


def spread(values: Sequence[float]) -> str:
    """The median of some rounds, with the lowest and the highest where they differ."""
    lowest, median, highest = (
        f"{value:.3g}" for value in (min(values), statistics.median(values), max(values))
    )
    return median if lowest == highest else f"{median} ({lowest} to {highest})"
