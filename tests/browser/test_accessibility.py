"""Pages for everyone: axe's rules, narrow screens, large text, dark mode, the keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from seealso.verifying.finding import Finding
from tests.browser import checks, needs_checkers, with_script
from tests.browser.checked import ask_again, check, new_page, status_address
from tests.browser.forms import ADDRESS, BUTTON, fill, new_url, problem, send, submit
from tests.browser.network import Network
from tests.support import fake_pages

# The least contrast of text that WCAG 2.2 asks for at level AA is axe's business; these are the
# screens on which it and the checks below look at each state.
PHONE = 320


def _article(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    page.get_by_role("contentinfo").locator("summary").click()


def _article_with_links(page: Page, network: Network) -> None:
    article = network.article_url("plain")
    for title in ("A kettle", ""):
        page.goto(article)
        submit(page, new_url() + "/a-long-path-without-a-place-to-break/" + 60 * "x", title)
    page.goto(article)
    page.reload()


def _german(page: Page, network: Network) -> None:
    page.goto(network.article_url("german"))


def _arabic(page: Page, network: Network) -> None:
    page.goto(network.article_url("arabic"))


def _one_error(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    fill(page, "https://192.0.2.1/" + 200 * "x")
    send(page)
    expect(problem(page)).to_be_visible()


def _all_errors(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    fill(page, "", "My \x02kettle", consent=False)
    send(page)
    expect(problem(page)).to_be_visible()


def _errors_of_a_whole_page(page: Page, network: Network) -> None:
    """As without a script, which axe needs."""
    page.goto(network.article_url("plain"))
    page.locator("form").evaluate("form => form.submit()")
    expect(problem(page)).to_be_visible()


def _full(page: Page, network: Network) -> None:
    article = network.article_url("one place")
    page.goto(article)
    submit(page, new_url())
    page.goto(article)
    page.reload()


def _published(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    submit(page, new_url(), "A kettle")


def _status(page: Page, network: Network) -> None:
    _published(page, network)
    page.goto(status_address(page))


def _checked(page: Page, network: Network) -> None:
    """With a URL of its submitter's in what was found."""
    page.goto(network.article_url("plain"))
    submit(page, new_page())
    address = status_address(page)
    near_miss = Finding("missing", ("near-miss", "cut-off"), f"https://x.example.net/{120 * 'x'}")
    check(network, address, fake_pages.Page(finding=near_miss))
    page.goto(address)
    expect(page.get_by_text("but not to this article")).to_be_visible()


def _asked_too_soon(page: Page, network: Network) -> None:
    _checked(page, network)
    for _ in range(2):
        ask_again(page)
    expect(page.get_by_text("once in ten minutes")).to_be_visible()


def _pending(page: Page, network: Network) -> None:
    page.goto(network.article_url("arabic"))
    submit(page, new_url())


def _withdrawn(page: Page, network: Network) -> None:
    _status(page, network)
    page.get_by_role("button", name="Withdraw this link").click()
    expect(page.get_by_role("heading", name="withdrawn")).to_be_visible()


def _at(path: str) -> Callable[[Page, Network], None]:
    def visit(page: Page, network: Network) -> None:
        page.goto(network.url + path)

    return visit


def _site(page: Page, network: Network) -> None:
    page.goto(network.site_url("plain"))


STATES: dict[str, Callable[[Page, Network], None]] = {
    "article": _article,
    "article with links": _article_with_links,
    "German article": _german,
    "Arabic article": _arabic,
    "one error": _one_error,
    "all errors": _all_errors,
    "errors of a whole page": _errors_of_a_whole_page,
    "full page": _full,
    "published": _published,
    "status": _status,
    "checked": _checked,
    "asked too soon": _asked_too_soon,
    "pending": _pending,
    "withdrawn": _withdrawn,
    "site": _site,
    "home": _at("/"),
    "no article": _at("/a/2147483646"),
    "problem": _at("/problems/duplicate-link"),
}


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


@with_script
def test_a_long_name_without_spaces_is_broken(page: Page, network: Network) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(network.article_url("plain"))
    page.locator(".site").evaluate("site => { site.textContent = 'x'.repeat(150); }")
    assert overflow(page) == 0


@needs_checkers
@with_script
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_on_any_screen(page: Page, network: Network, state: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    STATES[state](page, network)
    found = {"light": checks.axe(page)}
    page.emulate_media(color_scheme="dark")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, background.strip("rgb()").split(", "))) < 64
    found["dark"] = checks.axe(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": PHONE, "height": 640})
    found["320 px"] = checks.axe(page)
    assert overflow(page) == 0
    # As with a larger font size in the browser's settings.
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    found["200 % text at 320 px"] = checks.axe(page)
    assert overflow(page) == 0
    page.set_viewport_size({"width": 1280, "height": 800})
    found["200 % text"] = checks.axe(page)
    assert overflow(page) == 0
    assert not any(found.values()), found


def test_the_skip_link_comes_first_and_leads_to_the_text(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@with_script
@pytest.mark.parametrize("state", ["article with links", "all errors", "status", "site", "home"])
def test_focus_moves_in_reading_order_and_is_seen(page: Page, network: Network, state: str) -> None:
    STATES[state](page, network)
    assert unseen_focus(page) == []


def unseen_focus(page: Page) -> list[str]:
    """What the Tab key reaches out of the page's order, or without looking different."""
    page.evaluate("document.activeElement.blur()")
    before = page.evaluate(_LOOKS)
    expected = page.evaluate(_FOCUSABLE)
    assert len(expected) == len(before)
    reached, unseen = [], []
    page.evaluate(f"({_ALL})[0].focus()")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    for _ in expected:
        index = page.evaluate(f"({_ALL}).indexOf(document.activeElement)")
        reached.append(index)
        now = page.evaluate(f"({_LOOK})(document.activeElement)")
        if index < 0 or now == before[index] or index != len(reached) - 1:
            unseen.append(page.evaluate("document.activeElement.outerHTML"))
        page.keyboard.press("Tab")
    return unseen


_ALL = """[...document.querySelectorAll(
    'a[href], button, select, textarea, summary, [tabindex],'
    + 'input:not([type=hidden], [type=radio]:not(:checked))')].filter(
    (element) => element.tabIndex >= 0 && element.checkVisibility())"""
_FOCUSABLE = f"({_ALL}).map((element) => element.outerHTML)"
_LOOK = """(element) => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(element);
    return outlineStyle === 'none' ? boxShadow : [outlineStyle, outlineWidth, outlineColor].join();
}"""
_LOOKS = f"({_ALL}).map({_LOOK})"


def test_a_link_is_submitted_and_withdrawn_by_keyboard(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    field = page.get_by_label(ADDRESS)
    for _ in range(60):
        page.keyboard.press("Tab")
        if field.evaluate("field => field === document.activeElement"):
            break
    expect(field).to_be_focused()
    page.keyboard.type(new_url())
    page.keyboard.press("Tab")
    page.keyboard.type("By keyboard")
    for _ in page.get_by_role("checkbox").all():
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=BUTTON)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your link is on the page")).to_be_visible()
    withdraw = page.get_by_role("button", name="Withdraw this link")
    for _ in range(20):
        page.keyboard.press("Tab")
        if withdraw.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your link is withdrawn")).to_be_visible()
