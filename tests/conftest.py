"""What all tests share: fake credentials, loopback only, the engines and a store on each."""

import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from seealso.store.tables import Store, reset_store
from tests.support import engines, tables

for _name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[_name]
os.environ |= {
    "AWS_REGION": tables.REGION,
    "AWS_DEFAULT_REGION": tables.REGION,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAM_CLI_TELEMETRY": "0",
}

# Cases of a property share an engine, and an engine's first answer may be slow.
settings.register_profile(
    "here", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("here")


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    connect = socket.socket.connect

    def checked(sock: socket.socket, address: Any) -> None:
        if sock.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            sock.close()
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(sock, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", checked)
        yield


class Engines:
    """The engines' endpoints; one is started when it is first asked for."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self._running: dict[str, tuple[AbstractContextManager[str], str]] = {}

    def endpoint(self, name: str) -> str:
        if name == "address":
            return os.environ["DYNAMODB_ENDPOINT"]
        if name not in self._running:
            manager = engines.ENGINES[name](self._factory.mktemp(name))
            self._running[name] = manager, manager.__enter__()
        return self._running[name][1]

    def stop(self) -> None:
        for manager, _ in self._running.values():
            manager.__exit__(None, None, None)


@pytest.fixture(scope="session")
def all_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    found = Engines(tmp_path_factory)
    yield found
    found.stop()


@pytest.fixture(params=engines.params(only_long=["ministack"]))
def store(request: pytest.FixtureRequest, all_engines: Engines) -> Iterator[Store]:
    """A store with empty tables, on each engine in turn; on ministack in long tests only."""
    made = tables.make_store(all_engines.endpoint(request.param))
    yield made
    tables.drop(made)


@pytest.fixture
def moto_store(all_engines: Engines) -> Iterator[Store]:
    """A store with empty tables in this process, for what does not depend on the engine."""
    made = tables.make_store(all_engines.endpoint("moto"))
    yield made
    tables.drop(made)


@pytest.fixture
def deployed_environment(moto_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A function's environment over `moto_store`, for calls of the real handlers."""
    for name, value in tables.environment(moto_store).items():
        monkeypatch.setenv(name, value)
    reset_store()
    yield moto_store
    reset_store()
