"""What holds of all links, claims and pages whenever nothing is being written.

design.md, "Life of a link": counters equal the links that they count, a claim is held by exactly
the links that may hold one, and a page shows exactly its published links.
"""

from collections import Counter, defaultdict
from datetime import UTC, datetime

from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.links import due_links, link_of, page_attribute
from seealso.tables.sites import Site, site_of
from tests.support.scan import scan

HOLDING = ("pending", "published", "lapsed")
BLOCKING = ("rejected", "removed")
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
    by_kind: dict[str, dict[str, Json]] = defaultdict(dict)
    for item in everything:
        kind, _, name = item["pk"].partition("#")
        by_kind[kind][name] = item
    sites = {
        item["domain"]: site_of(item["domain"], item)
        for item in scan(store, store.sites)
        if item["kind"] == "site"
    }
    return [
        *_of_links(by_kind["link"], by_kind["claim"]),
        *_of_claims(by_kind["link"], by_kind["claim"]),
        *_of_pages(by_kind["link"], by_kind["page"]),
        *(_of_caps(by_kind["link"], sites) if within_caps else []),
        *_of_due(store, by_kind["link"]),
    ]


def _of_links(links: dict[str, Json], claims: dict[str, Json]) -> list[str]:
    wrong: list[str] = []
    for link_id, link in links.items():
        status = link["status"]
        claim = claims.get(link["claim"].removeprefix("claim#"), {})
        held = claim.get("link_id") == link_id
        blocked = claim.get("blocked", False)
        if status in HOLDING and (not held or blocked):
            wrong.append(f"{link_id} is {status} without its claim")
        if status in BLOCKING and held and not blocked:
            wrong.append(f"{link_id} is {status} and its claim is not blocked")
        if status not in HOLDING + BLOCKING and held:
            wrong.append(f"{link_id} is {status} and still has its claim")
        if link["version"] != len(link["history"]) + 1:
            wrong.append(f"{link_id} has version {link['version']}, history {link['history']}")
        if link["history"] and link["history"][-1]["status"] != status:
            wrong.append(f"{link_id} is {status}, its history ends {link['history'][-1]}")
        waits = status in ("pending", "lapsed")
        due = "due" if waits else "ended" if "url" in link and status not in HOLDING else None
        if (link.get("due"), "due_at" in link) != (due, due is not None):
            wrong.append(f"{link_id} is {status}, due {link.get('due')} {link.get('due_at')}")
    return wrong


def _of_claims(links: dict[str, Json], claims: dict[str, Json]) -> list[str]:
    wrong: list[str] = []
    for claim in claims.values():
        link = links.get(claim["link_id"])
        if link is None or (link["claim"], link["article_id"]) != (
            claim["pk"],
            claim["article_id"],
        ):
            wrong.append(f"{claim['pk']} is not of its link {claim['link_id']}: {link}")
    return wrong


def _of_pages(links: dict[str, Json], pages: dict[str, Json]) -> list[str]:
    wrong: list[str] = []
    for article_id in {*pages, *(str(link["article_id"]) for link in links.values())}:
        of_page = [link for link in links.values() if str(link["article_id"]) == article_id]
        page = pages.get(article_id, {})
        published = [link for link in of_page if link["status"] == "published"]
        waiting = [link for link in of_page if link["status"] == "pending"]
        for counter, counted in (("published", published), ("pending", waiting)):
            if page.get(counter, 0) != len(counted):
                wrong.append(
                    f"page {article_id} says {page.get(counter)} {counter}, not {len(counted)}"
                )
        must_show = dict(page_attribute(link_of(link)) for link in published)
        shown = {name: value for name, value in page.items() if name.startswith("link#")}
        if shown != must_show:
            wrong.append(f"page {article_id} shows {shown}, not {must_show}")
    return wrong


def _of_caps(links: dict[str, Json], sites: dict[int, Site]) -> list[str]:
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


def _of_due(store: Store, links: dict[str, Json]) -> list[str]:
    # The engines here keep their indexes at once; on AWS they follow.
    listed = sorted(due_links(store, "due", _FOR_EVER))
    waiting = sorted(
        name for name, link in links.items() if link["status"] in ("pending", "lapsed")
    )
    return [] if listed == waiting else [f"due lists {listed}, not {waiting}"]
