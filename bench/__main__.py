"""`make bench`: measures, writes docs/benchmarks.md, and fails if a budget or goal is missed.

`make bench PARTS="start warm"` (`python -m bench start warm`) measures and rewrites only those
parts; their names are those of _PARTS.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from bench import (
    browser,
    checks,
    code_size,
    editing,
    graphql,
    html,
    loading,
    money,
    pages,
    postgraphile,
    processes,
    start,
    submissions,
    warm,
)
from bench.goals import Part
from local import dynamodb_local
from local.paths import ROOT
from local.steps import Failure
from seealso.store.tables import Store
from tests.support.tables import make_store

_FILE = ROOT / "docs/benchmarks.md"

_HEAD = """# Benchmarks

Written by `make bench` (`make bench FULL=1` adds the largest network). A part is measured again by
its name, as in `make bench PARTS="start warm"`; the parts are
{parts}.
Time and CPU are compared with something else that was measured in the same run, since milliseconds
say more about a machine than about a program. Where there are several rounds, a figure is their
median, with the lowest and the highest. The last run was on: {machine}.

## Goals

| measure | others | measured | goal | holds |
|---|---|---:|---:|---|
"""


def main() -> int:
    names = sys.argv[1:] or [*_PARTS]
    if unknown := set(names) - _PARTS.keys():
        print(f"Unknown part: {min(unknown)}. Known: {', '.join(_PARTS)}.", file=sys.stderr)
        return 2
    head, texts = _split(_FILE.read_text("utf-8") if _FILE.exists() else "")
    goals = {} if len(names) == len(_PARTS) else _goal_lines(head)
    all_hold = True
    for name in names:
        try:
            part = _PARTS[name][1]()
        except Failure as failure:
            print(f"{name} was left out: {failure}", file=sys.stderr)
            all_hold = False
            continue
        texts[name] = part.text
        goals |= {goal.measure: goal.line() for goal in part.goals}
        all_hold = all_hold and part.holds
        # What is measured stands even if a later part fails.
        _write(goals.values(), texts)
        print(part.text)
    return 0 if all_hold else 1


def _write(goals: Iterable[str], texts: dict[str, str]) -> None:
    head = _HEAD.format(
        parts=", ".join(f"`{name}`" for name in _PARTS), machine=processes.machine()
    )
    parts = [head + "".join(goals), *texts.values()]
    _FILE.write_text("\n".join(f"{part.strip()}\n" for part in parts if part), "utf-8")


def _split(text: str) -> tuple[str, dict[str, str]]:
    """docs/benchmarks.md as what stands before all parts, and the parts by name."""
    texts = {}
    for name, (heading, _) in reversed(_PARTS.items()):
        text, found, rest = text.partition(f"\n{heading.strip()}\n")
        texts[name] = found + rest
    return text, dict(reversed(texts.items()))


def _goal_lines(head: str) -> dict[str, str]:
    """The rows of the table of goals by their measure."""
    _, _, table = head.partition("|---|---|---:|---:|---|\n")
    return {line.split(" | ")[0].removeprefix("| "): line for line in table.splitlines(True)}


def _on_tables(report: Callable[[Store], Part | tuple[str, bool]]) -> Part:
    """What a report measures on an engine of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        dynamodb_local.running(Path(folder)) as endpoint,
    ):
        return Part(*report(make_store(endpoint)))


# By name, a part's heading and what measures it, in the order of docs/benchmarks.md.
_PARTS: dict[str, tuple[str, Callable[[], Part]]] = {
    "start": (start.HEADING, start.report),
    "warm": (warm.HEADING, warm.report),
    "peers": (postgraphile.HEADING, postgraphile.report),
    "code": (code_size.HEADING, code_size.report),
    "money": (money.HEADING, partial(_on_tables, money.report)),
    "views": (pages.HEADING, pages.report),
    "html": (html.HEADING, partial(_on_tables, html.report)),
    "graphql": (graphql.HEADING, partial(_on_tables, graphql.report)),
    "submissions": (submissions.HEADING, partial(_on_tables, submissions.report)),
    "checks": (checks.HEADING, partial(_on_tables, checks.report)),
    "editing": (editing.HEADING, partial(_on_tables, editing.report)),
    "loading": (loading.HEADING, partial(_on_tables, loading.report)),
    "browser": (browser.HEADING, lambda: Part(*browser.report())),
}


if __name__ == "__main__":
    sys.exit(main())
