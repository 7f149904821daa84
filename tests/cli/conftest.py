"""Runs the command line in this process, on the stores of the engines."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import boto3
import pytest

from seealso.http import log as request_log
from seealso.store.tables import Store
from seealso.tables import skips
from seealso_cli import admin_api, login_file
from seealso_cli.bulk import writer
from seealso_cli.login_file import Login
from tests.cli.admin_server import AdminServer, Users, serve, token, user_pool
from tests.cli.support import Outcome, run_command, store_options
from tests.support.editors import ADMIN, EDITOR, claims
from tests.support.engines import Engines


class Run(Protocol):
    """Runs `seealso` with these arguments."""

    def __call__(self, *arguments: str | Path | int, stdin: bytes = b"") -> Outcome: ...


class RunBulk(Protocol):
    """Runs `seealso` with these arguments, and those that select `store`."""

    def __call__(
        self, *arguments: str | Path, store: Store | None = None, stdin: bytes = b""
    ) -> Outcome: ...


@pytest.fixture
def store(store: Store) -> Iterator[Store]:
    yield store
    store.client.close()


@pytest.fixture
def moto_store(moto_store: Store) -> Iterator[Store]:
    yield moto_store
    moto_store.client.close()


@pytest.fixture
def run_bulk(monkeypatch: pytest.MonkeyPatch) -> RunBulk:
    """Runs loads, which print on stderr alone, without pauses."""
    monkeypatch.setattr(writer, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(skips, "WAIT_SECONDS", 0.0)

    def run(*arguments: str | Path, store: Store | None = None, stdin: bytes = b"") -> Outcome:
        options = store_options(store) if store else []
        outcome = run_command([*arguments, *options], stdin)
        assert outcome.out == ""
        return outcome

    return run


# ---- the admin API -----------------------------------------------------------------------------


@pytest.fixture
def admin_server(
    deployed_environment: Store, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AdminServer]:
    """A server of the admin API, with nobody signed in."""
    monkeypatch.setattr(admin_api, "MAX_PAUSE_SECONDS", 0.0)
    # The handlers run in this process, where a command's own output is looked at.
    monkeypatch.setattr(request_log, "write_line", lambda *_: None)
    with serve() as server:
        yield server


@pytest.fixture
def users(deployed_environment: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Users]:
    """The users whose tokens the API accepts."""
    with user_pool(deployed_environment.client.endpoint) as users:
        monkeypatch.setenv("ADMIN_ISSUER", users.issuer)
        monkeypatch.setenv("ADMIN_AUDIENCE", users.pool.client_id)
        yield users


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("SEEALSO_PASSWORD", "SEEALSO_NEW_PASSWORD", "SEEALSO_CODE", "SEEALSO_LOCAL_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run() -> Run:
    """Runs `seealso` as whoever is signed in."""

    def run(*arguments: str | Path | int, stdin: bytes = b"") -> Outcome:
        return run_command(arguments, stdin)

    return run


@pytest.fixture
def as_editor(admin_server: AdminServer, run: Run) -> Run:
    """Runs `seealso` as an editor."""
    return run_as(admin_server, run, EDITOR, "editors")


@pytest.fixture
def as_admin(admin_server: AdminServer, run: Run) -> Run:
    """Runs `seealso` as an admin."""
    return run_as(admin_server, run, ADMIN, "admins")


def run_as(admin_server: AdminServer, run: Run, name: str, group: str) -> Run:
    """`run` with this user signed in, whoever signed in before."""
    login = Login(admin_server.url, token(**token_claims(name, group)))

    def run_signed_in(*arguments: str | Path | int, stdin: bytes = b"") -> Outcome:
        login_file.write(login)
        return run(*arguments, stdin=stdin)

    return run_signed_in


def token_claims(name: str, *groups: str) -> dict[str, Any]:
    """What a user's access token holds; it does not expire."""
    return {**claims(name, None), "cognito:groups": [*groups], "exp": 2**33}


type MakeStack = Callable[[str, dict[str, str]], None]


@pytest.fixture
def make_stack(all_engines: Engines) -> Iterator[MakeStack]:
    """Creates stacks with a name and outputs, which are deleted after the test."""
    endpoint = all_engines.endpoint("ministack")
    cloudformation = boto3.client("cloudformation", endpoint_url=endpoint)
    created: list[str] = []

    def create(name: str, outputs: dict[str, str]) -> None:
        template = {
            "Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
            "Outputs": {output: {"Value": value} for output, value in outputs.items()},
        }
        created.append(name)
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
        wait("stack_create_complete", name)

    def wait(state: Any, name: str) -> None:
        cloudformation.get_waiter(state).wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    yield create
    for name in created:
        cloudformation.delete_stack(StackName=name)
        wait("stack_delete_complete", name)
    cloudformation.close()
