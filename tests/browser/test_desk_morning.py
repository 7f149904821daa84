"""A morning at the desk of the deployed template: 60 links, two editors, a host that is blocked."""

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from local.editors import ADMIN, EDITOR
from tests.browser import with_script
from tests.browser.forms import new_url
from tests.browser.http import get, post, submit
from tests.browser.network import Network, article, site
from tests.browser.test_desk_day import enter
from tests.support.browser import Contexts

pytestmark = pytest.mark.long

LINKS = 60
ON_A_PAGE = 25
REASON = "It is an advertisement."
_NUMBERS = count()


class Morning(NamedTuple):
    """A site whose links wait for an editor: its queue, and the status pages of its links."""

    desk: str
    domain: int
    article_id: int
    statuses: list[str]

    @property
    def queue(self) -> str:
        return f"{self.desk}?domain={self.domain}"

    def published(self) -> int:
        return sum('data-status="published"' in get(status).body for status in self.statuses)

    def rejected(self) -> int:
        return sum('data-status="rejected"' in get(status).body for status in self.statuses)


@pytest.fixture
def morning(page: Page, network: Network) -> Iterator[Morning]:
    """60 pending links of three articles, and a browser in which nobody has signed in."""
    page.context.clear_cookies()
    first = network.domain("plain") + 600_000 + 10 * next(_NUMBERS)
    articles = [article(first + number, first, f"Of salt {number}", "Salt.") for number in range(3)]
    network.load([site(first, publish="approved", cap=20)], articles)
    links = [
        network.url + submit(f"{network.url}/a/{first + number % 3}", new_url())
        for number in range(LINKS)
    ]
    yield Morning(f"{network.url}/desk", first, first, links)
    page.context.clear_cookies()


@with_script
def test_by_keyboard_alone(page: Page, morning: Morning) -> None:
    """Every fourth link is rejected with a reason, the others are approved."""
    enter(page, morning.queue, EDITOR)
    left = LINKS
    while left:
        page.keyboard.press("j")
        for position in range(1, min(left, ON_A_PAGE) + 1):
            expect(page.locator(f"[data-queue] > li:nth-child({position})")).to_be_focused()
            if position % 4:
                page.keyboard.press("a")
            else:
                page.keyboard.press("r")
                page.keyboard.type(REASON)
                page.keyboard.press("Enter")
            expect(page.locator("[data-outcome]")).to_have_count(position)
        left -= min(left, ON_A_PAGE)
        if left:
            expect(page.get_by_role("link", name="Next page")).to_be_focused()
            with page.expect_navigation():
                page.keyboard.press("Enter")
    assert (morning.published(), morning.rejected()) == (46, 14)


def test_by_mouse_alone_and_without_a_script_too(page: Page, morning: Morning) -> None:
    """All but the first are approved, several at once; one has been withdrawn meanwhile."""
    enter(page, morning.queue, EDITOR)
    page.get_by_text("Reject…").first.click()
    page.get_by_label("Reason", exact=True).first.select_option(REASON)
    page.get_by_role("button", name="Reject", exact=True).first.click()
    expect(page.get_by_text("Rejected.").first).to_be_visible()
    page.goto(morning.queue)
    for box in page.get_by_role("checkbox", name="Choose").all():
        box.check()
    page.get_by_role("button", name="Approve chosen").click()
    path, _, token = morning.statuses[1].partition("?token=")
    assert post(f"{path}/withdraw", token=token).status == 303
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("24 of 25 done, 1 refused.")).to_be_visible()
    for _ in range(2):
        page.goto(morning.queue)
        for box in page.get_by_role("checkbox", name="Choose").all():
            box.check()
        page.get_by_role("button", name="Approve chosen").click()
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("done.")).to_be_visible()
    page.goto(morning.queue)
    expect(page.get_by_text("No link is waiting here.")).to_be_visible()
    assert (morning.published(), morning.rejected()) == (58, 1)


@with_script
def test_a_host_with_published_links_is_blocked_and_unblocked(page: Page, morning: Morning) -> None:
    enter(page, morning.queue, ADMIN)
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("[data-said]")).to_have_text("Published.")
    host = f"host-{morning.domain}.example.org"
    status = submit(
        f"{morning.desk.removesuffix('/desk')}/a/{morning.article_id}", f"https://{host}/"
    )
    link_id = status.partition("/l/")[2].partition("?")[0]
    page.goto(f"{morning.desk}/links/{link_id}")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status").first).to_have_text("Published.")
    page.goto(f"{morning.desk}/blocks/new")
    page.get_by_label("Hosts, one a line").fill(host)
    page.get_by_role("button", name="See what would be blocked").click()
    expect(page.get_by_role("link", name="1 published, 0 pending")).to_be_visible()
    page.get_by_role("button", name="Block 1 host on the whole network").click()
    expect(page.get_by_role("status")).to_contain_text("1 of 1 host blocked")
    page.get_by_role("button", name="Undo: unblock 1 host").click()
    expect(page.get_by_role("status")).to_contain_text("1 of 1 host unblocked")


def test_two_editors_on_one_article(page: Page, morning: Morning, contexts: Contexts) -> None:
    address = f"{morning.desk}/articles/{morning.article_id}"
    enter(page, address, EDITOR)
    with contexts.fresh_page() as other:
        enter(other, address, ADMIN)
        other.get_by_label("Text", exact=True).fill("Salt is white.")
        other.get_by_role("button", name="Save", exact=True).click()
        expect(other.get_by_role("status").first).to_have_text("Your changes are saved.")
    page.get_by_label("Title").fill("Of much salt")
    page.get_by_label("Text", exact=True).fill("Salt is old.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Two versions of")).to_be_visible()
    page.get_by_role("group", name="Text: keep").get_by_label("Mine, as it is here:").check()
    page.get_by_label("Text, my version").fill("Salt is white and old.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text("Your changes are saved.")
    page.goto(address.replace("/desk/articles/", "/a/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Of much salt")
    expect(page.get_by_text("Salt is white and old.")).to_be_visible()
