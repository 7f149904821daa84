"""The engines that the data modules run on: moto, ministack, DynamoDB Local, or one by address.

Each is a context manager that yields an endpoint; `DYNAMODB_ENDPOINT=http://...` takes their place.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from local import dynamodb_local, emulator, guard


@contextmanager
def moto(_folder: Path) -> Iterator[str]:
    """moto's server in this process, with one lock, since it is not atomic across threads."""
    from moto.dynamodb.responses import DynamoHandler
    from moto.server import ThreadedMotoServer

    lock = threading.Lock()
    call_action = DynamoHandler.call_action

    def one_at_a_time(handler: Any) -> Any:
        with lock:
            return call_action(handler)

    DynamoHandler.call_action = one_at_a_time  # type: ignore[method-assign]
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()
        DynamoHandler.call_action = call_action  # type: ignore[method-assign]


@contextmanager
def ministack(folder: Path) -> Iterator[str]:
    """An emulator of its own, nothing deployed."""
    lease = folder / "lease"
    with guard.held(lease):
        port = emulator.free_port()
        emulator.start(port, folder / "state", lease, folder / "emulator.log")
        yield f"http://localhost:{port}"


@contextmanager
def dynamodb_local_engine(folder: Path) -> Iterator[str]:
    """Amazon's own DynamoDB Local, the reference."""
    with dynamodb_local.running(folder) as endpoint:
        yield endpoint


ENGINES: dict[str, Callable[[Path], AbstractContextManager[str]]] = {
    "moto": moto,
    "ministack": ministack,
    "dynamodb-local": dynamodb_local_engine,
}

# What a test's parameter says of an engine that runs outside this process.
EXTERNAL = ("ministack", "dynamodb-local", "address")


def names() -> list[str]:
    """The engines that tests run on here."""
    if "DYNAMODB_ENDPOINT" in os.environ:
        return ["address"]
    here = dynamodb_local.is_available()
    return [name for name in ENGINES if here or name != "dynamodb-local"]


class Engines:
    """The engines' endpoints; one is started when it is first asked for."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self._running: dict[str, tuple[AbstractContextManager[str], str]] = {}

    def endpoint(self, name: str) -> str:
        if name == "address":
            return os.environ["DYNAMODB_ENDPOINT"]
        if name not in self._running:
            manager = ENGINES[name](self._factory.mktemp(name))
            self._running[name] = manager, manager.__enter__()
        return self._running[name][1]

    def stop(self) -> None:
        for manager, _ in self._running.values():
            manager.__exit__(None, None, None)


# DynamoDB Local wherever it can run. It alone is atomic and honors client tokens as Amazon's
# DynamoDB does, so tests of races and of lost replies prove most on it.
REFERENCE = names()[-1]
OTHERS = names()[:-1]


def params(*, only_long: Sequence[str], never: Sequence[str] = ()) -> list[pytest.ParameterSet]:
    """Engines as the params of a fixture or a test; those in `only_long` run in long tests only.

    ministack is usually among these: the end-to-end tests run the same requests on it.
    """
    return [
        pytest.param(name, marks=pytest.mark.long if name in only_long else ())
        for name in names()
        if name not in never
    ]


# For one test of each data module, which shows that ministack can run the module at all.
on_every_engine = pytest.mark.parametrize("store", names(), indirect=True)
# For tests of races and of whole histories.
on_the_reference = pytest.mark.parametrize("store", params(only_long=OTHERS), indirect=True)
