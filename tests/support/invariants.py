"""What holds of all links, claims and pages whenever nothing is being written.

design.md, "Life of a link": counters equal the links that they count, a claim is held by exactly
the links that may hold one, a page shows exactly its published links, and only links that hold a
claim are checked.
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
        *_of_checks(by_kind["link"], by_kind["checks"]),
        *_of_claims(by_kind["link"], by_kind["claim"]),
        *_of_pages(by_kind["link"], by_kind["page"]),
        *(_of_caps(by_kind["link"], sites) if within_caps else []),
        *_of_due(store, by_kind["link"], by_kind["checks"]),
    ]


def _of_links(links: dict[str, Json], claims: dict[str, Json]) -> list[str]:
    wrong: list[str] = []
    for link_id, link in links.items():
        status = link["status"]
        for pk in filter(None, (link["claim"], link.get("final_claim"))):
            claim = claims.get(pk.removeprefix("claim#"), {})
            held = claim.get("link_id") == link_id
            blocked = claim.get("blocked", False)
            if status in HOLDING and (not held or blocked):
                wrong.append(f"{link_id} is {status} without its claim {pk}")
            if status in BLOCKING and held and not blocked:
                wrong.append(f"{link_id} is {status} and its claim {pk} is not blocked")
            if status not in HOLDING + BLOCKING and held:
                wrong.append(f"{link_id} is {status} and still has its claim {pk}")
        # What checks find raises the version, too.
        if link["version"] - len(link["history"]) not in (
            range(1, 100) if "link_back_at" in link else [1]
        ):
            wrong.append(f"{link_id} has version {link['version']}, history {link['history']}")
        if link["history"] and link["history"][-1]["status"] != status:
            wrong.append(f"{link_id} is {status}, its history ends {link['history'][-1]}")
        if ("expires_at" in link) != (status in ("pending", "lapsed")):
            wrong.append(f"{link_id} is {status}, expires {link.get('expires_at')}")
        if "attention" in link and status != "published":
            wrong.append(f"{link_id} is {status} and shown to editors")
        due = _due(link)
        if (link.get("due"), "due_at" in link) != (due, due is not None):
            wrong.append(f"{link_id} is {status}, due {link.get('due')} {link.get('due_at')}")
    return wrong


def _due(link: Json) -> str | None:
    """The partition of the index of what is due that a link must be in."""
    if "check_at" in link:
        return "check"
    if "expires_at" in link:
        return "due"
    if "attention" in link:
        return "attention"
    return "ended" if "url" in link and link["status"] not in HOLDING else None


def _of_checks(links: dict[str, Json], checks: dict[str, Json]) -> list[str]:
    wrong: list[str] = []
    for link_id, found in checks.items():
        link = links.get(link_id)
        if link is None or "url" not in link:
            wrong.append(f"the checks of {link_id} are kept: {link}")
        elif "due" in found and (link["status"] not in HOLDING or "check_at" in link):
            wrong.append(f"a check of {link_id} is {found['due']}: {link}")
    for link_id, link in links.items():
        evidence = checks.get(link_id, {}).get("evidence", [])
        if link["status"] in HOLDING and (link["link_back"] != "unchecked") != bool(evidence):
            wrong.append(f"{link_id} is {link['link_back']}, its evidence {evidence}")
    return wrong


def _of_claims(links: dict[str, Json], claims: dict[str, Json]) -> list[str]:
    wrong: list[str] = []
    for claim in claims.values():
        link = links.get(claim["link_id"])
        if (
            link is None
            or claim["pk"] not in (link["claim"], link.get("final_claim"))
            or claim["article_id"] != link["article_id"]
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


def _of_due(store: Store, links: dict[str, Json], checks: dict[str, Json]) -> list[str]:
    # The engines here keep their indexes at once; on AWS they follow.
    wrong: list[str] = []
    for kind in ("due", "check", "failing", "attention", "ended"):
        listed = sorted(due_links(store, kind, _FOR_EVER))
        expected = sorted(
            name
            for items in (links, checks)
            for name, item in items.items()
            if item.get("due") == kind
        )
        if listed != expected:
            wrong.append(f"due lists {kind} {listed}, not {expected}")
    return wrong
