"""Checks of links of the deployed stack, whose own checks are stopped: of scripted pages."""

import uuid
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page

from seealso.tables.links import get_link
from seealso.verifying.pipeline import check_now
from tests.browser.network import Network
from tests.support import fake_pages
from tests.support.deployed_store import deployed_store
from tests.support.fake_pages import FakePages

AGAIN = "Check again"


def new_page() -> str:
    """The URL of a page that nobody has submitted, on a host that no other check asks."""
    return f"https://{uuid.uuid4().hex}.example.com/on-kettles"


def status_address(page: Page) -> str:
    """The address that the submitter of the page's link keeps, with its token."""
    return page.locator("code").filter(has_text="/l/").inner_text()


def check(network: Network, address: str, found: fake_pages.Page, days_ago: float = 0) -> None:
    """Check the link of a status page's address, some days ago."""
    link_id = address.partition("?")[0].rpartition("/")[2]
    store = deployed_store(network.stack)
    link = get_link(store, link_id)
    assert link
    assert link.url
    pages = FakePages(datetime.now(UTC) - timedelta(days=days_ago), {link.url: found})
    result = check_now(pages.tools(lambda: store, 10**6), link_id)
    store.client.close()
    assert (result, pages.failures) == ("checked", [])


def ask_again(page: Page) -> None:
    """Ask for a check at the status page, and wait for the answer."""
    with page.expect_navigation():
        page.get_by_role("button", name=AGAIN).click()
