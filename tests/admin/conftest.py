"""The admin function over a network with something of everything."""

from collections.abc import Iterator

import pytest

from seealso.store.tables import Store
from tests.admin import desk
from tests.links.racing import Racers
from tests.submissions.world import new_container


@pytest.fixture
def network(deployed_environment: Store) -> Iterator[Store]:
    """The articles, links and sites of desk.fill()."""
    desk.fill(deployed_environment)
    yield deployed_environment
    new_container()
    deployed_environment.client.close()


@pytest.fixture
def racers(store: Store) -> Iterator[Racers]:
    with Racers(store) as found:
        yield found
    store.client.close()
