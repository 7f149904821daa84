"""Feeds, sitemaps and robots.txt as the function serves them."""

import pytest

from seealso.store.tables import Store
from seealso.tables.articles import Article
from seealso.tables.sites import Site
from tests.support.factories import put_site
from tests.support.gateway import get, request
from tests.web.routes import write

ROUTES = {
    "/feed.atom": "application/atom+xml; charset=utf-8",
    "/s/3/feed.atom": "application/atom+xml; charset=utf-8",
    "/robots.txt": "text/plain; charset=utf-8",
    "/sitemaps/3": "application/xml; charset=utf-8",
    "/sitemaps/3/0": "application/xml; charset=utf-8",
}


@pytest.fixture
def network(deployed_environment: Store) -> None:
    put_site(deployed_environment, Site(3, name="Kiln"))
    write(deployed_environment, [Article(1, 3, "Slip", "Text.", "2026-02-25")])


@pytest.mark.parametrize("target", ROUTES)
def test_the_function_serves_them(network: None, target: str) -> None:
    full = get(target)
    assert (full.status, full.headers["content-type"]) == (200, ROUTES[target])
    head = request("HEAD", target)
    assert (head.status, head.body) == (200, "")
    assert head.headers["etag"] == full.headers["etag"]


@pytest.mark.parametrize("target", ["/s/9/feed.atom", "/sitemaps/9", "/sitemaps/9/0"])
def test_unknown_sites_are_404_pages(network: None, target: str) -> None:
    refused = get(target)
    assert refused.status == 404
    assert refused.headers["content-type"] == "text/html; charset=utf-8"
