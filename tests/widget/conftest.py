"""A network of three sites, and a page of a browser that embeds the widget."""

from collections.abc import Iterator

import pytest

from seealso.store.tables import Store
from seealso.tables.articles import Article, put_articles
from seealso.tables.sites import Site
from tests.support import factories
from tests.support.browser import Contexts
from tests.support.environment import new_container
from tests.widget.pages import ARTICLE, NO_SITE, OTHER_SITE, SOURCE, Embedding

OWN_SITE = Site(
    8,
    hosts=["kettles.example.com"],
    name="The $& Kettle",
    article_url="https://kettles.example.com/read/{id}",
    cap=3,
    publish="at_once",
)
OTHER = Site(3, hosts=["pfannen.example.net"], name="Pfannen", language="de")


@pytest.fixture
def store(deployed_environment: Store) -> Store:
    """Articles of a site with pages of its own, of one whose pages are ours, and of no site."""
    factories.put_site(deployed_environment, OWN_SITE)
    factories.put_site(deployed_environment, OTHER)
    made = [
        Article(ARTICLE, OWN_SITE.domain, "Why kettles sing", "Words.", "2026-02-25", SOURCE),
        Article(100, OWN_SITE.domain, "Handles of beech", "Words.", "2026-02-24"),
        Article(OTHER_SITE, OTHER.domain, "Von Pfannen", "Text.", "2026-02-23"),
        Article(NO_SITE, 5, "Of spoons", "Words.", "2026-02-22"),
        Article(SOURCE, OTHER.domain, "Töpfe", "Text.", "2026-02-21"),
    ]
    put_articles(deployed_environment, [(each, None) for each in made])
    new_container()
    return deployed_environment


@pytest.fixture(params=[True])
def embedding(
    contexts: Contexts, store: Store, request: pytest.FixtureRequest
) -> Iterator[Embedding]:
    """An empty page; it fails if a script failed or the page's policy was broken.

    `@pytest.mark.parametrize("embedding", [False], indirect=True)`: without script.
    """
    page = contexts.new_page(script=request.param)
    page.set_default_timeout(5_000)
    made = Embedding(page)
    yield made
    page.close()
    assert not made.faults
