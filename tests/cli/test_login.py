"""`seealso login`, `logout` and `token`, and how tokens are refreshed."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from seealso_cli import login_file
from seealso_cli.login_file import Login
from tests.cli.admin_server import PASSWORD, AdminServer, Users, token
from tests.cli.conftest import Run, token_claims
from tests.cli.support import Outcome, mode, run_on_terminal
from tests.support.editors import EDITOR
from tests.support.gateway import Response
from tests.support.tables import REGION

SECRET = "a-New-Word-2-keep"


@pytest.fixture
def options(admin_server: AdminServer, users: Users, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options of a login; Cognito is at the engine's endpoint instead of AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", users.pool.endpoint or "")
    return [
        f"--api={admin_server.url}",
        f"--client-id={users.pool.client_id}",
        f"--region={REGION}",
    ]


@pytest.fixture
def signed_in(run: Run, options: list[str], users: Users, monkeypatch: pytest.MonkeyPatch) -> Login:
    """An editor who has signed in."""
    users.add(EDITOR, "editors")
    monkeypatch.setenv("SEEALSO_PASSWORD", PASSWORD)
    outcome = run("login", EDITOR, *options)
    assert outcome.status == 0, outcome
    return login_file.read()


def test_signs_in_with_password(
    run: Run, signed_in: Login, admin_server: AdminServer, tmp_path: Path
) -> None:
    assert login_file.path() == tmp_path / "config/seealso/login.json"
    assert mode(login_file.path()) == 0o600
    assert mode(login_file.path().parent) == 0o700
    assert signed_in.user == EDITOR
    assert signed_in.expires_at is not None
    assert 3500 < signed_in.expires_at - time.time() <= 3600
    assert run("links", "queue").status == 0
    # This is an access token; the API rejects ID tokens.
    assert admin_server.requests[-1][2]["authorization"] == f"Bearer {signed_in.access_token}"


def test_token_prints_a_valid_token(run: Run, signed_in: Login) -> None:
    assert run("token") == Outcome(0, f"{signed_in.access_token}\n", [])
    login_file.write(replace(signed_in, expires_at=0.0))
    assert run("token").out == f"{login_file.read().access_token}\n"
    login_file.remove()
    assert run("token").status == 3


def test_rejects_wrong_password(
    run: Run, signed_in: Login, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEALSO_PASSWORD", "wrong-Horse-1-battery")
    outcome = run("login", EDITOR, *options)
    assert outcome.status == 3
    assert outcome.stderr[-1].startswith("Error: Cognito refused: ")
    assert "wrong-Horse" not in str(outcome)
    assert run("login", "nobody@example.com", *options).status == 3
    # The previous user is still signed in.
    assert login_file.read() == signed_in


def test_first_sign_in_sets_new_password(
    run: Run, users: Users, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    users.add(EDITOR, "editors", new=True)
    monkeypatch.setenv("SEEALSO_PASSWORD", PASSWORD)
    outcome = run("login", EDITOR, *options)
    assert outcome.status == 2
    assert outcome.stderr[-1] == (
        "Error: Not running in a terminal; set SEEALSO_NEW_PASSWORD to the new password."
    )
    monkeypatch.setenv("SEEALSO_NEW_PASSWORD", SECRET)
    assert run("login", EDITOR, *options).status == 0
    assert run("links", "queue").status == 0
    assert run("login", EDITOR, *options).status == 3
    monkeypatch.setenv("SEEALSO_PASSWORD", SECRET)
    assert run("login", EDITOR, *options).status == 0


def test_asks_for_passwords_without_echo(users: Users, options: list[str]) -> None:
    users.add(EDITOR, "editors", new=True)
    status, screen = run_on_terminal(["login", EDITOR, *options], [PASSWORD, SECRET, SECRET])
    assert status == 0, screen
    assert [line.strip() for line in screen.splitlines() if line.strip()] == [
        "Password:",
        "New password:",
        "Repeat for confirmation:",
        f"Signed in to {login_file.read().api_url} as {EDITOR}.",
    ]
    assert run_on_terminal(["login", EDITOR, *options], ["\x03"])[0] == 130


# ---- refreshing --------------------------------------------------------------------------------


def test_refreshes_expired_token(run: Run, signed_in: Login, admin_server: AdminServer) -> None:
    login_file.write(replace(signed_in, expires_at=time.time() + 5))
    assert run("links", "queue").status == 0
    assert len(admin_server.requests) == 1
    fresh = login_file.read()
    assert fresh.expires_at is not None
    assert fresh.expires_at > time.time() + 3500
    assert fresh.refresh_token == signed_in.refresh_token
    assert mode(login_file.path()) == 0o600


def test_refreshes_rejected_token(run: Run, signed_in: Login, admin_server: AdminServer) -> None:
    rejected = token(**token_claims(EDITOR, "editors"))
    login_file.write(replace(signed_in, access_token=rejected))
    admin_server.rejected.add(rejected)
    body = {"domain": 7, "title": "A", "text": "", "date": "2026-02-25"}
    created = run("articles", "create", "-", stdin=json.dumps(body).encode())
    assert (created.status, created.out) == (0, "1\n")
    assert admin_server.changes() == [("POST", "/admin/articles")] * 2
    assert login_file.read().access_token != rejected
    assert run("links", "queue").status == 0
    assert len(admin_server.requests) == 3


def test_reports_expired_session(run: Run, signed_in: Login, admin_server: AdminServer) -> None:
    expired = replace(signed_in, refresh_token="gone", expires_at=0.0)
    login_file.write(expired)
    stderr = ["Error: Your session has expired. Sign in again with `seealso login`."]
    assert run("links", "queue") == Outcome(3, "", stderr)
    assert admin_server.requests == []
    assert login_file.read() == expired


def test_refreshes_rejected_token_only_once(
    run: Run, signed_in: Login, admin_server: AdminServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIN_AUDIENCE", "another")
    outcome = run("links", "queue")
    stderr = ["Error: Your token was rejected. Sign in again with `seealso login`."]
    assert outcome == Outcome(3, "", stderr)
    assert len(admin_server.requests) == 2


# ---- tokens of other issuers -------------------------------------------------------------------


def test_signs_in_with_token_of_another_issuer(run: Run, admin_server: AdminServer) -> None:
    given = token(**token_claims(EDITOR, "editors"))
    outcome = run(
        "login", "--token-stdin", f"--api={admin_server.url}/", stdin=f"{given}\n".encode()
    )
    assert outcome == Outcome(0, "", [f"Signed in to {admin_server.url}/."])
    assert mode(login_file.path()) == 0o600
    assert run("links", "queue").status == 0
    assert admin_server.requests[-1][1].startswith("/admin/links?")
    admin_server.rejected.add(given)
    outcome = run("links", "queue")
    assert outcome.status == 3
    assert run("logout").status == 0
    assert run("links", "queue").stderr == [
        "Error: You are not signed in. Sign in with `seealso login`."
    ]


@pytest.mark.parametrize("given", [b"", b"\n", b"two words\n", b"caf\xc3\xa9\n", b"\x1b[m\n"])
def test_rejects_malformed_tokens(run: Run, given: bytes) -> None:
    outcome = run("login", "--token-stdin", "--api=https://api.example.com", stdin=given)
    assert outcome.status == 2
    assert outcome.stderr == [
        "Error: No token on standard input. Send it as one line without spaces."
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
def test_rejects_unsafe_api_urls(run: Run, url: str) -> None:
    outcome = run("login", "--token-stdin", f"--api={url}", stdin=b"token\n")
    assert outcome.status == 2
    assert outcome.stderr[0].startswith("Error: The API's URL must b")
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
def test_rejects_wrong_usage(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("login", *arguments, stdin=b"token\n").status == 2
    assert not login_file.path().exists()


def test_token_is_checked_before_it_is_kept(
    run: Run, admin_server: AdminServer, as_editor: Run
) -> None:
    assert as_editor("links", "queue").status == 0
    signed_in = login_file.read()
    options = ["login", "--token-stdin", f"--api={admin_server.url}"]
    outcome = run(*options, stdin=b"abc\n")
    assert outcome == Outcome(
        3, "", [f"Error: {admin_server.url} rejected the token. Nobody was signed in."]
    )
    no_editor = token(**token_claims(EDITOR, "readers")).encode()
    outcome = run(*options, stdin=no_editor)
    assert outcome == Outcome(4, "", ["Error: This operation requires the editors group."])
    admin_server.canned = [Response(200, {"content-type": "text/html"}, "<html>")]
    outcome = run(*options, stdin=no_editor)
    assert outcome.status == 2
    assert outcome.stderr[0].startswith("Error: The server's response is not from a seealso API.")
    unreachable = run("login", "--token-stdin", "--api=http://127.0.0.1:9", stdin=no_editor)
    assert unreachable.status == 2
    assert unreachable.stderr[0].startswith("Error: Could not reach http://127.0.0.1:9 (")
    assert login_file.read() == signed_in


def test_says_what_is_missing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in ([], [EDITOR]):
        assert run("login", *arguments).summary == (
            "Error: No local stack is running here. Specify where to sign in: --stack NAME, or "
            "--api URL with --client-id ID and --region NAME, or --api URL with --token-stdin."
        )
    outcome = run("login", EDITOR, "--api=https://api.example.com", "--region=eu-west-1")
    assert "; --client-id is missing. With a token of another issuer, use " in outcome.summary
    outcome = run("login", "--stack=x", "--local")
    assert outcome.summary == "Error: Specify exactly one of --stack and --local."


def test_signs_in_again_where_the_user_was(
    run: Run, signed_in: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    login_file.write(replace(signed_in, access_token="gone", refresh_token="gone", expires_at=0.0))
    outcome = run("login")
    assert outcome == Outcome(
        0,
        "",
        [
            f"Signing in to {signed_in.api_url}.",
            f"Signed in to {signed_in.api_url} as {EDITOR}.",
        ],
    )
    assert run("links", "queue").status == 0
    assert run("login", "nobody@example.com").status == 3


@pytest.mark.parametrize("is_expired", [True, False])
def test_session_of_another_local_stack_says_sign_in_again(
    run: Run, signed_in: Login, admin_server: AdminServer, is_expired: bool
) -> None:
    """`make run` was restarted: another user pool, and another client."""
    assert signed_in.pool is not None
    pool = replace(signed_in.pool, client_id="unknown0000000000000000000")
    expires_at = 0.0 if is_expired else time.time() + 3000
    login_file.write(replace(signed_in, pool=pool, expires_at=expires_at))
    admin_server.rejected.add(signed_in.access_token)
    stderr = ["Error: Your session has expired. Sign in again with `seealso login`."]
    assert run("links", "queue") == Outcome(3, "", stderr)


def test_stopped_local_stack_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    login_file.write(Login("http://127.0.0.1:9", "t"))
    monkeypatch.setattr("seealso_cli.admin_api.MAX_PAUSE_SECONDS", 0.0)
    assert run("links", "queue").summary.endswith(
        " If the local stack has stopped, start it with `make run` and sign in again."
    )


def test_logout_deletes_file_if_revoking_fails(run: Run, signed_in: Login) -> None:
    outcome = run("logout")
    # This engine's Cognito can't revoke tokens.
    assert outcome.status == 2
    assert outcome.stderr[-1].startswith(
        "Error: Your tokens were deleted here but could not be revoked: "
    )
    assert not login_file.path().exists()
    assert run("logout").status == 3
