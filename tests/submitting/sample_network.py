"""The articles and the site that links are submitted to, and what is stored of the links."""

from datetime import UTC, datetime
from typing import Any

from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import links
from seealso.tables.articles import Article, put_articles
from seealso.tables.links import Link
from seealso.tables.sites import Site, add_network_block
from tests.support import factories
from tests.support.environment import new_container
from tests.support.requests import ARTICLE_ID
from tests.support.scan import delete_items, everything, scan
from tests.support.transitions import change_link

# Published articles: of a domain without a site, and two of a site that publishes at once.
WAITING, SHOWN, OTHER = 100, ARTICLE_ID, 102
DRAFT, DELETED, MISSING = 104, 105, 999
SITE = Site(
    8,
    hosts=["heat.example.com"],
    name="Heat",
    article_url="https://heat.example.com/a/{id}",
    publish="at_once",
)
BLOCKED, BLOCKED_EVERYWHERE = "spam.example.net", "casino.example.org"


def article(article_id: int, domain: int, state: str = "published") -> Article:
    return Article(article_id, domain, f"The {article_id}th", "Words.", "2026-02-25", state=state)


def fill(store: Store) -> None:
    """Put the articles above, the site and the hosts that are blocked everywhere."""
    made = [
        article(WAITING, 7),
        article(SHOWN, 8),
        article(OTHER, 8),
        article(DRAFT, 8, "draft"),
        article(DELETED, 8, "deleted"),
    ]
    put_articles(store, [(each, None) for each in made])
    put_site(store)
    add_network_block(store, BLOCKED_EVERYWHERE, [])


def put_site(store: Store, **changes: Any) -> None:
    """Give the site other settings, as containers see them that start afterwards."""
    factories.put_site(store, SITE._replace(**changes), [BLOCKED])
    new_container()


def set_state(store: Store, article_id: int, state: str, domain: int = 8) -> None:
    there = article(article_id, domain)
    put_articles(store, [(article(article_id, domain, state), there)])


def uncounted(store: Store) -> dict[str, list[Json]]:
    """Every item but those that count clients, and the stack's settings."""
    found = everything(store)
    found[store.transient] = []
    found[store.sites] = [item for item in found[store.sites] if item["kind"] != "setting"]
    return found


def forget_links(store: Store) -> None:
    """Empty the links table."""
    delete_items(store, store.links)


def kept(store: Store, kind: str) -> list[Json]:
    """The items of a kind: link, claim, page; of clients, submissions, previews or day-key."""
    is_of_clients = kind in ("submissions", "previews", "day-key")
    table = store.transient if is_of_clients else store.links
    items = sorted(scan(store, table), key=repr)
    return [item for item in items if item["pk"].startswith(f"{kind}#")]


def link_of(store: Store, receipt: Json) -> Link:
    found = links.get_link(store, receipt["link_id"])
    assert found is not None
    return found


def change(store: Store, receipt: Json, *statuses: links.Status) -> None:
    """Give a link one status after the other, as editors, verifier and schedule do."""
    for status in statuses:
        change_link(store, link_of(store, receipt), status, datetime.now(UTC), "test", cap=20)
