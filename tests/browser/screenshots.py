"""`make screenshots`: writes pictures of the pages' main states into docs/images.

A stack of its own shows the sample data and the links that are submitted on the way. Needs
Chromium.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, ViewportSize

from local import demo, sample_data, stack
from local.editors import ADMIN
from local.paths import ROOT
from local.sample_data import ARTICLE, DRAFT, WIDGET_ARTICLE
from local.steps import Failure
from tests.browser.test_desk_signing_in import sign_in
from tests.support import browser

FOLDER = ROOT / "docs/images"
MAX_BYTES = 150_000
DESKTOP: ViewportSize = {"width": 1000, "height": 900}
WIDE: ViewportSize = {"width": 1200, "height": 900}  # the preview is beside the text
PHONE: ViewportSize = {"width": 360, "height": 720}


def _form_with_errors(page: Page) -> None:
    page.get_by_label("Address of your page").fill("https://192.0.2.1/heat-2")
    page.get_by_label("Title (optional)").fill("Waiting for Heat 2")
    # As without a script, so that the whole page comes back.
    page.locator("form").evaluate("form => form.submit()")
    page.get_by_role("alert").wait_for()


def _status(page: Page) -> None:
    page.get_by_label("Address of your page").fill("https://notes.example.org/heat-2")
    page.get_by_label("Title (optional)").fill("Waiting for Heat 2")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.locator("form").evaluate("form => form.submit()")
    page.get_by_role("button", name="Withdraw this link").wait_for()


def _links(page: Page) -> None:
    page.get_by_role("region", name="Related links").scroll_into_view_if_needed()


def _query(page: Page) -> None:
    page.locator("summary").click()
    page.locator("summary").scroll_into_view_if_needed()


def _widget(page: Page) -> None:
    page.locator("see-also form").scroll_into_view_if_needed()


def _as_it_is(page: Page) -> None:
    pass


# ---- the desk, in the order of a day ---------------------------------------------------------


def _sign_in(page: Page) -> None:
    sign_in(page, ADMIN)
    page.get_by_role("heading", name="Queue").wait_for()


def _a_links_screen(page: Page) -> None:
    page.get_by_role("link", name="Whose photographs are they?").click()
    page.get_by_role("heading", name="What happened").wait_for()


def _decided(page: Page) -> None:
    page.get_by_role("button", name="Approve", exact=True).first.click()
    page.get_by_role("button", name="Undo").wait_for()
    second = page.locator("[data-queue] > li").nth(1)
    second.get_by_text("Reject…").click()
    second.get_by_label("Reason", exact=True).select_option("It is an advertisement.")
    second.get_by_role("button", name="Reject").scroll_into_view_if_needed()


def _writing(page: Page) -> None:
    page.set_viewport_size(WIDE)
    page.get_by_label("Text", exact=True).fill(_DRAFT)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("region", name="Preview").wait_for()
    page.evaluate("scrollTo(0, 0)")


def _conflict(page: Page) -> None:
    page.get_by_label("Text", exact=True).fill(_DRAFT)
    with page.context.expect_page() as opened:
        page.evaluate("open(location)")
    other = opened.value
    other.get_by_label("Text", exact=True).fill(_DRAFT.replace("six", "eight"))
    other.get_by_role("button", name="Save", exact=True).click()
    other.get_by_text("Your changes are saved.").wait_for()
    other.close()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="Two versions of").wait_for()


def _review_of_blocks(page: Page) -> None:
    hosts = "cheap-frames.example.com\nkinotagebuch.example.org\nspam.example.net\nann@example.com"
    page.get_by_label("Hosts, one a line").fill(hosts)
    page.get_by_role("button", name="See what would be blocked").click()
    page.get_by_role("heading", name="What would be blocked").wait_for()


_DRAFT = """One heist film a week for six weeks, each from a different decade, with tea after.

Certain are Rififi and The Killing."""


# By file: path (with a site of local/demo its whole address), screen, color scheme, and what is
# done before the picture is taken.
STATES: dict[str, tuple[str, ViewportSize, str, Callable[[Page], None]]] = {
    "article": (f"/a/{ARTICLE}", DESKTOP, "light", _as_it_is),
    "links": (f"/a/{ARTICLE}", DESKTOP, "light", _links),
    "query": (f"/a/{ARTICLE}", DESKTOP, "light", _query),
    "dark": (f"/a/{ARTICLE}", DESKTOP, "dark", _as_it_is),
    "phone": (f"/a/{ARTICLE}", PHONE, "light", _as_it_is),
    "form-errors": (f"/a/{ARTICLE}", DESKTOP, "light", _form_with_errors),
    "status": (f"/a/{ARTICLE}", DESKTOP, "light", _status),
    "site": ("/s/7", DESKTOP, "light", _as_it_is),
    "desk-queue": ("/desk", DESKTOP, "light", _sign_in),
    "desk-link": ("/desk", DESKTOP, "light", _a_links_screen),
    "desk-decided": ("/desk", DESKTOP, "light", _decided),
    "desk-writing": (f"/desk/articles/{DRAFT}", DESKTOP, "light", _writing),
    "desk-conflict": (f"/desk/articles/{DRAFT}", DESKTOP, "light", _conflict),
    "desk-blocks": ("/desk/blocks/new", DESKTOP, "light", _review_of_blocks),
    "desk-audit": ("/desk/audit", DESKTOP, "light", _as_it_is),
    "widget": (f"http://localhost:{{demo_port}}/a/{WIDGET_ARTICLE}", DESKTOP, "light", _widget),
}


def take(url: str, demo_port: int, folder: Path) -> None:
    """Takes the pictures of the stack at `url`. Raises Failure if one is too large."""
    with browser.launched() as launched:
        page = browser.Contexts(launched).new_page()
        for name, (path, screen, scheme, prepare) in STATES.items():
            page.set_viewport_size(screen)
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            is_demo = path.startswith("http")
            page.goto(path.format(demo_port=demo_port) if is_demo else url + path)
            prepare(page)
            picture = folder / f"{name}.png"
            page.screenshot(path=picture, animations="disabled", caret="hide")
            size = picture.stat().st_size
            print(f"{picture.relative_to(ROOT)}: {size / 1000:.0f} KB")
            if size > MAX_BYTES:
                raise Failure(f"{picture} has {size} bytes, more than {MAX_BYTES}.")


def main() -> int:
    try:
        browser.make_ready()
        FOLDER.mkdir(parents=True, exist_ok=True)
        take_all(FOLDER)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def take_all(folder: Path) -> None:
    """Takes the pictures of a stack of their own. Raises Failure."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        stack.shared(Path(temporary) / "stack") as running,
        # On the port that its site's article_url has.
        demo.serving(running.port + 1, running.api_url) as is_serving,
    ):
        if not is_serving:
            raise Failure(f"Port {running.port + 1} is in use. Try again.")
        sample_data.submit_links(running.port)
        take(running.api_url, running.port + 1, folder)


if __name__ == "__main__":
    sys.exit(main())
