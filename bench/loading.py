"""The speed and the memory of `seealso load`."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from bench import fixed_store, networks
from bench.goals import Goal, Part
from seealso.store.tables import Store
from seealso.tables.articles import Article, article_item
from tests.support.tables import CREDENTIALS, REGION, make_store

HEADING = "## Loading"
ROWS = 100_000
FEW_ROWS = 10_000
DOMAINS = 1_000
TEXT_CHARACTERS = 1_350  # makes a row 1.5 KB
DELAY_SECONDS = 0.005
ROUNDS = 3
# Budgets.
ROWS_PER_SECOND = 2_000
MAX_GROWTH = 1.1
MAX_TIMES_PLAIN = 5.0

# The peak of ru_maxrss would include that of the process which started this one: until a child runs
# its own program, it shares its parent's memory (Linux, exec_mmap).
_LOADER = """
import sys
from pathlib import Path
from seealso_cli.main import main
try:
    main(sys.argv[2:])
finally:
    Path(sys.argv[1]).write_text(Path("/proc/self/status").read_text())
"""

_TEXT = """
`seealso load` of a file of {rows:,} rows of 1.5 KB in order of their ids. The first store answers
every request after {delay:.0f} ms and keeps nothing: that is the loader's own pace, on one core
with all its threads, median (lowest to highest) of {rounds} loads. DynamoDB Local runs on the same
{cores} cores as the loader and takes most of the time. "Relative" compares with the same items
written by BatchWriteItem, 25 a request on {writers} threads, which checks no condition and would
overwrite what editors have changed.

| measure | measured | relative | budget | holds |
|---|---:|---:|---:|---|
{lines}
"""


class _Load(NamedTuple):
    seconds: float
    cpu_seconds: float
    peak_mb: float


class _Measure(NamedTuple):
    name: str
    measured: str
    relative: str = ""
    budget: str = ""
    holds: bool | None = None  # None where there is no budget

    def line(self) -> str:
        """The row of the Markdown table."""
        holds = {None: "", True: "yes", False: "**no**"}[self.holds]
        return f"| {self.name} | {self.measured} | {self.relative} | {self.budget} | {holds} |"


def report(store: Store) -> Part:
    """This part of docs/benchmarks.md, from measurements on an empty store; and if budgets hold."""
    with tempfile.TemporaryDirectory() as folder:
        all_rows, few_rows = Path(folder) / "rows", Path(folder) / "few"
        _write_rows(all_rows, ROWS)
        _write_rows(few_rows, FEW_ROWS)
        with fixed_store.running(DELAY_SECONDS) as endpoint:
            anything = ["--articles-table=a", "--skips-table=s"]
            few = _load(few_rows, endpoint, anything, one_core=True)
            loads = [_load(all_rows, endpoint, anything, one_core=True) for _ in range(ROUNDS)]
        # This load warms up the engine.
        _load(few_rows, store.client.endpoint, _tables(store))
        plain = _write_plainly(make_store(store.client.endpoint))
        store = make_store(store.client.endpoint)
        local = _load(all_rows, store.client.endpoint, _tables(store))
    rates = sorted(ROWS / load.seconds for load in loads)
    rate = f"{rates[ROUNDS // 2]:,.0f} ({rates[0]:,.0f} to {rates[-1]:,.0f})"
    cpu = min(load.cpu_seconds for load in loads) / ROWS * 1e6
    peak_mb = max(load.peak_mb for load in loads)
    times = local.seconds / plain
    measures = [
        _Measure(
            f"rows/s, store of {DELAY_SECONDS * 1000:.0f} ms, one core",
            rate,
            budget=f">= {ROWS_PER_SECOND:,}",
            holds=rates[ROUNDS // 2] >= ROWS_PER_SECOND,
        ),
        _Measure("CPU of the loader, microseconds a row", f"{cpu:.0f}"),
        _Measure(f"peak memory, {FEW_ROWS:,} rows, MB", f"{few.peak_mb:.1f}", "1"),
        _Measure(
            f"peak memory, {ROWS:,} rows, MB",
            f"{peak_mb:.1f}",
            f"{peak_mb / few.peak_mb:.2f}",
            f"<= {MAX_GROWTH}",
            holds=peak_mb <= MAX_GROWTH * few.peak_mb,
        ),
        _Measure("DynamoDB Local, BatchWriteItem, s", f"{plain:.0f}", "1"),
        _Measure(
            "DynamoDB Local, `seealso load`, s",
            f"{local.seconds:.0f}",
            f"{times:.1f}",
            f"<= {MAX_TIMES_PLAIN:.0f}",
            holds=times <= MAX_TIMES_PLAIN,
        ),
    ]
    text = _TEXT.format(
        rows=ROWS,
        delay=DELAY_SECONDS * 1000,
        rounds=ROUNDS,
        cores=os.cpu_count(),
        writers=networks.WRITERS,
        lines="\n".join(measure.line() for measure in measures),
    )
    goal = Goal(
        f"load: rows/s over a store of {DELAY_SECONDS * 1000:.0f} ms, one core",
        "-",
        rate,
        f">= {ROWS_PER_SECOND:,}",
        rates[ROUNDS // 2] >= ROWS_PER_SECOND,
    )
    holds = all(measure.holds is not False for measure in measures)
    return Part(f"{HEADING}\n{text}", holds, [goal])


def _articles(count: int) -> Iterator[Article]:
    chooser = Random(1)
    words = [
        "the",
        "mill",
        "on",
        "a",
        "river",
        "where",
        "an",
        "old",
        "road",
        "meets",
        "the",
        "water",
        "and",
        "a",
        "bridge",
        "of",
        "stone",
    ]
    for article_id in range(1, count + 1):
        text = " ".join(chooser.choices(words, k=TEXT_CHARACTERS // 4))[:TEXT_CHARACTERS]
        title = f"{networks.TITLE} {article_id}"
        yield Article(article_id, chooser.randrange(DOMAINS), title, text, "2026-11-23")


def _write_rows(path: Path, count: int) -> None:
    with path.open("w") as file:
        for article in _articles(count):
            columns = {name: getattr(article, name) for name in ("id", "domain", "title", "text")}
            file.write(json.dumps({**columns, "date": article.date, "srcId": 0}) + "\n")


def _write_plainly(store: Store) -> float:
    """The seconds that the rows' items take without conditions, made beforehand."""
    items = [article_item(article) for article in _articles(ROWS)]
    started = time.monotonic()
    networks.write(store, store.articles, items)
    return time.monotonic() - started


def _tables(store: Store) -> list[str]:
    return [f"--articles-table={store.articles}", f"--skips-table={store.skips}"]


def _load(path: Path, endpoint: str, tables: Sequence[str], *, one_core: bool = False) -> _Load:
    """A load in a process of its own. Raises CalledProcessError."""
    status_path = path.with_suffix(".status")
    command = [sys.executable, "-c", _LOADER, str(status_path), "load", str(path), *tables]
    environment = {
        "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key,
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_key,
        "AWS_DEFAULT_REGION": REGION,
    }
    started = time.monotonic()
    process = subprocess.Popen([*command, "--endpoint", endpoint], env=environment)
    if one_core:
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    peak = re.search(r"VmHWM:\s+([0-9]+) kB", status_path.read_text("utf-8"))
    assert peak
    return _Load(seconds, usage.ru_utime + usage.ru_stime, int(peak[1]) / 1024)
