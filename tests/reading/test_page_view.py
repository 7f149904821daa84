"""The page view and the lists against the oracle, over generated articles that keep changing.

A case is one comparison of a page view, its related lists and a domain's list. The test's name
has the seed that makes the case again.
"""

import pytest

from seealso.store.tables import Store
from tests.support import engines
from tests.support.fake_client import Database, fake_store
from tests.support.random_network import make_random_network, seeds

# What ends a Query early, as 1 MB does: nothing, or a number of items. It is more articles than a
# page or a list asks for at once: those are never cut, with titles as long as they may be.
CUTS: tuple[dict[str, int], ...] = ({}, {"ArticlesTable": 110, "SkipsTable": 2})


def compare(store: Store, seed: int, articles: int, changes: int, pages: int) -> None:
    network = make_random_network(store, seed, articles)
    for _ in range(changes):
        for _ in range(pages):
            network.check_page()
        network.change()
        network.change()
    for article_id in (1, 2**31 - 1):
        network.check_page_of(article_id)


@pytest.mark.slow
@engines.on_every_engine
def test_pages_match_oracle(store: Store) -> None:
    compare(store, seed=0, articles=150, changes=6, pages=5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 6))
def test_pages_match_oracle_of_more_networks(store: Store, seed: int) -> None:
    compare(store, seed, articles=150, changes=6, pages=5)


# The last engine is DynamoDB Local wherever it can run; the others sort all articles at each query.
@pytest.mark.parametrize("store", engines.names()[-1:], indirect=True)
@pytest.mark.parametrize("seed", range(10, 16))
def test_pages_match_oracle_on_the_reference(store: Store, seed: int) -> None:
    compare(store, seed, articles=400, changes=10, pages=6)


@pytest.mark.parametrize("seed", seeds(range(100, 130), quick=20))
def test_pages_match_oracle_in_process(seed: int) -> None:
    compare(fake_store(Database(CUTS[seed % 2])), seed, articles=500, changes=20, pages=5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 3000))
def test_pages_match_oracle_in_thousands_of_networks(seed: int) -> None:
    compare(fake_store(Database(CUTS[seed % 2])), seed, articles=500, changes=40, pages=5)
