"""Checks the invariants of all that a stack's tables hold, by paging through them.

Others write meanwhile, so what does not fit is looked at again, by itself and strongly consistent,
before it is reported.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from seealso.store.calls import query_items
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables.articles import get_article
from seealso.tables.skips import PARTITION, SkipRange
from seealso_cli.bulk.scanning import Notify, scan_pages
from seealso_cli.bulk.writer import retry_while_unavailable
from seealso_cli.progress import ProgressDisplay
from seealso_cli.recovery.contents import Contents, read_page
from seealso_cli.recovery.invariants import (
    Finding,
    findings_of_article,
    findings_of_orphans,
    findings_of_page,
    findings_of_sites,
    findings_of_skip,
    readable_article,
)

# Before a second look: an index follows its table within about a second.
SETTLE_SECONDS = 2.0
_PAGE_SIZE = 1000
# All of an article but its text, which is most of it.
_WITHOUT_TEXT = (
    "id domain title date source_id state version domain_state listed_domain timeline unpublished"
)


class Counts(NamedTuple):
    """How much was looked at."""

    articles: dict[str, int]  # by state
    links: int
    sites: int


def verify(store: Store, display: ProgressDisplay) -> tuple[Counts, list[Finding]]:
    """What a stack's tables hold, and what of it does not fit together.

    Raises StoreUnavailable, StoreError.
    """
    notify = display.print_notice
    with Contents() as contents:
        site_items = read_sites(store, notify)
        findings = [*findings_of_sites(site_items)]
        findings += read_articles(store, contents, display)
        read_links(store, contents, display)
        for items in contents.pages():
            findings += findings_of_page(items)
            findings += findings_of_orphans(
                items, lambda article_id: contents.domain_of(article_id) is not None
            )
        findings += _findings_of_skips(store, contents, notify)
        counts = Counts(
            contents.articles_by_state(),
            contents.count("link"),
            sum(item["kind"] == "site" for item in site_items),
        )
    if findings:
        time.sleep(SETTLE_SECONDS)
    return counts, still_so(store, findings, notify)


# ---- reading ---------------------------------------------------------------------------------


def read_sites(store: Store, notify: Notify) -> list[Json]:
    """All items of the table Sites."""
    return [item for page in scan_pages(store, store.sites, notify) for item in page]


def read_articles(store: Store, contents: Contents, display: ProgressDisplay) -> list[Finding]:
    """Add all articles to the contents; returns what is wrong with their items."""
    findings: list[Finding] = []
    rows = 0
    pages = scan_pages(
        store, store.articles, display.print_notice, page_size=_PAGE_SIZE, only=_WITHOUT_TEXT
    )
    for page in pages:
        for item in page:
            findings += findings_of_article(item)
        articles = (readable_article({"text": "", **item}) for item in page)
        contents.add_articles(article for article in articles if article)
        rows += len(page)
        display.update("articles", rows, rows)
    return findings


def read_links(store: Store, contents: Contents, display: ProgressDisplay) -> None:
    """Add all items of the table Links to the contents."""
    rows = 0
    for page in scan_pages(store, store.links, display.print_notice, page_size=_PAGE_SIZE):
        contents.add_items(page)
        rows += len(page)
        display.update("links", rows, rows)
    contents.complete()


def _findings_of_skips(store: Store, contents: Contents, notify: Notify) -> Iterator[Finding]:
    # After the articles: a writer opens the ranges before its article can be seen.
    for skip in _skip_ranges(store, notify):
        published = contents.published_elsewhere(skip.lo, skip.hi, skip.domain)
        yield from findings_of_skip(skip, published)


def _skip_ranges(store: Store, notify: Notify) -> list[SkipRange]:
    query: Json = {
        "TableName": store.skips,
        "ConsistentRead": True,
        "KeyConditionExpression": "#partition = :partition",
        "ExpressionAttributeNames": {"#partition": "partition"},
        "ExpressionAttributeValues": marshal_item({":partition": PARTITION}),
    }
    pages = retry_while_unavailable(
        lambda: list(store.client.query_pages(query)), notify, threading.Event()
    )
    items = [item for page in pages for item in query_items(page)]
    return [SkipRange(*(item[name] for name in SkipRange._fields)) for item in items]


# ---- a second look ---------------------------------------------------------------------------


def still_so(store: Store, findings: list[Finding], notify: Notify) -> list[Finding]:
    """Those of the findings that are still so; for some of a page, all of it that are now."""
    confirmed: list[Finding] = []
    sites = [finding for finding in findings if finding.kind == "site"]
    if sites:
        current = set(findings_of_sites(read_sites(store, notify)))
        confirmed += [finding for finding in sites if finding in current]
    for finding in findings:
        if finding.kind == "article":
            confirmed += [finding] if finding in article_findings(store, int(finding.name)) else []
    of_pages = [
        (finding.article_id or 0, finding)
        for finding in findings
        if finding.kind in ("item", "link", "page")
    ]
    of_pages.sort(key=lambda each: each[0])
    for article_id, group in groupby(of_pages, key=lambda each: each[0]):
        confirmed += page_findings(store, article_id, [finding for _, finding in group])
    skips = [finding for finding in findings if finding.kind == "skip range"]
    if skips:
        current_skips = {skip.lo: skip for skip in _skip_ranges(store, notify)}
        for finding in skips:
            skip = current_skips.get(int(finding.name))
            article = get_article(store, finding.article_id or 0)
            if skip and article and article.state == "published":
                found = findings_of_skip(skip, [(article.id, article.domain)])
                confirmed += [each for each in found if each == finding]
    return confirmed


def article_findings(store: Store, article_id: int) -> list[Finding]:
    """What is wrong with an article's item now."""
    item = store.client.get_item(store.articles, {"id": article_id})
    return list(findings_of_article(item)) if item else []


def page_findings(store: Store, article_id: int, found: Iterable[Finding]) -> list[Finding]:
    """What does not fit together of a page now, of which this was found before."""
    found = list(found)
    links = [finding.name for finding in found if finding.kind == "link"]
    others = [finding.name for finding in found if finding.kind == "item"]
    items = read_page(store, article_id, links, others)
    has_article = store.client.get_item(store.articles, {"id": article_id}) is not None
    return [*findings_of_page(items), *findings_of_orphans(items, lambda _: has_article)]
