"""The command line in this process, over the stores of the engines."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import boto3
import pytest
from click.testing import CliRunner

from seealso import runs
from seealso.dynamodb import Store
from seealso_cli import admin_api, login_file
from seealso_cli.bulk import writer
from seealso_cli.login_file import Login
from seealso_cli.main import main
from tests.cli.admin_server import AdminServer, Users, serving, token, user_pool
from tests.cli.support import Outcome, Printed, options, printed, result
from tests.conftest import Engines
from tests.support.editors import ADMIN, EDITOR, claims


class Admin(Protocol):
    """Runs `seealso` with the arguments, for what it prints."""

    def __call__(self, *arguments: str | Path | int, stdin: bytes = b"") -> Printed: ...


class Seealso(Protocol):
    """Runs `seealso` with the arguments; `over` names a store to work on."""

    def __call__(
        self, *arguments: str | Path, over: Store | None = None, stdin: bytes = b""
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
def seealso(monkeypatch: pytest.MonkeyPatch) -> Seealso:
    monkeypatch.setattr(writer, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(runs, "WAIT_SECONDS", 0.0)

    def run(*arguments: str | Path, over: Store | None = None, stdin: bytes = b"") -> Outcome:
        where = options(over) if over else []
        ran = CliRunner().invoke(main, [*map(str, arguments), *where], input=stdin)
        return result(ran)

    return run


# ---- the API -----------------------------------------------------------------------------------


@pytest.fixture
def admin_server(
    deployed_environment: Store, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AdminServer]:
    """The API over a store, with nobody signed in."""
    monkeypatch.setattr(admin_api, "LONGEST_PAUSE_SECONDS", 0.0)
    with serving() as found:
        yield found


@pytest.fixture
def users(deployed_environment: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Users]:
    """The users whose tokens the API takes."""
    with user_pool(deployed_environment.client.endpoint) as found:
        monkeypatch.setenv("ADMIN_ISSUER", found.issuer)
        monkeypatch.setenv("ADMIN_AUDIENCE", found.pool.client_id)
        yield found


@pytest.fixture(autouse=True)
def _own_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("SEEALSO_PASSWORD", "SEEALSO_NEW_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run() -> Admin:
    """`seealso`, whoever is signed in."""

    def run(*arguments: str | Path | int, stdin: bytes = b"") -> Printed:
        return printed(CliRunner().invoke(main, [*map(str, arguments)], input=stdin))

    return run


@pytest.fixture
def as_editor(admin_server: AdminServer, run: Admin) -> Admin:
    """`seealso` with an editor signed in."""
    return signed_in(admin_server, run, EDITOR, "editors")


@pytest.fixture
def as_admin(admin_server: AdminServer, run: Admin) -> Admin:
    """`seealso` with an admin signed in."""
    return signed_in(admin_server, run, ADMIN, "admins")


def signed_in(admin_server: AdminServer, run: Admin, name: str, group: str) -> Admin:
    """`run`, always with this one signed in."""
    login = Login(admin_server.url, token(**claims(name, f"[{group}]") | {"exp": 2**33}))

    def run_so(*arguments: str | Path | int, stdin: bytes = b"") -> Printed:
        login_file.write(login)
        return run(*arguments, stdin=stdin)

    return run_so


type MakeStack = Callable[[str, dict[str, str]], None]


@pytest.fixture
def make_stack(all_engines: Engines) -> Iterator[MakeStack]:
    """Makes stacks of these outputs, by name, for one test."""
    endpoint = all_engines.endpoint("ministack")
    cloudformation = boto3.client("cloudformation", endpoint_url=endpoint)
    made: list[str] = []

    def make(name: str, outputs: dict[str, str]) -> None:
        template = {
            "Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
            "Outputs": {output: {"Value": value} for output, value in outputs.items()},
        }
        made.append(name)
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
        wait("stack_create_complete", name)

    def wait(state: Any, name: str) -> None:
        cloudformation.get_waiter(state).wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    yield make
    for name in made:
        cloudformation.delete_stack(StackName=name)
        wait("stack_delete_complete", name)
    cloudformation.close()
