"""GET /articles/{id}: an article with everything that its page shows."""

from seealso.errors import article_not_found
from seealso.http.handler import serve
from seealso.http.requests import Request
from seealso.http.responses import Response, read_response
from seealso.reading.page import read_page
from seealso.store.tables import Store


def get_article(store: Store, request: Request) -> Response:
    page = read_page(
        store,
        request.path_integer("id", minimum=1),
        domain=request.query_integer("domain", minimum=0),
        source_id=request.query_integer("source", minimum=0),
    )
    if page is None:
        raise article_not_found()
    return read_response(request, page)


handler = serve({"GET /articles/{id}": get_article})
