"""Loads the articles of files into a store."""

import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Self

from seealso.errors import StoreError, StoreUnavailable
from seealso.tables import skips
from seealso.tables.articles import Article
from seealso_cli.bulk.article_rows import read_articles
from seealso_cli.bulk.files import InputFile, get_size
from seealso_cli.bulk.positions import Position, PositionFile
from seealso_cli.bulk.writer import (
    Writer,
    check_store,
    describe_failure,
    retry_while_unavailable,
)
from seealso_cli.errors import CommandFailed
from seealso_cli.progress import ProgressDisplay
from seealso_cli.stores import OpenStore

# Three times the articles that the client sends at once.
BATCH_ROWS = 96
# Little enough for a slow line before an attempt times out.
BATCH_BYTES = 512 * 1024
# Between two changes of the position file.
SAVE_SECONDS = 1.0


def load_articles(
    paths: Sequence[str],
    file_format: str | None,
    open_store: OpenStore | None,
    delimiter: str = ",",
    position_path: str | None = None,
) -> int:
    """Load files one after another, or only check them if `open_store` is None.

    With `position_path`, the position is kept in that file, and the load goes on from it.
    Returns the exit status: 0, 1 if rows were invalid, 130 if interrupted. Raises CommandFailed.
    """
    sizes = [get_size(path) for path in paths]
    display = ProgressDisplay(sum(size or 0 for size in sizes) if None not in sizes else None)
    position_file = None
    position = Position()
    if open_store and position_path:
        store = open_store()
        position_file = PositionFile(position_path, f"{store.articles} at {store.client.endpoint}")
        position = position_file.read()
        # A file that can't be written is reported now rather than when it is needed.
        position_file.write(position)
    writer = Writer(open_store, display.print_notice, position) if open_store else None
    load = _Load(display, writer, position_file)
    recorded = ""
    try:
        with load, display, writer or nullcontext():
            if position.rows:
                display.print_line(f"Resuming after row {position.rows:,}.")
            if open_store:
                check_store(open_store)
            for path in paths:
                load.read(path, file_format, delimiter)
            load.check_resumed()
            if open_store and load.written >= skips.MIN_SKIP:
                recorded = _record_runs(display, open_store)
    except KeyboardInterrupt:
        display.print_line(f"Interrupted. {load.describe_state()}")
        return 130
    except (StoreUnavailable, StoreError) as error:
        assert open_store is not None
        reason = describe_failure(error, open_store)
        raise CommandFailed(f"{reason} {load.describe_state()}") from None
    except _OtherFiles:
        raise
    except CommandFailed as error:
        raise CommandFailed(f"{error} {load.describe_state()}") from None
    if position_file:
        position_file.remove()
    display.print_line(f"{load.summary()}{recorded}")
    return 1 if load.invalid else 0


class _Load:
    """A load of several files. `rows` counts the rows read so far, `invalid` those with errors."""

    def __init__(
        self, display: ProgressDisplay, writer: Writer | None, position_file: PositionFile | None
    ) -> None:
        self.rows = 0
        self.invalid = 0
        self._display = display
        self._writer = writer
        self._position_file = position_file
        self._resumed = writer.position if writer else Position()
        self._saved = self._resumed
        self._saved_at = 0.0
        self._writing_started = self._resumed.rows > 0
        self._bytes_of_previous_files = 0
        self._digest_of_previous_files = ""

    @property
    def written(self) -> int:
        """The rows that are certainly written."""
        return self._writer.new + self._writer.updated if self._writer else 0

    def read(self, path: str, file_format: str | None, delimiter: str) -> None:
        """Read one file, report its invalid rows and write its valid ones.

        Raises CommandFailed, StoreUnavailable, Refused.
        """
        with InputFile(path, self._digest_of_previous_files) as file:
            batch: list[Article] = []
            batch_bytes = 0
            for line, article, errors in read_articles(file, file_format, delimiter):
                self.rows += 1
                if article is None:
                    self.invalid += 1
                    self._display.print_errors(file.name, line, errors)
                elif self.rows > self._resumed.rows:
                    batch.append(article)
                    batch_bytes += len(article.text.encode())
                if self.rows == self._resumed.rows and file.digest != self._resumed.digest:
                    raise _OtherFiles
                if len(batch) == BATCH_ROWS or batch_bytes >= BATCH_BYTES:
                    self._write(batch, file.digest)
                    batch, batch_bytes = [], 0
                if self.rows % BATCH_ROWS == 0:
                    completed = self._bytes_of_previous_files + file.bytes_read
                    self._display.update(file.name, completed, self.rows)
            self._write(batch, file.digest)
            self._bytes_of_previous_files += file.bytes_read
            self._digest_of_previous_files = file.digest
        if self._writer:
            # If the next file has the same id, its row must be written last.
            self._writer.flush()

    def check_resumed(self) -> None:
        """Check that the files have all rows that are written. Raises CommandFailed."""
        if self.rows < self._resumed.rows:
            raise _OtherFiles

    def _write(self, batch: list[Article], digest: str) -> None:
        if self._writer and batch:
            self._writing_started = True
            self._writer.write(batch, self.rows, digest)
            if time.monotonic() - self._saved_at > SAVE_SECONDS:
                self._save_position()

    def _save_position(self) -> None:
        """Save the position if it has changed. Raises CommandFailed."""
        if self._position_file and self._writer and self._writer.position != self._saved:
            self._position_file.write(self._writer.position)
            self._saved = self._writer.position
            self._saved_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # The writer has ended, so that this is the last position.
        self._save_position()

    def summary(self) -> str:
        """The last line of a complete load."""
        seconds = self._display.seconds
        counts = f"{self.rows - self.invalid:,} valid"
        if self._writer:
            counts = f"{self._writer.new:,} new, {self._writer.updated:,} updated"
        timing = f"{seconds:.1f} s ({(self.rows - self._resumed.rows) / seconds:,.0f} rows/s)"
        dry_run = "" if self._writer else "; nothing was written (--dry-run)"
        return f"{self.rows:,} rows: {counts}, {self.invalid:,} invalid, in {timing}{dry_run}"

    def describe_state(self) -> str:
        """How far an incomplete load has come."""
        if not self._writer:
            return f"{self.rows:,} rows were checked."
        if not self._writing_started:
            return "Nothing was written."
        again = "it is safe to run the same command again"
        if self._position_file:
            again = "run the same command again to go on"
        return f"At least {self.written:,} rows are written; {again}."


class _OtherFiles(CommandFailed):
    """The rows up to the position are not those that were written."""

    def __init__(self) -> None:
        super().__init__(
            "The files differ from those of the load that is to be resumed. Name the same files, "
            "or start again with another position file."
        )


def _record_runs(display: ProgressDisplay, open_store: OpenStore) -> str:
    """Record the skip ranges that the load made possible. Returns the end of the summary."""
    store = open_store()

    def wait(seconds: float) -> None:
        display.print_notice(
            f"New skip ranges found; waiting {seconds:.0f} s for indexes and other writers."
        )
        time.sleep(seconds)

    display.print_notice(
        "Looking for skip ranges: stretches of one domain that page views can step over."
    )
    try:
        report = retry_while_unavailable(
            lambda: skips.record_skips(store, wait), display.print_notice, threading.Event()
        )
    except (StoreUnavailable, StoreError) as error:
        # Without the records, page views are still correct, but cost more.
        reason = describe_failure(error, open_store)
        return f"; skip ranges were not recorded ({reason}); the daily job will do it"
    finally:
        store.client.close()
    return f"; {report.activated:,} skip ranges recorded" if report.activated else ""
