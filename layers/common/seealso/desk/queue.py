"""The queue: links that wait for an editor, oldest first.

Its first page costs the same however many links are pending: the session, one query of the index
that has all that is shown, and one of the sites, whose names containers remember
(docs/decisions.md).
"""

from typing import Any

from seealso.desk.access import Form, Visit, for_editors
from seealso.desk.deciding import Outcome, undo_of
from seealso.desk.lists import NAMED_SITES, SHOWN, Place, query_number, site_choices, typed
from seealso.desk.pages import desk_page
from seealso.desk.showing import queued, read_shown
from seealso.http.cursors import list_page
from seealso.http.handler import Route
from seealso.http.requests import LINK_ID
from seealso.http.responses import Response
from seealso.store.batching import Reading, read_one, read_together
from seealso.store.calls import Call
from seealso.store.tables import Store
from seealso.store.values import marshal_item, unmarshal_item
from seealso.tables import queue, sites
from seealso.tables.links import Link, link_of


def queue_page(visit: Visit) -> Response:
    """GET /desk."""
    request, store = visit.request, visit.store
    domain = query_number(request, "domain", 0)
    page = list_page(request, f"desk-queue-{domain}", queue.POSITION, limit=SHOWN)
    after = queue.Position(*page.after.split()) if page.after else None
    readings: list[Reading[Any]] = [
        queue.read_status(store, "pending", domain, page.limit + 1, after),
        sites.read_sites(store, NAMED_SITES),
        _read_decided(store, request.query_string("link")),
    ]
    found, named, decided = read_together(store, readings)
    body = page.body("links", found, queue.position)
    before = [queued(decided)] if decided else []
    # The index may still have what was decided just now.
    listed = [link for link in body["links"] if not decided or link["link_id"] != decided.link_id]
    shown = read_one(store, read_shown(store, [*before, *listed], visit.now))
    fields = {"list": "queue"} if domain is None else {"list": "queue", "domain": str(domain)}
    cursor, next_cursor = request.query_string("cursor"), body["next_cursor"]
    values = {
        "links": shown[len(before) :],
        "decided": Outcome(shown[0], True, "", undo=undo_of(decided)) if decided else None,
        "place": Place({**fields, "cursor": cursor} if cursor else fields),
        "first": Place(fields) if cursor else None,
        "next": Place({**fields, "cursor": next_cursor}) if next_cursor else None,
        "sites": site_choices(named, domain),
        "domain": domain,
        **typed(Form({})),
    }
    return desk_page(visit, "queue.html", "Queue", values)


def _read_decided(store: Store, link_id: str | None) -> Reading[Link | None]:
    """The link whose form has just led back here, unless it is pending again."""
    if link_id is None or not LINK_ID.fullmatch(link_id):
        return None
    key = {"pk": f"link#{link_id}"}
    get = {"TableName": store.links, "Key": marshal_item(key), "ConsistentRead": True}
    item = (yield {"link": Call("GetItem", get)})["link"].get("Item")
    link = link_of(unmarshal_item(item)) if item else None
    return link if link and link.status != "pending" else None


ROUTES: dict[str, Route] = {"GET /desk": for_editors(queue_page)}
