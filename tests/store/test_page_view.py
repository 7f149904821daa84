"""The page view and the lists against the oracle, over generated articles that keep changing.

A case is one comparison of a page view, its related lists and a domain's list. The test's name
has the seed that makes the case again.
"""

import pytest

from seealso.store.tables import Store
from tests.store.worlds import make_world
from tests.support import engines
from tests.support.fake_client import Database, fake_store

# What ends a Query early, as 1 MB does: nothing, or a number of items. It is more articles than a
# page or a list asks for at once: those are never cut, with titles as long as they may be.
CUTS: tuple[dict[str, int], ...] = ({}, {"ArticlesTable": 110, "SkipsTable": 2})


def compare(store: Store, seed: int, articles: int, changes: int, pages: int) -> None:
    world = make_world(store, seed, articles)
    for _ in range(changes):
        for _ in range(pages):
            world.check_page()
        world.change()
        world.change()
    for article_id in (1, 2**31 - 1):
        world.check_page_of(article_id)


@engines.on_every_engine
def test_pages_are_the_oracles(store: Store) -> None:
    compare(store, seed=0, articles=150, changes=6, pages=5)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(1, 6))
def test_pages_are_the_oracles_in_more_worlds(store: Store, seed: int) -> None:
    compare(store, seed, articles=150, changes=6, pages=5)


# The last engine is DynamoDB Local wherever it can run; the others sort all articles at each query.
@pytest.mark.parametrize("store", engines.names()[-1:], indirect=True)
@pytest.mark.parametrize("seed", range(10, 16))
def test_pages_are_the_oracles_on_the_reference(store: Store, seed: int) -> None:
    compare(store, seed, articles=400, changes=10, pages=6)


@pytest.mark.parametrize("seed", range(100, 130))
def test_pages_are_the_oracles_in_process(seed: int) -> None:
    compare(fake_store(Database(CUTS[seed % 2])), seed, articles=500, changes=20, pages=5)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(1000, 3000))
def test_pages_are_the_oracles_in_thousands_of_worlds(seed: int) -> None:
    compare(fake_store(Database(CUTS[seed % 2])), seed, articles=500, changes=40, pages=5)
