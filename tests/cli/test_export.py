"""`seealso export`: it writes what `seealso load` reads, completely or not at all."""

import gzip
import json
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seealso.errors import StoreUnavailable
from seealso.store.client import Client
from seealso.store.tables import Store
from seealso.tables.articles import Article, get_article, put_articles
from seealso_cli.bulk import export, writer
from tests.cli.conftest import Run, RunBulk
from tests.cli.support import article, jsonl, row, store_options, write_file
from tests.support.tables import make_store

DELETED = Article(900, 7, "Gone", "", "2026-02-25", None, "deleted")


@pytest.fixture
def filled(run_bulk: RunBulk, moto_store: Store, tmp_path: Path) -> Store:
    """A store with loaded articles of all kinds, and a deleted one."""
    path = write_file(tmp_path, jsonl(rows()), "loaded")
    assert run_bulk("load", path, store=moto_store).status == 0
    put_articles(moto_store, [(DELETED, None)])
    return moto_store


def rows() -> list[dict[str, Any]]:
    return [
        row(1, text='Two lines,\nand "quotes"\r\n', title="\U0001f3ac caf\u00e9 \u2028"),
        row(2**31 - 1, domain=0, srcId=1, date="2026-02-25 10:00:00+00", text=""),
        row(3, state="draft", text="\u00e9" * 150_000),
        *(row(article_id) for article_id in range(10, 60)),
    ]


def exported(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    lines = gzip.decompress(content) if path.suffix == ".gz" else content
    return sorted(map(json.loads, lines.splitlines()), key=lambda columns: int(columns["id"]))


@pytest.mark.parametrize("name", ["articles.jsonl", "articles.jsonl.gz"])
def test_exported_file_loads_the_same_articles(
    run_bulk: RunBulk,
    run: Run,
    filled: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setattr(export, "PAGE_SIZE", 7)
    path = tmp_path / name
    outcome = run("export", path, *store_options(filled))
    assert (outcome.status, outcome.out) == (0, "")
    assert len(outcome.stderr) == 1
    assert outcome.stderr[0].startswith("53 articles exported in ")
    assert outcome.stderr[0].endswith("; 1 deleted articles skipped")
    expected = sorted(rows(), key=lambda columns: int(columns["id"]))
    assert exported(path) == [{"state": "published", **columns} for columns in expected]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    other = make_store(filled.client.endpoint)
    loaded = run_bulk("load", path, store=other)
    assert loaded.summary.startswith("53 rows: 53 new, 0 updated, 0 invalid")
    assert [get_article(other, columns["id"]) for columns in rows()] == [*map(article, rows())]
    other.client.close()


def test_exports_states_to_standard_output(run: Run, filled: Store) -> None:
    drafts = run("export", "-", "--state=draft", *store_options(filled))
    assert [item["id"] for item in drafts.json_lines()] == [3]
    assert drafts.stderr[0].startswith("1 articles exported in ")
    both = run("export", "-", "--state=draft", "--state=published", *store_options(filled))
    # splitlines() would also split at other characters than the line timeline.
    assert len(both.out.rstrip("\n").split("\n")) == 53
    assert run("export", "-", "--state=deleted", *store_options(filled)).status == 2


def test_exports_empty_store(run: Run, moto_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    assert run("export", path, *store_options(moto_store)).status == 0
    assert path.read_bytes() == b""


def test_keeps_symbolic_link(run: Run, filled: Store, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert run("export", tmp_path / "link", *store_options(filled)).status == 0
    assert (tmp_path / "link").is_symlink()
    assert len(exported(tmp_path / "real")) == 53


def test_writes_to_device(run: Run, filled: Store) -> None:
    assert run("export", "/dev/null", *store_options(filled)).status == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_reports_unwritable_path(run: Run, filled: Store, tmp_path: Path) -> None:
    outcome = run("export", tmp_path / "no/articles", *store_options(filled))
    assert outcome.status == 2
    assert outcome.stderr[-1].endswith("no/articles: No such file or directory")
    assert run("export", tmp_path, *store_options(filled)).status == 2


def fail_scans(monkeypatch: pytest.MonkeyPatch, failures: list[BaseException | None]) -> None:
    """Make the next scans fail with these exceptions, or succeed for None."""
    call = Client.call

    def call_or_fail(client: Client, operation: str, body: Any) -> Any:
        if operation == "Scan" and failures and (failure := failures.pop(0)):
            raise failure
        return call(client, operation, body)

    monkeypatch.setattr(Client, "call", call_or_fail)
    monkeypatch.setattr(export, "PAGE_SIZE", 7)
    monkeypatch.setattr(writer, "FIRST_PAUSE_SECONDS", 0.0)


def test_retries_while_store_is_busy(
    run: Run, filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_scans(monkeypatch, [StoreUnavailable("Scan: ThrottlingException"), None] * 4)
    path = tmp_path / "articles.jsonl"
    assert run("export", path, *store_options(filled)).status == 0
    assert len(exported(path)) == 53


@pytest.mark.parametrize("before", [None, b"the last export\n"])
@pytest.mark.parametrize(
    ("failure", "status", "stderr"),
    [
        (KeyboardInterrupt(), 130, "Interrupted. Nothing was exported."),
        (
            StoreUnavailable("Scan: ThrottlingException"),
            2,
            "Error: Could not reach the store: Scan: ThrottlingException. Nothing was exported.",
        ),
    ],
)
def test_failed_export_keeps_previous_file(
    run: Run,
    filled: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: bytes | None,
    failure: BaseException,
    status: int,
    stderr: str,
) -> None:
    fail_scans(monkeypatch, [None, None, *[failure] * 100])
    monkeypatch.setattr(writer, "MAX_WAIT_SECONDS", -1.0)
    path = tmp_path / "articles.jsonl"
    if before is not None:
        path.write_bytes(before)
    before_export = sorted(tmp_path.iterdir())
    outcome = run("export", path, *store_options(filled))
    assert (outcome.status, outcome.stderr) == (status, [stderr])
    assert sorted(tmp_path.iterdir()) == before_export
    assert before is None or path.read_bytes() == before


# Stops after the first page, when the file is partly written.
_KILLED = """
import sys, time
from seealso_cli.bulk import export
from seealso_cli.main import main
list_articles = export.list_articles
def slowly(*arguments):
    for page in list_articles(*arguments):
        yield page
        print("begun", flush=True)
        time.sleep(60)
export.list_articles = slowly
main()
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_export_keeps_previous_file(
    filled: Store, tmp_path: Path, sent: signal.Signals
) -> None:
    path = tmp_path / "articles.jsonl"
    path.write_bytes(b"the last export\n")
    code = f"import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler){_KILLED}"
    with subprocess.Popen(
        [sys.executable, "-c", code, "export", str(path), *store_options(filled)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(sent)
    assert process.returncode == (130 if sent == signal.SIGINT else -sent)
    assert path.read_bytes() == b"the last export\n"


def test_an_interrupted_export_without_a_reader_is_interrupted(
    filled: Store, tmp_path: Path
) -> None:
    code = """
import sys
from seealso_cli.bulk import export
from seealso_cli.main import main
def interrupted(*arguments):
    print("begun", flush=True)
    sys.stdin.readline()
    sys.stdout.write("more")
    raise KeyboardInterrupt
    yield
export.list_articles = interrupted
main()
"""
    path = tmp_path / "articles.jsonl"
    with subprocess.Popen(
        [sys.executable, "-c", code, "export", str(path), *store_options(filled)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"begun\n"
        process.stdout.close()
        process.stdin.write(b"\n")
    assert process.returncode == 130
    assert not path.exists()


@pytest.mark.parametrize("wrong", ["--articles-table=other", "--endpoint=http://127.0.0.1:9"])
def test_reports_missing_table_and_unreachable_store(
    run: Run, filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setattr(writer, "REQUEST_SECONDS", 0.1)
    path = tmp_path / "articles.jsonl"
    outcome = run("export", path, *store_options(filled), wrong)
    assert outcome.status == 2
    assert outcome.stderr[-1].endswith(" Nothing was exported.")
    assert not path.exists()


def test_reads_one_page_at_a_time(moto_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than one page is in memory."""
    monkeypatch.setattr(export, "PAGE_SIZE", 2)
    for first in (1, 10):
        put_articles(
            moto_store,
            [
                (Article(article_id, 7, "T", "", "2026-02-25"), None)
                for article_id in range(first, first + 9)
            ],
        )
    moto_store.client.start()
    pages = export.list_articles(moto_store, print)
    assert len(next(pages)) == 2
    assert moto_store.client.usage.requests == 1
    assert sum(map(len, pages)) == 16
