"""What to read next: an article's related lists, a domain's articles; and the API's description."""

from functools import cache
from pathlib import Path

from seealso.errors import article_not_found
from seealso.http.cursors import list_page
from seealso.http.handler import serve
from seealso.http.requests import Request
from seealso.http.responses import (
    Document,
    Response,
    document,
    document_response,
    read_response,
)
from seealso.reading.page import list_domain, read_related
from seealso.store.tables import Store


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
    return document_response(request, _description())


@cache
def _description() -> Document:
    return document(Path(__file__).with_name("openapi.json").read_text("utf-8"))


handler = serve(
    {
        "GET /articles/{id}/related": related,
        "GET /domains/{domain}/articles": domain_articles,
        "GET /openapi.json": openapi,
    }
)
