"""The desk over a network with something of everything."""

import pytest

from seealso.store.tables import Store
from seealso.tables.articles import Article, put_articles, raise_highest
from seealso.tables.sites import Site
from tests.support.environment import new_container
from tests.support.factories import put_site

SITE = Site(7, hosts=["ledger.example.com"], name="Night Ledger", text_format="markdown")
PUBLISHED, DRAFT, DELETED, SOURCE = 101, 102, 103, 40


@pytest.fixture
def desk_store(deployed_environment: Store) -> Store:
    """Articles of each state on a site with Markdown, and their source on no site."""
    put_site(deployed_environment, SITE)
    made = [
        Article(PUBLISHED, 7, "Heat", "Some *words*.", "2026-02-25", SOURCE),
        Article(DRAFT, 7, "Heat 2", "More words.", "2026-02-26", state="draft"),
        Article(DELETED, 7, "Heat 0", "Old words.", "2026-02-20", state="deleted"),
        Article(SOURCE, 3, "Fire", "Words.", "2026-01-01"),
    ]
    put_articles(deployed_environment, [(each, None) for each in made])
    raise_highest(deployed_environment, DELETED)
    new_container()
    return deployed_environment
