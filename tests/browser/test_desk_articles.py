"""Editors write articles in a browser: with script and without, two at once, for everyone.

Over the real handlers in this process; how editors sign in is tested elsewhere.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import pytest
from playwright.sync_api import Dialog, Page, expect

from seealso.desk import sessions
from seealso.limits import MAX_TEXT_BYTES
from seealso.store.tables import Store
from seealso.tables.articles import Article, get_article, put_articles, raise_highest
from seealso.tables.sites import Site
from tests.browser import checks, needs_checkers, with_script
from tests.browser.test_accessibility import PHONE, overflow
from tests.browser.test_injection import _WATCH
from tests.support import desk, gateway
from tests.support.browser import Contexts
from tests.support.desk import sign_in, sign_in_admin
from tests.support.environment import new_container
from tests.support.factories import put_site
from tests.support.gateway import Response
from tests.support.node_packages import serving
from tests.support.script_payloads import TEXTS

DRAFT, DELETED = 102, 103
TEXT = "The kettle is old.\n\nIt sings in the morning.\n\nNobody knows why."


class Desk(NamedTuple):
    """The desk on loopback, over a store of its own."""

    url: str
    store: Store

    def enter(self, page: Page, name: str = desk.EDITOR, *, is_admin: bool = False) -> None:
        """Signs an editor in, in the page's context."""
        browser = sign_in_admin(self.store) if is_admin else sign_in(self.store, name)
        # Chromium sends it to loopback without TLS, too, but sets it only for https.
        page.context.add_cookies(
            [
                {
                    "name": sessions.COOKIE,
                    "value": browser.session_id,
                    "url": "https://127.0.0.1/",
                    "secure": True,
                }
            ]
        )

    def open(self, page: Page, path: str) -> None:
        page.goto(f"{self.url}/desk/articles{path}")

    def stored(self, article_id: int = DRAFT) -> Article:
        new_container()
        article = get_article(self.store, article_id)
        assert article is not None
        return article


def _ask(method: str, target: str, headers: dict[str, str], body: bytes | None) -> Response:
    if target.startswith("/desk"):
        return desk.request(method, target, headers, body.decode() if body else None)
    return gateway.request(method, target, headers, body)


@pytest.fixture
def served(deployed_environment: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    store = deployed_environment
    site = Site(7, hosts=["ledger.example.com"], name="Night Ledger", text_format="markdown")
    put_site(store, site)
    made = [
        Article(40, 7, "Fire", "Words.", "2026-01-01"),
        Article(DRAFT, 7, "Of kettles", TEXT, "2026-02-26", 40, state="draft"),
        Article(DELETED, 7, "Of " + 80 * "pan", "Old words.", "2026-02-20", state="deleted"),
    ]
    put_articles(store, [(each, None) for each in made])
    raise_highest(store, DELETED)
    with serving(partial(gateway.application, ask=_ask)) as url:
        monkeypatch.setenv("PUBLIC_URL", url)
        yield Desk(url, store)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_an_article_is_written_looked_at_and_published(page: Page, served: Desk) -> None:
    served.enter(page)
    served.open(page, "")
    page.get_by_role("link", name="New article").click()
    page.get_by_label("Title").fill("Frost")
    page.get_by_label("Text", exact=True).fill("It is *cold*.\n\nVery.")
    page.get_by_label("Site's number").fill("x")
    press(page, "Preview")
    expect(page.get_by_text("Site's number must be an integer").first).to_be_visible()
    page.get_by_label("Site's number").fill("7")
    page.get_by_label("Source").fill("40")
    press(page, "Preview")
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_role("emphasis")).to_have_text("cold")
    expect(preview.get_by_role("link", name="Fire")).to_be_visible()
    looked = preview.get_by_role("article").inner_html()
    press(page, "Publish")
    expect(page.get_by_role("status").first).to_have_text("The article is published.")
    page.get_by_role("link", name="Its page").click()
    assert page.get_by_role("article").inner_html() == looked


@with_script
def test_the_preview_follows_what_is_typed(page: Page, served: Desk) -> None:
    served.enter(page)
    served.open(page, f"/{DRAFT}")
    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_have_count(0)
    text = page.get_by_label("Text", exact=True)
    text.press("End")
    text.press_sequentially(" **Now**.")
    expect(preview.get_by_role("strong")).to_have_text("Now")
    page.get_by_label("Title").fill("")
    note = page.get_by_text("No preview: Title must be")
    expect(note).to_be_visible()
    page.get_by_label("Title").fill("Kettles again")
    expect(preview.get_by_role("heading", name="Kettles again")).to_be_visible()
    expect(note).to_have_count(0)
    page.get_by_label("Source").fill("999")
    expect(page.get_by_text("There is no article with this id.")).to_be_visible()
    expect(text).to_have_value(re.compile(r"\*\*Now\*\*"))
    assert served.stored().version == 1


@with_script
def test_a_page_with_changes_is_not_left_by_mistake(page: Page, served: Desk) -> None:
    served.enter(page)
    served.open(page, f"/{DRAFT}")
    page.get_by_label("Title").fill("Changed")
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", refuse)
    page.get_by_role("link", name="Sites").click(no_wait_after=True)
    expect(page.get_by_label("Title")).to_have_value("Changed")
    page.get_by_label("Title").press("Control+s")
    expect(page.get_by_role("status").first).to_have_text("Your changes are saved.")
    assert asked == ["beforeunload"]


def test_two_editors_on_one_article(page: Page, served: Desk, contexts: Contexts) -> None:
    served.enter(page)
    served.open(page, f"/{DRAFT}")
    with contexts.fresh_page() as other:
        served.enter(other, "cem@example.com")
        served.open(other, f"/{DRAFT}")
        other.get_by_label("Text", exact=True).fill(TEXT.replace("old", "new"))
        other.get_by_label("Date").fill("2026-03-01")
        press(other, "Save")
        expect(other.get_by_role("status").first).to_have_text("Your changes are saved.")
    page.get_by_label("Title").fill("Of my kettles")
    page.get_by_label("Text", exact=True).fill(TEXT.replace("old", "mine"))
    press(page, "Save")
    expect(page.get_by_role("heading", name="Two versions of")).to_be_visible()
    versions = page.get_by_role("region", name="Text")
    marked = versions.locator("mark").all_inner_texts()
    assert [words.strip() for words in marked] == ["mine.", "new."]
    assert page.get_by_role("radio", checked=True).count() == 2
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("Choose which version of this field to keep")
    page.get_by_role("group", name="Text: keep").get_by_label("Mine, as it is here:").check()
    page.get_by_label("Text, my version").fill(TEXT.replace("old", "new, and mine"))
    press(page, "Save")
    expect(page.get_by_role("status").first).to_have_text("Your changes are saved.")
    assert served.stored() == Article(
        DRAFT,
        7,
        "Of my kettles",
        TEXT.replace("old", "new, and mine"),
        "2026-03-01",
        40,
        "draft",
        3,
    )


@with_script
def test_who_edits_their_version_keeps_it(page: Page, served: Desk) -> None:
    served.enter(page)
    _conflict(page, served)
    group = page.get_by_role("group", name="Date: keep")
    expect(group.get_by_label("Theirs")).to_be_checked()
    page.get_by_label("Date, my version").fill("2026-07-07")
    expect(group.get_by_label("Mine, as it is here:")).to_be_checked()


def test_an_article_is_deleted_restored_and_purged(page: Page, served: Desk) -> None:
    served.enter(page, is_admin=True)
    served.open(page, f"?id={DRAFT}")
    press(page, "Delete this article")
    press(page, "Restore it as a draft")
    expect(page.get_by_role("status").first).to_have_text("The article is restored, as a draft.")
    press(page, "Delete this article")
    page.get_by_role("link", name="Purge it for good").click()
    press(page, "Purge this article")
    expect(page.get_by_role("alert")).to_contain_text("This is not the article's title.")
    page.get_by_label("Type the title to confirm").fill("Of kettles")
    press(page, "Purge this article")
    expect(page.get_by_role("status").first).to_have_text("The article is purged.")
    assert get_article(served.store, DRAFT) is None


@pytest.mark.long
@with_script
def test_the_longest_text_is_written_and_looked_at(page: Page, served: Desk) -> None:
    served.enter(page)
    served.open(page, f"/{DRAFT}")
    longest = "Über Öfen. " * (MAX_TEXT_BYTES // 13)
    page.get_by_label("Text", exact=True).fill(longest)
    press(page, "Preview")
    expect(page.get_by_role("region", name="Preview")).to_contain_text("Über Öfen. Über")
    press(page, "Save")
    expect(page.get_by_role("status").first).to_have_text("Your changes are saved.")
    assert served.stored().text == longest


@with_script
def test_nothing_typed_runs_in_previews_and_comparisons(page: Page, served: Desk) -> None:
    page.add_init_script(_WATCH)
    served.enter(page, is_admin=True)
    served.open(page, f"/{DRAFT}")
    page.get_by_label("Title").fill(TEXTS[0])
    page.get_by_label("Text", exact=True).fill("\n\n".join(TEXTS))
    press(page, "Preview")
    expect(page.get_by_role("region", name="Preview")).to_be_visible()
    assert page.evaluate("ran") == []
    other = sign_in(served.store, "cem@example.com")
    sent = [("title", TEXTS[1]), ("text", "\n\n".join(reversed(TEXTS))), ("version", "1")]
    other.post(f"/desk/articles/{DRAFT}", sent, origin=served.url)
    press(page, "Save")
    expect(page.get_by_role("heading", name="Two versions of")).to_be_visible()
    assert page.evaluate("ran") == []


# ---- for everyone ----------------------------------------------------------------------------


def _list(page: Page, served: Desk) -> None:
    served.open(page, "?domain=7&state=any")


def _list_errors(page: Page, served: Desk) -> None:
    served.open(page, "?domain=x&id=y")


def _writing(page: Page, served: Desk) -> None:
    served.open(page, f"/{DRAFT}")
    page.get_by_label("Title").fill("Of " + 40 * "kettles")
    press(page, "Preview")
    expect(page.get_by_role("region", name="Preview")).to_contain_text("kettleskettles")


def _errors(page: Page, served: Desk) -> None:
    served.open(page, "/new")
    press(page, "Save as a draft")
    expect(page.get_by_role("alert")).to_be_focused()


def _conflict(page: Page, served: Desk) -> None:
    served.open(page, f"/{DRAFT}")
    other = sign_in(served.store, "cem@example.com")
    fields = [("text", TEXT.replace("old", 90 * "new")), ("date", "2026-03-01")]
    version = ("version", str(served.stored().version))
    other.post(f"/desk/articles/{DRAFT}", [*fields, version], origin=served.url)
    page.get_by_label("Title").fill("Of my kettles")
    page.get_by_label("Text", exact=True).fill(TEXT.replace("old", "mine"))
    press(page, "Save")
    expect(page.get_by_role("heading", name="Two versions of")).to_be_visible()


def _deleted(page: Page, served: Desk) -> None:
    served.open(page, f"/{DELETED}")


def _purge(page: Page, served: Desk) -> None:
    served.open(page, f"/{DELETED}/purge")
    press(page, "Purge this article")
    expect(page.get_by_role("alert")).to_be_focused()


SCREENS: dict[str, Callable[[Page, Desk], None]] = {
    "list": _list,
    "list with errors": _list_errors,
    "writing": _writing,
    "errors": _errors,
    "conflict": _conflict,
    "deleted": _deleted,
    "purge": _purge,
}


@needs_checkers
@with_script
def test_axe_finds_nothing_on_any_screen_of_articles(page: Page, served: Desk) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    served.enter(page, is_admin=True)
    for name, show in SCREENS.items():
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")
        show(page, served)
        assert overflow(page) == 0, name
        found[name, "light"] = checks.axe(page)
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": PHONE, "height": 640})
        found[name, "dark, 320 px"] = checks.axe(page)
        assert overflow(page) == 0, name
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert overflow(page) == 0, name
        page.evaluate("document.documentElement.style.fontSize = ''")
    assert not any(found.values()), found
