"""What the tables of a stack hold: all of it, page by page, or of one page as it is now.

A copy is kept in a temporary database on disk, so that its size is not that of the memory.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import batched

from seealso.store.calls import batch_items
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables.articles import Article
from seealso.tables.pages import page_key
from seealso_cli.recovery.invariants import PageItems

_MAX_DIGITS = 10  # of an article's id
_MAX_KEYS = 100  # of one BatchGetItem
# Reads of a page that others are changing: a change takes milliseconds.
_MAX_READS = 10


class Contents:
    """A copy of the table Links, page by page, and of which articles there are.

    Use it in a `with`; its file is deleted at the end.
    """

    def __init__(self) -> None:
        # An empty name is a temporary file, which SQLite deletes.
        self._database = sqlite3.connect("")
        self._database.executescript(
            "CREATE TABLE items (pk TEXT PRIMARY KEY, page INTEGER, item TEXT) WITHOUT ROWID;"
            "CREATE INDEX by_page ON items (page);"
            "CREATE TABLE articles (id INTEGER PRIMARY KEY, domain INTEGER, state TEXT);"
        )

    def add_articles(self, articles: Iterable[Article]) -> None:
        rows = [(article.id, article.domain, article.state) for article in articles]
        self._database.executemany("INSERT OR REPLACE INTO articles VALUES (?, ?, ?)", rows)

    def add_items(self, items: Iterable[Json]) -> None:
        """Add items of the table Links; complete() must be called after the last."""
        rows = [(item["pk"], _page_of(item), json.dumps(item)) for item in items]
        self._database.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", rows)

    def complete(self) -> None:
        """Give checks, which do not name their article, the page of their link."""
        self._database.execute(
            "UPDATE items SET page = coalesce("
            "(SELECT page FROM items AS link WHERE link.pk = 'link#' || substr(items.pk, 8)), 0)"
            " WHERE pk LIKE 'checks#%'"
        )

    def pages(self) -> Iterator[PageItems]:
        """Yield what there is of each page; 0 is where what belongs to none is."""
        query = "SELECT DISTINCT page FROM items ORDER BY page"
        for (article_id,) in self._database.execute(query).fetchall():
            yield self.page(article_id)

    def page(self, article_id: int) -> PageItems:
        """What there is of one page, empty if there is nothing."""
        query = "SELECT item FROM items WHERE page = ?"
        found = [json.loads(item) for (item,) in self._database.execute(query, (article_id,))]
        items = grouped(article_id, found)
        for pk in claims_named(items):
            query = "SELECT item FROM items WHERE pk = ?"
            for (item,) in self._database.execute(query, (pk,)):
                items.claims[pk] = json.loads(item)
        return items

    def count(self, kind: str) -> int:
        """How many items of a kind the table Links has."""
        query = "SELECT count(*) FROM items WHERE pk LIKE ?"
        return int(self._database.execute(query, (f"{kind}#%",)).fetchone()[0])

    def any_claim(self) -> str | None:
        """The key of one of the claims, None if there is none."""
        query = "SELECT pk FROM items WHERE pk LIKE 'claim#%' LIMIT 1"
        row = self._database.execute(query).fetchone()
        return str(row[0]) if row else None

    def domain_of(self, article_id: int) -> int | None:
        """The domain of an article, None if there is none with this id."""
        query = "SELECT domain FROM articles WHERE id = ?"
        row = self._database.execute(query, (article_id,)).fetchone()
        return int(row[0]) if row else None

    def articles_by_state(self) -> dict[str, int]:
        query = "SELECT state, count(*) FROM articles GROUP BY state ORDER BY state DESC"
        return dict(self._database.execute(query))

    def published_elsewhere(self, low: int, high: int, domain: int) -> list[tuple[int, int]]:
        """Published articles (id, domain) with ids in low..high of any other domain."""
        query = (
            "SELECT id, domain FROM articles WHERE id BETWEEN ? AND ? AND domain <> ?"
            " AND state = 'published' ORDER BY id"
        )
        return list(self._database.execute(query, (low, high, domain)))

    def __enter__(self) -> "Contents":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()


def _page_of(item: Json) -> int:
    """The page that an item names; 0 if it names none."""
    kind, _, name = item["pk"].partition("#")
    page = str(name if kind == "page" else item.get("article_id"))
    return int(page) if page.isdecimal() and len(page) <= _MAX_DIGITS else 0


def grouped(article_id: int, items: Iterable[Json]) -> PageItems:
    """Items of one page by their kinds."""
    found = PageItems(article_id)
    for item in items:
        kind, _, name = item["pk"].partition("#")
        match kind:
            case "page":
                found.page = item
            case "link":
                found.links[name] = item
            case "claim":
                found.claims[item["pk"]] = item
            case "checks":
                found.checks[name] = item
            case _:
                found.others.append(item)
    return found


def claims_named(items: PageItems) -> list[str]:
    """The claims that the links of a page name and that are not among its items."""
    named = [
        pk
        for item in items.links.values()
        for pk in (item.get("claim"), item.get("final_claim"))
        if isinstance(pk, str) and pk not in items.claims
    ]
    return list(dict.fromkeys(named))


# ---- one page as it is now -------------------------------------------------------------------


def read_page(
    store: Store, article_id: int, links: Iterable[str] = (), others: Iterable[str] = ()
) -> PageItems:
    """What the table Links holds of a page at one moment (strongly consistent).

    Which links it has is in an index, which follows within about a second. `links` are ids of
    links, and `others` keys of claims and the like, that it may have beside these. Raises
    StoreUnavailable, StoreError.
    """
    links, others = list(links), list(others)
    items = _read_page(store, article_id, links, others)
    for _ in range(_MAX_READS):
        again = _read_page(store, article_id, links, others)
        if again == items:
            break
        items = again
    return items


def _read_page(
    store: Store, article_id: int, links: Iterable[str], others: Iterable[str]
) -> PageItems:
    query = {
        "TableName": store.links,
        "IndexName": "article-submitted",
        "KeyConditionExpression": "article_id = :article_id",
        "ExpressionAttributeValues": marshal_item({":article_id": article_id}),
    }
    listed = [item["pk"] for item in store.client.query_all(query)]
    page = store.client.get_item(store.links, page_key(article_id))
    shown = [name for name in page or {} if name.startswith("link#")]
    link_pks = list(dict.fromkeys([*listed, *shown, *(f"link#{each}" for each in links)]))
    link_items = _read_items(store, link_pks)
    # A page may show a link of another one, if it was written by hand.
    foreign = {item["pk"] for item in link_items if _page_of(item) not in (article_id, 0)}
    own = [pk for pk in link_pks if pk not in foreign]
    found = [item for item in link_items if item["pk"] not in foreign]
    named = dict.fromkeys([*claims_named(grouped(article_id, found)), *others])
    found += _read_items(store, [*(f"checks#{pk.removeprefix('link#')}" for pk in own), *named])
    return grouped(article_id, [*found, *([page] if page else [])])


def _read_items(store: Store, pks: Iterable[str]) -> list[Json]:
    """The current items of these keys in the table Links, sorted by key."""
    found: list[Json] = []
    for some in batched(pks, _MAX_KEYS, strict=False):
        keys = {"Keys": [marshal_item({"pk": pk}) for pk in some], "ConsistentRead": True}
        answer = store.client.call("BatchGetItem", {"RequestItems": {store.links: keys}})
        found += batch_items(answer, store.links)
    return sorted(found, key=lambda item: str(item["pk"]))
