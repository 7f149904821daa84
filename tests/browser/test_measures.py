"""What an article's page weighs, and how Lighthouse scores it: the goals of docs/benchmarks.md."""

import pytest

from tests.browser import checks, needs_checkers
from tests.browser.forms import new_url
from tests.browser.http import submit
from tests.browser.network import Network
from tests.support.browser import Contexts


def test_an_article_page_is_small(contexts: Contexts, network: Network) -> None:
    article = network.article_url("plain")
    for _ in range(5):
        submit(article, new_url())
    with contexts.fresh_page() as page:
        load = checks.load(page, article)
    assert load.html_bytes <= 14 * 1024
    assert load.all_bytes <= 30 * 1024
    assert len(load.urls) <= 4
    assert load.third_parties() == []
    assert load.fonts == 0


@pytest.mark.slow
@needs_checkers
def test_lighthouse_finds_nothing_to_improve(network: Network) -> None:
    """Its times depend on how busy the machine is: `make bench` measures them."""
    found = checks.lighthouse(network.article_url("plain"))
    del found.scores["performance"]
    assert set(found.scores.values()) == {100}, found
    assert found.cls == 0
