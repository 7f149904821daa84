"""What to read next: an article's related lists, a domain's articles; and the API's description."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from seealso.errors import Refusal, article_not_found
from seealso.http.cursors import list_page
from seealso.http.handler import serve
from seealso.http.requests import Request, is_id
from seealso.http.responses import (
    Document,
    Response,
    document,
    read_response,
)
from seealso.limits import MAX_LISTED
from seealso.reading.page import list_domain, read_related
from seealso.store.tables import Store
from seealso.tables import sites

MAX_DOMAINS = 20
# A client turns ids into links with what it gets here, and sites change seldom.
SITES_SECONDS = 300


def related(store: Store, request: Request) -> Response:
    lists = read_related(store, request.path_integer("id", minimum=1))
    if lists is None:
        raise article_not_found()
    return read_response(request, lists)


def domain_articles(store: Store, request: Request) -> Response:
    domain = request.path_integer("domain", minimum=0)
    page = list_page(request, f"domain-{domain}")
    below = int(page.after) if page.after else None
    found = list_domain(store, domain, page.limit + 1, below)
    return read_response(request, page.body("articles", found, lambda article: article["id"]))


def openapi(_store: Store, request: Request) -> Response:
    # Here, because a reader's request needs none of it.
    from seealso.http.compression import document_response

    return document_response(request, _description(), is_constant=True)


@cache
def _description() -> Document:
    from pathlib import Path  # here, too

    return document(Path(__file__).with_name("openapi.json").read_text("utf-8"))


def list_sites(store: Store, request: Request) -> Response:
    page = list_page(request, "sites", "[0-9]{1,10}", default_limit=MAX_LISTED)
    domains = request.query_string("domain")
    if domains is not None:
        found = sites.get_sites(store, _domains(domains))
        shown = [sites.public_view(site) for site in found]
        body: Mapping[str, Any] = {"sites": shown, "next_cursor": None}
    else:
        found = sites.list_sites(store, page.limit + 1, above=int(page.after or -1))
        shown = [sites.public_view(site) for site in found]
        body = page.body("sites", shown, lambda site: site["domain"])
    return read_response(request, body, max_age=SITES_SECONDS)


def _domains(value: str) -> list[int]:
    numbers = value.split(",")
    if len(numbers) > MAX_DOMAINS or not all(map(is_id, numbers)):
        detail = f"domain must be 1 to {MAX_DOMAINS} domains separated by commas, such as 3,7."
        raise Refusal.of_field("malformed-request", "domain", detail)
    return sorted({int(number) for number in numbers})


handler = serve(
    {
        "GET /articles/{id}/related": related,
        "GET /domains/{domain}/articles": domain_articles,
        "GET /sites": list_sites,
        "GET /openapi.json": openapi,
    }
)
