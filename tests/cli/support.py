"""What the tests of the command line share: running commands, and factories of rows and files."""

import csv
import gzip
import io
import json
import os
import pty
import select
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.articles import Article
from seealso_cli.main import main
from tests.support.scan import scan

COLUMNS = ("id", "domain", "title", "text", "date", "srcId")

type Columns = dict[str, Any]


class Outcome(NamedTuple):
    """How a command ended; `stderr` has its lines."""

    status: int
    out: str
    stderr: list[str]

    @property
    def summary(self) -> str:
        """The last line on stderr."""
        return self.stderr[-1]

    def json(self) -> Any:
        """The single document that --json printed."""
        assert self.status == 0, self.stderr
        (line,) = self.out.splitlines()
        return json.loads(line)

    def json_lines(self) -> list[Any]:
        """The documents that --json printed, one a line."""
        assert self.status == 0, self.stderr
        return [json.loads(line) for line in self.out.splitlines()]


def run_command(arguments: Iterable[object], stdin: bytes = b"") -> Outcome:
    """Run `seealso` in this process; it must not raise."""
    result = CliRunner().invoke(main, [*map(str, arguments)], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr.splitlines())


def store_options(store: Store) -> list[str]:
    """The options that select a store."""
    return [
        f"--endpoint={store.client.endpoint}",
        f"--articles-table={store.articles}",
        f"--links-table={store.links}",
        f"--sites-table={store.sites}",
        f"--skips-table={store.skips}",
        f"--audit-table={store.audit}",
        f"--transient-table={store.transient}",
    ]


def row(article_id: Any = 1, **columns: Any) -> Columns:
    """A valid row, with these columns."""
    valid: Columns = {
        "id": article_id,
        "domain": 7,
        "title": f"The mill at {article_id}",
        "text": "It stands on the river.",
        "date": "2026-02-25",
        "srcId": 0,
    }
    return valid | columns


def without(columns: Columns, *names: str) -> Columns:
    return {name: value for name, value in columns.items() if name not in names}


def jsonl(rows: Iterable[Columns]) -> bytes:
    return b"".join(json.dumps(columns).encode() + b"\n" for columns in rows)


def csv_text(rows: Iterable[Mapping[str, Any]], names: Iterable[str] = COLUMNS) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(names), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def write_file(folder: Path, content: bytes, name: str = "articles", zipped: bool = False) -> Path:
    """A file with this content; its name says nothing about the format."""
    path = folder / name
    path.write_bytes(gzip.compress(content) if zipped else content)
    return path


def article(columns: Columns, version: int = 1) -> Article:
    """The article that is made from a row."""
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


def scan_table(store: Store, name: str) -> list[Json]:
    """All items of a table, in a stable order."""
    return sorted(scan(store, name), key=str)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def unprintable(text: str) -> set[str]:
    """The characters of an output that a terminal would act on, or not show."""
    return {
        character
        for character in text
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character != "\n"
    }


# ---- a terminal ----

# Runs in a new session, whose controlling terminal is the pseudoterminal, and with the default
# handler of SIGINT, which a background job would not have.
_ON_A_TERMINAL = """
import fcntl, signal, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
from seealso_cli.main import main
main()
"""


def run_on_terminal(arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Run a command on a terminal and answer its questions. Returns its status and the screen."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", _ON_A_TERMINAL, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    ) as process:
        os.close(slave)
        screen = b""
        answered = 0
        while output := _read(master):
            screen += output
            if screen.endswith(b": ") and answered < len(answers):
                os.write(master, answers[answered].encode() + b"\n")
                answered += 1
        os.close(master)
    return process.returncode, screen.decode()


def _read(terminal: int) -> bytes:
    """The next output on the screen; empty at its end, or after 30 s without any."""
    if not select.select([terminal], [], [], 30)[0]:
        return b""
    try:
        return os.read(terminal, 1024)
    except OSError:
        # On Linux this error means that the last process of the terminal has ended.
        return b""
