"""Notices: the addresses of the queue's feeds; for admins the webhook, its key and deliveries."""

from datetime import UTC, datetime
from typing import Any

from seealso.desk.access import Visit, for_admins, for_editors
from seealso.desk.feeds import queue_feed
from seealso.desk.pages import NOTICES, desk_page, redirect
from seealso.errors import Refusal, VersionConflict, site_not_found
from seealso.http.cursors import cursor_of, list_page
from seealso.http.handler import Route
from seealso.http.requests import is_id
from seealso.http.responses import Response
from seealso.store.batching import Reading, read_query, read_together
from seealso.tables import notices, sites

SHOWN = 25  # sites on a page of the list
NOTICES["test-asked"] = "The next run sends a test, within five minutes. Reload this page then."


def notices_page(visit: Visit) -> Response:
    """GET /desk/notices."""
    page = list_page(visit.request, "desk-notices", "[0-9]{1,10}", limit=SHOWN)
    query = sites.list_query(visit.store, int(page.after or -1))
    readings: list[Reading[Any]] = [read_query(query, SHOWN + 1)]
    if visit.is_admin:
        readings.append(notices.read_webhook(visit.store))
    found, *webhook = read_together(visit.store, readings)
    shown = [sites.site_of(item["domain"], item) for item in found[:SHOWN]]
    scopes = [(None, "The whole network"), *((site.domain, site.name) for site in shown)]
    addresses = notices.get_feed_addresses(visit.store, [domain for domain, _ in scopes])
    values = {
        "feeds": [(domain, name, addresses.get(domain)) for domain, name in scopes],
        "next_cursor": cursor_of(page.list_name, shown[-1].domain) if len(found) > SHOWN else None,
        "webhook": webhook[0] if webhook else None,
        "minutes": _minutes,
    }
    return desk_page(visit, "notices.html", "Notices", values)


def replace_key(visit: Visit) -> Response:
    """POST /desk/notices/key: the only page that shows the key."""
    try:
        key = notices.replace_key(visit.store, visit.context, visit.form.one("current"))
    except VersionConflict:
        raise _replaced("key") from None
    values = {"secret": key.secret, "label": "Key", "is_feed": False}
    return desk_page(visit, "notices_made.html", "The webhook's key", values)


def ask_for_test(visit: Visit) -> Response:
    """POST /desk/notices/test."""
    notices.ask_for_test(visit.store, visit.now)
    return redirect("/desk/notices", "test-asked")


def replace_feed(visit: Visit) -> Response:
    """POST /desk/notices/feeds: the only page that shows a feed's address."""
    domain = _domain_of(visit)
    current = visit.form.one("current")
    try:
        key = notices.replace_feed_key(visit.store, visit.context, domain, current)
    except VersionConflict:
        raise _replaced("address") from None
    address = f"{visit.request.base_url}/desk/feeds/{key}"
    values = {"secret": address, "label": "Address", "is_feed": True}
    return desk_page(visit, "notices_made.html", "The feed's address", values)


def _domain_of(visit: Visit) -> int | None:
    """The domain that a form names, None for the network. Raises Refusal `not-found`."""
    sent = visit.form.one("domain")
    if sent == "network":
        return None
    if not is_id(sent) or not sites.get_sites(visit.store, [int(sent)]):
        raise site_not_found()
    return int(sent)


def _replaced(what: str) -> Refusal:
    detail = f"Somebody has replaced this {what} meanwhile. Open Notices anew to see who."
    return Refusal("conflict", detail)


def _minutes(at: str) -> str:
    """A time as the screen shows it, in UTC."""
    return datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


ROUTES: dict[str, Route] = {
    "GET /desk/notices": for_editors(notices_page),
    "POST /desk/notices/feeds": for_editors(replace_feed),
    "POST /desk/notices/key": for_admins(replace_key),
    "POST /desk/notices/test": for_admins(ask_for_test),
    "GET /desk/feeds/{key}": queue_feed,
}
