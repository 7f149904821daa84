"""What a submitter does with the form of an article's page, found by its words."""

import uuid
from itertools import count

from playwright.sync_api import Locator, Page, expect

ADDRESS = "Address of your page"
TITLE = "Title (optional)"
BUTTON = "Submit link"
_RUN = uuid.uuid4().hex  # the network is shared with other processes
_NUMBERS = count()


def new_url() -> str:
    """The URL of a page that nobody has submitted."""
    return f"https://readers.example.com/{_RUN}/{next(_NUMBERS)}"


def fill(page: Page, url: str, title: str = "", *, consent: bool = True) -> None:
    """Fills in the form of the article's page that is open."""
    page.get_by_label(ADDRESS).fill(url)
    page.get_by_label(TITLE).fill(title)
    for box in page.get_by_role("checkbox").all():
        box.set_checked(consent)


def send(page: Page) -> None:
    page.get_by_role("button", name=BUTTON).click()


def submit(page: Page, url: str, title: str = "") -> None:
    """Submits a link, and waits until its status is shown."""
    fill(page, url, title)
    send(page)
    expect(page.get_by_role("region", name="Your link is")).to_be_visible()


def problem(page: Page) -> Locator:
    """The summary of what is wrong with a submission."""
    return page.get_by_role("alert").filter(has_text="There is a problem")
