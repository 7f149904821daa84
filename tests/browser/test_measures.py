"""What an article's page weighs, and how Lighthouse scores it: the goals of docs/benchmarks.md."""

import pytest

from tests.browser import checks, needs_checkers
from tests.browser.forms import new_url
from tests.browser.http import submit
from tests.browser.network import Network
from tests.support.browser import Contexts

# Those before the call, too (W3C "Layout Instability API"), and a frame later.
_LAYOUT_SHIFTS = """() => new Promise((resolve) => {
  const shifts = [];
  const observer = new PerformanceObserver((list) => shifts.push(...list.getEntries()));
  observer.observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => resolve(shifts.map((each) => each.value))));
})"""


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


def test_nothing_moves_while_an_article_page_loads(contexts: Contexts, network: Network) -> None:
    with contexts.fresh_page() as page:
        page.goto(network.article_url("plain"), wait_until="networkidle")
        assert page.evaluate(_LAYOUT_SHIFTS) == []


@pytest.mark.slow
@needs_checkers
def test_lighthouse_finds_nothing_to_improve(network: Network) -> None:
    """`make bench` measures performance, which depends on how busy the machine is."""
    found = checks.lighthouse(network.article_url("plain"))
    assert found.scores == dict.fromkeys(checks.TIMELESS, 100), found
