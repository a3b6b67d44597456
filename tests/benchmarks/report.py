"""One line of the table: a figure, its peer's, and whether the target of the requirements is met."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

REPEATS = 5


@dataclass(frozen=True)
class Figure:
    """``ours`` and ``peer`` in ``unit``. Targets that are None are not set; ``at_most`` is in ``unit``."""

    id: str
    what: str
    ours: float
    unit: str
    peer: float | None = None
    peer_name: str = ""
    ratio_at_most: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's."""
        return self.ours / self.peer if self.peer else None

    @property
    def met(self) -> bool:
        """Whether every target is kept."""
        ratio_kept = self.ratio_at_most is None or self.ratio is None or self.ratio <= self.ratio_at_most
        return ratio_kept and (self.at_most is None or self.ours <= self.at_most)

    @property
    def target(self) -> str:
        """The targets in words."""
        parts = []
        if self.ratio_at_most is not None:
            parts.append(f"{self.ratio_at_most:g}x")
        if self.at_most is not None:
            parts.append(f"{self.at_most:g} {self.unit}")
        return ", ".join(parts)


def median_of(work: Callable[[], float], repeats: int = REPEATS) -> float:
    """The median of what ``work`` measures."""
    return statistics.median(work() for _ in range(repeats))


def milliseconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes, in ms."""
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def show(figures: list[Figure]) -> None:
    """Print the table."""
    table = Table("Id", "What", "Ours", "Peer", "Ratio", "Target", "Met?")
    for figure in figures:
        peer = "" if figure.peer is None else f"{figure.peer:.2f} {figure.unit} {figure.peer_name}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}x"
        met = "yes" if figure.met else "[bold red]no[/]"
        ours = f"{figure.ours:.2f} {figure.unit}"
        table.add_row(figure.id, figure.what, ours, peer, ratio, figure.target, met)
    Console(width=None if Console().is_terminal else 130).print(table)
