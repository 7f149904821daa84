"""Stores over the engines whose connections are closed after each test."""

from collections.abc import Iterator

import pytest

from seealso.store.tables import Store


@pytest.fixture
def store(store: Store) -> Iterator[Store]:
    yield store
    store.client.close()
