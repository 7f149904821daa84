"""A morning with the queue: by keyboard alone, by mouse alone, and without a script."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from seealso.desk import keeping, sessions
from seealso.store.tables import Store
from seealso.tables.links import Link, get_link
from seealso.tables.sites import Site
from tests.browser import checks, needs_checkers, with_script, without_script
from tests.support import desk_links
from tests.support.desk import sign_in_admin
from tests.support.desk_links import link_id
from tests.support.desk_server import serving
from tests.support.factories import put_site

# As many as a morning brings take half a minute.
NUMBERS = [4, pytest.param(60, marks=pytest.mark.long)]
every_number = pytest.mark.parametrize("number", NUMBERS)
REASON = "It is an advertisement."


@pytest.fixture
def desk(deployed_environment: Store) -> Iterator[str]:
    """The address of a desk, signed in as an admin."""
    with serving(sign_in_admin(deployed_environment)) as url:
        yield f"{url}/desk"


def link(store: Store, number: int) -> Link:
    found = get_link(store, link_id(number))
    assert found is not None
    return found


def statuses(store: Store, number: int) -> list[str]:
    return [link(store, each).status for each in range(1, number + 1)]


def _fill(store: Store, number: int) -> None:
    """So many pending links, and places for all of them."""
    desk_links.fill(store, number)
    put_site(store, Site(desk_links.SITELESS, cap=20))


def outcome(page: Page, words: str) -> None:
    """Wait until this was done."""
    expect(page.locator("[data-said]")).to_have_text(words)


# ---- the whole queue -------------------------------------------------------------------------


@with_script
@every_number
def test_by_keyboard_alone(page: Page, desk: str, deployed_environment: Store, number: int) -> None:
    """Every fourth link is rejected with a reason, the others are approved."""
    _fill(deployed_environment, number)
    page.goto(desk)
    expect(page.locator("[data-keys]")).to_be_visible()
    left = number
    while left:
        page.keyboard.press("j")
        for position in range(1, min(left, desk_links.PAGE) + 1):
            expect(page.locator(f"[data-queue] > li:nth-child({position})")).to_be_focused()
            if position % 4:
                page.keyboard.press("a")
            else:
                page.keyboard.press("r")
                page.keyboard.type(REASON)
                page.keyboard.press("Enter")
            expect(page.locator("[data-outcome]")).to_have_count(position)
        left -= min(left, desk_links.PAGE)
        if left:
            expect(page.get_by_role("link", name="Next page")).to_be_focused()
            with page.expect_navigation():
                page.keyboard.press("Enter")
    found = statuses(deployed_environment, number)
    assert set(found) == {"published", "rejected"}
    assert found[:4] == ["published", "published", "published", "rejected"]
    assert link(deployed_environment, 4).history[-1]["reason"] == REASON


@with_script
@every_number
def test_by_mouse_alone(page: Page, desk: str, deployed_environment: Store, number: int) -> None:
    _fill(deployed_environment, number)
    page.goto(desk)
    first = page.locator("[data-queue] > li").first
    first.get_by_text("Reject…").click()
    first.get_by_label("Reason", exact=True).select_option(REASON)
    first.get_by_role("button", name="Reject").click()
    outcome(page, "Rejected.")
    page.locator("[data-queue] > li").nth(1).get_by_role("button", name="Approve").click()
    outcome(page, "Published.")
    page.goto(desk)
    left = number - 2
    while left:
        page.get_by_role("button", name="Choose all").click()
        page.get_by_role("button", name="Approve chosen").click()
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("done.")).to_be_visible()
        left -= min(left, desk_links.PAGE)
        page.get_by_role("link", name="Back to the list").click()
    assert statuses(deployed_environment, number) == ["rejected", *["published"] * (number - 1)]


@without_script
@every_number
def test_without_a_script(page: Page, desk: str, deployed_environment: Store, number: int) -> None:
    _fill(deployed_environment, number)
    page.goto(desk)
    page.get_by_text("Reject…").first.click()
    page.get_by_label("Reason in your own words").first.fill(REASON)
    page.get_by_role("button", name="Reject").first.click()
    expect(page.get_by_role("status")).to_have_text("Rejected.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("pending again")
    left = number
    while left:
        boxes = page.get_by_role("checkbox", name="Choose")
        for box in boxes.all():
            box.check()
        page.get_by_role("button", name="Approve chosen").click()
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("done.")).to_be_visible()
        left -= min(left, desk_links.PAGE)
        page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_text("No link is waiting.")).to_be_visible()
    assert statuses(deployed_environment, number) == ["published"] * number


# ---- what the script does --------------------------------------------------------------------


@with_script
def test_keys_move_choose_undo_explain_and_can_be_turned_off(
    page: Page, desk: str, deployed_environment: Store
) -> None:
    desk_links.fill(deployed_environment, 3)
    page.goto(desk)
    items = page.locator("[data-queue] > li")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(items.nth(1)).to_be_focused()
    assert items.nth(1).evaluate("item => getComputedStyle(item).outlineStyle") == "solid"
    page.keyboard.press("k")
    expect(items.nth(0)).to_be_focused()
    page.keyboard.press("x")
    expect(items.nth(0).get_by_role("checkbox", name="Choose")).to_be_checked()
    page.keyboard.press("a")
    outcome(page, "Published.")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("u")
    outcome(page, "Undone: it is pending again.")
    assert link(deployed_environment, 1).status == "pending"
    # Its buttons are there again.
    expect(items.nth(0)).to_be_focused()
    expect(items.nth(0).get_by_role("button", name="Approve")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_text("Open or close this explanation.")).to_be_visible()
    page.get_by_role("button", name="Turn keys off").click()
    page.keyboard.press("?")
    expect(page.get_by_text("Open or close this explanation.")).to_be_visible()
    page.get_by_role("button", name="Turn keys off").click()


@with_script
def test_typing_a_reason_presses_no_keys(
    page: Page, desk: str, deployed_environment: Store
) -> None:
    desk_links.fill(deployed_environment, 2)
    page.goto(desk)
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.keyboard.type("jark?x")
    expect(page.get_by_label("Reason in your own words").first).to_have_value("jark?x")
    page.keyboard.press("Escape")
    expect(page.locator("[data-queue] > li").first).to_be_focused()
    expect(page.get_by_label("Reason in your own words").first).to_be_hidden()
    assert statuses(deployed_environment, 2) == ["pending", "pending"]


@with_script
def test_a_reason_is_kept_when_the_rights_have_ended(
    page: Page, deployed_environment: Store
) -> None:
    desk_links.fill(deployed_environment, 1)
    browser = sign_in_admin(deployed_environment)
    with serving(browser) as url:
        page.goto(f"{url}/desk")
        page.keyboard.press("j")
        page.keyboard.press("r")
        page.keyboard.type(REASON)
        session = sessions.find(deployed_environment, browser.session_id)
        assert session is not None
        sessions.end_rights(deployed_environment, session, datetime.now(UTC))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        kept = keeping.find(deployed_environment, session)
        assert kept is not None
        assert ("reason", REASON) in kept.fields
    assert statuses(deployed_environment, 1) == ["pending"]


@with_script
def test_a_refusal_is_shown_beside_its_link(
    page: Page, desk: str, deployed_environment: Store
) -> None:
    desk_links.fill(deployed_environment, 2)
    page.goto(desk)
    desk_links.decide_elsewhere(deployed_environment, 1)
    first = page.locator("[data-queue] > li").first
    first.get_by_role("button", name="Approve").click()
    expect(first.get_by_text("it has become rejected, by cem@example.com")).to_be_visible()
    first.get_by_role("button", name="Restore").click()
    outcome(page, "Restored: it is pending again.")


@with_script
def test_the_script_does_the_rest_of_several(
    page: Page, desk: str, deployed_environment: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_links.fill(deployed_environment, 4)
    page.goto(desk)
    monkeypatch.setattr("seealso.desk.deciding.SECONDS", 0.0)
    desk_links.decide_elsewhere(deployed_environment, 2)
    page.get_by_role("button", name="Choose all").click()
    # The one that was decided on meanwhile is left out when the list is shown, so it comes after.
    query = "&".join(f"link={link_id(number)}.1" for number in (1, 3, 4))
    page.goto(f"{desk}/links/chosen?action=approve&list=queue&{query}")
    desk_links.decide_elsewhere(deployed_environment, 3)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("2 of 3 done, 1 refused.")).to_be_visible()
    expect(page.locator("[data-outcomes] > li")).to_have_count(3)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    found = ["published", "rejected", "rejected", "published"]
    assert statuses(deployed_environment, 4) == found


@with_script
def test_blocks_the_host_and_undoes_it(page: Page, desk: str, deployed_environment: Store) -> None:
    desk_links.fill(deployed_environment, 1)
    page.goto(desk)
    first = page.locator("[data-queue] > li").first
    first.get_by_text("Reject…").click()
    first.get_by_label("Reason in your own words").fill(REASON)
    first.get_by_label("Block blog-1.example.net").select_option("On all sites")
    first.get_by_role("button", name="Reject").click()
    outcome(page, "Rejected. blog-1.example.net is blocked on all sites.")
    first.get_by_role("button", name="unblock blog-1.example.net").click()
    outcome(
        page, "Undone: it is pending again. blog-1.example.net is no longer blocked on all sites."
    )


# ---- for everyone ----------------------------------------------------------------------------


def _queue(page: Page, desk: str) -> None:
    page.goto(desk)
    page.get_by_text("Reject…").first.click()
    page.locator("[data-keys] summary").click()


def _approved(page: Page, desk: str) -> None:
    page.goto(desk)
    page.get_by_role("button", name="Approve").first.click()
    outcome(page, "Published.")


def _link(page: Page, desk: str) -> None:
    page.goto(f"{desk}/links/{link_id(2)}")


def _links(page: Page, desk: str) -> None:
    page.goto(f"{desk}/links?status=pending")


def _overview(page: Page, desk: str) -> None:
    page.goto(f"{desk}/overview")


def _chosen(page: Page, desk: str) -> None:
    page.goto(f"{desk}/links/chosen?action=reject&link={link_id(2)}.1&link={link_id(3)}.9")


def _refused(page: Page, desk: str) -> None:
    _chosen(page, desk)
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _outcomes(page: Page, desk: str) -> None:
    page.goto(f"{desk}/links/chosen?action=approve&link={link_id(2)}.1&link={link_id(3)}.1")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("2 of 2 done.")).to_be_visible()


STATES: dict[str, Callable[[Page, str], None]] = {
    "queue": _queue,
    "approved": _approved,
    "link": _link,
    "links": _links,
    "overview": _overview,
    "chosen": _chosen,
    "refused": _refused,
    "outcomes": _outcomes,
}


@needs_checkers
@with_script
@pytest.mark.parametrize(
    "state",
    [
        state if state in ("queue", "link") else pytest.param(state, marks=pytest.mark.long)
        for state in STATES
    ],
)
def test_no_barriers_on_a_phone_in_the_dark_and_with_large_text(
    page: Page, desk: str, deployed_environment: Store, state: str
) -> None:
    desk_links.fill(deployed_environment, 4)
    page.set_viewport_size({"width": 320, "height": 800})
    STATES[state](page, desk)
    found = checks.axe(page)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0, page.evaluate(_TOO_WIDE)
    page.emulate_media(color_scheme="dark")
    found += checks.axe(page)
    page.emulate_media(color_scheme="light")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate(wide) == 0, page.evaluate(_TOO_WIDE)
    assert found == []


_TOO_WIDE = """[...document.querySelectorAll('body *')].filter(
    (element) => element.getBoundingClientRect().right > innerWidth).map(
    (element) => element.outerHTML.slice(0, 200))"""
