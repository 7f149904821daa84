"""`seealso load`: the contents of the tables after it, also when it is interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seealso.errors import StoreError, StoreUnavailable
from seealso.reading import page
from seealso.store import client as store_client
from seealso.store.calls import Call
from seealso.store.client import Client, Retry
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables import articles, skips
from seealso.tables.articles import Article, get_article, put_articles
from seealso.tables.links import Link, add_link, claim_key
from seealso.tables.sites import Site
from seealso_cli.bulk import load, writer
from tests.cli.conftest import RunBulk
from tests.cli.support import (
    Columns,
    article,
    csv_text,
    jsonl,
    row,
    scan_table,
    store_options,
    write_file,
)
from tests.support import oracle
from tests.support.races import at_once
from tests.support.tables import another


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("form", [jsonl, csv_text])
def test_loads_rows_as_articles(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, zipped: bool, form: object
) -> None:
    rows = [
        row(1, text='Two lines,\nand "quotes"\r\n', title="\U0001f3ac caf\u00e9"),
        row(2**31 - 1, domain=0, srcId=1, date="2026-02-25 10:00:00+00", text=""),
    ]
    content = jsonl(rows) if form is jsonl else csv_text(rows)
    outcome = run_bulk("load", write_file(tmp_path, content, zipped=zipped), store=moto_store)
    assert outcome.status == 0
    assert outcome.summary.startswith("2 rows: 2 new, 0 updated, 0 invalid, in ")
    assert [get_article(moto_store, columns["id"]) for columns in rows] == [*map(article, rows)]


def test_pages_match_oracle_after_load_in_any_order(
    run_bulk: RunBulk, store: Store, tmp_path: Path
) -> None:
    random = Random(5)
    rows = [
        row(
            article_id,
            domain=random.randrange(4),
            srcId=random.choice([0, article_id, random.randrange(900)]),
        )
        for article_id in random.sample(range(1, 1000), 400)
    ]
    half = write_file(tmp_path, jsonl(rows[:150]), "half")
    rest = write_file(tmp_path, csv_text(rows[150:]), "rest", zipped=True)
    outcome = run_bulk("load", half, rest, store=store)
    assert outcome.status == 0, outcome.stderr
    assert outcome.summary.startswith("400 rows: 400 new, 0 updated, 0 invalid")
    model = {columns["id"]: article(columns) for columns in rows}
    for article_id in random.sample(sorted(model), 40):
        assert page.read_page(store, article_id) == oracle.page(model, article_id)


def test_loads_largest_articles(run_bulk: RunBulk, store: Store, tmp_path: Path) -> None:
    text = "\U0001f3ac" * (300 * 1024 // 4)
    rows = [row(article_id, text=text, title="\U0001f3ac" * 300) for article_id in range(1, 6)]
    assert run_bulk("load", write_file(tmp_path, jsonl(rows)), store=store).status == 0
    assert get_article(store, 5) == article(rows[4])


@given(
    domains=st.lists(st.sampled_from([0, 7, None]), min_size=1, max_size=30),
    form=st.sampled_from(["jsonl", "csv"]),
)
@settings(max_examples=25)
def test_loads_valid_rows_between_invalid_ones(
    run_bulk: RunBulk, moto_store: Store, domains: list[int | None], form: str
) -> None:
    clear(moto_store)
    rows = [
        row(article_id, domain="bad" if domain is None else domain)
        for article_id, domain in enumerate(domains, 1)
    ]
    valid = [columns for columns in rows if columns["domain"] != "bad"]
    content = jsonl(rows) if form == "jsonl" else csv_text(rows)
    outcome = run_bulk("load", "-", store=moto_store, stdin=content)
    assert outcome.status == (0 if len(valid) == len(rows) else 1)
    assert len(outcome.stderr) == len(rows) - len(valid) + 1
    loaded = [articles.article_of(item) for item in scan_table(moto_store, moto_store.articles)]
    assert sorted(loaded, key=lambda article: article.id) == [*map(article, valid)]


def clear(store: Store) -> None:
    for item in scan_table(store, store.articles):
        key = marshal_item({"id": item["id"]})
        store.client.call("DeleteItem", {"TableName": store.articles, "Key": key})


def test_dry_run_writes_nothing(run_bulk: RunBulk, moto_store: Store, tmp_path: Path) -> None:
    outcome = run_bulk("load", "--dry-run", write_file(tmp_path, jsonl([row()])), store=moto_store)
    assert outcome.summary.endswith("; nothing was written (--dry-run)")
    assert scan_table(moto_store, moto_store.articles) == []


# ---- loading again ---------------------------------------------------------------------------


def test_loading_again_keeps_state_and_links(
    run_bulk: RunBulk, store: Store, tmp_path: Path
) -> None:
    rows = [row(1), row(2, state="draft"), row(3), row(4)]
    path = write_file(tmp_path, jsonl(rows))
    assert run_bulk("load", path, store=store).status == 0
    deleted = replace(article(rows[2]), state="deleted", version=2)
    assert put_articles(store, [(deleted, article(rows[2]))]) == [None]
    publish_link(store, 1)
    links = scan_table(store, store.links)
    assert len(links) == 3
    changed = [row(article_id, title="Changed", domain=3, srcId=4) for article_id in (1, 2, 3)]
    outcome = run_bulk("load", write_file(tmp_path, jsonl([*changed, row(5)]), "more"), store=store)
    assert outcome.summary.startswith("4 rows: 1 new, 3 updated, 0 invalid")
    assert scan_table(store, store.links) == links
    expected = [
        article(changed[0], version=2),
        replace(article(changed[1], version=2), state="draft"),
        replace(article(changed[2], version=3), state="deleted"),
    ]
    assert [get_article(store, article_id) for article_id in (1, 2, 3)] == expected
    assert run_bulk("load", path, path, store=store).summary.startswith("8 rows: 0 new, 8 updated")
    assert [getattr(get_article(store, article_id), "version", 0) for article_id in (1, 2, 3)] == [
        4,
        4,
        5,
    ]
    shown = page.read_page(store, 1)
    assert shown is not None
    assert [link["url"] for link in shown["links"]] == ["https://a.example.com/"]
    assert page.read_page(store, 2) is None


def publish_link(store: Store, article_id: int) -> None:
    link = Link(
        link_id="a",
        article_id=article_id,
        domain=7,
        url="https://a.example.com/",
        title=None,
        status="published",
        version=1,
        link_back="unchecked",
        submitted_at="2026-03-01T10:00:00Z",
        published_at="2026-03-01T10:00:00Z",
        claim=claim_key("network", 1, "http://a.example.com/"),
        consent={"version": 1, "at": "2026-03-01T10:00:00Z"},
        token_hash="0",
    )
    add_link(store, link, Site(7))


def test_state_applies_to_new_articles_only(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path
) -> None:
    run_bulk("load", write_file(tmp_path, jsonl([row(1)])), store=moto_store)
    path = write_file(tmp_path, jsonl([row(1, state="draft"), row(2, state="draft")]), "drafts")
    run_bulk("load", path, store=moto_store)
    states = [getattr(get_article(moto_store, article_id), "state", None) for article_id in (1, 2)]
    assert states == ["published", "draft"]


def test_later_file_wins(run_bulk: RunBulk, moto_store: Store, tmp_path: Path) -> None:
    files = [
        write_file(
            tmp_path,
            jsonl(row(article_id, title=f"{name} {article_id}") for article_id in range(1, 200)),
            name,
        )
        for name in ("first", "second", "third")
    ]
    assert run_bulk("load", *files, store=moto_store).status == 0
    items = scan_table(moto_store, moto_store.articles)
    assert {item["title"] for item in items} == {
        f"third {article_id}" for article_id in range(1, 200)
    }


# ---- long same-domain runs -------------------------------------------------------------------


def test_records_long_runs_at_the_end(run_bulk: RunBulk, store: Store, tmp_path: Path) -> None:
    rows = [row(article_id, domain=3 if article_id <= 5 else 7) for article_id in range(1, 301)]
    Random(5).shuffle(rows)
    outcome = run_bulk("load", write_file(tmp_path, jsonl(rows)), store=store)
    assert outcome.status == 0
    assert outcome.summary.endswith("; 1 skip ranges recorded")
    store.client.start()
    shown = page.read_page(store, 300, domain=7, source_id=0)
    assert shown is not None
    assert [item["id"] for item in shown["other_domains"]] == [5, 4, 3]
    # First the article, its neighbors, the timeline and the domain; then the records; then what is
    # left between them.
    assert (store.client.usage.requests, store.client.usage.round_trips) == (5, 3)


def test_small_load_records_no_runs(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_called(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(skips, "record_skips", not_called)
    path = write_file(tmp_path, jsonl(row(article_id) for article_id in range(1, skips.MIN_SKIP)))
    assert run_bulk("load", path, store=moto_store).status == 0


def test_load_succeeds_without_recording_runs(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise StoreError("AccessDeniedException", "not you", None, [])

    monkeypatch.setattr(skips, "record_skips", refused)
    path = write_file(tmp_path, jsonl(row(article_id) for article_id in range(1, 101)))
    outcome = run_bulk("load", path, store=moto_store)
    assert outcome.status == 0
    assert "; skip ranges were not recorded (The store refused: AccessDenied" in outcome.summary


# ---- store failures --------------------------------------------------------------------------

FAILURES = [
    Retry("ThrottlingException"),
    Retry("TransactionConflictException"),
    Retry("no answer (TimeoutError)"),
]


def test_retries_throttling_conflicts_and_lost_answers(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(5)
    exchange = Client._exchange

    def unreliable_exchange(
        client: Client, calls: Sequence[Call], deadline: float
    ) -> list[Json | StoreError | Retry]:
        """Skip one call of three, and lose one response of three."""
        sent = [random.randrange(3) > 0 for _ in calls]
        answers = iter(
            exchange(
                client,
                [call for call, is_sent in zip(calls, sent, strict=True) if is_sent],
                deadline,
            )
        )
        received = [next(answers) if is_sent else random.choice(FAILURES) for is_sent in sent]
        return [
            random.choice(FAILURES) if not random.randrange(3) else answer for answer in received
        ]

    rows = [row(article_id) for article_id in range(1, 121)]
    path = write_file(tmp_path, jsonl(rows))
    monkeypatch.setattr(Client, "_exchange", unreliable_exchange)
    monkeypatch.setattr(store_client, "BACKOFF_SECONDS", 0.001)
    outcome = run_bulk("load", path, store=moto_store)
    monkeypatch.undo()
    assert outcome.status == 0, outcome.stderr
    loaded = [articles.article_of(item) for item in scan_table(moto_store, moto_store.articles)]
    # If the first response is lost, the retry finds an existing article: its version is higher.
    same = [replace(loaded_article, version=1) for loaded_article in loaded]
    assert sorted(same, key=lambda article: article.id) == [*map(article, rows)]


def fail_imports(monkeypatch: pytest.MonkeyPatch, failures: list[Exception | None]) -> None:
    """Make the next imports fail with these exceptions, or succeed for None."""
    import_articles = articles.import_articles

    def import_or_fail(store: Store, batch: Sequence[Article]) -> tuple[int, int]:
        if failures and (failure := failures.pop(0)):
            raise failure
        return import_articles(store, batch)

    monkeypatch.setattr(writer, "import_articles", import_or_fail)
    monkeypatch.setattr(writer, "THREADS", 1)


def test_retries_batches_while_store_is_busy(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_imports(monkeypatch, [StoreUnavailable("PutItem: ThrottlingException")] * 8)
    path = write_file(tmp_path, jsonl(row(article_id) for article_id in range(1, 51)))
    outcome = run_bulk("load", path, store=moto_store)
    assert (outcome.status, len(outcome.stderr)) == (0, 1)
    assert outcome.summary.startswith("50 rows: 50 new")


def test_load_fails_if_store_stays_busy(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unavailable = StoreUnavailable("PutItem: ThrottlingException")
    fail_imports(monkeypatch, [None, *[unavailable] * 100])
    monkeypatch.setattr(writer, "MAX_WAIT_SECONDS", -1.0)
    path = write_file(tmp_path, jsonl(row(article_id) for article_id in range(1, 501)))
    outcome = run_bulk("load", path, store=moto_store)
    assert outcome.status == 2
    assert outcome.summary == (
        "Error: Could not reach the store: PutItem: ThrottlingException. At least 96 rows "
        "are written; it is safe to run the same command again."
    )
    assert len(scan_table(moto_store, moto_store.articles)) == 96


def test_load_fails_if_store_refuses(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_imports(monkeypatch, [StoreError("AccessDeniedException", "not you", None, [])])
    outcome = run_bulk("load", write_file(tmp_path, jsonl([row()])), store=moto_store)
    assert outcome.status == 2
    assert outcome.summary == (
        "Error: The store refused: AccessDeniedException: not you. At least 0 rows are written; "
        "it is safe to run the same command again."
    )


@pytest.mark.parametrize("name", ["articles", "skips"])
def test_reports_missing_table(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, name: str
) -> None:
    path = write_file(tmp_path, jsonl([row()]))
    outcome = run_bulk("load", path, *store_options(moto_store), f"--{name}-table=other")
    assert outcome.status == 2
    assert outcome.stderr[-1].startswith("Error: The store has no such table")


# ---- interruption ----------------------------------------------------------------------------


# A shell's background jobs ignore SIGINT, and so do their children: restore the default.
_SEEALSO = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from seealso_cli.main import main
main()
"""


def start_load(*arguments: str | Path, store: Store) -> subprocess.Popen[bytes]:
    """A load of its standard input, as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", _SEEALSO, "load", "-", *arguments, *store_options(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ,
    )


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_load_can_be_repeated(
    run_bulk: RunBulk, store: Store, tmp_path: Path, sent: signal.Signals
) -> None:
    rows = [row(article_id, domain=article_id % 3) for article_id in range(1, 401)]
    process = start_load(store=store)
    with process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(jsonl(rows[:300]))
        process.stdin.flush()
        while not scan_table(store, store.articles):
            assert process.poll() is None
        process.send_signal(sent)
        stderr = process.stderr.read().decode().splitlines()
        process.stdin.close()
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert len(stderr) == 1
        assert stderr[0].startswith("Interrupted. At least ")
        assert stderr[0].endswith(" rows are written; it is safe to run the same command again.")
    assert len(scan_table(store, store.articles)) < 400
    outcome = run_bulk("load", write_file(tmp_path, jsonl(rows)), store=store)
    assert outcome.status == 0, outcome.stderr
    loaded = [articles.article_of(item) for item in scan_table(store, store.articles)]
    same = [replace(loaded_article, version=1) for loaded_article in loaded]
    assert sorted(same, key=lambda article: article.id) == [*map(article, rows)]


def test_two_loads_at_once_write_every_row(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skips, "WAIT_SECONDS", 0.0)
    rows = {name: [*range(first, first + 300)] for name, first in (("one", 1), ("two", 101))}
    paths = {
        name: write_file(tmp_path, jsonl(row(each, title=name) for each in ids), name)
        for name, ids in rows.items()
    }
    statuses = at_once(
        lambda path: load.load_articles([str(path)], None, lambda: another(store)), paths.values()
    )
    assert statuses == [0, 0]
    loaded = [articles.article_of(item) for item in scan_table(store, store.articles)]
    versions = {each.id: each.version for each in loaded}
    assert versions == {each: 1 + (101 <= each <= 300) for each in range(1, 401)}
    assert all(each.id in rows[each.title] for each in loaded)


# ---- resuming --------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [jsonl, csv_text])
def test_resumed_load_writes_each_row_once(
    run_bulk: RunBulk,
    moto_store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: Callable[[Sequence[Columns]], bytes],
) -> None:
    rows = [row(article_id, domain="bad" if article_id == 5 else 7) for article_id in range(1, 501)]
    rows += [row(499, title="A duplicate"), row(160, title="A duplicate")]
    paths = [
        write_file(tmp_path, form(part), name, zipped=True)
        for name, part in (("first", rows[:150]), ("second", rows[150:]))
    ]
    position = tmp_path / "position"
    arguments: list[str | Path] = ["load", *paths, "--resume", position]
    with monkeypatch.context() as patch:
        # The batches of the first file and the first one of the second.
        failure = StoreError("AccessDeniedException", "not you", None, [])
        fail_imports(patch, [None, None, None, *[failure] * 100])
        outcome = run_bulk(*arguments, store=moto_store)
    assert outcome.status == 2
    assert outcome.summary.endswith(
        "At least 245 rows are written; run the same command again to go on."
    )
    assert len(scan_table(moto_store, moto_store.articles)) == 245
    outcome = run_bulk(*arguments, store=moto_store)
    assert outcome.status == 1
    assert outcome.stderr[0] == "Resuming after row 246."
    assert sum("duplicate id" in line for line in outcome.stderr) == 2
    assert outcome.summary.startswith("502 rows: 499 new, 0 updated, 3 invalid")
    loaded = [articles.article_of(item) for item in scan_table(moto_store, moto_store.articles)]
    valid = [columns for columns in rows[:500] if columns["id"] != 5]
    assert sorted(loaded, key=lambda article: article.id) == [*map(article, valid)]
    assert not position.exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_killed_load_goes_on_where_it_was(
    run_bulk: RunBulk, store: Store, tmp_path: Path, sent: signal.Signals
) -> None:
    rows: list[Columns] = []
    position = tmp_path / "position"
    process = start_load("--resume", position, store=store)
    with process:
        assert process.stdin is not None
        while not position.exists() or not json.loads(position.read_bytes())["rows"]:
            assert process.poll() is None
            more = [row(each, domain=each % 3) for each in range(len(rows) + 1, len(rows) + 21)]
            process.stdin.write(jsonl(more))
            process.stdin.flush()
            rows += more
            time.sleep(0.02)
        process.send_signal(sent)
        process.wait()
        process.stdin.close()
    reached = json.loads(position.read_bytes())["rows"]
    rows.append(row(len(rows) + 1))
    outcome = run_bulk("load", "-", "--resume", position, store=store, stdin=jsonl(rows))
    assert outcome.status == 0, outcome.stderr
    assert outcome.stderr[0] == f"Resuming after row {reached:,}."
    loaded = [articles.article_of(item) for item in scan_table(store, store.articles)]
    loaded.sort(key=lambda article: article.id)
    assert [replace(each, version=1) for each in loaded] == [*map(article, rows)]
    assert {each.version for each in loaded[:reached]} == {1}


def position_of(run_bulk: RunBulk, store: Store, folder: Path, rows: Sequence[Columns]) -> Path:
    """The position of a load that was interrupted after these rows."""
    position = folder / "position"
    path = write_file(folder, jsonl([*rows, row(9999)]), "interrupted")
    with pytest.MonkeyPatch.context() as patch:
        failure = StoreError("AccessDeniedException", "not you", None, [])
        fail_imports(patch, [None, *[failure] * 100])
        patch.setattr(load, "BATCH_ROWS", len(rows))
        assert run_bulk("load", path, "--resume", position, store=store).status == 2
    return position


def test_resuming_requires_the_same_rows(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path
) -> None:
    rows = [row(article_id) for article_id in range(1, 9)]
    position = position_of(run_bulk, moto_store, tmp_path, rows)
    saved = position.read_bytes()
    for other in (rows[:-1], [*rows[:-1], row(8, title="Another")], []):
        path = write_file(tmp_path, jsonl(other), "other")
        outcome = run_bulk("load", path, "--resume", position, store=moto_store)
        assert outcome.status == 2
        assert outcome.summary == (
            "Error: The files differ from those of the load that is to be resumed. Name the same "
            "files, or start again with another position file."
        )
        assert position.read_bytes() == saved
    path = write_file(tmp_path, jsonl([*rows, row(10)]), "more")
    outcome = run_bulk("load", path, "--resume", position, store=moto_store)
    assert outcome.summary.startswith("9 rows: 9 new, 0 updated, 0 invalid")


def test_resuming_requires_the_same_table(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path
) -> None:
    position = position_of(run_bulk, moto_store, tmp_path, [row(1)])
    path = write_file(tmp_path, jsonl([row(1)]))
    other = [*store_options(moto_store), "--articles-table=other"]
    outcome = run_bulk("load", path, "--resume", position, *other)
    assert outcome.status == 2
    assert f"is the position of a load into {moto_store.articles} at http" in outcome.summary


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"target": "t", "row": 1}', b"\xff"])
def test_refuses_a_file_that_is_no_position(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path, content: bytes
) -> None:
    position = tmp_path / "position"
    position.write_bytes(content)
    path = write_file(tmp_path, jsonl([row()]))
    outcome = run_bulk("load", path, "--resume", position, store=moto_store)
    assert outcome.status == 2
    assert outcome.summary == (
        f"Error: {position} is not the position of a load: delete it, or name another file."
    )
    assert position.read_bytes() == content


def test_reports_an_unwritable_position_before_the_load(
    run_bulk: RunBulk, moto_store: Store, tmp_path: Path
) -> None:
    path = write_file(tmp_path, jsonl([row()]))
    position = tmp_path / "missing" / "position"
    outcome = run_bulk("load", path, "--resume", position, store=moto_store)
    assert outcome.summary == f"Error: Could not write {position}: No such file or directory"
    assert outcome.status == 2
    assert scan_table(moto_store, moto_store.articles) == []


def test_a_dry_run_has_no_position(run_bulk: RunBulk, tmp_path: Path) -> None:
    path = write_file(tmp_path, jsonl([row()]))
    outcome = run_bulk("load", path, "--dry-run", "--resume", tmp_path / "position")
    assert outcome.status == 2
    assert "--resume can't be used with --dry-run" in outcome.summary


# ---- memory ----------------------------------------------------------------------------------

# ru_maxrss would include the peak of this process, whose memory a child shares until it runs its
# own program (Linux, exec_mmap).
_DRY_RUN = """
import re
from pathlib import Path
from seealso_cli.bulk.load import load_articles
status = load_articles(["-"], None, None)
print(status, re.search(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1])
"""


_LINE = b'{"id": %d, "domain": 7, "title": "T", "text": "", "date": "2026-02-25", "srcId": 0}\n'


def peak_memory(rows: int) -> int:
    """The peak memory of a dry run of this many rows, in KB, in a separate process."""
    process = subprocess.Popen(
        [sys.executable, "-c", _DRY_RUN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(rows):
            # Distinct ids over the whole range: the multiplier and the range have no common factor.
            process.stdin.write(_LINE % (number * 1_000_003 % (2**31 - 1) + 1))
        process.stdin.close()
        status, peak = process.stdout.read().split()
    assert status == b"0"
    return int(peak)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file() -> None:
    # The first run compiles modules whose bytecode is not cached, which takes memory, too.
    peak_memory(10)
    # SQLite's cache of the ids and the allocator take 3 MB until they are full. A list of the ids
    # alone would take 110,000 * 40 bytes, 4.4 MB, more.
    assert peak_memory(120_000) - peak_memory(10_000) < 4_000
