"""The network that these tests read."""

from collections.abc import Iterator

import pytest

from seealso.store.tables import Store, reset_store
from seealso.tables.articles import Article, article_item
from tests.support import faulty
from tests.support.environment import use_store
from tests.support.factories import PAGE_LINKS, page_item, put_item, put_items

DELETED, DRAFT, MISSING = 105, 104, 999
# Article: its source.
SOURCES = {100: 100, 101: 102, 103: DRAFT, 106: DELETED, 107: MISSING}


def article(article_id: int, domain: int, state: str = "published") -> Article:
    return Article(
        article_id,
        domain,
        title=f"The {article_id}th",
        text="Several words.\n" * 3,
        date="2026-02-25",
        source_id=SOURCES.get(article_id),
        state=state,
    )


@pytest.fixture
def network(deployed_environment: Store) -> Store:
    """100..119 of the domains 7 and 3 in turn, with sources; a draft, a deleted one; links on 100.

    Domain 5 has 25 articles from 201 on.
    """
    made = [article(each, 7 if each % 2 else 3) for each in range(100, 120)]
    made[DRAFT - 100] = article(DRAFT, 3, "draft")
    made[DELETED - 100] = article(DELETED, 7, "deleted")
    made += [article(each, 5) for each in range(201, 226)]
    put_items(deployed_environment, deployed_environment.articles, map(article_item, made))
    put_item(deployed_environment, deployed_environment.links, page_item(100, PAGE_LINKS))
    return deployed_environment


@pytest.fixture
def between(network: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[faulty.Proxy]:
    """The proxy through which the functions reach the network's tables."""
    with faulty.proxy(network.client.endpoint) as proxy:
        use_store(network, monkeypatch, endpoint=proxy.endpoint)
        yield proxy
        reset_store()
