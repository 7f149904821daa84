"""The queue: what it shows, page by page, and what that costs."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import batched, chain

import pytest

from seealso.store.tables import Store, current_store, reset_store
from seealso.tables.links import link_item
from seealso.tables.sites import Site
from seealso.times import rfc3339
from seealso.web.assets import asset_path
from tests.support import desk_links, gateway
from tests.support.desk import Browser, sign_in
from tests.support.desk_links import SITED, SITELESS, link_id, pending_link
from tests.support.desk_pages import facts, screen
from tests.support.factories import put_items, put_site
from tests.support.html import Tree, links, named, text


def queued(body: str) -> list[str]:
    """The ids of the links that a page of a list shows."""
    return re.findall(r'name="link" value="([0-9a-f]{32})\.', body)


def pages(browser: Browser, target: str) -> Iterator[list[str]]:
    """The links of each page from one on."""
    while True:
        response = browser.get(target)
        assert response.status == 200
        yield queued(response.body)
        following = re.search(r'<a href="([^"]+)" rel="next">', response.body)
        if not following:
            return
        target = unescape(following[1])


@pytest.fixture
def browser(deployed_environment: Store) -> Browser:
    desk_links.fill(deployed_environment)
    return sign_in(deployed_environment)


def test_shows_the_oldest_first_25_a_page(browser: Browser) -> None:
    found = list(pages(browser, "/desk"))
    assert [len(page) for page in found] == [25, 25, 10]
    assert list(chain(*found)) == [link_id(number) for number in range(1, 61)]


def test_shows_one_site(browser: Browser) -> None:
    found = list(pages(browser, f"/desk?domain={SITELESS}"))
    assert list(chain(*found)) == [link_id(number) for number in range(3, 61, 3)]
    # As a form sends what is not filled in.
    assert list(pages(browser, "/desk?domain=")) == list(pages(browser, "/desk"))


@pytest.mark.parametrize("query", ["domain=x", "domain=7&domain=3", "cursor=x"])
def test_refuses_other_queries(browser: Browser, query: str) -> None:
    assert browser.get(f"/desk?{query}").status == 400


def test_an_empty_queue_says_so(deployed_environment: Store) -> None:
    page = screen(sign_in(deployed_environment), "/desk")
    assert "No link is waiting." in text(page.one("main"))


def entry(store: Store, number: int = 1, **changes: object) -> tuple[Tree, dict[str, str]]:
    """The queue with this link alone, and the facts that it shows of it."""
    link = pending_link(number, datetime.now(UTC), **changes)
    put_items(store, store.links, [link_item(link)])
    page = screen(sign_in(store), "/desk")
    return page, facts(page.one("dl", class_="facts"))


@pytest.fixture
def store(deployed_environment: Store) -> Store:
    put_site(
        deployed_environment,
        Site(SITED, name="Night Ledger", article_url="https://ledger.example.com/{id}"),
    )
    return deployed_environment


def test_a_link_is_shown_with_all_that_decides(store: Store) -> None:
    now = datetime.now(UTC)
    page, found = entry(
        store,
        submitted_at=rfc3339(now - timedelta(hours=3, minutes=5)),
        expires_at=rfc3339(now + timedelta(days=2, minutes=5)),
        link_back="missing",
        link_back_at=rfc3339(now - timedelta(minutes=12, seconds=5)),
        needs_editor="honeypot",
        url="https://user.example.org/@blog.example.net/?q=http://other.example/#x",
        article_title="Of kettles",
        article_id=5,
    )
    address = page.one("span", class_="address")
    assert text(address) == "https://user.example.org/@blog.example.net/?q=http://other.example/#x"
    assert [text(each) for each in named(address, "strong")] == ["user.example.org"]
    assert "What the kettle said in the house, part 1" in text(page.one("ol", class_="entries"))
    assert found == {
        "For": "Of kettles (its page (in a new tab)) on Night Ledger",
        "Submitted": "3 hours ago; expires in 2 days",
        "Last check": "No link to the article was found on the page (12 minutes ago)",
        "Why it waits": "a field was filled in that people do not see, as robots do",
    }
    addresses = links(page.one("ol", class_="entries"))
    assert ("/desk/articles/5", "Of kettles") in addresses
    assert ("https://ledger.example.com/5", "its page (in a new tab)") in addresses
    assert (f"/desk?domain={SITED}", "Night Ledger") in addresses
    assert (f"/desk/links/{link_id(1)}", "What the kettle said in the house, part 1") in addresses
    opened = page.one(
        "a", href="https://user.example.org/@blog.example.net/?q=http://other.example/#x"
    )
    assert (opened.attrs["rel"], opened.attrs["target"]) == ("noopener noreferrer", "_blank")


@pytest.mark.parametrize(
    ("publish", "words"),
    [
        ("approved", "the site publishes what an editor approves"),
        ("verified", "for its check"),
    ],
)
def test_says_by_which_policy_a_link_waits(store: Store, publish: str, words: str) -> None:
    put_site(store, Site(SITED, publish=publish))
    assert words in entry(store, needs_editor=None)[1]["Why it waits"]


def test_a_link_without_a_title_or_check_is_shown(store: Store) -> None:
    page, found = entry(
        store, link_back="unchecked", title=None, link_back_at=None, article_title=None
    )
    assert text(page.one("h2")) == "Without a title"
    assert found["Last check"] == "Not looked at yet"
    assert found["For"].startswith("Article 2 (")


def test_a_number_names_a_domain_without_a_site(store: Store) -> None:
    assert entry(store, 3)[1]["For"].endswith("on Site 3")


# ---- what it costs ---------------------------------------------------------------------------


def check_cost(store: Store, number: int) -> None:
    """The first page, read by a new container."""
    put_site(store, Site(SITED, name="Night Ledger"))
    put_site(store, Site(SITELESS, name="Second Site"))
    now = datetime.now(UTC)
    for some in batched(range(1, number + 1), 1_000, strict=False):
        put_items(store, store.links, (link_item(pending_link(each, now)) for each in some))
    browser = sign_in(store)
    reset_store()
    page = browser.get("/desk")
    usage = current_store().client.usage
    assert len(queued(page.body)) == 25
    assert usage.round_trips <= 3
    assert usage.read_units <= 3, usage.read_units


def test_the_first_page_costs_3_read_units(counting_store: Store) -> None:
    check_cost(counting_store, 1_000)


@pytest.mark.long
def test_the_first_page_costs_the_same_at_100_000_links(counting_store: Store) -> None:
    check_cost(counting_store, 100_000)


def test_the_first_view_is_small(browser: Browser) -> None:
    gzip = {"accept-encoding": "gzip"}
    page = browser.get("/desk", **gzip)
    assets = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.body)
    assert asset_path("desk.css") in assets
    sizes = [len(gateway.get(each, gzip).content) for each in assets]
    assert len(page.content) + sum(sizes) <= 40_000
