"""`seealso export --all` and `seealso load --all`: the way out of a lost region or account."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.sites import get_setting
from seealso_cli.recovery import verifying
from tests.cli.support import Outcome, run_command, store_options
from tests.support.factories import AT_ONCE, make_network, put_items, submit_url
from tests.support.fake_client import Database, fake_store
from tests.support.random_worlds import World
from tests.support.scan import scan, unchanged
from tests.support.tables import drop, make_store


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "SETTLE_SECONDS", 0.0)


@pytest.fixture
def filled(moto_store: Store) -> Store:
    """A store with all that a random world has."""
    world = World(fake_store(Database()), 9).live(60)
    for name in ("articles", "links", "sites"):
        items = scan(world.store, getattr(world.store, name))
        put_items(moto_store, getattr(moto_store, name), items)
    return moto_store


@pytest.fixture
def small(moto_store: Store) -> Store:
    """A store with an article and a link."""
    make_network(moto_store, [(1, AT_ONCE)])
    submit_url(moto_store, 1, "https://blog.example.net/1")
    return moto_store


@pytest.fixture
def elsewhere(moto_store: Store) -> Iterator[Store]:
    """An empty store."""
    made = make_store(moto_store.client.endpoint)
    yield made
    drop(made)


def export(store: Store, path: Path) -> Outcome:
    return run_command(["export", "--all", path, *store_options(store)])


def load(store: Store, path: Path, *arguments: str) -> Outcome:
    return run_command(["load", "--all", path, *arguments, *store_options(store)])


def contents(store: Store) -> list[Json]:
    """All but versions, empty pages, secrets and what only the audit has."""
    items = [
        item
        for table in (store.articles, store.links, store.sites)
        for item in scan(store, table)
        if item.get("kind") != "setting"
    ]
    pages = [item for item in items if str(item.get("pk")).startswith("page#")]
    empty = [page for page in pages if not page.get("published") and not page.get("pending")]
    return sorted(
        (
            {
                name: value
                for name, value in item.items()
                if name not in ("version", "closed_until") and (value or item not in pages)
            }
            # Scopes that were taken from a host leave its item.
            for item in items
            if item not in empty and (item.get("kind") not in ("host", "blocked") or len(item) > 2)
        ),
        key=repr,
    )


@pytest.mark.slow
def test_a_stack_is_the_same_elsewhere(filled: Store, elsewhere: Store, tmp_path: Path) -> None:
    path = tmp_path / "stack.jsonl.gz"
    with unchanged(filled):
        exported = export(filled, path)
    assert (exported.status, exported.out) == (0, "")
    assert (path.stat().st_mode & 0o777) == 0o600
    with unchanged(elsewhere):
        assert load(elsewhere, path, "--dry-run").summary == "Nothing was written (--dry-run)."
    loaded = load(elsewhere, path)
    assert (loaded.status, loaded.out) == (0, "")
    assert contents(elsewhere) == contents(filled)
    assert run_command(["verify", *store_options(elsewhere)]).status == 0
    with unchanged(elsewhere):
        again = load(elsewhere, path)
    assert again.status == 0
    assert all(line.endswith(": unchanged") for line in again.stderr)


def test_no_secret_is_exported(small: Store, tmp_path: Path) -> None:
    secret = get_setting(small, "token-secret", "")
    assert len(secret) == 64
    export(small, tmp_path / "stack")
    text = (tmp_path / "stack").read_text()
    assert secret not in text
    kinds = {next(iter(json.loads(line))) for line in text.splitlines()}
    assert kinds <= {"seealso", "site", "block", "article", "item", "end"}
    pks = [json.loads(line).get("item", {}).get("pk", "") for line in text.splitlines()]
    assert not any(pk.startswith("page#") for pk in pks)


def test_what_exists_is_left(small: Store, elsewhere: Store, tmp_path: Path) -> None:
    export(small, tmp_path / "stack")
    load(elsewhere, tmp_path / "stack")
    articles = scan(elsewhere, elsewhere.articles)
    put_items(elsewhere, elsewhere.articles, [{**articles[0], "title": "Changed here"}])
    with unchanged(elsewhere):
        outcome = load(elsewhere, tmp_path / "stack")
    assert "1 article: exists and differs: left as it is" in outcome.stderr


def test_claims_of_another_scope_are_refused(
    small: Store, elsewhere: Store, tmp_path: Path
) -> None:
    export(small, tmp_path / "stack")
    get_setting(elsewhere, "duplicate-scope", "page")
    outcome = load(elsewhere, tmp_path / "stack")
    assert outcome.status == 2
    assert outcome.summary.endswith("Load the file into a stack with DuplicateScope=network.")
    assert scan(elsewhere, elsewhere.links) == []


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[:-1], "is incomplete: its last line is missing"),
        (lambda lines: lines[:5] + lines[6:], "lines are missing"),
        (lambda lines: lines[1:], "line 1: of another format"),
        (lambda lines: [{"seealso": {"format": 2}}, *lines[1:]], "of another format"),
        (lambda lines: [*lines[:3], 7, *lines[3:]], "line 4"),
        (lambda lines: [{"seealso": {"format": 1, "at": "noon"}}, *lines[1:]], "line 1"),
        (lambda lines: [lines[0], {"site": {"domain": "x"}}, *lines[2:]], "line 2"),
        (lambda lines: [lines[0], {"article": {"id": 1}}, *lines[2:]], "line 2: an article"),
        (lambda lines: [lines[0], {"item": {"pk": 5}}, *lines[2:]], "line 2"),
        (lambda lines: [lines[0], {"other": {}}, *lines[2:]], "line 2: of no known kind"),
        (lambda _: [{"id": 1, "title": "A row"}], "line 1"),
        (lambda _: [], "is incomplete"),
    ],
)
def test_an_incomplete_file_is_refused_before_anything_is_written(
    small: Store, elsewhere: Store, tmp_path: Path, change: Any, message: str
) -> None:
    export(small, tmp_path / "stack")
    lines = change(lines_of(tmp_path / "stack"))
    (tmp_path / "stack").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with unchanged(elsewhere):
        outcome = load(elsewhere, tmp_path / "stack")
    assert outcome.status == 2
    assert message in outcome.summary


def test_a_truncated_gzip_file_is_refused(small: Store, elsewhere: Store, tmp_path: Path) -> None:
    path = tmp_path / "stack.gz"
    export(small, path)
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()))[:-100])
    with unchanged(elsewhere):
        assert load(elsewhere, path).status == 2


def test_options_that_do_not_go_together(small: Store, tmp_path: Path) -> None:
    path = tmp_path / "stack"
    refused = run_command(["export", "--all", "--state=draft", path, *store_options(small)])
    assert refused.status == 2
    export(small, path)
    assert load(small, path, f"--resume={tmp_path}/position").status == 2
    assert load(small, path, "--format=jsonl").status == 2
    assert run_command(["load", "--all", "-", *store_options(small)]).status == 2
