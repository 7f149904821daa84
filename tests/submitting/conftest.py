"""The functions over tables with a few articles: on moto, or on each engine in turn."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

import pytest

from seealso.store.tables import Store, current_store
from tests.submitting import sample_network
from tests.support import engines, faulty, tables
from tests.support.engines import Engines
from tests.support.environment import new_container, use_store
from tests.support.functions import function

# Faults are met on these two: one forgets client tokens, the other honors them as AWS does.
FAULT_ENGINES = [name for name in engines.names() if name != "ministack"]


@pytest.fixture
def network(moto_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The articles and the site of sample_network.py."""
    yield from _functions_over(moto_store, monkeypatch)


@pytest.fixture
def anywhere(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The same on each engine in turn."""
    yield from _functions_over(store, monkeypatch)


@pytest.fixture(params=FAULT_ENGINES)
def between(
    request: pytest.FixtureRequest, all_engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> Iterator[faulty.Proxy]:
    """The proxy through which the functions reach their tables; `behind` is the other way."""
    endpoint = all_engines.endpoint(request.param)
    with faulty.proxy(endpoint) as made:
        store = tables.make_store(endpoint)
        for _ in _functions_over(store, monkeypatch):
            use_store(store, monkeypatch, endpoint=made.endpoint)
            yield made


@pytest.fixture
def behind(between: faulty.Proxy) -> Iterator[Store]:
    """The tables behind the proxy, reached without it."""
    assert between.upstream is not None
    store = tables.another(current_store())
    store.client.endpoint = between.upstream
    yield store
    store.client.close()


class Clock:
    """Stands for `datetime` in the functions: it says what it is told."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 10, 3, 20, tzinfo=UTC)

    def now(self, zone: tzinfo) -> datetime:
        return self.time.astimezone(zone)

    def forward(self, **passed: float) -> None:
        self.time += timedelta(**passed)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for name in ("submit_link", "expire_links"):
        monkeypatch.setattr(function(name), "datetime", made)
    return made


def _functions_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    use_store(store, monkeypatch)
    sample_network.fill(store)
    yield store
    new_container()
