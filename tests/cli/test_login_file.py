"""The file that keeps an editor signed in: always complete, and private."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from seealso_cli import login_file
from seealso_cli.errors import RequestRefused
from seealso_cli.login_file import Login
from tests.cli.admin_server import AdminServer, token
from tests.cli.conftest import Run, token_claims
from tests.cli.support import mode
from tests.support.editors import EDITOR

LOGIN = Login("https://api.example.com", "t" * 4000, "e", 0.0, "r" * 2000)


def test_file_is_never_partial() -> None:
    """A reader gets the previous login or the new one."""
    logins = [replace(LOGIN, access_token=letter * 4000) for letter in "ab"]
    login_file.write(logins[0])
    done = threading.Event()

    def write_again() -> None:
        for number in range(200):
            login_file.write(logins[number % 2])
        done.set()

    writer = threading.Thread(target=write_again)
    writer.start()
    while not done.is_set():
        assert login_file.read() in logins
        assert mode(login_file.path()) == 0o600
    writer.join()
    assert [*login_file.path().parent.iterdir()] == [login_file.path()]


def test_failed_write_keeps_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    login_file.write(LOGIN)

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        login_file.write(replace(LOGIN, access_token="b"))
    assert login_file.read() == LOGIN
    assert [*login_file.path().parent.iterdir()] == [login_file.path()]


def test_write_makes_file_private() -> None:
    login_file.write(LOGIN)
    login_file.path().chmod(0o644)
    login_file.write(LOGIN)
    assert mode(login_file.path()) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pool": {}}', '{"pool": null, "a": 1}'])
def test_rejects_damaged_file(run: Run, content: str) -> None:
    login_file.write(LOGIN)
    login_file.path().write_text(content)
    with pytest.raises(RequestRefused, match=r"is damaged\. Sign in again with `seealso login`"):
        login_file.read()
    assert run("links", "queue").status == 3


def test_path_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", ignored)
        assert login_file.path() == tmp_path / ".config/seealso/login.json"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert login_file.path() == tmp_path / ".config/seealso/login.json"


def test_reports_unwritable_folder(run: Run, admin_server: AdminServer, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    valid = token(**token_claims(EDITOR, "editors")).encode()
    outcome = run("login", "--token-stdin", f"--api={admin_server.url}", stdin=valid)
    assert outcome.status == 2
    assert outcome.stderr[0].endswith("login.json: Not a directory")
