"""The cost of each editor's action, and a check that listing the queue is one query."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from bench import networks
from bench.units import recorded_calls, snapshot, write_units
from seealso.editing import articles as editing
from seealso.editing import links as moderation
from seealso.editing import purging
from seealso.editing import sites as site_editing
from seealso.store.tables import Store
from seealso.submitting import submitting
from seealso.submitting.deciding import Rules
from seealso.tables import articles, links
from seealso.tables.articles import Article
from seealso.tables.audit import AuditFilter, ChangeContext, list_audit
from seealso.tables.links import Link
from seealso.tables.queue import list_queue
from seealso.tables.sites import Block, Site, SiteRecord
from seealso.times import rfc3339
from tests.support.factories import attempt
from tests.support.transitions import decide, set_columns, set_state

HEADING = "## Editors' actions"
QUEUED = 100_000
DOMAINS = 10
DOMAIN = 7
LISTED = 20

_TEXT = """
Articles have items of 4 KB. Each change and its audit entry are one transaction; write units are
computed by DynamoDB's documented rules (bench/units.py). The purged article has 5 published and 2
pending links. The queue has {queued:,} pending links of {domains} sites when its first page of
{listed} links is listed.

| action | requests | round trips | read units | write units |
|---|---:|---:|---:|---:|
{costs}
"""


class Cost(NamedTuple):
    """The cost of one action."""

    name: str
    requests: int
    round_trips: int
    read_units: float
    write_units: int | None  # None for an action that only reads


def report(store: Store) -> tuple[str, bool]:
    """This part of docs/benchmarks.md, from measurements on an empty store; and if budgets hold."""
    costs = [*_changes(store), *_queues(store)]
    text = _TEXT.format(
        queued=QUEUED, domains=DOMAINS, listed=LISTED, costs="".join(map(_line, costs)).rstrip()
    )
    return f"{HEADING}\n{text}", all(
        cost.requests == 1 for cost in costs if cost.name.startswith("queue")
    )


def _changes(store: Store) -> Iterator[Cost]:
    context = ChangeContext("editor@example.com", datetime.now(UTC), "a-request-of-an-editor", 365)
    site = Site(DOMAIN, ["seven.example.com"], "Seven", "https://seven.example.com/{id}")
    created = SiteRecord(site, ())
    yield _cost(
        store, "create a site", lambda: site_editing.replace_site(store, context, created, None)
    )
    changed = SiteRecord(site._replace(cap=5, publish="approved"), ())
    yield _cost(
        store, "change a site", lambda: site_editing.replace_site(store, context, changed, 1)
    )
    block = Block("spam.example.net", None)
    yield _cost(store, "block a host", lambda: site_editing.block_host(store, context, block))

    draft = replace(
        networks.of_4_kb(Article(1, DOMAIN, networks.TITLE, "", "2026-11-23"), None), id=0
    )
    draft = replace(draft, state="draft", version=1)
    yield _cost(store, "create an article", lambda: editing.create(store, context, None, draft))
    yield _cost(store, "read an article", lambda: articles.get_article(store, 1), reads=True)
    for name, action, columns in (
        ("patch a draft", "patch", {"title": f"{networks.TITLE} again"}),
        ("publish an article", "publish", None),
        ("patch a published article", "patch", {"title": networks.TITLE}),
        ("move an article to another domain", "patch", {"domain": DOMAIN + 1}),
        ("move it back", "patch", {"domain": DOMAIN}),
        ("unpublish an article", "unpublish", None),
        ("delete an article", "delete", None),
        ("restore an article", "restore", None),
    ):
        yield _cost(store, name, _on_article(store, context, action, columns))
    yield _cost(
        store,
        "list a domain's articles",
        lambda: articles.list_articles(store, DOMAIN, articles.STATES, LISTED),
        reads=True,
    )

    second = editing.create(store, context, None, replace(draft, state="published"))
    link_ids = [_submitted(store, second.id, number) for number in range(9)]
    yield _cost(store, "read a link", lambda: links.get_link(store, link_ids[0]), reads=True)
    yield _cost(store, "approve a link", _on_link(store, context, link_ids[0], "approve"))
    yield _cost(store, "reject a link", _on_link(store, context, link_ids[1], "reject"))
    yield _cost(store, "remove a published link", _on_link(store, context, link_ids[0], "remove"))
    for link_id in link_ids[2:7]:
        _on_link(store, context, link_id, "approve")()
    set_state(store, context, second.id, 1, "delete")
    yield _cost(store, "purge an article", lambda: purging.purge(store, context, second.id, 2))
    yield _cost(
        store, "read the audit", lambda: list_audit(store, AuditFilter(), LISTED), reads=True
    )
    yield _cost(
        store,
        "read an article's audit",
        lambda: list_audit(store, AuditFilter(article_id=1), LISTED),
        reads=True,
    )


def _on_article(
    store: Store, context: ChangeContext, action: str, columns: dict[str, Any] | None
) -> Callable[[], object]:
    def change() -> object:
        if columns is None:
            return set_state(store, context, 1, version, action)
        return set_columns(store, context, 1, version, columns, action)

    # Editors have read the article before, so reading it is not part of the cost.
    article = articles.get_article(store, 1)
    assert article is not None
    version = article.version
    return change


def _on_link(
    store: Store, context: ChangeContext, link_id: str, action: str
) -> Callable[[], object]:
    link = links.get_link(store, link_id)
    assert link is not None
    decision = moderation.Decision("It is not about the film." if action == "reject" else None)
    return lambda: decide(store, context, link_id, link.version, action, decision)


def _submitted(store: Store, article_id: int, number: int) -> str:
    url = f"https://www.a-site-of-a-reader.org/2026/11/about-the-film-{number:09}"
    return submitting.submit(
        store,
        attempt(article_id, url, datetime.now(UTC), networks.TITLE),
        None,
        Rules(1000, "network"),
    ).link.link_id


def _cost(store: Store, name: str, action: Callable[[], object], *, reads: bool = False) -> Cost:
    before = {} if reads else snapshot(store)
    usage = store.client.start()
    with recorded_calls() as calls:
        action()
    requests, round_trips, read_units = usage.requests, usage.round_trips, usage.read_units
    written = None if reads else write_units(store, before, snapshot(store), calls)
    return Cost(name, requests, round_trips, read_units, written)


def _line(cost: Cost) -> str:
    written = "" if cost.write_units is None else str(cost.write_units)
    return (
        f"| {cost.name} | {cost.requests} | {cost.round_trips} "
        f"| {cost.read_units:g} | {written} |\n"
    )


# ---- the queue -------------------------------------------------------------------------------


def _queues(store: Store) -> Iterator[Cost]:
    # Written directly into the table, because the queue reads nothing else.
    first = datetime(2026, 11, 1, tzinfo=UTC)
    pending = (links.link_item(_pending(number, first)) for number in range(QUEUED))
    networks.write(store, store.links, pending)
    for sites, domain in (("all sites", None), ("one site", DOMAIN)):
        yield _cost(
            store,
            f"queue of {sites}, first page of {QUEUED:,} links",
            partial(list_queue, store, "pending", domain, LISTED + 1),
            reads=True,
        )


def _pending(number: int, first: datetime) -> Link:
    at = rfc3339(first + timedelta(seconds=number))
    return Link(
        link_id=f"{number:032x}",
        article_id=number // 10 + 1000,
        domain=number % DOMAINS,
        url=f"https://www.a-site-of-a-reader.org/2026/11/about-the-film-{number:09}",
        title=networks.TITLE,
        status="pending",
        version=1,
        link_back="unchecked",
        submitted_at=at,
        published_at=None,
        claim=f"claim#1#network#{number:064x}",
        consent={"version": 1, "at": at},
        token_hash=f"{number:064x}",
        expires_at=at,
    )
