"""An editor's day at the desk of the deployed template: signed in at the emulator's user pool."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from local.editors import ADMIN, EDITOR, User
from tests.browser import checks, needs_checkers, with_script
from tests.browser.forms import new_url
from tests.browser.http import submit
from tests.browser.network import Network
from tests.browser.test_accessibility import PHONE, overflow, unseen_focus
from tests.browser.test_desk_signing_in import end_rights, sign_in
from tests.browser.test_submitting import related_links

KIND = "arabic"  # a site that publishes what an editor approves
REASON = "It is an advertisement."


@pytest.fixture
def desk(page: Page, network: Network) -> Iterator[str]:
    """The desk's address, in a browser in which nobody has signed in."""
    page.context.clear_cookies()
    yield f"{network.url}/desk"
    page.context.clear_cookies()


def enter(page: Page, address: str, user: User) -> None:
    """Opens a screen and signs in, which leads back to it."""
    page.goto(address)
    sign_in(page, user)
    page.wait_for_url(address)


def test_a_day(page: Page, desk: str, network: Network) -> None:
    """A link is approved, another one rejected and the rejection undone, each in the queue."""
    article = network.article_url(KIND)
    good, bad = new_url(), new_url()
    for url in (good, bad):
        submit(article, url)
    queue = f"{desk}?domain={network.domain(KIND)}"
    enter(page, queue, EDITOR)
    _in_queue(page, good).get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Published.").first).to_be_visible()
    assert len(related_links(page, article)) == 1

    page.goto(queue)
    expect(_in_queue(page, good)).to_have_count(0)
    item = _in_queue(page, bad)
    item.get_by_text("Reject…").click()
    item.get_by_label("Reason", exact=True).select_option(REASON)
    item.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Rejected.").first).to_be_visible()
    page.get_by_role("button", name="Undo: pending again").click()
    expect(page.get_by_text("Undone: it is pending again.").first).to_be_visible()

    page.goto(queue)
    _in_queue(page, bad).get_by_role("link", name="Without a title").click()
    story = page.get_by_role("listitem").filter(has_text=f"by {EDITOR.name}")
    expect(story).to_contain_text([f"Rejected, by {EDITOR.name}: {REASON}", "Restored: pending"])
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/desk/sign*")


def test_an_editor_on_an_admins_screen_sees_the_way_back(page: Page, desk: str) -> None:
    enter(page, f"{desk}/audit", EDITOR)
    expect(page.get_by_role("main")).to_contain_text("This page is for admins.")
    page.get_by_role("navigation").get_by_role("link", name="Queue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Queue")


def test_what_is_written_outlasts_the_rights(page: Page, desk: str, network: Network) -> None:
    enter(page, f"{desk}/articles/new", EDITOR)
    page.get_by_label("Title").fill("Of peat")
    page.get_by_label("Text", exact=True).fill("Peat is old.")
    page.get_by_label("Site's number").fill(str(network.domain("plain")))
    end_rights(network.stack, page)
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.get_by_role("main")).to_contain_text("is kept for 8 hours")
    sign_in(page, EDITOR)
    expect(page.get_by_role("main")).to_contain_text("Peat is old.")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_text("The draft is saved.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit Of peat")


def _in_queue(page: Page, url: str) -> Locator:
    return page.locator("[data-queue] > li").filter(has=page.get_by_text(url, exact=True))


# ---- for everyone ----------------------------------------------------------------------------

# Those that an admin's navigation leads to, and the first screens below them.
SCREENS = {
    "": "Queue",
    "/links": "Links",
    "/articles": "Articles",
    "/articles/new": "Articles",
    "/sites": "Sites",
    "/sites/new": "Sites",
    "/blocks": "Blocked hosts",
    "/blocks/new": "Blocked hosts",
    "/blocks/export": "Blocked hosts",
    "/audit": "Audit",
    "/overview": "Overview",
    "/notices": "Notices",
    "/nowhere": None,
}


@pytest.mark.long
@needs_checkers
@with_script
def test_no_screen_has_barriers(page: Page, desk: str) -> None:
    """With axe, dark, at 320 px, with 200 % text, by keyboard, and with the place in the desk."""
    enter(page, desk, ADMIN)
    found: dict[tuple[str, str], object] = {}
    for path, item in SCREENS.items():
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(desk + path)
        current = page.get_by_role("navigation").locator("[aria-current]")
        assert current.all_inner_texts() == ([item] if item else []), path
        assert page.title().endswith(" - Desk")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        found[path, "axe"] = checks.axe(page)
        found[path, "focus"] = unseen_focus(page)
        found[path, "motion"] = page.evaluate("document.getAnimations().length") or []
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": PHONE, "height": 640})
        found[path, "axe, dark, 320 px"] = checks.axe(page)
        found[path, "width"] = overflow(page) or []
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        found[path, "width of 200 % text"] = overflow(page) or []
    assert not any(found.values()), {key: value for key, value in found.items() if value}


@pytest.mark.long
@needs_checkers
@with_script
def test_a_kept_form_has_no_barriers(page: Page, desk: str, network: Network) -> None:
    enter(page, f"{desk}/articles/new", EDITOR)
    page.get_by_label("Title").fill(40 * "peat")
    end_rights(network.stack, page)
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.get_by_role("main")).to_contain_text("is kept for 8 hours")
    found = checks.axe(page)
    sign_in(page, EDITOR)
    page.set_viewport_size({"width": PHONE, "height": 640})
    expect(page.get_by_role("heading", level=1)).to_have_text("Send it now?")
    expect(page.get_by_role("main")).not_to_contain_text("read")
    assert found + checks.axe(page) == []
    assert overflow(page) == 0
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Queue")
