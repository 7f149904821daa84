"""The editors' desk: what the admin endpoint does, as pages for people who sign in."""

from typing import Any

from seealso.desk import (
    articles,
    audit,
    blocks,
    deciding,
    links,
    notices,
    overview,
    queue,
    signing_in,
    sites,
)
from seealso.desk.pages import refusal_page
from seealso.desk.routing import NOT_FOUND, with_route
from seealso.errors import Refusal
from seealso.http.handler import Route, serve
from seealso.http.requests import Event, Request
from seealso.http.responses import Response
from seealso.store.client import EDITOR_PATIENCE
from seealso.store.tables import Store


def not_found(_store: Store, _request: Request) -> Response:
    """What no route matches."""
    raise Refusal("not-found", "There is no page at this address.")


ROUTES: dict[str, Route] = {
    **signing_in.ROUTES,
    **queue.ROUTES,
    **deciding.ROUTES,
    **links.ROUTES,
    **overview.ROUTES,
    **articles.ROUTES,
    **sites.ROUTES,
    **blocks.ROUTES,
    **audit.ROUTES,
    **notices.ROUTES,
}
_serve = serve({**ROUTES, NOT_FOUND: not_found}, refusal_page, EDITOR_PATIENCE)


def handler(event: Event, context: object) -> dict[str, Any]:
    """Answers a request of one of the gateway's three routes of the desk."""
    answer = _serve(with_route(event, ROUTES), context)
    if cookies := answer["headers"].pop("set-cookie", ""):
        # Several, which a map of headers cannot hold, are in lines.
        answer["cookies"] = cookies.split("\n")
    return answer
