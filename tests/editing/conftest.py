"""The admin function over a network with something of everything, and stores on the engines."""

from collections.abc import Iterator

import pytest

from seealso.store.tables import Store
from tests.editing import network as desk
from tests.support.races import Racers
from tests.support.requests import new_container


@pytest.fixture
def store(store: Store) -> Iterator[Store]:
    yield store
    store.client.close()


@pytest.fixture
def network(deployed_environment: Store) -> Iterator[Store]:
    """The articles, links and sites of network.fill()."""
    desk.fill(deployed_environment)
    yield deployed_environment
    new_container()
    deployed_environment.client.close()


@pytest.fixture
def racers(store: Store) -> Iterator[Racers]:
    with Racers(store) as found:
        yield found
