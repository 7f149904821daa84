"""What holds of all links, claims and pages whenever nothing is being written.

The rules themselves are those of `seealso verify` (cli/seealso_cli/recovery/invariants.py). Here
are those that hold only where sites keep their caps and where nothing was brought back.
"""

from collections import Counter
from datetime import UTC, datetime

from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.links import due_links
from seealso.tables.sites import Site, site_of
from seealso_cli.recovery.contents import Contents
from seealso_cli.recovery.invariants import findings_of_page
from tests.support.scan import scan

HOLDING = ("pending", "published", "lapsed")
_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


def check(store: Store, *, within_caps: bool = True) -> list[Json]:
    """All of violations() must be nothing; returns the items that were looked at.

    A site whose caps were lowered keeps its links: `within_caps` is False for it.
    """
    everything = scan(store, store.links)
    assert _violations(store, everything, within_caps) == []
    return everything


def violations(store: Store) -> list[str]:
    """Each thing in the links table that does not fit to another, in words."""
    return _violations(store, scan(store, store.links), within_caps=True)


def _violations(store: Store, everything: list[Json], within_caps: bool) -> list[str]:
    links = {item["link_id"]: item for item in everything if item["pk"].startswith("link#")}
    with Contents() as contents:
        contents.add_items(everything)
        contents.complete()
        findings = [
            str(finding) for items in contents.pages() for finding in findings_of_page(items)
        ]
    return [
        *findings,
        *_of_versions(links),
        *(_of_caps(store, links) if within_caps else []),
        *_of_due(store, everything),
    ]


def _of_versions(links: dict[str, Json]) -> list[str]:
    # What checks find raises the version, too; and so does what was brought back.
    return [
        f"{link_id} has version {link['version']}, history {link['history']}"
        for link_id, link in links.items()
        if link["version"] - len(link["history"])
        not in (range(1, 100) if "link_back_at" in link else [1])
    ]


def _of_caps(store: Store, links: dict[str, Json]) -> list[str]:
    sites = {
        item["domain"]: site_of(item["domain"], item)
        for item in scan(store, store.sites)
        if item["kind"] == "site"
    }
    wrong: list[str] = []
    counts = Counter(
        (link["article_id"], link["domain"], link["status"]) for link in links.values()
    )
    for (article_id, domain, status), count in counts.items():
        site = sites.get(domain, Site(domain))
        cap = {"published": site.cap, "pending": site.pending_cap}.get(status, count)
        if count > cap:
            wrong.append(f"page {article_id} has {count} links that are {status}, cap {cap}")
    return wrong


def _of_due(store: Store, everything: list[Json]) -> list[str]:
    # The engines here keep their indexes at once; on AWS they follow.
    wrong: list[str] = []
    for kind in ("due", "check", "failing", "attention", "ended"):
        listed = sorted(due_links(store, kind, _FOR_EVER))
        expected = sorted(
            item["pk"].partition("#")[2] for item in everything if item.get("due") == kind
        )
        if listed != expected:
            wrong.append(f"due lists {kind} {listed}, not {expected}")
    return wrong
