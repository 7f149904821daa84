"""The overview: how many links are pending, and since when, in all and on each site."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from seealso.store.tables import Store, current_store
from seealso.tables.links import link_item
from seealso.tables.queue import PendingCounts, save_counts
from seealso.tables.sites import Site
from seealso.times import rfc3339
from tests.support import desk_links
from tests.support.desk import Browser, sign_in
from tests.support.desk_links import pending_link
from tests.support.desk_pages import screen
from tests.support.factories import put_items, put_site
from tests.support.html import Tree, named, text


def rows(page: Tree) -> list[list[str]]:
    return [[text(cell) for cell in named(row, "th", "td")] for row in page.all("tr")[1:]]


@pytest.fixture
def browser(deployed_environment: Store) -> Browser:
    desk_links.fill(deployed_environment, 6)
    put_site(deployed_environment, Site(9, name="Quiet Site"))
    return sign_in(deployed_environment)


def count(store: Store, by_domain: dict[int, int], minutes: float) -> None:
    at = datetime.now(UTC) - timedelta(minutes=minutes)
    save_counts(store, PendingCounts(rfc3339(at), by_domain))


def test_shows_the_counts_with_their_age_and_the_oldest_of_now(
    deployed_environment: Store, browser: Browser
) -> None:
    count(deployed_environment, {7: 1_234, 3: 2}, minutes=20.5)
    page = screen(browser, "/desk/overview")
    words = text(page.one("p", class_="lead"))
    assert words == (
        "1236 links were pending when they were counted, 20 minutes ago. "
        "The oldest that is pending now was submitted 1 day ago."
    )
    assert rows(page) == [
        ["Site 3", "2", "1 day ago"],
        ["Night Ledger", "1234", "1 day ago"],
        ["Quiet Site", "0", "none"],
    ]
    assert page.one("a", href="/desk?domain=3")


def test_says_that_nothing_was_counted_yet(browser: Browser) -> None:
    page = screen(browser, "/desk/overview")
    assert "have not been counted yet" in text(page.one("p", class_="lead"))
    assert ["Night Ledger", "not counted", "1 day ago"] in rows(page)


def test_a_network_without_links_says_so(deployed_environment: Store) -> None:
    count(deployed_environment, {}, minutes=61)
    words = text(screen(sign_in(deployed_environment), "/desk/overview").one("main"))
    assert "0 links were pending when they were counted, 1 hour ago. None is pending now." in words


def test_sites_have_pages_and_cost_the_same_whatever_is_pending(
    counting_store: Store,
) -> None:
    store = counting_store
    for domain in range(1, 31):
        put_site(store, Site(domain, name=f"Site of {domain}"))
    now = datetime.now(UTC)
    links: Iterable[int] = range(1, 200)
    put_items(store, store.links, (link_item(pending_link(each, now)) for each in links))
    count(store, {40: 1, 7: 133, 3: 66}, minutes=1)
    browser = sign_in(store)
    first = screen(browser, "/desk/overview")
    usage = current_store().client.usage
    assert usage.round_trips <= 3
    assert usage.read_units <= 16  # half a unit for each site's oldest, and what else is read
    second = screen(browser, str(first.one("a", rel="next").attrs["href"]))
    names = [row[0] for row in [*rows(first), *rows(second)]]
    assert names == [*(f"Site of {domain}" for domain in range(1, 31)), "Site 40"]
    assert not second.all("a", rel="next")
