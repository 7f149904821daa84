"""What all tests share: fake credentials, loopback only, how examples are drawn, the engines."""

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.internal.conjecture import providers

from local import stack
from local.paths import LOCAL
from local.stack import Stack
from seealso.store.tables import Store, reset_store
from tests.support import engines, tables
from tests.support.environment import use_store
from tests.support.log import Log

if TYPE_CHECKING:
    from tests.support.browser import Contexts

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

# A failing test's output is its own, not the requests that moto's server has answered.
logging.getLogger("werkzeug").setLevel(logging.WARNING)

# Fixtures that start more than moto: an emulator, the build, or a browser.
ENGINE_FIXTURES = {
    "built",
    "contexts",
    "deployed",
    "emulated",
    "live_stack",
    "make_stack",
    "release",
    "running_stack",
}

set_hypothesis_home_dir(LOCAL / "hypothesis")
# Cases of a property share an engine, and an engine's first answer may be slow.
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
# With another seed each time, which `make test-long` prints.
settings.register_profile(
    "long", settings.get_profile("repeatable"), derandomize=False, max_examples=1_000
)
settings.load_profile("repeatable")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hypothesis-profile") != "long":
        # Hypothesis draws constants of the local modules that are imported at the moment. Which
        # these are depends on the tests that this process ran before.
        providers._get_local_constants = lambda: providers._local_constants


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need an engine other than moto."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        parameters = [] if callspec is None else list(callspec.params.values())
        names = set(getattr(item, "fixturenames", ()))
        if names & ENGINE_FIXTURES or any(name in parameters for name in engines.EXTERNAL):
            item.add_marker(pytest.mark.engine)


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


@pytest.fixture(scope="session")
def all_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[engines.Engines]:
    found = engines.Engines(tmp_path_factory)
    yield found
    found.stop()


@pytest.fixture(params=engines.params(only_long=["ministack"]))
def store(request: pytest.FixtureRequest, all_engines: engines.Engines) -> Iterator[Store]:
    """A store with empty tables, on each engine in turn; on ministack in long tests only."""
    made = tables.make_store(all_engines.endpoint(request.param))
    yield made
    tables.drop(made)


@pytest.fixture
def moto_store(all_engines: engines.Engines) -> Iterator[Store]:
    """A store with empty tables in this process, for what does not depend on the engine."""
    made = tables.make_store(all_engines.endpoint("moto"))
    yield made
    tables.drop(made)


@pytest.fixture
def deployed_environment(moto_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A function's environment over `moto_store`, for calls of the real handlers."""
    use_store(moto_store, monkeypatch)
    yield moto_store
    reset_store()


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


@pytest.fixture(scope="session")
def stack_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Where `running_stack` keeps what it has; the same for all workers."""
    folder = tmp_path_factory.getbasetemp()
    return (folder if worker_id == "master" else folder.parent) / "stack"


@pytest.fixture(scope="session")
def running_stack(stack_folder: Path) -> Iterator[Stack]:
    """One stack with the sample data for the whole test run, all workers of it."""
    with stack.shared(stack_folder) as running:
        yield running


@pytest.fixture(scope="session")
def contexts() -> "Iterator[Contexts]":
    """A browser's contexts. Without Chromium, tests with this fixture are skipped."""
    # Imported here, because the tests that need no browser would wait for it as well.
    from tests.support import browser

    if browser.chromium_path() is None:
        pytest.skip(browser.WITHOUT_CHROMIUM)
    with browser.launched() as launched:
        yield browser.Contexts(launched)
