"""What a stack held at an earlier time, to be brought back: from restored tables or from a file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from seealso.store.calls import Call, query_items
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables.articles import Article
from seealso.tables.audit import AuditFilter, list_audit
from seealso.tables.sites import SiteRecord, site_of
from seealso.times import rfc3339
from seealso_cli.bulk.scanning import scan_pages
from seealso_cli.progress import ProgressDisplay
from seealso_cli.recovery.contents import Contents
from seealso_cli.recovery.invariants import (
    Finding,
    findings_of_article,
    findings_of_page,
    findings_of_sites,
    is_whole_site,
    readable_article,
)
from seealso_cli.recovery.verifying import read_articles, read_links, read_sites

_AUDIT_PAGE = 500


@dataclass(slots=True)
class Backup:
    """Sites, articles and links as they were at a time. `articles` reads them anew each time."""

    taken_at: datetime
    sites: list[SiteRecord]
    network_blocks: list[str]
    contents: Contents
    articles: Callable[[], Iterable[list[Article]]]


class Since(NamedTuple):
    """What the audit says of the time since a backup.

    `purged` are ids of articles, `erased` those of links that were withdrawn or erased; `versions`
    has the highest version of each article that was changed.
    """

    purged: set[int]
    erased: set[str]
    versions: dict[int, int]


def changes_since(store: Store, moment: datetime) -> Since:
    """What editors and submitters have done since a moment. Raises StoreUnavailable, StoreError."""
    since = Since(set(), set(), {})
    before: str | None = None
    while True:
        entries = list_audit(store, AuditFilter(), _AUDIT_PAGE, before)
        for entry in entries:
            if entry["at"] < rfc3339(moment):
                return since
            article_id, link_id = entry["article_id"], entry["link_id"]
            if entry["action"] in ("link.withdraw", "link.erase") and link_id is not None:
                since.erased.add(link_id)
            elif entry["action"] == "article.purge" and article_id is not None:
                since.purged.add(article_id)
            elif entry["action"].startswith("article.") and article_id is not None:
                version = (entry["after"] or {}).get("version", 0)
                since.versions[article_id] = max(since.versions.get(article_id, 0), version)
        if len(entries) < _AUDIT_PAGE:
            return since
        before = entries[-1]["entry"]


def purged_since(store: Store, moment: datetime, article_ids: Iterable[int]) -> set[int]:
    """Those of some articles that have been purged since a moment, as of about a second ago.

    For articles that others may purge after `changes_since` has looked. Raises StoreUnavailable,
    StoreError.
    """
    ids = list(article_ids)
    calls = [
        Call(
            "Query",
            {
                "TableName": store.audit,
                "IndexName": "article-entry",
                "KeyConditionExpression": "article_id = :id AND entry > :since",
                "FilterExpression": "#action = :purge",
                "ExpressionAttributeNames": {"#action": "action"},
                "ExpressionAttributeValues": marshal_item(
                    {":id": article_id, ":since": rfc3339(moment), ":purge": "article.purge"}
                ),
            },
        )
        for article_id in ids
    ]
    answers = store.client.send_all(calls)
    return {each for each, answer in zip(ids, answers, strict=True) if query_items(answer)}


def read_backup(
    restored: Store,
    taken_at: datetime,
    contents: Contents,
    display: ProgressDisplay,
    article_id: int | None = None,
) -> tuple[Backup, list[Finding]]:
    """The backup in restored tables, and what does not fit together in it.

    With `article_id`, no other article is read. Raises StoreUnavailable, StoreError.
    """

    def items() -> Iterator[list[Json]]:
        if article_id is not None:
            item = restored.client.get_item(restored.articles, {"id": article_id})
            return iter([[item]] if item else [])
        return scan_pages(restored, restored.articles, display.print_notice, page_size=100)

    def articles() -> Iterator[list[Article]]:
        for page in items():
            valid = (item for item in page if not list(findings_of_article(item)))
            yield [article for item in valid if (article := readable_article(item))]

    site_items = read_sites(restored, display.print_notice)
    findings = [*findings_of_sites(site_items)]
    if article_id is None:
        findings += read_articles(restored, contents, display)
    else:
        findings += [
            finding for page in items() for item in page for finding in findings_of_article(item)
        ]
        contents.add_articles(article for page in articles() for article in page)
    read_links(restored, contents, display)
    for page_items in contents.pages():
        findings += findings_of_page(page_items)
    sites, blocks = records_of(site_items)
    return Backup(taken_at, sites, blocks, contents, articles), findings


def records_of(site_items: Iterable[Json]) -> tuple[list[SiteRecord], list[str]]:
    """The sites among all items of the table Sites, and the hosts blocked on the network."""
    items = list(site_items)
    blocked: dict[int, list[str]] = {}
    for item in items:
        if item["kind"].startswith("blocked#"):
            blocked.setdefault(int(item["kind"].removeprefix("blocked#")), []).append(item["id"])
    sites = [
        SiteRecord(site_of(item["domain"], item), tuple(sorted(blocked.get(item["domain"], []))))
        for item in items
        if is_whole_site(item)
    ]
    network = [item["id"] for item in items if item["kind"] == "blocked" and "network" in item]
    return sorted(sites, key=lambda record: record.site.domain), sorted(network)
