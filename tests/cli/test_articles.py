"""`seealso articles`: what is sent, what is printed, what is there then."""

import json
from pathlib import Path
from typing import Any

import pytest

from seealso.articles import Article, get_article, put_articles
from seealso.dynamodb import Store
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Admin
from tests.cli.support import write

NEW: dict[str, Any] = {
    "domain": 7,
    "title": "The mill",
    "text": "On the river.\nStill.",
    "date": "2026-02-25",
}


def body(**members: Any) -> bytes:
    return json.dumps(NEW | members).encode()


def create(as_editor: Admin, **members: Any) -> int:
    article_id: int = as_editor("articles", "create", "-", "--json", stdin=body(**members)).json()[
        "id"
    ]
    return article_id


def test_the_life_of_an_article(
    as_editor: Admin, as_admin: Admin, admin_server: AdminServer
) -> None:
    created = as_editor("articles", "create", "-", stdin=body(id=41))
    assert (created.status, created.out, created.told) == (0, "41\n", [])
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


def test_a_purge_is_asked_for(as_admin: Admin, admin_server: AdminServer) -> None:
    create(as_admin, id=41)
    asked = as_admin("articles", "purge", 41)
    assert asked.status == 2
    assert asked.told[-1] == "Error: There is no terminal to ask on: give --yes."
    assert admin_server.changes() == [("POST", "/admin/articles")]


def test_show(as_editor: Admin) -> None:
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


def test_what_was_shown_can_be_put_again(
    as_editor: Admin, tmp_path: Path, deployed_environment: Store
) -> None:
    create(as_editor, id=41, source_id=40)
    shown = as_editor("articles", "show", 41, "--json").json()
    path = write(tmp_path, json.dumps(shown | {"title": "The weir", "source_id": None}).encode())
    put = as_editor("articles", "put", 41, path)
    assert (put.status, put.out) == (0, "Article 41: draft, version 2.\n")
    assert get_article(deployed_environment, 41) == Article(
        41, 7, "The weir", NEW["text"], NEW["date"], None, "draft", 2
    )
    # It was read before the last change.
    assert as_editor("articles", "put", 41, path).status == 6
    # A file without a version is put over what is there.
    assert as_editor("articles", "put", 41, "-", stdin=body()).status == 0
    assert as_editor("articles", "put", 41, "-", "--version=2", stdin=body()).status == 6
    assert as_editor("articles", "put", 41, "-", "--version=3", stdin=body()).status == 0


def test_patch(as_editor: Admin, tmp_path: Path) -> None:
    create(as_editor, id=41, source_id=40)
    text = write(tmp_path, "Gr\u00fcn.\n".encode())
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
    assert as_editor("articles", "patch", 41).told[-1].startswith("Error: Say what to change: ")
    not_text = write(tmp_path, b"\xff", "other")
    assert as_editor("articles", "patch", 41, "--text-file", not_text).status == 2


@pytest.fixture
def _listed(deployed_environment: Store) -> None:
    changes = [
        (Article(each, 7, f"Title {each}", "", "2026-02-25", None, state), None)
        for each, state in enumerate(["published", "draft", "deleted"] * 80, 1)
    ]
    put_articles(deployed_environment, [(article, None) for article, _ in changes])


@pytest.mark.usefixtures("_listed")
def test_list(as_editor: Admin, admin_server: AdminServer) -> None:
    first = as_editor("articles", "list", "--domain=7", "--limit=2")
    assert first.out.splitlines() == [
        "id   state    version  date        title    ",
        "240  deleted  1        2026-02-25  Title 240",
        "239  draft    1        2026-02-25  Title 239",
    ]
    assert first.told == ["There are more: use --limit N or --all."]
    assert len(admin_server.requests) == 1
    ids = [
        each["id"]
        for each in as_editor("articles", "list", "--domain=7", "--all", "--json").json_lines()
    ]
    assert ids == list(range(240, 0, -1))
    assert len(admin_server.requests) == 1 + 3
    for limit in (1, 100, 101, 239, 240, 241):
        some = as_editor("articles", "list", "--domain=7", f"--limit={limit}")
        assert len(some.out.splitlines()) == min(limit, 240) + 1
        assert bool(some.told) == (limit < 240)
    drafts = as_editor("articles", "list", "--domain=7", "--state=draft", "--json").json_lines()
    assert [each["id"] for each in drafts] == list(range(239, 239 - 60, -3))
    nothing = as_editor("articles", "list", "--domain=8")
    assert (nothing.status, nothing.out, nothing.told) == (0, "", ["There is none."])
    assert as_editor("articles", "list", "--domain=8", "--json").json_lines() == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "not JSON: Expecting property name"),
        (b"\xff", "it is not UTF-8."),
        (b"[]", "it must hold one JSON object and nothing else."),
        (b"{} {}", "it must hold one JSON object and nothing else."),
        (b'{"id": 1, "id": 2}', "'id' is there twice."),
    ],
)
def test_a_file_that_holds_no_object(as_editor: Admin, content: bytes, told: str) -> None:
    outcome = as_editor("articles", "create", "-", stdin=content)
    assert outcome.status == 1
    assert outcome.told[0].startswith(f"Error: FILE can't be taken: {told}")


def test_wrong_usage(as_editor: Admin, tmp_path: Path, admin_server: AdminServer) -> None:
    for arguments in (
        ["show", "0"],
        ["show", "x"],
        ["list"],
        ["list", "--domain=7", "--state=gone"],
        ["list", "--domain=7", "--limit=0"],
        ["put", "41", str(tmp_path / "nothing")],
        ["publish", "41", "--version=0"],
    ):
        assert as_editor("articles", *arguments).status == 2
    assert admin_server.requests == []
