"""Articles that are hidden or moved between a read of an index and that of the articles."""

import pytest

from seealso.reading.selections import Selection, read_selections
from seealso.store.tables import Store
from seealso.tables.articles import Article, put_articles
from tests.support.fake_client import Database, fake_store

COLUMNS = frozenset({"id", "text", "links"})


def article(
    article_id: int, domain: int = 7, state: str = "published", version: int = 1
) -> Article:
    title = f"Title {article_id}"
    return Article(article_id, domain, title, "", "2026-02-25", state=state, version=version)


def stale(changes: list[Article]) -> Store:
    """1..20 of domain 7; the changes are made one after the other, before each second call."""
    database = Database()
    editors = fake_store(database)
    put_articles(editors, [(article(each), None) for each in range(1, 21)])
    coming = iter(changes)
    calls = iter(range(1_000))

    def turn() -> None:
        if next(calls) % 2 and (change := next(coming, None)):
            assert put_articles(editors, [(change, article(change.id))]) == [None]

    return fake_store(database, turn)


@pytest.mark.parametrize("domain", [7, None])
@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ([], [18, 17, 16]),
        ([article(18, state="draft", version=2)], [17, 16, 15]),
        ([article(16, state="deleted", version=2)], [18, 17, 15]),
        (
            [article(18, state="draft", version=2), article(15, state="draft", version=2)],
            [17, 16, 14],
        ),
    ],
)
def test_a_hidden_article_is_replaced_by_the_next(
    domain: int | None, changes: list[Article], shown: list[int]
) -> None:
    asked = Selection(COLUMNS, domain=domain, descending=True, offset=2, limit=3)
    ((_, rows),) = read_selections(stale(changes), [asked], 100).items()
    assert [row["id"] for row in rows] == shown


def test_a_moved_article_is_replaced_by_the_next() -> None:
    asked = Selection(COLUMNS, domain=7, descending=True, limit=3)
    ((_, rows),) = read_selections(stale([article(19, 3, version=2)]), [asked], 100).items()
    assert [row["id"] for row in rows] == [20, 18, 17]
