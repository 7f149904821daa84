"""Stores whose connections are closed after each test, and sixteen racers over each."""

from collections.abc import Iterator

import pytest

from seealso.store.tables import Store
from tests.support.races import Racers


@pytest.fixture
def store(store: Store) -> Iterator[Store]:
    yield store
    store.client.close()


@pytest.fixture
def racers(store: Store) -> Iterator[Racers]:
    with Racers(store) as found:
        yield found
