"""`seealso login` and `logout`, the file between them, and how tokens are refreshed."""

import json
import os
import pty
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from seealso_cli import auth, login_file
from seealso_cli.errors import Refusal
from seealso_cli.login_file import Login
from tests.cli.admin_server import PASSWORD, AdminServer, Users, token, user_pool
from tests.cli.conftest import Admin, MakeStack
from tests.cli.support import Printed
from tests.conftest import Engines
from tests.support.editors import ADMIN, EDITOR, claims
from tests.support.tables import REGION

SECRET = "a-New-Word-2-keep"


@pytest.fixture
def where(admin_server: AdminServer, users: Users, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options of a login, and Cognito at the engine's endpoint instead of AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", users.pool.endpoint or "")
    return [
        f"--api={admin_server.url}",
        f"--client-id={users.pool.client_id}",
        f"--region={REGION}",
    ]


@pytest.fixture
def signed_in(run: Admin, where: list[str], users: Users, monkeypatch: pytest.MonkeyPatch) -> Login:
    """An editor who has signed in."""
    users.add(EDITOR, "editors")
    monkeypatch.setenv("SEEALSO_PASSWORD", PASSWORD)
    outcome = run("login", EDITOR, *where)
    assert outcome.status == 0, outcome
    return login_file.read()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_signed_in(run: Admin, signed_in: Login, admin_server: AdminServer, tmp_path: Path) -> None:
    assert login_file.path() == tmp_path / "config/seealso/login.json"
    assert mode(login_file.path()) == 0o600
    assert mode(login_file.path().parent) == 0o700
    assert signed_in.user == EDITOR
    assert signed_in.expires_at is not None
    assert 3500 < signed_in.expires_at - time.time() <= 3600
    assert run("links", "queue").status == 0
    # An access token, not an ID token: the API refuses those.
    assert admin_server.requests[-1][2]["authorization"] == f"Bearer {signed_in.access_token}"


def test_the_token_for_other_clients(run: Admin, signed_in: Login) -> None:
    assert run("token") == Printed(0, f"{signed_in.access_token}\n", [])
    login_file.write(replace(signed_in, expires_at=0.0))
    assert run("token").out == f"{login_file.read().access_token}\n"
    login_file.remove()
    assert run("token").status == 3


def test_a_wrong_password(
    run: Admin, signed_in: Login, where: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEALSO_PASSWORD", "wrong-Horse-1-battery")
    outcome = run("login", EDITOR, *where)
    assert outcome.status == 3
    assert outcome.told[-1].startswith("Error: Cognito refused: ")
    assert "wrong-Horse" not in str(outcome)
    assert run("login", "nobody@example.com", *where).status == 3
    # Who was signed in still is.
    assert login_file.read() == signed_in


def test_the_first_time(
    run: Admin, users: Users, where: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    users.add(EDITOR, "editors", new=True)
    monkeypatch.setenv("SEEALSO_PASSWORD", PASSWORD)
    outcome = run("login", EDITOR, *where)
    assert outcome.status == 2
    assert outcome.told[-1] == (
        "Error: There is no terminal to ask for the new password: set SEEALSO_NEW_PASSWORD."
    )
    monkeypatch.setenv("SEEALSO_NEW_PASSWORD", SECRET)
    assert run("login", EDITOR, *where).status == 0
    assert run("links", "queue").status == 0
    assert run("login", EDITOR, *where).status == 3
    monkeypatch.setenv("SEEALSO_PASSWORD", SECRET)
    assert run("login", EDITOR, *where).status == 0


# In a session of its own, where the terminal is the one that questions go to; and with the signals
# that a shell's foreground has, however these tests were started.
_ON_A_TERMINAL = """
import fcntl, signal, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
from seealso_cli.main import main
main()
"""


def typed(arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """The status and screen of a command on a terminal, where each question gets an answer."""
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
        asked = 0
        while some := _read(master):
            screen += some
            if screen.endswith(b": ") and asked < len(answers):
                os.write(master, answers[asked].encode() + b"\n")
                asked += 1
        os.close(master)
    return process.returncode, screen.decode()


def _read(terminal: int) -> bytes:
    """What comes next on the screen; nothing at its end, or after a time that is far too long."""
    if not select.select([terminal], [], [], 30)[0]:
        return b""
    try:
        return os.read(terminal, 1024)
    except OSError:
        # So Linux says that the last process of the terminal has ended.
        return b""


def test_passwords_are_asked_for_and_not_shown(users: Users, where: list[str]) -> None:
    users.add(EDITOR, "editors", new=True)
    status, screen = typed(["login", EDITOR, *where], [PASSWORD, SECRET, SECRET])
    assert status == 0, screen
    assert [line.strip() for line in screen.splitlines() if line.strip()] == [
        "Password:",
        "New password:",
        "Repeat for confirmation:",
        f"Signed in to {login_file.read().api_url} as {EDITOR}.",
    ]
    assert typed(["login", EDITOR, *where], ["\x03"])[0] == 130


def test_a_purge_is_asked_for_on_a_terminal(as_admin: Admin, admin_server: AdminServer) -> None:
    body = {"id": 41, "domain": 7, "title": "A", "text": "", "date": "2026-02-25"}
    as_admin("articles", "create", "-", stdin=json.dumps(body).encode())
    as_admin("articles", "delete", 41)
    status, screen = typed(["articles", "purge", "41"], ["n"])
    assert (status, "Nothing was done." in screen) == (2, True)
    status, screen = typed(["articles", "purge", "41"], ["y"])
    assert (status, "Article 41 is purged." in screen) == (0, True)


# ---- refreshing --------------------------------------------------------------------------------


def test_an_expired_token_is_refreshed(
    run: Admin, signed_in: Login, admin_server: AdminServer
) -> None:
    login_file.write(replace(signed_in, expires_at=time.time() + 5))
    assert run("links", "queue").status == 0
    assert len(admin_server.requests) == 1
    fresh = login_file.read()
    assert fresh.expires_at is not None
    assert fresh.expires_at > time.time() + 3500
    assert fresh.refresh_token == signed_in.refresh_token
    assert mode(login_file.path()) == 0o600


def test_a_refused_token_is_refreshed(
    run: Admin, signed_in: Login, admin_server: AdminServer
) -> None:
    ended = token(**claims(EDITOR, "[editors]"))
    login_file.write(replace(signed_in, access_token=ended))
    admin_server.ended.add(ended)
    body = {"domain": 7, "title": "A", "text": "", "date": "2026-02-25"}
    created = run("articles", "create", "-", stdin=json.dumps(body).encode())
    assert (created.status, created.out) == (0, "1\n")
    assert admin_server.changes() == [("POST", "/admin/articles")] * 2
    assert login_file.read().access_token != ended
    assert run("links", "queue").status == 0
    assert len(admin_server.requests) == 3


def test_a_sign_in_that_has_run_out(
    run: Admin, signed_in: Login, admin_server: AdminServer
) -> None:
    over = replace(signed_in, refresh_token="gone", expires_at=0.0)
    login_file.write(over)
    told = ["Error: Your sign-in has run out: sign in with `seealso login` again."]
    assert run("links", "queue") == Printed(3, "", told)
    assert admin_server.requests == []
    assert login_file.read() == over


def test_a_fresh_token_may_be_refused_too(
    run: Admin, signed_in: Login, admin_server: AdminServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_AUDIENCE", "another")
    outcome = run("links", "queue")
    told = ["Error: The API does not take your token: sign in with `seealso login` again."]
    assert outcome == Printed(3, "", told)
    assert len(admin_server.requests) == 2


# ---- tokens of other issuers -------------------------------------------------------------------


def test_a_token_of_another_issuer(run: Admin, admin_server: AdminServer) -> None:
    given = token(**claims(EDITOR, "[editors]") | {"exp": 2**33})
    outcome = run(
        "login", "--token-stdin", f"--api={admin_server.url}/", stdin=f"{given}\n".encode()
    )
    assert outcome == Printed(0, "", [f"Signed in to {admin_server.url}/."])
    assert mode(login_file.path()) == 0o600
    assert run("links", "queue").status == 0
    assert admin_server.requests[-1][1].startswith("/admin/links?")
    admin_server.ended.add(given)
    outcome = run("links", "queue")
    assert outcome.status == 3
    assert run("logout").status == 0
    assert run("links", "queue").told == [
        "Error: You are not signed in: sign in with `seealso login`."
    ]


@pytest.mark.parametrize("given", [b"", b"\n", b"two words\n", b"caf\xc3\xa9\n", b"\x1b[m\n"])
def test_no_token(run: Admin, given: bytes) -> None:
    outcome = run("login", "--token-stdin", "--api=https://api.example.com", stdin=given)
    assert outcome.status == 2
    assert outcome.told == [
        "Error: Standard input has no token: one line without spaces is expected."
    ]
    assert not login_file.path().exists()


@pytest.mark.parametrize(
    "url",
    [
        "api.example.com",
        "http://api.example.com",
        "http://localhost.example.com",
        "https://user@api.example.com",
        "ftp://api.example.com",
        "https://",
        "https://api.example.com/?a",
        "https://api.example.com:x",
        "https://[",
    ],
)
def test_a_token_goes_to_no_such_address(run: Admin, url: str) -> None:
    outcome = run("login", "--token-stdin", f"--api={url}", stdin=b"token\n")
    assert outcome.status == 2
    assert outcome.told[0].startswith("Error: The API's address must b")
    assert not login_file.path().exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [EDITOR],
        [EDITOR, "--stack=a", "--local"],
        [EDITOR, "--api=https://api.example.com"],
        [EDITOR, "--client-id=a", "--region=b"],
        [EDITOR, "--stack=a", "--api=https://api.example.com", "--client-id=a", "--region=b"],
        ["--token-stdin"],
        ["--token-stdin", "--api=https://api.example.com", EDITOR],
        ["--token-stdin", "--api=https://api.example.com", "--local"],
    ],
)
def test_wrong_usage(run: Admin, arguments: list[str]) -> None:
    assert run("login", *arguments, stdin=b"token\n").status == 2
    assert not login_file.path().exists()


# ---- the file ----------------------------------------------------------------------------------

LOGIN = Login("https://api.example.com", "t" * 4000, "e", 0.0, "r" * 2000)


def test_the_file_is_always_whole() -> None:
    """Whoever reads it meanwhile meets the one before or the one after."""
    logins = [replace(LOGIN, access_token=letter * 4000) for letter in "ab"]
    login_file.write(logins[0])
    done = threading.Event()

    def write_again() -> None:
        for number in range(200):
            login_file.write(logins[number % 2])
        done.set()

    writing = threading.Thread(target=write_again)
    writing.start()
    while not done.is_set():
        assert login_file.read() in logins
        assert mode(login_file.path()) == 0o600
    writing.join()
    assert [*login_file.path().parent.iterdir()] == [login_file.path()]


def test_a_failed_write_leaves_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    login_file.write(LOGIN)

    def full(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(json, "dump", full)
    with pytest.raises(KeyboardInterrupt):
        login_file.write(replace(LOGIN, access_token="b"))
    assert login_file.read() == LOGIN
    assert [*login_file.path().parent.iterdir()] == [login_file.path()]


def test_a_file_that_others_could_read_is_replaced() -> None:
    login_file.write(LOGIN)
    login_file.path().chmod(0o644)
    login_file.write(LOGIN)
    assert mode(login_file.path()) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"pool": {}}', '{"pool": null, "a": 1}'])
def test_a_damaged_file(run: Admin, content: str) -> None:
    login_file.write(LOGIN)
    login_file.path().write_text(content)
    with pytest.raises(Refusal, match="is damaged: sign in with `seealso login` again"):
        login_file.read()
    assert run("links", "queue").status == 3


def test_where_the_file_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", ignored)
        assert login_file.path() == tmp_path / ".config/seealso/login.json"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert login_file.path() == tmp_path / ".config/seealso/login.json"


def test_a_folder_that_can_not_be_written(run: Admin, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    outcome = run("login", "--token-stdin", "--api=https://api.example.com", stdin=b"token\n")
    assert outcome.status == 2
    assert outcome.told[0].endswith("login.json can't be written: Not a directory")


def test_logout_where_cognito_does_not_take_it(run: Admin, signed_in: Login) -> None:
    outcome = run("logout")
    # This one does not know how to revoke tokens.
    assert outcome.status == 2
    assert outcome.told[-1].startswith("Error: Your tokens are gone from here, but ")
    assert not login_file.path().exists()
    assert run("logout").status == 3


# ---- stacks ------------------------------------------------------------------------------------


@pytest.fixture
def emulated(
    all_engines: Engines, admin_server: AdminServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Users]:
    """Users where there is CloudFormation too."""
    endpoint = all_engines.endpoint("ministack")
    with user_pool(endpoint) as found:
        monkeypatch.setenv("ADMIN_ISSUER", found.issuer)
        monkeypatch.setenv("ADMIN_AUDIENCE", found.pool.client_id)
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        monkeypatch.setenv("SEEALSO_PASSWORD", PASSWORD)
        yield found


def outputs(users: Users, api_url: str) -> dict[str, str]:
    return {
        "ApiUrl": api_url,
        "UserPoolId": users.pool_id,
        "UserPoolClientId": users.pool.client_id,
    }


def test_the_first_admin_of_a_stack(
    run: Admin,
    emulated: Users,
    admin_server: AdminServer,
    make_stack: MakeStack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_stack("editors-own", outputs(emulated, admin_server.url))
    added = run("admins", "add", ADMIN, "--stack=editors-own")
    assert added.status == 0, added
    client = f"--client-id {emulated.pool.client_id} --region {REGION}"
    assert added.out.splitlines() == [
        f"{ADMIN} is in the group admins.",
        "Cognito has mailed a temporary password, good for 7 days. They sign in with:",
        f"  seealso login {ADMIN} --api {admin_server.url} {client}",
    ]
    assert emulated.groups_of(ADMIN) == ["admins"]
    user = emulated.cognito.admin_get_user(UserPoolId=emulated.pool_id, Username=ADMIN)
    attributes = {each["Name"]: each["Value"] for each in user["UserAttributes"]}
    assert (attributes["email"], attributes["email_verified"]) == (ADMIN, "true")
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"

    emulated.cognito.admin_set_user_password(
        UserPoolId=emulated.pool_id, Username=ADMIN, Password=PASSWORD, Permanent=True
    )
    again = run("admins", "add", ADMIN, "--stack=editors-own")
    assert (again.status, again.out) == (0, f"{ADMIN} is in the group admins.\n")
    assert run("editors", "add", ADMIN, "--stack=editors-own", "--json").json() == {
        "email": ADMIN,
        "group": "editors",
        "made": False,
    }
    assert run("login", ADMIN, "--stack=editors-own").status == 0
    assert run("sites", "list").status == 0
    login_file.write(replace(login_file.read(), expires_at=0.0))
    assert run("sites", "list").status == 0

    ended = login_file.read()
    assert run("logout") == Printed(0, "", ["Signed out."])
    assert not login_file.path().exists()
    # Cognito has forgotten it too.
    login_file.write(replace(ended, expires_at=0.0))
    assert run("sites", "list").status == 3
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert run("admins", "add", ADMIN, "--stack=editors-own").status == 2


def test_a_stack_without_a_user_pool(run: Admin, emulated: Users, make_stack: MakeStack) -> None:
    make_stack("issuers-own", {"ApiUrl": "https://api.example.com"})
    for command in (["login"], ["admins", "add"], ["editors", "add"]):
        outcome = run(*command, EDITOR, "--stack=issuers-own")
        assert outcome.status == 2
        assert outcome.told[-1].startswith("Error: The stack issuers-own has no user pool: ")
        assert run(*command, EDITOR).told[-1].startswith("Error: Say where: ")


def test_the_local_stack(
    run: Admin,
    emulated: Users,
    make_stack: MakeStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With nothing of the user's own AWS set-up."""
    make_stack("seealso-local", outputs(emulated, "https://api.example.com"))
    api_url = f"http://127.0.0.1:{urlsplit(emulated.pool.endpoint or '').port}"
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local/api-url").write_text(f"{api_url}\n")
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert run("editors", "add", EDITOR, "--local").status == 0
    emulated.cognito.admin_set_user_password(
        UserPoolId=emulated.pool_id, Username=EDITOR, Password=PASSWORD, Permanent=True
    )
    assert run("login", EDITOR, "--local").status == 0
    login = login_file.read()
    assert (login.api_url, login.user) == (api_url, EDITOR)
    # The emulator is asked again, whatever there is in the environment.
    login_file.write(replace(login, expires_at=0.0))
    assert auth.current().access_token
