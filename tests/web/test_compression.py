"""gzip of pages, feeds, sitemaps and files: each encoding is an answer of its own to caches."""

from itertools import product

import pytest

from seealso.store.tables import Store
from seealso.tables.articles import Article
from seealso.tables.sites import Site
from seealso.web.assets import asset_path
from tests.support import gateway
from tests.support.factories import put_site
from tests.web.routes import write

ENCODINGS: list[dict[str, str]] = [{}, {"accept-encoding": "gzip"}]
ROUTES = {
    "GET /": "/",
    "GET /a/{id}": "/a/1",
    "GET /s/{domain}": "/s/3",
    "GET /s/{domain}/feed.atom": "/s/3/feed.atom",
    "GET /feed.atom": "/feed.atom",
    "GET /robots.txt": "/robots.txt",
    "GET /sitemaps/{domain}": "/sitemaps/3",
    "GET /sitemaps/{domain}/{part}": "/sitemaps/3/0",
    "GET /assets/{name}": asset_path("site.css"),
    "GET /problems/{name}": "/problems/not-found",
}


@pytest.fixture(autouse=True)
def network(deployed_environment: Store) -> None:
    put_site(deployed_environment, Site(3, name="Kiln"))
    write(deployed_environment, [Article(1, 3, "Slip", "Text.", "2026-02-25")])


def test_every_route_is_listed() -> None:
    assert set(ROUTES) == {
        route
        for route, function in gateway.routes().items()
        if function == "page" and route.startswith("GET ")
    }


@pytest.mark.parametrize("target", ROUTES.values())
def test_clients_that_accept_gzip_get_the_same_in_gzip(target: str) -> None:
    plain, packed = (gateway.get(target, headers) for headers in ENCODINGS)
    assert (plain.status, packed.status, packed.body) == (200, 200, plain.body)
    assert plain.content == plain.body.encode()
    own = {name: packed.headers.pop(name) for name in ("content-encoding", "etag")}
    assert own == {"content-encoding": "gzip", "etag": plain.headers.pop("etag")[:-1] + '-gz"'}
    assert plain.headers == packed.headers
    assert plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("target", ROUTES.values())
def test_only_the_encoding_that_a_client_gets_is_current(target: str) -> None:
    """A shared cache asks with the tags of all that it has, whoever asks it."""
    tags = [gateway.get(target, headers).headers["etag"] for headers in ENCODINGS]
    for (sent, headers), (cached, tag) in product(enumerate(ENCODINGS), enumerate(tags)):
        answer = gateway.get(target, headers | {"if-none-match": tag})
        assert answer.status == (304 if sent == cached else 200)
        assert (answer.headers["etag"], answer.headers["vary"]) == (tags[sent], "Accept-Encoding")
        both = gateway.get(target, headers | {"if-none-match": ", ".join(tags)})
        assert (both.status, both.content) == (304, b"")
        assert both.headers["etag"] == tags[sent]
        assert "content-encoding" not in both.headers


@pytest.mark.parametrize("target", ["/a/9", "/s/9", "/assets/none.css", "/l/" + "0" * 32])
def test_pages_that_are_not_stored_are_compressed_too(target: str) -> None:
    plain, packed = (gateway.get(target, headers) for headers in ENCODINGS)
    assert (plain.status, packed.status, packed.body) == (404, 404, plain.body)
    assert packed.headers.pop("content-encoding") == "gzip"
    assert plain.headers == packed.headers
    assert "etag" not in plain.headers
