"""Articles of a file: the rows that are good, and what is wrong with the others.

Columns are those of the table that the network's articles come from,
qa_ai(id, domain, title, text, date, srcId), and `state`. Ranges: contract.md, "Everywhere".
"""

import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

from seealso.articles import Article
from seealso_cli.failure import Unable
from seealso_cli.files import File
from seealso_cli.rows import Fault, Row, has_surrogate, read_rows

REQUIRED = frozenset({"id", "domain", "title", "text", "date", "srcId"})
OPTIONAL = frozenset({"state"})
NUMBERS = frozenset({"id", "domain", "srcId"})

HIGHEST = 2**31 - 1
TITLE_LENGTH = 300  # code points
# Bytes of UTF-8. With the longest title it stays far below the 400 KB of an item
# (AWS "Service, account, and table quotas in Amazon DynamoDB").
TEXT_BYTES = 300 * 1024

# ISO 8601's extended format; datetime takes more than that (week dates), and checks the calendar.
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}(:?[0-5][0-9])?)?)?"
)


class Checked(NamedTuple):
    """A row's first line with its article, or with what is wrong with it."""

    line: int
    article: Article | None
    faults: list[Fault]


def read_articles(file: File, file_format: str | None) -> Iterator[Checked]:
    """Every row of the file, checked. Of rows with one id, the first good one stands."""
    with _Seen() as seen:
        for row in read_rows(file, file_format, REQUIRED, OPTIONAL, NUMBERS):
            faults = row.faults or check_article(row.columns)
            if not faults and not seen.add(row.columns["id"]):
                faults = [Fault("id", "twice in this file; the row that came first stands")]
            yield Checked(row.line, None if faults else _article(row), faults)


def check_article(columns: dict[str, Any]) -> list[Fault]:
    """What is wrong with the values of a row that has all its columns."""
    faults = [
        *_check_number("id", columns["id"], 1),
        *_check_number("domain", columns["domain"], 0),
        *_check_text("title", columns["title"]),
        *_check_text("text", columns["text"]),
        *_check_date(columns["date"]),
    ]
    if columns["srcId"] not in (None, ""):
        faults += _check_number("srcId", columns["srcId"], 0)
    if columns.get("state") not in (None, "", "published", "draft"):
        faults.append(Fault("state", "must be published or draft"))
    return faults


def _check_number(field: str, value: Any, lowest: int) -> Iterator[Fault]:
    # bool is an int, but not a number here.
    if type(value) is not int or not lowest <= value <= HIGHEST:
        yield Fault(field, f"must be a whole number from {lowest} to {HIGHEST}")


def _check_text(field: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield Fault(field, "must be a text")
    elif has_surrogate(value):
        yield Fault(field, "has half a surrogate pair, which is no character")
    elif field == "title" and not 1 <= len(value) <= TITLE_LENGTH:
        yield Fault(field, f"must have 1 to {TITLE_LENGTH} characters, has {len(value)}")
    elif field == "text" and len(value.encode()) > TEXT_BYTES:
        yield Fault(field, f"must have at most 300 KB, has {len(value.encode()) / 1024:.1f} KB")


def _check_date(value: Any) -> Iterator[Fault]:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        yield Fault(
            "date", "must be a date (2026-02-25), or a date and time (2026-02-25T10:00:00Z)"
        )
        return
    try:
        datetime.fromisoformat(value)
    except ValueError:
        yield Fault("date", "is not in the calendar or on the clock")


def _article(row: Row) -> Article:
    columns = row.columns
    return Article(
        id=columns["id"],
        domain=columns["domain"],
        title=columns["title"],
        text=columns["text"],
        date=columns["date"],
        source_id=columns["srcId"] or None,
        state=columns.get("state") or "published",
    )


class _Seen:
    """The ids met so far.

    A temporary database of SQLite on disk, with a few MB of it in memory: a set would grow with
    the file, and a bitmap would come to 256 MB where the ids are spread widely.
    """

    def __init__(self) -> None:
        # An empty name is a private file that is gone when it is closed (SQLite, "In-Memory
        # Databases"). Nothing of it needs to survive.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA cache_size = -8192;"
            "CREATE TABLE seen (id INTEGER PRIMARY KEY); BEGIN"
        )

    def add(self, article_id: int) -> bool:
        """Whether the id is new. Raises Unable."""
        try:
            added = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (article_id,))
        except sqlite3.Error as error:
            raise Unable(
                f"The ids met so far could not be kept in a temporary file ({error}): "
                "make room, or set SQLITE_TMPDIR to another folder."
            ) from None
        return added.rowcount == 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
