"""The widget for everyone and on every page: axe's rules, narrow screens, themes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from seealso.store.tables import Store
from tests.support import factories
from tests.support.accessibility import axe, needs_checkers
from tests.widget.pages import API, ARTICLE, ELEMENT, OTHER_SITE, Embedding

OWN_HOST, FOREIGN_HOST = "kettles.example.com", "diary.example.org"


def _lists(embedding: Embedding) -> Locator:
    second = f'<see-also article="{OTHER_SITE}" api="{API}"></see-also>'
    widget = embedding.open(FOREIGN_HOST, ELEMENT + second)
    expect(embedding.page.get_by_role("heading", name="Related links")).to_have_count(2)
    return widget


def _form(embedding: Embedding) -> Locator:
    widget = embedding.open(OWN_HOST)
    expect(widget.get_by_role("button")).to_be_visible()
    return widget


def _errors(embedding: Embedding) -> Locator:
    widget = _form(embedding)
    widget.get_by_role("button").click()
    expect(widget.get_by_role("alert")).to_be_focused()
    return widget


def _status(embedding: Embedding) -> Locator:
    widget = _form(embedding)
    widget.get_by_label("Address of your page").fill("https://readers.example.com/" + "kettle" * 30)
    for box in widget.get_by_role("checkbox").all():
        box.check()
    widget.get_by_role("button").click()
    expect(widget.get_by_role("status")).to_be_focused()
    return widget


STATES = [_lists, _form, _errors, _status]


@needs_checkers
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing(
    embedding: Embedding, store: Store, state: Callable[[Embedding], Locator]
) -> None:
    page = embedding.page
    factories.put_item(store, store.links, factories.page_item(ARTICLE, factories.PAGE_LINKS))
    state(embedding)
    # axe takes a page without a background for a white one.
    _add_style(page, "body { background: Canvas; color: CanvasText; }")
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found[scheme] = axe(page)
    page.set_viewport_size({"width": 320, "height": 640})
    found["320 px"] = axe(page)
    assert found == {"light": [], "dark": [], "320 px": []}
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_pages_looks_win(embedding: Embedding) -> None:
    widget = _form(embedding)
    page = embedding.page
    _add_style(
        page,
        """
        body { color: rgb(1, 2, 3); font: 20px monospace; }
        see-also { --see-also-accent: rgb(4, 5, 6); --see-also-paper: rgb(7, 8, 9); }
        see-also::part(heading) { letter-spacing: 3px; }
        """,
    )
    link, heading = widget.locator("a[part=link]").first, widget.locator("h2").first
    expect(link).to_have_css("color", "rgb(4, 5, 6)")
    expect(heading).to_have_css("letter-spacing", "3px")
    expect(heading).to_have_css("color", "rgb(1, 2, 3)")
    button, field = widget.get_by_role("button"), widget.get_by_label("Title (optional)")
    expect(button).to_have_css("background-color", "rgb(4, 5, 6)")
    expect(button).to_have_css("color", "rgb(7, 8, 9)")
    expect(field).to_have_css("color", "rgb(1, 2, 3)")
    expect(field).to_have_css("font-family", "monospace")


def test_colors_are_those_of_the_pages_scheme(embedding: Embedding) -> None:
    """A page that is always light stays so where the reader prefers dark."""
    embedding.page.emulate_media(color_scheme="dark")
    widget = _errors(embedding)
    error = widget.locator(".error").first
    expect(error).to_have_css("color", "rgb(255, 157, 146)")
    embedding.page.evaluate("document.querySelector('[name=color-scheme]').remove()")
    expect(error).to_have_css("color", "rgb(163, 24, 15)")


def _add_style(page: Page, css: str) -> None:
    """As the page's own; its policy allows no other."""
    page.evaluate(
        """(css) => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(css);
          document.adoptedStyleSheets = [sheet];
        }""",
        css,
    )
