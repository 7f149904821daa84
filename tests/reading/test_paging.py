"""A domain's list, page by page, while others add, hide, move and bring back articles."""

from dataclasses import replace
from random import Random

import pytest

from seealso.reading.page import list_domain
from seealso.store.tables import Store
from seealso.tables.articles import Article
from tests.support.fake_client import Database, fake_store
from tests.support.random_network import RandomNetwork

DOMAIN, OTHER = 7, 3


def page_through(store: Store, seed: int) -> None:
    rng = Random(seed)
    network = RandomNetwork(store, rng, [DOMAIN, OTHER])
    ids = rng.sample(range(1, 600), 150)
    network.put([published(each, rng.choice(network.domains)) for each in ids])
    stayed = {each.id for each in network.model.values() if each.domain == DOMAIN}
    limit = rng.choice([1, 2, 7, 20, 100])
    seen: list[int] = []
    below: int | None = None
    while True:
        found = list_domain(store, DOMAIN, limit, below)
        assert len(found) <= limit
        seen += [each["id"] for each in found]
        if len(found) < limit:
            break
        below = found[-1]["id"]
        stayed -= somebody_changes(network, rng, below)
    assert seen == sorted(set(seen), reverse=True)
    assert stayed <= set(seen)


def published(article_id: int, domain: int) -> Article:
    return Article(article_id, domain, f"Title {article_id}", "", "2026-02-25")


def somebody_changes(network: RandomNetwork, rng: Random, below: int) -> set[int]:
    """Change some articles, those about the place where the next page begins too; which ones."""
    near = range(max(below - 3, 1), below + 3)
    changed = {*rng.sample(range(1, 600), 4), *(each for each in near if rng.random() < 0.3)}
    network.put(
        [
            replace(
                published(each, rng.choice(network.domains)),
                state=rng.choice(["published", "published", "draft", "deleted"]),
            )
            for each in sorted(changed)
        ]
    )
    return changed


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_lists_each_unchanged_article_once(store: Store, seed: int) -> None:
    page_through(store, seed)


def test_lists_each_unchanged_article_once_in_process() -> None:
    for seed in range(1000, 1200):
        try:
            page_through(fake_store(Database()), seed)
        except AssertionError as failure:
            failure.add_note(f"seed {seed}")
            raise


def test_the_last_page_has_no_next_page(store: Store) -> None:
    network = RandomNetwork(store, Random(0), [DOMAIN])
    network.put([published(each, DOMAIN) for each in (1, 5, 2**31 - 1)])
    found = list_domain(store, DOMAIN, 3)
    assert [each["id"] for each in found] == [2**31 - 1, 5, 1]
    assert list_domain(store, DOMAIN, 2, below=1) == []
    assert list_domain(store, 99, 20) == []
