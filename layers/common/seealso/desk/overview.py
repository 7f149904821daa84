"""The overview: how many links are pending, and since when, in all and on each site.

Counting the queue would read all of it, so the numbers are those of the hourly job, and the page
says how old they are. Since when the oldest waits is read now: one index entry for each site.
"""

from typing import Any

from seealso.desk.access import Visit, for_editors
from seealso.desk.lists import name_of
from seealso.desk.pages import desk_page
from seealso.desk.showing import ago
from seealso.http.cursors import list_page
from seealso.http.handler import Route
from seealso.http.responses import Response
from seealso.store.batching import Reading, read_together
from seealso.tables import queue, sites

SITES = 25  # on a page


def overview_page(visit: Visit) -> Response:
    """GET /desk/overview."""
    store = visit.store
    page = list_page(visit.request, "desk-overview", "[0-9]{1,10}", limit=SITES)
    above = int(page.after or -1)
    readings: list[Reading[Any]] = [
        queue.read_counts(store),
        sites.read_sites(store, page.limit + 1, above),
        _read_oldest(visit, None),
    ]
    counts, found, oldest = read_together(store, readings)
    by_domain = counts.by_domain if counts else {}
    # Links of a domain without a site are pending as well.
    names = {site.domain: name_of(site) for site in found}
    names |= {
        domain: f"Site {domain}" for domain in by_domain if domain > above and domain not in names
    }
    body = page.body("domains", sorted(names), lambda domain: domain)
    since = read_together(store, [_read_oldest(visit, domain) for domain in body["domains"]])
    rows = [
        {
            "domain": domain,
            "name": names[domain],
            "pending": by_domain.get(domain, 0),
            "oldest": oldest_here,
        }
        for domain, oldest_here in zip(body["domains"], since, strict=True)
    ]
    values = {
        "rows": rows,
        "total": sum(by_domain.values()),
        "oldest": oldest,
        "counted": ago(counts.counted_at, visit.now) if counts else None,
        "next_cursor": body["next_cursor"],
        "is_first": page.after is None,
    }
    return desk_page(visit, "overview.html", "Overview", values)


def _read_oldest(visit: Visit, domain: int | None) -> Reading[str | None]:
    """How long the oldest pending link has been waiting; None if there is none."""
    found = yield from queue.read_status(visit.store, "pending", domain, 1)
    return ago(found[0]["submitted_at"], visit.now) if found else None


ROUTES: dict[str, Route] = {"GET /desk/overview": for_editors(overview_page)}
