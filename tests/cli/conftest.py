"""The command line in this process, over the stores of the engines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner

from seealso import runs
from seealso.dynamodb import Store
from seealso_cli import writing
from seealso_cli.main import main
from tests.cli.support import Outcome, options, result


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
    monkeypatch.setattr(writing, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(runs, "WAIT_SECONDS", 0.0)

    def run(*arguments: str | Path, over: Store | None = None, stdin: bytes = b"") -> Outcome:
        where = options(over) if over else []
        ran = CliRunner().invoke(main, [*map(str, arguments), *where], input=stdin)
        return result(ran)

    return run
