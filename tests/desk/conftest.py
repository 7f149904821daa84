"""The desk over the engine that counts read units as AWS does."""

from collections.abc import Iterator

import pytest

from seealso.store.tables import Store, reset_store
from tests.support import engines, tables
from tests.support.engines import Engines
from tests.support.environment import use_store

COUNTING = [name for name in engines.names() if name in ("dynamodb-local", "address")]


@pytest.fixture(params=COUNTING)
def counting_store(
    request: pytest.FixtureRequest, all_engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A function's environment over an engine that counts read units."""
    found = tables.make_store(all_engines.endpoint(request.param))
    use_store(found, monkeypatch)
    yield found
    reset_store()
    tables.drop(found)
