"""`seealso articles edit`: a text in the user's editor."""

import json
import shlex
import stat
import sys
from pathlib import Path

import pytest

from seealso.store.tables import Store
from seealso.tables.articles import get_article
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Run
from tests.cli.support import Outcome

TEXT = "On the river.\r\nStill, caf\u00e9.\n\nThe end"


@pytest.fixture
def drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the editor's files."""
    folder = tmp_path / "drafts"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.delenv("VISUAL", raising=False)
    return folder


@pytest.fixture
def with_article(as_editor: Run, admin_server: AdminServer) -> Run:
    body = {"id": 41, "domain": 7, "title": "The mill", "text": TEXT, "date": "2026-02-25"}
    assert as_editor("articles", "create", "-", stdin=json.dumps(body).encode()).status == 0
    admin_server.requests.clear()
    return as_editor


def set_editor(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """An editor that runs Python code on `data`, the bytes of its file `path`."""
    program = (
        "import sys, pathlib; path = pathlib.Path(sys.argv[1]); data = path.read_bytes(); "
        f"{code}; path.write_bytes(data)"
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} -c {shlex.quote(program)}")


def stored_text(store: Store) -> str:
    article = get_article(store, 41)
    assert article is not None
    return article.text


def test_edits_the_text(
    with_article: Run,
    deployed_environment: Store,
    drafts: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mode = f"assert path.stat().st_mode & 0o777 == {stat.S_IRUSR | stat.S_IWUSR}"
    as_text = f"assert data == {TEXT.encode()!r}"
    set_editor(monkeypatch, f"{mode}; {as_text}; data = data.replace(b'river', b'weir')")
    outcome = with_article("articles", "edit", 41)
    assert outcome == Outcome(0, "Article 41: draft, version 2.\n", [])
    assert stored_text(deployed_environment) == TEXT.replace("river", "weir")
    assert with_article("articles", "show", 41, "--json").json()["title"] == "The mill"
    assert [*drafts.iterdir()] == []
    set_editor(monkeypatch, "data = b'\\xef\\xbb\\xbfNew'")
    assert with_article("articles", "edit", 41, "--json").json()["text"] == "New"


@pytest.mark.parametrize("code", ["pass", "data += b'\\n'", "data = b'\\xef\\xbb\\xbf' + data"])
def test_sends_nothing_if_nothing_is_changed(
    with_article: Run,
    admin_server: AdminServer,
    drafts: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
) -> None:
    set_editor(monkeypatch, code)
    assert with_article("articles", "edit", 41) == Outcome(0, "", ["Nothing was changed."])
    assert admin_server.changes() == []
    assert [*drafts.iterdir()] == []


def test_conflict_keeps_the_file(
    with_article: Run,
    admin_server: AdminServer,
    deployed_environment: Store,
    drafts: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Someone else changes the article while the editor is open."""
    request = f"{admin_server.url}/admin/articles/41"
    token = json.loads((drafts.parent / "config/seealso/login.json").read_text())["access_token"]
    theirs = (
        "import urllib.request; "
        f"headers = {{'Authorization': 'Bearer {token}', 'If-Match': '1', "
        "'Content-Type': 'application/json'}; "
        f"urllib.request.urlopen(urllib.request.Request({request!r}, "
        "b'{\"title\": \"Theirs\"}', headers, method='PATCH')); data = b'Mine'"
    )
    set_editor(monkeypatch, theirs)
    outcome = with_article("articles", "edit", 41)
    assert outcome.status == 6
    (kept,) = drafts.iterdir()
    assert kept.read_bytes() == b"Mine"
    assert outcome.stderr[0].endswith(f" Your text is kept in {kept}.")
    assert outcome.stderr[1] == "  The current version is 2, draft, Theirs."
    assert stored_text(deployed_environment) == TEXT
    assert with_article("articles", "patch", 41, "--text-file", kept).status == 0
    assert stored_text(deployed_environment) == "Mine"


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        (
            "data = b'x' * 400000",
            1,
            "text must be at most 300 KB, 307,200 bytes (is 400,000 bytes)",
        ),
        ("data = b'\\xff'", 1, "is invalid: it is not UTF-8."),
        ("data = b'Mine'; path.write_bytes(data); sys.exit(1)", 2, "Editing failed."),
    ],
)
def test_failure_keeps_the_file(
    with_article: Run,
    drafts: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    status: int,
    message: str,
) -> None:
    set_editor(monkeypatch, code)
    outcome = with_article("articles", "edit", 41)
    (kept,) = drafts.iterdir()
    assert outcome.status == status
    assert message in outcome.stderr[0]
    assert outcome.stderr[0].endswith(f" Your text is kept in {kept}.")


@pytest.mark.parametrize(
    ("editor", "message"),
    [
        ("/nowhere/editor", "/nowhere/editor: Editing failed: "),
        ("false", "false: Editing failed."),
        ("vi 'x", "EDITOR is invalid: No closing quotation."),
        ("", "Not running in a terminal; set EDITOR to an editor."),
    ],
)
def test_reports_editors_that_fail(
    with_article: Run,
    drafts: Path,
    monkeypatch: pytest.MonkeyPatch,
    editor: str,
    message: str,
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    outcome = with_article("articles", "edit", 41)
    assert outcome.status == 2
    assert outcome.stderr[0].startswith(f"Error: {message}")
    assert [*drafts.iterdir()] == []
