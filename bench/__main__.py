"""`make bench`: measures, writes docs/benchmarks.md, and fails if a budget is exceeded.

`python -m bench submissions` measures and rewrites only that part; the others are `views`, `html`,
`graphql`, `checks`, `editing`, `loading` and `browser`.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import browser, checks, editing, graphql, html, loading, pages, submissions
from bench.pages import Row
from local import dynamodb_local
from local.paths import ROOT
from seealso.store.tables import Store
from tests.support.tables import make_store

RUN = 100_000
DOMAINS = (5, 1_000)

_FILE = ROOT / "docs/benchmarks.md"

_HEAD = """# Benchmarks

Written by `make bench` (`make bench FULL=1` adds the largest network), on DynamoDB Local, whose
read units are those of AWS. Each row shows the most expensive of {views} page views. The article
and its source have items of 4 KB, titles about 60 characters; the page has five links. Budgets
(requests, round trips, read units) are those of design.md, "Budgets"; the site's policy is in the
container's cache, as it is for all but one view in 50 s (which costs 0.5 units more, and no
request).

| page view | articles | domains | requests | round trips | read units | budget | holds |
|---|---:|---:|---:|---:|---:|---|---|
"""


def main() -> int:
    existing = _FILE.read_text("utf-8") if _FILE.exists() else ""
    parts = dict(zip(_PARTS, _split(existing), strict=True))
    all_hold = True
    for name in sys.argv[1:] or _PARTS:
        parts[name], holds = _MEASURES[name]()
        all_hold = all_hold and holds
    text = "\n".join(part.strip() + "\n" for part in parts.values())
    _FILE.write_text(text, "utf-8")
    print(text)
    return 0 if all_hold else 1


_ON_TABLES = {
    "html": html,
    "graphql": graphql,
    "submissions": submissions,
    "checks": checks,
    "editing": editing,
    "loading": loading,
}
_HEADINGS = [*(module.HEADING for module in _ON_TABLES.values()), browser.HEADING]
_PARTS = ("views", *_ON_TABLES, "browser")


def _split(text: str) -> list[str]:
    """The parts of docs/benchmarks.md, in the order of _PARTS."""
    parts = []
    for each in reversed(_HEADINGS):
        text, heading, part = text.partition(each)
        parts.append(heading + part)
    return [text, *reversed(parts)]


def _reported(report: Callable[[Store], tuple[str, bool]]) -> tuple[str, bool]:
    with (
        tempfile.TemporaryDirectory() as folder,
        dynamodb_local.running(Path(folder)) as endpoint,
    ):
        return report(make_store(endpoint))


def _views() -> tuple[str, bool]:
    """The page views' part of docs/benchmarks.md, and whether its budgets hold."""
    sizes = [1_000, 10_000, 100_000]
    if os.environ.get("FULL") == "1":
        sizes.append(1_000_000)
    rows: list[Row] = []
    for size in sizes:
        for domains in DOMAINS:
            measure = partial(pages.measure_mixed, count=size, domains=domains)
            # On disk, in the folder of TMPDIR: in memory it would need several GB.
            rows += _measured(measure, on_disk=size > 100_000)
    rows += _measured(partial(pages.measure_run, length=RUN))
    table = "".join(row.line() for row in rows)
    return _HEAD.format(views=pages.VIEWS) + table + "\n", all(row.holds() for row in rows)


def _measured(measure: Callable[[Store], list[Row]], on_disk: bool = False) -> list[Row]:
    """Measures on an engine of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        dynamodb_local.running(Path(folder), on_disk=on_disk) as endpoint,
    ):
        return measure(make_store(endpoint))


# By part, what measures it: its text, and whether its budgets hold.
_MEASURES: dict[str, Callable[[], tuple[str, bool]]] = {
    "views": _views,
    **{name: partial(_reported, module.report) for name, module in _ON_TABLES.items()},
    "browser": browser.report,
}


if __name__ == "__main__":
    sys.exit(main())
