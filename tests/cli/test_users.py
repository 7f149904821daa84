"""`seealso admins`, `seealso editors`, and how such a user signs in to a stack."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from seealso_cli import auth, login_file
from tests.cli.admin_server import PASSWORD, AdminServer, Users, user_pool
from tests.cli.conftest import MakeStack, Run
from tests.cli.support import Outcome
from tests.support.editors import ADMIN, EDITOR
from tests.support.engines import Engines
from tests.support.tables import REGION


@pytest.fixture
def emulated(
    all_engines: Engines, admin_server: AdminServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Users]:
    """Users on the engine that has CloudFormation too."""
    endpoint = all_engines.endpoint("ministack")
    with user_pool(endpoint) as users:
        monkeypatch.setenv("ADMIN_ISSUER", users.issuer)
        monkeypatch.setenv("ADMIN_AUDIENCE", users.pool.client_id)
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        monkeypatch.setenv("SEEALSO_PASSWORD", PASSWORD)
        yield users


def outputs(users: Users, api_url: str) -> dict[str, str]:
    return {
        "ApiUrl": api_url,
        "UserPoolId": users.pool_id,
        "UserPoolClientId": users.pool.client_id,
    }


def test_first_admin_of_a_stack_can_sign_in(
    run: Run,
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
        "Cognito has mailed a temporary password, valid for 7 days. To sign in, run:",
        f"  seealso login {ADMIN} --api {admin_server.url} {client}",
    ]
    assert emulated.groups_of(ADMIN) == ["admins"]
    user = emulated.cognito.admin_get_user(UserPoolId=emulated.pool_id, Username=ADMIN)
    attributes = {attribute["Name"]: attribute["Value"] for attribute in user["UserAttributes"]}
    assert (attributes["email"], attributes["email_verified"]) == (ADMIN, "true")
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"

    emulated.cognito.admin_set_user_password(
        UserPoolId=emulated.pool_id, Username=ADMIN, Password=PASSWORD, Permanent=True
    )
    repeated = run("admins", "add", ADMIN, "--stack=editors-own")
    assert (repeated.status, repeated.out) == (0, f"{ADMIN} is in the group admins.\n")
    assert run("editors", "add", ADMIN, "--stack=editors-own", "--json").json() == {
        "email": ADMIN,
        "group": "editors",
        "made": False,
    }
    assert run("login", ADMIN, "--stack=editors-own").status == 0
    assert run("sites", "list").status == 0
    login_file.write(replace(login_file.read(), expires_at=0.0))
    assert run("sites", "list").status == 0

    signed_out = login_file.read()
    assert run("logout") == Outcome(0, "", ["Signed out."])
    assert not login_file.path().exists()
    # Cognito has revoked the refresh token too.
    login_file.write(replace(signed_out, expires_at=0.0))
    assert run("sites", "list").status == 3
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert run("admins", "add", ADMIN, "--stack=editors-own").status == 2


def test_reports_stack_without_user_pool(run: Run, emulated: Users, make_stack: MakeStack) -> None:
    make_stack("issuers-own", {"ApiUrl": "https://api.example.com"})
    for command in (["login"], ["admins", "add"], ["editors", "add"]):
        outcome = run(*command, EDITOR, "--stack=issuers-own")
        assert outcome.status == 2
        assert outcome.stderr[-1].startswith("Error: The stack issuers-own has no user pool. ")
        assert run(*command, EDITOR).stderr[-1].startswith("Error: Specify exactly one of ")


def test_local_stack_ignores_aws_configuration(
    run: Run,
    emulated: Users,
    make_stack: MakeStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The user's AWS configuration is not used."""
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
    # Refreshing uses the emulator too, whatever the environment says.
    login_file.write(replace(login, expires_at=0.0))
    assert auth.current_login().access_token
