"""`seealso load`: articles of files into the store."""

import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext

from seealso import runs
from seealso.articles import Article
from seealso.dynamodb import Refused, StoreUnavailable
from seealso_cli.bulk.article_rows import read_articles
from seealso_cli.bulk.files import File, size_of
from seealso_cli.bulk.writer import Writer, check_store, patiently, unusable
from seealso_cli.errors import Unable
from seealso_cli.progress import Display
from seealso_cli.stack import OpenStore

# Rows of a batch: three times what the client sends at once.
BATCH_ROWS = 96
# Bytes of a batch: little enough to get through a slow line before an attempt times out.
BATCH_BYTES = 512 * 1024


def load_articles(
    paths: Sequence[str], file_format: str | None, open_store: OpenStore | None
) -> int:
    """Load the files one after another; without a store to open, only check them.

    Returns the exit status: 0, 1 if rows were bad, 130 if interrupted. Raises Unable.
    """
    sizes = [size_of(path) for path in paths]
    display = Display(sum(size or 0 for size in sizes) if None not in sizes else None)
    writer = Writer(open_store, display.note) if open_store else None
    load = _Load(display, writer)
    recorded = ""
    try:
        with display, writer or nullcontext():
            if open_store:
                check_store(open_store)
            for path in paths:
                load.read(path, file_format)
            if open_store and load.written >= runs.SHORTEST:
                recorded = _record_runs(display, open_store)
    except KeyboardInterrupt:
        display.say(f"Interrupted. {load.standing()}")
        return 130
    except (StoreUnavailable, Refused) as error:
        raise Unable(f"{unusable(error)} {load.standing()}") from None
    except Unable as error:
        raise Unable(f"{error} {load.standing()}") from None
    display.say(f"{load.summary()}{recorded}")
    return 1 if load.bad else 0


class _Load:
    """The loading of all files so far; `rows` counts those read, `bad` those that had faults."""

    def __init__(self, display: Display, writer: Writer | None) -> None:
        self.rows = 0
        self.bad = 0
        self._begun = False  # writing
        self._display = display
        self._writer = writer
        self._bytes_before = 0

    @property
    def written(self) -> int:
        return self._writer.new + self._writer.changed if self._writer else 0

    def read(self, path: str, file_format: str | None) -> None:
        """Read one file, reporting its bad rows, and write its good ones.

        Raises Unable, StoreUnavailable, Refused.
        """
        with File(path) as file:
            batch: list[Article] = []
            size = 0
            for line, article, faults in read_articles(file, file_format):
                self.rows += 1
                if article is None:
                    self.bad += 1
                    self._display.report(file.name, line, faults)
                else:
                    batch.append(article)
                    size += len(article.text.encode())
                if len(batch) == BATCH_ROWS or size >= BATCH_BYTES:
                    self._write(batch)
                    batch, size = [], 0
                if self.rows % BATCH_ROWS == 0:
                    read = self._bytes_before + file.bytes_read
                    self._display.advance(file.name, read, self.rows)
            self._write(batch)
            self._bytes_before += file.bytes_read
        if self._writer:
            # An id may be in the next file too, which then has the last word.
            self._writer.flush()

    def _write(self, batch: list[Article]) -> None:
        if self._writer and batch:
            self._begun = True
            self._writer.write(batch)

    def summary(self) -> str:
        """The last line of a load that came to its end."""
        seconds = self._display.seconds
        done = f"{self.rows - self.bad:,} good"
        if self._writer:
            done = f"{self._writer.new:,} new, {self._writer.changed:,} updated"
        timing = f"{seconds:.1f} s ({self.rows / seconds:,.0f} rows/s)"
        left = "" if self._writer else "; nothing was written (--dry-run)"
        return f"{self.rows:,} rows: {done}, {self.bad:,} bad, in {timing}{left}"

    def standing(self) -> str:
        """Where a load that was cut short stands."""
        if not self._writer:
            return f"{self.rows:,} rows were checked."
        if not self._begun:
            return "Nothing was written."
        return (
            f"At least {self.written:,} of the rows are in. "
            "It is safe to run the same command again."
        )


def _record_runs(display: Display, open_store: OpenStore) -> str:
    """Record the long same-domain runs that the load made; what to say of it in the summary."""
    store = open_store()

    def wait(seconds: float) -> None:
        display.note(f"New long runs found; waiting {seconds:.0f} s for indexes and other writers.")
        time.sleep(seconds)

    display.note("Looking for long runs of one domain, which pages then step over.")
    try:
        report = patiently(lambda: runs.record_runs(store, wait), display.note, threading.Event())
    except (StoreUnavailable, Refused) as error:
        # Pages are right without the records, only dearer to read.
        return f"; long runs were not recorded ({unusable(error)}), which the daily job makes good"
    finally:
        store.client.close()
    return f"; {report.activated:,} long runs recorded" if report.activated else ""
