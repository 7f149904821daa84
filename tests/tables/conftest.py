"""Sixteen racers over each engine."""

from collections.abc import Iterator

import pytest

from seealso.store.tables import Store
from tests.support.races import Racers


@pytest.fixture
def racers(store: Store) -> Iterator[Racers]:
    with Racers(store) as found:
        yield found
