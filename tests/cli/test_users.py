"""`seealso admins`, `seealso editors`, and how such a user signs in to a stack."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from seealso.store.tables import Store
from seealso_cli import auth, aws, login_file
from seealso_cli.commands import users as users_command
from seealso_cli.errors import CommandFailed
from seealso_cli.stack import Stack
from seealso_cli.stores import Target
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


def test_lists_removes_and_invites_users(
    run: Run, emulated: Users, admin_server: AdminServer, make_stack: MakeStack
) -> None:
    make_stack("editors-own", outputs(emulated, admin_server.url))
    stack = "--stack=editors-own"
    assert run("editors", "list", stack) == Outcome(0, "", ["No results."])
    for email in (EDITOR, ADMIN, "ann@example.com"):
        assert run("editors", "add", email, stack).status == 0
    assert run("admins", "add", ADMIN, stack).status == 0
    emulated.cognito.admin_set_user_password(
        UserPoolId=emulated.pool_id, Username=ADMIN, Password=PASSWORD, Permanent=True
    )
    listed = run("editors", "list", stack).out.splitlines()
    assert listed[0].split() == ["email", "status", "created"]
    assert {tuple(line.split()[:2]) for line in listed[1:]} == {
        (EDITOR, "invited"),
        (ADMIN, "active"),
        ("ann@example.com", "invited"),
    }
    (admin,) = run("admins", "list", stack, "--json").json_lines()
    assert (admin["email"], admin["status"], admin["enabled"]) == (ADMIN, "CONFIRMED", True)

    resent = run("editors", "resend", EDITOR, stack)
    assert (resent.status, resent.out) == (
        0,
        f"A new temporary password was sent to {EDITOR}.\n",
    ), resent
    assert run("admins", "resend", EDITOR, stack).stderr == [
        f"Error: {EDITOR} is not in the group admins."
    ]
    assert run("editors", "resend", "nobody@example.com", stack).status == 5

    # An admin who is no longer an editor stays a user.
    removed = run("editors", "remove", ADMIN, stack, "--json").json()
    assert removed == {"email": ADMIN, "group": "editors", "deleted": False}
    assert emulated.groups_of(ADMIN) == ["admins"]
    assert run("editors", "remove", ADMIN, stack).status == 5
    removed_text = run("editors", "remove", EDITOR, stack).out.splitlines()
    assert removed_text == [
        f"{EDITOR} is no longer in the group editors and was deleted.",
        "An access token that was issued before stays valid for up to an hour.",
    ]
    assert run("editors", "remove", EDITOR, stack).status == 5
    assert [user["email"] for user in run("editors", "list", stack, "--json").json_lines()] == [
        "ann@example.com"
    ]


@pytest.mark.parametrize("command", ["add", "remove", "resend"])
def test_rejects_what_is_no_email_address(run: Run, command: str) -> None:
    for wrong in ("notanemail", "a@b c", "@", "a@"):
        outcome = run("editors", command, wrong, "--stack=x")
        assert outcome.status == 2
        assert outcome.summary.endswith("an email address such as ann@example.com is required.")


def target_of(stack: Stack) -> Target:
    def open_store() -> Store:
        raise AssertionError("no store is needed")

    return Target(open_store, stack)


@dataclass
class FakeCognito:
    """Answers calls of Cognito as AWS documents them, where the engine does otherwise."""

    answers: dict[str, Any]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(
        self, _session: Any, _service: str, _endpoint: Any, name: str, **given: Any
    ) -> Any:
        self.calls.append((name, given))
        answer = self.answers[name]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> FakeCognito:
    """Cognito and a stack that are faked."""
    fake = FakeCognito({})
    made = Stack("x", aws.isolated_session(REGION), None, {"UserPoolId": "p"}, {})
    monkeypatch.setattr(users_command, "get_stack", lambda *_: made)
    monkeypatch.setattr(aws, "call", fake)
    return fake


def test_lists_all_pages_of_users(run: Run, pool: FakeCognito) -> None:
    def user(name: str, **members: Any) -> dict[str, Any]:
        return {
            "Username": "0f3c",
            "Attributes": [{"Name": "email", "Value": name}],
            "UserStatus": "CONFIRMED",
            "Enabled": True,
            "UserCreateDate": datetime(2026, 2, 25, tzinfo=UTC),
            **members,
        }

    pages = [
        {"Users": [user("a@example.com"), user("b@example.com", Enabled=False)], "NextToken": "n"},
        {"Users": [user("c@example.com", UserStatus="RESET_REQUIRED")]},
    ]
    pool.answers = {"list_users_in_group": pages}
    assert run("editors", "list", "--stack=x").out.splitlines() == [
        "email          status               created",
        "a@example.com  active               2026-02-25",
        "b@example.com  disabled             2026-02-25",
        "c@example.com  must reset password  2026-02-25",
    ]
    assert "NextToken" not in pool.calls[0][1]
    assert pool.calls[1][1]["NextToken"] == "n"


def test_user_names_are_left_to_cognito(run: Run, pool: FakeCognito) -> None:
    """They are case-insensitive there, so nothing here compares them."""
    pool.answers = {
        "admin_list_groups_for_user": {"Groups": [{"GroupName": "editors"}]},
        "admin_create_user": {},
        "admin_remove_user_from_group": {},
        "admin_delete_user": {},
    }
    assert run("editors", "resend", "ANN@example.com", "--stack=x").status == 0
    name, given = pool.calls[-1]
    assert (name, given["MessageAction"], given["Username"]) == (
        "admin_create_user",
        "RESEND",
        "ANN@example.com",
    )
    assert run("editors", "remove", "ANN@example.com", "--stack=x").status == 0
    assert [name for name, _ in pool.calls[-2:]] == [
        "admin_remove_user_from_group",
        "admin_delete_user",
    ]
    # An interrupted removal has left a user without a group.
    pool.answers["admin_list_groups_for_user"] = {"Groups": []}
    assert run("editors", "remove", "ANN@example.com", "--stack=x").status == 0


def test_active_users_get_no_invitation(run: Run, pool: FakeCognito) -> None:
    pool.answers = {
        "admin_list_groups_for_user": {"Groups": [{"GroupName": "editors"}]},
        "admin_create_user": aws.AwsRefused("UnsupportedUserStateException", "Resend not possible"),
    }
    outcome = run("editors", "resend", EDITOR, "--stack=x")
    assert outcome == Outcome(
        6, "", [f"Error: {EDITOR} has signed in before, so there is no invitation."]
    )
    pool.answers["admin_create_user"] = aws.AwsRefused("LimitExceededException", "Too many mails")
    outcome = run("editors", "resend", EDITOR, "--stack=x")
    assert outcome == Outcome(2, "", ["Error: Cognito refused: Too many mails"])


def test_audit_has_the_name_of_the_aws_user(pool: FakeCognito) -> None:
    arns = {
        "arn:aws:iam::123456789012:user/ann": "user/ann",
        "arn:aws:sts::123456789012:assumed-role/Admin/ann@example.com": (
            "assumed-role/Admin/ann@example.com"
        ),
        "arn:aws:iam::123456789012:root": "root",
    }
    pool.answers = {"get_caller_identity": [{"Arn": arn} for arn in arns]}
    session = aws.isolated_session(REGION)
    assert [aws.caller_name(session) for _ in arns] == [*arns.values()]
    stack = Stack("x", session, None, {}, {"AuditDays": "30"})
    pool.answers = {"get_caller_identity": {"Arn": "arn:aws:iam::123456789012:user/ann"}}
    context = target_of(stack).change_context()
    assert (context.actor, context.kept_days) == ("user/ann", 30)
    pool.answers = {"get_caller_identity": aws.AwsUnreachable("no route")}
    with pytest.raises(CommandFailed, match="AWS user name for the audit: no route"):
        aws.caller_name(session)
    local = stack._replace(endpoint="http://localhost:4566")
    assert target_of(local).change_context().actor == "import"


def test_reports_stack_without_user_pool(run: Run, emulated: Users, make_stack: MakeStack) -> None:
    make_stack("issuers-own", {"ApiUrl": "https://api.example.com"})
    for command in (["login"], ["admins", "add"], ["editors", "add"], ["editors", "remove"]):
        outcome = run(*command, EDITOR, "--stack=issuers-own")
        assert outcome.status == 2
        assert outcome.stderr[-1].startswith("Error: The stack issuers-own has no user pool. ")
        if command != ["login"]:
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
    # Without options, it is the local stack.
    login_file.remove()
    outcome = run("login", EDITOR)
    assert outcome.status == 0
    assert outcome.stderr[0] == "Signing in to the running local stack."
    assert run("login").summary == "Error: Missing argument 'EMAIL'."
    login = login_file.read()
    assert (login.api_url, login.user) == (api_url, EDITOR)
    # Refreshing uses the emulator too, whatever the environment says.
    login_file.write(replace(login, expires_at=0.0))
    assert auth.current_login().access_token
