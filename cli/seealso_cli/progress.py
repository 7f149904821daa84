"""What a load or export shows as it goes: a bar on a terminal, and lines anywhere.

All of it goes to stderr.
"""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from seealso.fields import Fault


class Display:
    """A bar of what is done out of `total` (None: not known), with rows, rate and time left."""

    def __init__(self, total: int | None) -> None:
        self._console = Console(stderr=True, highlight=False, emoji=False)
        self._started = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f}/s, left"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total, rows=0, rate=0.0)

    @property
    def seconds(self) -> float:
        """Since the display was made."""
        return time.monotonic() - self._started

    def advance(self, name: str, done: int, rows: int) -> None:
        """Show how far the work has come: `done` of the total, in bytes or rows."""
        self._bar.update(
            self._task, description=name, completed=done, rows=rows, rate=rows / self.seconds
        )

    def report(self, name: str, line: int, faults: list[Fault]) -> None:
        """Say what is wrong with a row, as FILE:LINE: FIELD: REASON."""
        for field, reason in faults:
            self.say(f"{name}:{line}: {field}: {reason}" if field else f"{name}:{line}: {reason}")

    def say(self, text: str) -> None:
        """Print a line, above the bar."""
        self._console.print(text, markup=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Print a line on a terminal alone."""
        if self._console.is_terminal:
            self.say(text)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
