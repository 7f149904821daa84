"""The network that these tests ask about."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from seealso.limits import MAX_ID
from seealso.store.tables import Store, reset_store
from seealso.store.values import Json
from seealso.tables.articles import Article, article_item
from tests.graphql.requests import ask, data
from tests.support import faulty, tables
from tests.support.environment import use_store
from tests.support.factories import PAGE_LINKS, page_item, put_item, put_items

DRAFT, DELETED, MISSING = 104, 105, 999
ARTICLE_WITH_LINKS = 100
SOURCES = {100: 100, 101: 102}
LINKED = range(201, 226)
DOMAINS = {1: 9, MAX_ID: 9, 400: 0, **dict.fromkeys(LINKED, 5)}
LARGE_DOMAIN = 8
LARGE_TEXT = 300_000  # bytes, about as many as a text may have
LARGE = {
    301: "x" * LARGE_TEXT,
    302: '"' * LARGE_TEXT,  # twice as long in the answer, four times on its way out of Lambda
    **dict.fromkeys(range(303, 308), "y" * LARGE_TEXT),
}


def _article(article_id: int) -> Article:
    return Article(
        article_id,
        domain=DOMAINS.get(article_id, 7 if article_id % 2 else 3),
        title=f"The {article_id}th \N{EM DASH} \U0001f600",
        text=f'Several "words" of {article_id}.\n' * 3,
        date="2026-02-25T10:00:00+01:00" if article_id == 101 else "2026-02-25",
        source_id=SOURCES.get(article_id),
        state={DRAFT: "draft", DELETED: "deleted"}.get(article_id, "published"),
    )


ALL = [_article(each) for each in sorted({*range(100, 120), *DOMAINS})]
PUBLISHED = {each.id: each for each in ALL if each.state == "published"}


@pytest.fixture(scope="session")
def tables_of_network(all_engines: Any) -> Iterator[Store]:
    """The network's tables; a question changes nothing in them."""
    made = tables.make_store(all_engines.endpoint("moto"))
    _fill(made)
    yield made
    tables.drop(made)


@pytest.fixture
def network(tables_of_network: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """100..119 of the domains 7 and 3 in turn, among them a draft and a deleted one; links on 100.

    Domain 5 has 201..225, domain 9 the lowest and the highest id that there can be, domain 0 400.
    """
    use_store(tables_of_network, monkeypatch)
    # What is loaded with the first question is not a question's own time.
    assert data(ask("{ __typename }")) == {"__typename": "query_root"}
    yield tables_of_network
    reset_store()


@pytest.fixture
def large(network: Store, moto_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network in tables of its own, and some articles more, with texts of 300 KB."""
    _fill(moto_store)
    put_items(moto_store, moto_store.articles, _large_articles())
    use_store(moto_store, monkeypatch)


@pytest.fixture
def counted(network: Store, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Those articles alone, on an engine of the test's own choice."""
    put_items(store, store.articles, _large_articles())
    use_store(store, monkeypatch)
    yield
    store.client.close()


@pytest.fixture
def linked(network: Store, moto_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network in tables of its own; each page of domain 5 has all the links that it can have.

    Each is as long as it can be.
    """
    url = "https://example.com/".ljust(2_048, "x")
    links = {f"link#{each}": [url, "x" * 200, each, each] for each in range(20)}
    pages = [page_item(article_id, links) for article_id in LINKED]
    _fill(moto_store)
    put_items(moto_store, moto_store.links, pages)
    use_store(moto_store, monkeypatch)


def _fill(store: Store) -> None:
    put_item(store, store.links, page_item(ARTICLE_WITH_LINKS, PAGE_LINKS))
    put_items(store, store.articles, map(article_item, ALL))


def _large_articles() -> list[Json]:
    return [
        article_item(Article(each, LARGE_DOMAIN, f"The {each}th", text, "2026-02-25"))
        for each, text in LARGE.items()
    ]


@pytest.fixture
def between(network: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[faulty.Proxy]:
    """The proxy through which the functions reach the network's tables."""
    with faulty.proxy(network.client.endpoint) as proxy:
        use_store(network, monkeypatch, endpoint=proxy.endpoint)
        yield proxy
        reset_store()


def ids_where(condition: Callable[[Article], bool] = lambda _: True) -> list[int]:
    """The ids of the published articles of which it is true, in ascending order."""
    return [each for each, article in PUBLISHED.items() if condition(article)]


def row(article_id: int) -> Mapping[str, Any]:
    """The columns of a published article."""
    article = PUBLISHED[article_id]
    return {
        "id": article.id,
        "domain": article.domain,
        "title": article.title,
        "text": article.text,
        "date": article.date,
        "srcId": article.source_id or 0,
    }
