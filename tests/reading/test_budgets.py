"""The budgets of page views (design.md), counted by the client as in production.

DynamoDB Local counts true read units and ministack fewer; moto counts a BatchGetItem as if it were
consistent, so it is not asked about them.
"""

from contextlib import closing
from dataclasses import dataclass

import pytest

from seealso.reading import page
from seealso.store.client import Usage
from seealso.store.tables import Store
from seealso.tables.articles import Article, put_articles
from tests.support import engines, oracle
from tests.support.factories import item_of_4_kb
from tests.support.tables import another, make_store

DOMAINS = (7, 3, 5, 1, 2)
SOURCE = 40
COUNTING = engines.params(only_long=engines.OTHERS, never=["moto"])


@dataclass
class Network:
    """Articles of five domains in turn; the highest but one is read, and has a source."""

    store: Store
    model: dict[int, Article]

    @property
    def read(self) -> Article:
        return self.model[len(self.model) - 1]

    def cost(self, *hints: tuple[int | None, int | None]) -> list[Usage]:
        """What page views with these hints cost, one after the other, by a client that is new."""
        own = another(self.store)
        tallies: list[Usage] = []
        with closing(own.client):
            for domain, source_id in hints:
                tallies.append(own.client.start())
                shown = page.read_page(own, self.read.id, domain, source_id)
                assert shown == oracle.page(self.model, self.read.id)
        return tallies


def network(store: Store, size: int) -> Network:
    model = {each: item_of_4_kb(each, DOMAINS[each % 5]) for each in range(1, size + 1)}
    model[size - 1] = item_of_4_kb(size - 1, DOMAINS[(size - 1) % 5], source_id=SOURCE)
    made = list(model.values())
    for start in range(0, size, 100):
        batch = made[start : start + 100]
        assert put_articles(store, [(each, None) for each in batch]) == [None] * len(batch)
    return Network(store, model)


@pytest.mark.parametrize("store", COUNTING, indirect=True)
def test_a_page_with_correct_hints_is_one_round_trip(store: Store) -> None:
    shown = network(store, 60)
    # The second time, the site is known from the first.
    for usage in shown.cost(*[(shown.read.domain, SOURCE)] * 2):
        assert (usage.requests, usage.round_trips) == (3, 1)
        assert usage.read_units <= 3


@pytest.mark.parametrize("store", COUNTING, indirect=True)
def test_a_page_without_hints_is_two_round_trips(store: Store) -> None:
    for usage in network(store, 60).cost((None, None), (None, None)):
        assert (usage.requests, usage.round_trips) == (4, 2)
        assert usage.read_units <= 3


def test_wrong_hints_cost_a_second_round_trip(store: Store) -> None:
    (usage,) = network(store, 60).cost((99, SOURCE + 1))
    assert (usage.requests, usage.round_trips) == (5, 2)


def test_a_missing_page_costs_one_round_trip(store: Store) -> None:
    usage = store.client.start()
    assert page.read_page(store, 1) is None
    assert (usage.requests, usage.round_trips) == (2, 1)


# The last engine is DynamoDB Local wherever it can run; the others sort all articles at each query.
@pytest.mark.parametrize("store", engines.names()[-1:], indirect=True)
def test_a_page_costs_the_same_in_a_larger_network(store: Store) -> None:
    few = network(store, 200)
    many = network(make_store(store.client.endpoint), 5_000)
    hints = [(None, None), (few.read.domain, SOURCE)]
    assert few.read.domain == many.read.domain
    costs = [
        [(each.requests, each.round_trips, each.read_units) for each in of.cost(*hints)]
        for of in (few, many)
    ]
    assert costs[0] == costs[1]
    many.store.client.close()
