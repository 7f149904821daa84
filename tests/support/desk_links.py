"""Links for the desk's lists, written as items: many, and with what attackers type."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from seealso.editing import links as moderation
from seealso.editing.links import Decision
from seealso.store.tables import Store
from seealso.tables.articles import Article, import_articles
from seealso.tables.audit import ChangeContext
from seealso.tables.links import Link, claim_key, link_item
from seealso.tables.pages import page_key
from seealso.tables.sites import Site
from seealso.times import rfc3339
from tests.support.factories import put_item, put_items, put_site

SITED, SITELESS = 7, 3
ARTICLES = range(1, 9)
PAGE = 25  # links on a page of a list


def link_id(number: int) -> str:
    return f"{number:032x}"


def pending_link(number: int, now: datetime, **changes: Any) -> Link:
    """A usual pending link; the higher its number, the later it was submitted."""
    submitted = now - timedelta(hours=30) + timedelta(seconds=number)
    domain = SITELESS if number % 3 == 0 else SITED
    members: dict[str, Any] = {
        "link_id": link_id(number),
        "article_id": ARTICLES[number % len(ARTICLES)],
        "domain": domain,
        "url": f"https://blog-{number % 9}.example.net/2026/11/on-kettles-and-houses-{number}.html",
        "title": f"What the kettle said in the house, part {number}",
        "status": "pending",
        "version": 1,
        "link_back": "seen",
        "link_back_at": rfc3339(submitted + timedelta(minutes=1)),
        "submitted_at": rfc3339(submitted),
        "published_at": None,
        "claim": claim_key("network", 1, f"http://blog.example.net/{number}/"),
        "consent": {"version": 1, "language": "en", "at": rfc3339(submitted)},
        "token_hash": "-",
        "article_title": f"Of kettles and houses, a history in parts: {number}",
        "needs_editor": "honeypot" if number % 10 == 0 else None,
        "expires_at": rfc3339(submitted + timedelta(days=14)),
    }
    return Link(**{**members, **changes})


def put_links(store: Store, links: Iterable[Link]) -> None:
    """Write links with their claims, and the counters of their pages."""
    written = list(links)
    put_items(store, store.links, map(link_item, written))
    claims = [
        {"pk": link.claim, "link_id": link.link_id, "article_id": link.article_id}
        for link in written
    ]
    put_items(store, store.links, claims)
    for article_id in {link.article_id for link in written}:
        counted = sum(
            link.article_id == article_id and link.status == "pending" for link in written
        )
        put_item(store, store.links, {**page_key(article_id), "pending": counted, "published": 0})


def fill(store: Store, number: int = 60) -> datetime:
    """Two sites, articles, and pending links of both; returns the time of the newest."""
    now = datetime.now(UTC)
    put_site(store, Site(SITED, name="Night Ledger", cap=20, pending_cap=1000))
    import_articles(
        store,
        [
            Article(each, (SITED, SITELESS)[each % 3 == 0], f"Heat {each}", "Text.", "2026-02-25")
            for each in ARTICLES
        ],
    )
    put_links(store, [pending_link(each, now) for each in range(1, number + 1)])
    return now


def decide_elsewhere(store: Store, number: int) -> None:
    """Another editor rejects a link."""
    context = ChangeContext("cem@example.com", datetime.now(UTC), "of-a-test", 365)
    moderation.reject(store, context, link_id(number), 1, Decision("It is off the subject."))
