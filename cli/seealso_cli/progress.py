"""The progress of a load or an export, on stderr: a bar on a terminal, and lines anywhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from seealso_cli.bulk.rows import RowError


class ProgressDisplay:
    """A bar with rows, rate and time left. `total` is in bytes or rows; None: unknown."""

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
        """The time since the display was made."""
        return time.monotonic() - self._started

    def update(self, name: str, completed: int, rows: int) -> None:
        """Show that `completed` of the total is done, in the same unit."""
        self._bar.update(
            self._task, description=name, completed=completed, rows=rows, rate=rows / self.seconds
        )

    def print_errors(self, name: str, line: int, errors: list[RowError]) -> None:
        """Print what is wrong with a row, as FILE:LINE: FIELD: REASON."""
        for field, reason in errors:
            location = f"{name}:{line}: {field}" if field else f"{name}:{line}"
            self.print_line(f"{location}: {reason}")

    def print_line(self, text: str) -> None:
        """Print a line above the bar."""
        self._console.print(text, markup=False, soft_wrap=True)

    def print_notice(self, text: str) -> None:
        """Print a line if stderr is a terminal."""
        if self._console.is_terminal:
            self.print_line(text)

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
