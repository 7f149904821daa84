"""The application as deployed: template.yaml in a private emulator, driven over HTTP."""

import fcntl
import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from local import stack
from local.stack import Stack


@dataclass(frozen=True)
class Response:
    """What a client gets back."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Deployed:
    """The deployed stack, its folder, and a client of its API."""

    stack: Stack
    folder: Path

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        return self.request("GET", path, headers=headers)

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Sends the path as it is given, without normalizing it."""
        # A busy machine may need long to start a container for each of many callers at once.
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=120)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            connection.close()


@pytest.fixture(scope="session")
def deployed(running_stack: Stack, stack_folder: Path) -> Deployed:
    return Deployed(running_stack, stack_folder)


@pytest.fixture(scope="session")
def live_stack(stack_folder: Path) -> Iterator[Deployed]:
    """The stack with the functions of the local run, whose checks reach pages on loopback."""
    folder = stack_folder.with_name("live-stack")
    with stack.shared(folder, is_live=True) as running:
        yield Deployed(running, folder)


@pytest.fixture
def live(live_stack: Deployed) -> Iterator[Deployed]:
    """That stack for one test at a time: a run of checks takes all that is due."""
    with (live_stack.folder / "one-test").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield live_stack
