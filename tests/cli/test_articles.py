"""`seealso articles`: what is sent, printed and stored."""

import json
from pathlib import Path
from typing import Any

import pytest

from seealso.store.tables import Store
from seealso.tables.articles import Article, get_article, put_articles
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Run
from tests.cli.support import run_on_terminal, write_file

NEW: dict[str, Any] = {
    "domain": 7,
    "title": "The mill",
    "text": "On the river.\nStill.",
    "date": "2026-02-25",
}


def body(**members: Any) -> bytes:
    return json.dumps(NEW | members).encode()


def create(as_editor: Run, **members: Any) -> int:
    article_id: int = as_editor("articles", "create", "-", "--json", stdin=body(**members)).json()[
        "id"
    ]
    return article_id


def test_article_lifecycle(as_editor: Run, as_admin: Run, admin_server: AdminServer) -> None:
    created = as_editor("articles", "create", "-", stdin=body(id=41))
    assert (created.status, created.out, created.stderr) == (0, "41\n", [])
    assert as_editor("articles", "publish", 41).out == "Article 41: published, version 2.\n"
    assert as_editor("articles", "unpublish", 41).out == "Article 41: draft, version 3.\n"
    assert as_editor("articles", "delete", 41).out == "Article 41: deleted, version 4.\n"
    assert as_editor("articles", "restore", 41).out == "Article 41: draft, version 5.\n"
    assert as_editor("articles", "delete", 41, "--json").json()["state"] == "deleted"
    purged = as_admin("articles", "purge", 41, "--yes")
    assert (purged.status, purged.out) == (0, "Article 41 is purged.\n")
    assert as_editor("articles", "show", 41).status == 5
    assert admin_server.changes() == [
        ("POST", "/admin/articles"),
        ("POST", "/admin/articles/41/publish"),
        ("POST", "/admin/articles/41/unpublish"),
        ("DELETE", "/admin/articles/41"),
        ("POST", "/admin/articles/41/restore"),
        ("DELETE", "/admin/articles/41"),
        ("POST", "/admin/articles/41/purge"),
    ]


def test_purge_requires_yes_without_a_terminal(as_admin: Run, admin_server: AdminServer) -> None:
    create(as_admin, id=41)
    outcome = as_admin("articles", "purge", 41)
    assert outcome.status == 2
    assert outcome.stderr[-1] == "Error: Not running in a terminal; pass --yes to confirm."
    assert admin_server.changes() == [("POST", "/admin/articles")]


def test_purge_asks_on_a_terminal(as_admin: Run, admin_server: AdminServer) -> None:
    body = {"id": 41, "domain": 7, "title": "A", "text": "", "date": "2026-02-25"}
    as_admin("articles", "create", "-", stdin=json.dumps(body).encode())
    as_admin("articles", "delete", 41)
    status, screen = run_on_terminal(["articles", "purge", "41"], ["n"])
    assert (status, "Nothing was removed." in screen) == (2, True)
    status, screen = run_on_terminal(["articles", "purge", "41"], ["y"])
    assert (status, "Article 41 is purged." in screen) == (0, True)


def test_shows_article(as_editor: Run) -> None:
    create(as_editor, id=41, source_id=40)
    assert as_editor("articles", "show", 41).out.splitlines() == [
        "id:        41",
        "domain:    7",
        "title:     The mill",
        "date:      2026-02-25",
        "source_id: 40",
        "state:     draft",
        "version:   1",
        "",
        "On the river.",
        "Still.",
    ]
    assert as_editor("articles", "show", 41, "--json").json() == {
        **NEW,
        "id": 41,
        "source_id": 40,
        "state": "draft",
        "version": 1,
    }


def test_puts_edited_output_of_show(
    as_editor: Run, tmp_path: Path, deployed_environment: Store
) -> None:
    create(as_editor, id=41, source_id=40)
    shown = as_editor("articles", "show", 41, "--json").json()
    path = write_file(
        tmp_path, json.dumps(shown | {"title": "The weir", "source_id": None}).encode()
    )
    put = as_editor("articles", "put", 41, path)
    assert (put.status, put.out) == (0, "Article 41: draft, version 2.\n")
    assert get_article(deployed_environment, 41) == Article(
        41, 7, "The weir", NEW["text"], NEW["date"], None, "draft", 2
    )
    # The file has the version before the last change.
    assert as_editor("articles", "put", 41, path).status == 6
    # A file without a version replaces any current version.
    assert as_editor("articles", "put", 41, "-", stdin=body()).status == 0
    assert as_editor("articles", "put", 41, "-", "--version=2", stdin=body()).status == 6
    assert as_editor("articles", "put", 41, "-", "--version=3", stdin=body()).status == 0


def test_patches_columns(as_editor: Run, tmp_path: Path) -> None:
    create(as_editor, id=41, source_id=40)
    text = write_file(tmp_path, "Gr\u00fcn.\n".encode())
    columns = ["--title=The weir", "--date=2026-03-01", "--domain=8", "--source-id=0"]
    patched = as_editor("articles", "patch", 41, *columns, "--text-file", text, "--json").json()
    assert patched == {
        "id": 41,
        "domain": 8,
        "title": "The weir",
        "text": "Gr\u00fcn.\n",
        "date": "2026-03-01",
        "source_id": None,
        "state": "draft",
        "version": 2,
    }
    assert as_editor("articles", "patch", 41, "--domain=0", "--title=A", "--version=2").status == 0
    assert (
        as_editor("articles", "patch", 41).stderr[-1].startswith("Error: Specify what to change: ")
    )
    for content, reason in (
        (b"\xff", "not UTF-8"),
        ("Gr\u00fcn.".encode("utf-16"), "UTF-16; save it as UTF-8"),
    ):
        path = write_file(tmp_path, content, "other")
        outcome = as_editor("articles", "patch", 41, "--text-file", path)
        assert (outcome.status, outcome.stderr) == (
            1,
            [f"Error: {path} is invalid: it is {reason}."],
        )
    text = write_file(tmp_path, b"\xef\xbb\xbfGr\xc3\xbcn.")
    patched = as_editor("articles", "patch", 41, "--text-file", text, "--json").json()
    assert patched["text"] == "Gr\u00fcn."


@pytest.fixture
def _listed(deployed_environment: Store) -> None:
    changes = [
        (Article(article_id, 7, f"Title {article_id}", "", "2026-02-25", None, state), None)
        for article_id, state in enumerate(["published", "draft", "deleted"] * 80, 1)
    ]
    put_articles(deployed_environment, [(article, None) for article, _ in changes])


@pytest.mark.usefixtures("_listed")
def test_lists_pages_of_articles(as_editor: Run, admin_server: AdminServer) -> None:
    first = as_editor("articles", "list", "--domain=7", "--limit=2")
    assert first.out.splitlines() == [
        "id   domain  state    version  date        title",
        "240  7       deleted  1        2026-02-25  Title 240",
        "239  7       draft    1        2026-02-25  Title 239",
    ]
    assert first.stderr == ["More results available; use --limit N or --all."]
    assert len(admin_server.requests) == 1
    ids = [
        item["id"]
        for item in as_editor("articles", "list", "--domain=7", "--all", "--json").json_lines()
    ]
    assert ids == list(range(240, 0, -1))
    assert len(admin_server.requests) == 1 + 3
    for limit in (1, 100, 101, 239, 240, 241):
        listed = as_editor("articles", "list", "--domain=7", f"--limit={limit}")
        assert len(listed.out.splitlines()) == min(limit, 240) + 1
        assert bool(listed.stderr) == (limit < 240)
    drafts = as_editor("articles", "list", "--domain=7", "--state=draft", "--json").json_lines()
    assert [item["id"] for item in drafts] == list(range(239, 239 - 60, -3))
    first_drafts = as_editor("articles", "list", "--state=draft", "--json").json_lines()
    assert [item["id"] for item in first_drafts] == list(range(239, 239 - 60, -3))
    ids = as_editor("articles", "list", "--state=deleted", "--ids").out.split()
    assert ids == [str(article_id) for article_id in range(240, 0, -3)]
    assert as_editor("articles", "list", "--state=draft", "--ids", "--limit=2").out == "239\n236\n"
    empty = as_editor("articles", "list", "--domain=8")
    assert (empty.status, empty.out, empty.stderr) == (0, "", ["No results."])
    assert as_editor("articles", "list", "--domain=8", "--json").json_lines() == []


@pytest.mark.parametrize(
    ("content", "stderr"),
    [
        (b"{", "invalid JSON: Expecting property name"),
        (b"\xff", "it is not UTF-8."),
        (b"[{}]", "it must contain exactly one JSON object; it is a JSON array."),
        ("{}".encode("utf-16"), "it is UTF-16; save it as UTF-8."),
        (b'{"a": 1,\n "b": }', "invalid JSON: Expecting value (column 7) (line 2)."),
        (b"{} {}", "it must contain exactly one JSON object."),
        (b'{"id": 1, "id": 2}', "'id' appears more than once."),
    ],
)
def test_rejects_files_without_an_object(as_editor: Run, content: bytes, stderr: str) -> None:
    outcome = as_editor("articles", "create", "-", stdin=content)
    assert outcome.status == 1
    assert outcome.stderr[0].startswith(f"Error: Standard input is invalid: {stderr}")


@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf"])
def test_rejects_empty_files(as_editor: Run, tmp_path: Path, content: bytes) -> None:
    path = write_file(tmp_path, content)
    outcome = as_editor("articles", "create", path)
    assert (outcome.status, outcome.stderr) == (1, [f"Error: {path} is empty."])


def test_rejects_wrong_usage(as_editor: Run, tmp_path: Path, admin_server: AdminServer) -> None:
    for arguments in (
        ["show", "0"],
        ["show", "x"],
        ["list"],
        ["list", "--state=published"],
        ["publish"],
        ["publish", "1", "x"],
        ["publish", "1", "2", "--version=1"],
        ["list", "--domain=7", "--state=gone"],
        ["list", "--domain=7", "--limit=0"],
        ["put", "41", str(tmp_path / "nothing")],
        ["publish", "41", "--version=0"],
    ):
        assert as_editor("articles", *arguments).status == 2
    assert admin_server.requests == []
