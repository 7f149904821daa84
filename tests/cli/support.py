"""What the tests of the command line share: how it is called, rows and files."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import Result

from seealso.store.calls import query_items
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.articles import Article

COLUMNS = ("id", "domain", "title", "text", "date", "srcId")

type Columns = dict[str, Any]


class Outcome(NamedTuple):
    """How a command ended; `lines` are those that it wrote to stderr."""

    status: int
    lines: list[str]

    @property
    def summary(self) -> str:
        return self.lines[-1]


class Printed(NamedTuple):
    """How a command ended that prints on stdout; `told` are the lines on stderr."""

    status: int
    out: str
    told: list[str]

    def json(self) -> Any:
        """The one document of --json."""
        assert self.status == 0, self.told
        (line,) = self.out.splitlines()
        return json.loads(line)

    def json_lines(self) -> list[Any]:
        """The documents of --json."""
        assert self.status == 0, self.told
        return [json.loads(line) for line in self.out.splitlines()]


def printed(ran: Result) -> Printed:
    """What a run in this process printed, which must not have ended by an exception."""
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return Printed(ran.exit_code, ran.stdout, ran.stderr.splitlines())


def result(ran: Result) -> Outcome:
    """The outcome of a run in this process, which must not have ended by an exception."""
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    assert ran.stdout == ""
    return Outcome(ran.exit_code, ran.stderr.splitlines())


def options(store: Store) -> list[str]:
    """The options that name a store."""
    return [
        f"--endpoint={store.client.endpoint}",
        f"--articles-table={store.articles}",
        f"--links-table={store.links}",
        f"--sites-table={store.sites}",
        f"--runs-table={store.skips}",
    ]


def row(article_id: Any = 1, **columns: Any) -> Columns:
    """A good row with some columns changed."""
    made: Columns = {
        "id": article_id,
        "domain": 7,
        "title": f"The mill at {article_id}",
        "text": "It stands on the river.",
        "date": "2026-02-25",
        "srcId": 0,
    }
    return made | columns


def without(columns: Columns, *names: str) -> Columns:
    return {name: value for name, value in columns.items() if name not in names}


def jsonl(rows: Iterable[Columns]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in rows)


def csv_text(rows: Iterable[Mapping[str, Any]], names: Iterable[str] = COLUMNS) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def write(folder: Path, content: bytes, name: str = "articles", zipped: bool = False) -> Path:
    """A file of the content; nothing in its name tells what it is."""
    path = folder / name
    path.write_bytes(gzip.compress(content) if zipped else content)
    return path


def article(columns: Columns, version: int = 1) -> Article:
    """The article that a row makes."""
    return Article(
        id=columns["id"],
        domain=columns["domain"],
        title=columns["title"],
        text=columns["text"],
        date=columns["date"],
        source_id=columns["srcId"] or None,
        state=columns.get("state", "published"),
        version=version,
    )


def table(store: Store, name: str) -> list[Json]:
    """All items of a table, in the order of their text."""
    found: list[Json] = []
    body: Json = {"TableName": name, "ConsistentRead": True}
    while True:
        answer = store.client.call("Scan", body)
        found += query_items(answer)
        if "LastEvaluatedKey" not in answer:
            return sorted(found, key=str)
        body["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
