"""Pages as a browser reads them: the answers' HTML, parsed."""

from tests.support import gateway
from tests.support.gateway import Response
from tests.support.html import Tree as Tree
from tests.support.html import links as links
from tests.support.html import named as named
from tests.support.html import text as text


def get(target: str, **headers: str) -> Response:
    """The answer to a GET; `if_none_match` is the header If-None-Match."""
    return gateway.get(target, {name.replace("_", "-"): value for name, value in headers.items()})


def tree(target: str, status: int = 200) -> Tree:
    """The page at a path, which must be valid HTML."""
    response = get(target)
    assert response.status == status, response
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Tree(response.body)
