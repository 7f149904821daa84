"""The admin function over a network with something of everything, and racers on each engine."""

from collections.abc import Iterator

import pytest

from seealso.store.tables import Store
from tests.editing import sample_network
from tests.support.races import Racers


@pytest.fixture
def network(deployed_environment: Store) -> Store:
    """The articles, links and sites of sample_network.fill()."""
    sample_network.fill(deployed_environment)
    return deployed_environment


@pytest.fixture
def racers(store: Store) -> Iterator[Racers]:
    with Racers(store) as found:
        yield found
