"""The network that the contract's tests read, and the log that they look into."""

import json
from collections.abc import Iterator
from itertools import batched
from typing import Any

import pytest

from seealso.store.calls import Call
from seealso.store.tables import Store, reset_store
from seealso.store.values import marshal_item
from seealso.tables.articles import Article, article_item
from tests.support import faulty

DELETED, DRAFT, MISSING = 105, 104, 999
# As a page item has them: url, title, when submitted and when published in milliseconds.
LINKS = {
    "link#second": ["https://example.com/b", None, 1772445600000, 1772449200000],
    "link#first": ["https://example.com/a", "Of one's own", 1772359200000, 1772704800000],
}
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
    page = {"pk": "page#100", "published": len(LINKS), "pending": 0, **LINKS}
    puts = {
        deployed_environment.articles: [article_item(each) for each in made],
        deployed_environment.links: [page],
    }
    deployed_environment.client.send_all(
        [
            Call("BatchWriteItem", {"RequestItems": {table: some}})
            for table, items in puts.items()
            for some in batched(
                [{"PutRequest": {"Item": marshal_item(each)}} for each in items],
                25,
                strict=False,
            )
        ]
    )
    return deployed_environment


@pytest.fixture
def between(network: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[faulty.Proxy]:
    """The proxy through which the functions reach the network's tables."""
    with faulty.proxy(network.client.endpoint) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", made.endpoint)
        reset_store()
        yield made
        reset_store()


class Log:
    """What the functions have logged so far, on standard output."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured
        self._text = ""

    def text(self) -> str:
        self._text += self._captured.readouterr().out
        return self._text

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]

    def line(self) -> dict[str, Any]:
        """The only line."""
        (only,) = self.lines()
        return only

    def clear(self) -> None:
        self._captured.readouterr()
        self._text = ""


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)
