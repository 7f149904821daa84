"""Articles, links, sites and networks of them, with defaults."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import batched

from seealso.store.calls import Call
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.submitting.deciding import Attempt, Rules
from seealso.submitting.parsing import Submission
from seealso.submitting.submitting import Receipt, submit
from seealso.tables.articles import Article, article_item, put_articles
from seealso.tables.audit import ChangeContext
from seealso.tables.links import BY_SUBMITTER
from seealso.tables.pages import page_key
from seealso.tables.sites import Site, SiteRecord, get_record, save_record

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
# Domains of make_network(): one that publishes at once, one that requires approval.
AT_ONCE, APPROVED = 7, 3
CAP, PENDING_CAP = 5, 7
# As a page item has them: url, title, when submitted and when published in milliseconds.
PAGE_LINKS: Json = {
    "link#second": ["https://example.com/b", None, 1772445600000, 1772449200000],
    "link#first": ["https://example.com/a", "Of one's own", 1772359200000, 1772704800000],
}


def by_submitter(now: datetime) -> ChangeContext:
    """The context of a withdrawal."""
    return ChangeContext(BY_SUBMITTER, now, "of-a-test", 365)


# ---- items as they are stored ------------------------------------------------------------------


def put_item(store: Store, table: str, item: Json) -> None:
    """Put a plain item straight into a table."""
    store.client.call("PutItem", {"TableName": table, "Item": marshal_item(item)})


def put_items(store: Store, table: str, items: Iterable[Json]) -> None:
    """Put plain items straight into a table, 25 in a request."""
    requests = ({"PutRequest": {"Item": marshal_item(item)}} for item in items)
    store.client.send_all(
        [
            Call("BatchWriteItem", {"RequestItems": {table: batch}})
            for batch in batched(requests, 25, strict=False)
        ]
    )


def put_site(store: Store, site: Site, blocked_hosts: Sequence[str] = ()) -> None:
    """Give a domain this site, over the one that it has; its version is raised."""
    current = get_record(store, site.domain)
    stored = site._replace(version=current.site.version + 1)
    save_record(store, SiteRecord(stored, tuple(sorted(blocked_hosts))), current, [])


def page_item(article_id: int, links: Mapping[str, Sequence[object]]) -> Json:
    """A page's item with these published links, each as in PAGE_LINKS."""
    return page_key(article_id) | {"published": len(links), "pending": 0, **links}


def item_of_4_kb(article_id: int, domain: int, source_id: int | None = None) -> Article:
    """An article with a title of 60 characters whose item has all of 4,096 bytes.

    Sizes: AWS "DynamoDB item sizes and formats"; a number has at most a byte for two digits and
    one more, and one for its sign at most.
    """
    title = f"Article {article_id} of domain {domain}".ljust(60, ".")
    article = Article(article_id, domain, title, "", "2026-02-25T10:00:00+01:00", source_id)
    item = article_item(article)
    size = sum(
        len(name) + (len(value) if isinstance(value, str) else (len(str(value)) + 1) // 2 + 2)
        for name, value in item.items()
    )
    return replace(article, text="x" * (4096 - size))


# ---- networks ----------------------------------------------------------------------------------


def make_network(
    store: Store,
    articles: Sequence[tuple[int, int]],
    cap: int = CAP,
    pending_cap: int = PENDING_CAP,
) -> None:
    """The two sites, and published articles as (id, domain) pairs."""
    for domain, publish in ((AT_ONCE, "at_once"), (APPROVED, "approved")):
        put_site(store, Site(domain, cap=cap, publish=publish, pending_cap=pending_cap))
    refusals = put_articles(
        store,
        [
            (Article(each, domain, f"Title {each}", "Text.", "2026-11-23"), None)
            for each, domain in articles
        ],
    )
    assert not any(refusals)


def submit_url(store: Store, article_id: int, url: str, key: str | None = None) -> Receipt:
    """Submit a URL the way that the function does."""
    return submit(store, attempt(article_id, url, NOW), key, Rules(1_000_000, "network"))


def attempt(article_id: int, url: str, now: datetime, title: str | None = None) -> Attempt:
    """A submission of a client that is the same each time."""
    return Attempt(
        article_id, Submission(url, title), "192.0.2.7", now, "https://api.seealso.example"
    )


def by(actor: str, at: datetime) -> ChangeContext:
    """The context of an editor's change."""
    return ChangeContext(actor, at, "of-a-test", 365)
