"""What a submitter sees of the checks of their page, and asking for another one."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.checked import AGAIN, ask_again, check, new_page, status_address
from tests.browser.forms import submit
from tests.browser.network import Network
from tests.support import fake_pages
from tests.support.fake_pages import MISSING, SEEN

HIDDEN = "Your link is hidden"


def new_link(page: Page, network: Network) -> str:
    """The address of a new link's status, at which the page is."""
    page.goto(network.article_url("plain"))
    submit(page, new_page(), "A kettle")
    address = status_address(page)
    page.goto(address)
    return address


def shown(page: Page, label: str) -> str:
    """What the page says beside a label."""
    return page.locator("dt", has_text=label).locator("+ dd").inner_text()


def time_of(page: Page, label: str) -> datetime:
    """The time beside a label, which is there for people, too."""
    found = page.locator("dt", has_text=label).locator("+ dd > time")
    time = datetime.fromisoformat(found.get_attribute("datetime") or "")
    assert f"{time:%B} {time.day}, {time.year}" in found.inner_text()
    return time


def test_a_status_says_what_was_found_and_when(page: Page, network: Network) -> None:
    address = new_link(page, network)
    assert shown(page, "Link back") == "not checked yet\nYour page has not been looked at yet."
    expect(page.get_by_text("Last checked")).to_have_count(0)
    assert time_of(page, "Next check") <= datetime.now(UTC)

    now = datetime.now(UTC)
    check(network, address, fake_pages.Page(finding=MISSING), days_ago=3)
    page.reload()
    assert shown(page, "Link back") == (
        "not found on your page\nYour page has no link to the article."
    )
    assert abs(time_of(page, "Last checked") - (now - timedelta(days=3))) < timedelta(minutes=5)
    assert abs(time_of(page, "Next check") - (now - timedelta(days=2))) < timedelta(minutes=5)

    check(network, address, fake_pages.Page(finding=MISSING), days_ago=2)
    page.reload()
    expect(page.get_by_role("heading", name=HIDDEN)).to_be_visible()

    check(network, address, fake_pages.Page(status=503, finding=fake_pages.STATUS), days_ago=1)
    page.reload()
    assert shown(page, "Link back") == (
        "your page could not be reached\nThe server of your page answered with status 503."
    )

    check(network, address, fake_pages.Page(finding=SEEN))
    page.reload()
    expect(page.get_by_role("heading", name="Your link is on the page")).to_be_visible()
    assert shown(page, "Link back") == "found on your page\nYour page links to the article."
    assert abs(time_of(page, "Next check") - (now + timedelta(days=7))) < timedelta(minutes=5)


def test_a_submitter_asks_for_a_check(page: Page, network: Network) -> None:
    address = new_link(page, network)
    check(network, address, fake_pages.Page(finding=MISSING), days_ago=0.5)
    page.reload()
    assert time_of(page, "Next check") > datetime.now(UTC)
    ask_again(page)
    expect(page).to_have_url(address)
    assert time_of(page, "Next check") <= datetime.now(UTC)
    assert shown(page, "Link back").startswith("not found on your page")

    check(network, address, fake_pages.Page(finding=SEEN))
    page.reload()
    assert shown(page, "Link back").startswith("found on your page")

    ask_again(page)
    expect(page.get_by_text("A check can be requested once in ten minutes.")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(address)


def test_nobody_else_can_ask_for_a_check(page: Page, network: Network) -> None:
    address = new_link(page, network)
    page.goto(address.partition("?")[0])
    assert shown(page, "Link back").startswith("not checked yet")
    expect(page.get_by_role("button", name=AGAIN)).to_have_count(0)
