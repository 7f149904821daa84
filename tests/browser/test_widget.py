"""The widget on pages of other origins than the API's, under the policy that docs/widget.md names.

The pages are those of `make run`. What the widget does in each case is tested in tests/widget.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from local import demo, emulator
from local.sample_data import ARTICLE
from tests.browser import with_script, without_script
from tests.browser.forms import fill, new_url, problem, send
from tests.browser.network import Network


@pytest.fixture(scope="module")
def port(network: Network) -> Iterator[int]:
    """The port of the demo's two sites."""
    free = emulator.free_port()
    with demo.serving(free, network.url) as is_served:
        assert is_served
        yield free


@with_script
def test_a_link_is_submitted_on_the_sites_own_page(page: Page, network: Network, port: int) -> None:
    page.goto(f"http://localhost:{port}/a/{network.new_article('renders itself')}")
    widget = page.locator("see-also")
    expect(widget.get_by_role("heading", name="More from The renders itself site")).to_be_visible()
    send(page)
    expect(problem(page)).to_be_focused()
    url = new_url()
    fill(page, url, "On a page of the site")
    send(page)
    status = widget.get_by_role("status")
    expect(status).to_contain_text("Your link is on the page")
    link = widget.get_by_role("link", name="On a page of the site")
    expect(link).to_have_attribute("href", url)
    status.get_by_role("link", name="Keep this address").click()
    expect(page.get_by_role("button", name="Withdraw this link")).to_be_visible()


@with_script
def test_a_foreign_page_has_lists_and_links(page: Page, network: Network, port: int) -> None:
    page.goto(f"http://elsewhere.localhost:{port}/")
    widget = page.locator("see-also")
    expect(widget.get_by_role("heading")).to_have_text(
        ["More from Screenlight", "Elsewhere", "Related links"]
    )
    link = widget.get_by_role("link", name="Submit a link from your own page")
    expect(link).to_have_attribute("href", f"{network.url}/a/{ARTICLE}#submit")
    expect(widget.get_by_role("textbox")).to_have_count(0)


@without_script
def test_without_script_a_page_has_its_own_link(page: Page, port: int) -> None:
    page.goto(f"http://elsewhere.localhost:{port}/")
    page.locator("see-also").get_by_role("link", name="What to read next").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Heat 2")
