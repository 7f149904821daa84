"""The widget's form: on the site's own pages, by keyboard, with every kind of refusal."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Route, expect

from seealso.store.tables import Store
from seealso.tables.sites import Site
from tests.support import factories, gateway
from tests.support.environment import new_container
from tests.widget.conftest import OWN_SITE
from tests.widget.pages import API, ARTICLE, Embedding

HOST = "kettles.example.com"
URL = "https://readers.example.com/kettle"
ADDRESS, TITLE, BUTTON = "Address of your page", "Title (optional)", "Submit link"
RIGHT = "I confirm that I have the right to share this link."
BACK = "I agree to link back to this article from the submitted page."
LINKS = f"/articles/{ARTICLE}/links"
SUBMIT = f"{LINKS}?language=en"
NOT_SENT = "The link could not be sent. Check your connection and try again."


def fill(
    widget: Locator, url: str = URL, title: str = "My kettle", *, consent: bool = True
) -> None:
    widget.get_by_label(ADDRESS).fill(url)
    widget.get_by_label(TITLE).fill(title)
    for box in widget.get_by_role("checkbox").all():
        box.set_checked(consent)


def send(widget: Locator) -> None:
    widget.get_by_role("button").click()


def links(widget: Locator) -> list[str]:
    return widget.locator("ol li a").all_inner_texts()


def summary(widget: Locator, *details: str) -> Locator:
    """The error summary, which says these and has the focus."""
    found = widget.get_by_role("alert")
    expect(found.get_by_role("heading", name="There is a problem")).to_be_visible()
    expect(found.get_by_role("link")).to_have_text(list(details))
    expect(found).to_be_focused()
    return found


def put_site(store: Store, site: Site) -> None:
    factories.put_site(store, site)
    new_container()


def test_a_published_link_is_on_the_page_at_once(embedding: Embedding) -> None:
    widget = embedding.open(HOST)
    expect(widget.get_by_text("No links yet.")).to_be_visible()
    expect(widget.get_by_text("Up to 3 links per page. Places left: 3.")).to_be_visible()
    fill(widget, f" {URL}#part ", " My  kettle ")
    send(widget)
    status = widget.get_by_role("status")
    expect(status).to_be_focused()
    expect(status).to_contain_text("Your link is on the page")
    expect(status).to_contain_text("It is the only way to withdraw your link.")
    link = widget.locator("ol").get_by_role("link", name="My kettle")
    expect(link).to_have_attribute("href", f"{URL}#part")
    expect(widget.get_by_text("No links yet.")).to_have_count(0)

    keep = status.get_by_role("link", name="Keep this address").get_attribute("href") or ""
    match = re.fullmatch(rf"{API}/l/([0-9a-f]{{32}})\?token=([0-9a-f]{{32}})", keep)
    assert match
    assert gateway.get(keep.removeprefix(API)).status == 200
    bearer = {"authorization": f"Bearer {match[2]}"}
    assert gateway.request("DELETE", f"/links/{match[1]}", bearer).status == 204


def test_a_link_that_waits_is_not_on_the_page(embedding: Embedding, store: Store) -> None:
    put_site(store, OWN_SITE._replace(publish="approved"))
    widget = embedding.open(HOST)
    fill(widget)
    send(widget)
    expect(widget.get_by_role("status")).to_contain_text("Your link is waiting for an editor")
    assert links(widget) == []


def test_the_form_works_by_keyboard(embedding: Embedding) -> None:
    widget = embedding.open(HOST)
    press = embedding.page.keyboard.press
    widget.get_by_label(ADDRESS).focus()
    press("Enter")
    summary(
        widget,
        "Enter the address of your page.",
        "Confirm that you have the right to share the link.",
        "Confirm that your page will link back to the article.",
    )
    for _ in range(3):
        press("Tab")
    press("Enter")
    box = widget.get_by_label(BACK)
    expect(box).to_be_focused()
    press("Space")
    press("Shift+Tab")
    press("Space")
    press("Shift+Tab")
    embedding.page.keyboard.type("My kettle")
    press("Shift+Tab")
    expect(widget.get_by_label(ADDRESS)).to_be_focused()
    embedding.page.keyboard.type(URL)
    for _ in range(4):
        press("Tab")
    expect(widget.get_by_role("button", name=BUTTON)).to_be_focused()
    press("Enter")
    expect(widget.get_by_role("status")).to_contain_text("Your link is on the page")


def test_what_is_missing_is_said_at_its_field(embedding: Embedding) -> None:
    widget = embedding.open(HOST)
    fill(widget, " ", "Kept", consent=False)
    send(widget)
    summary(
        widget,
        "Enter the address of your page.",
        "Confirm that you have the right to share the link.",
        "Confirm that your page will link back to the article.",
    )
    address = widget.get_by_label(ADDRESS)
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(address).to_have_accessible_description(re.compile("^Enter the address.*Duplicate URLs"))
    expect(widget.get_by_label(BACK)).to_have_accessible_description(
        re.compile("^Confirm that your")
    )
    title = widget.get_by_label(TITLE)
    expect(title).to_have_attribute("aria-invalid", "false")
    expect(title).to_have_accessible_description("")
    expect(title).to_have_value("Kept")
    assert not embedding.asked("POST", LINKS)

    fill(widget, "ftp://example.com/x", "Kept")
    send(widget)
    expect(widget.get_by_role("alert").get_by_role("link")).to_have_count(1)
    expect(widget.get_by_label(BACK)).to_have_accessible_description("")


@pytest.mark.parametrize(
    ("url", "title", "field", "detail"),
    [
        ("kettle", "", ADDRESS, "not a valid URL"),
        ("https://192.0.2.1/", "", ADDRESS, "IP address"),
        ("https://kettles.example.com/read/101", "", ADDRESS, "the article itself"),
        (URL, "a\u202eb", TITLE, "bidirectional"),
    ],
)
def test_a_refusal_is_said_at_its_field(
    embedding: Embedding, url: str, title: str, field: str, detail: str
) -> None:
    widget = embedding.open(HOST)
    fill(widget, url, title)
    send(widget)
    link = widget.get_by_role("alert").get_by_role("link", name=detail)
    expect(link).to_be_visible()
    link.click()
    expect(widget.get_by_label(field)).to_be_focused()
    expect(widget.get_by_label(field)).to_have_attribute("aria-invalid", "true")
    expect(widget.get_by_label(ADDRESS)).to_have_value(url)
    expect(widget.get_by_label(TITLE)).to_have_value(title)
    expect(widget.get_by_label(RIGHT)).to_be_checked()


def test_a_refusal_of_the_whole_submission_leads_to_the_address(
    embedding: Embedding, store: Store
) -> None:
    """A duplicate, and the page that has become full in the meantime."""
    widget = embedding.open(HOST)
    _submit(URL)
    fill(widget)
    send(widget)
    found = summary(widget, "This URL has already been submitted.")
    found.get_by_role("link").click()
    expect(widget.get_by_label(ADDRESS)).to_be_focused()
    for number in (1, 2):
        _submit(f"{URL}/{number}")
    fill(widget, f"{URL}/3")
    send(widget)
    summary(widget, "This page already has the maximum of 3 links.")
    expect(widget.get_by_label(ADDRESS)).to_have_value(f"{URL}/3")


def test_one_place_is_in_the_singular(embedding: Embedding, store: Store) -> None:
    put_site(store, OWN_SITE._replace(cap=1))
    widget = embedding.open(HOST)
    expect(widget.get_by_text("1 link per page. Places left: 1.")).to_be_visible()


def test_a_full_page_says_so(embedding: Embedding) -> None:
    for number in range(3):
        _submit(f"{URL}/{number}")
    widget = embedding.open(HOST)
    expect(widget.get_by_text("All places on this page are taken.")).to_be_visible()
    expect(widget.get_by_role("textbox")).to_have_count(0)
    assert len(links(widget)) == 3


def _abort(route: Route) -> None:
    route.abort()


def _problem(status: int, detail: str) -> Callable[[Route], None]:
    body = json.dumps({"type": "/problems/x", "title": "x", "status": status, "detail": detail})
    return _fixed(status, body, "application/problem+json")


def _fixed(status: int, body: str, media_type: str) -> Callable[[Route], None]:
    headers = {"access-control-allow-origin": "*", "content-type": media_type, "retry-after": "7"}
    return lambda route: route.fulfill(status=status, headers=headers, body=body)


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (_abort, NOT_SENT),
        (_fixed(503, '{"message":"Service Unavailable"}', "application/json"), NOT_SENT),
        (_fixed(502, "<h1>Bad gateway</h1>", "text/html"), NOT_SENT),
        (
            _problem(503, "The service is temporarily unavailable."),
            "The service is temporarily unavailable.",
        ),
        (
            _problem(429, "Limit of 10 reached. Try again later."),
            "Limit of 10 reached. Try again later.",
        ),
    ],
)
def test_the_same_again_has_the_same_key(
    embedding: Embedding, reply: Callable[[Route], None], detail: str
) -> None:
    widget = embedding.open(HOST)
    embedding.answer(SUBMIT, reply)
    fill(widget)
    with embedding.page.expect_request(f"{API}{SUBMIT}") as first:
        send(widget)
    summary(widget, detail)
    key = first.value.headers["idempotency-key"]
    assert re.fullmatch("[A-Za-z0-9_-]{16,128}", key)
    expect(widget.get_by_role("button")).to_have_text(BUTTON)
    expect(widget.get_by_label(ADDRESS)).to_have_value(URL)

    with embedding.page.expect_request(f"{API}{SUBMIT}") as again:
        send(widget)
    summary(widget, detail)
    assert again.value.headers["idempotency-key"] == key

    embedding.page.unroute(f"{API}{SUBMIT}")
    widget.get_by_label(TITLE).fill("Another title")
    send(widget)
    expect(widget.get_by_role("status")).to_be_visible()
    [sent] = embedding.asked("POST", LINKS)
    assert sent.headers["idempotency-key"] != key


def test_two_clicks_submit_once(embedding: Embedding) -> None:
    widget = embedding.open(HOST)
    fill(widget)
    embedding.page.evaluate(
        "() => { const b = document.querySelector('see-also').shadowRoot.querySelector('button');"
        " b.click(); b.click(); }"
    )
    expect(widget.get_by_role("status")).to_be_visible()
    assert len(embedding.asked("POST", LINKS)) == 1


def test_pages_on_loopback_have_no_form_of_a_deployed_api(embedding: Embedding) -> None:
    widget = embedding.open("localhost:4567")
    expect(widget.get_by_role("link", name="Submit a link from your own page")).to_be_visible()
    expect(widget.get_by_role("textbox")).to_have_count(0)


def test_speaks_the_pages_language_and_asks_for_promises_in_the_sites(embedding: Embedding) -> None:
    widget = embedding.open(HOST, lang=' lang="de-CH"')
    expect(widget.get_by_text("Freie Plätze: 3.")).to_be_visible()
    send(widget)
    alert = widget.get_by_role("alert")
    expect(alert.get_by_role("heading", name="Es gibt ein Problem")).to_be_visible()
    widget.get_by_label("Adresse Ihrer Seite").fill("https://192.0.2.1/")
    # What is stored of the consent is the wording in the site's language.
    for box in ("the right to share this link", "to link back to this article"):
        expect(widget.get_by_text(box)).to_have_attribute("lang", "en")
        widget.get_by_label(box).check()
    send(widget)
    expect(alert.get_by_role("link", name="IP-Adresse")).to_be_visible()
    widget.get_by_label("Adresse Ihrer Seite").fill(URL)
    send(widget)
    expect(widget.get_by_role("status")).to_contain_text("Ihr Link steht auf der Seite")


def _submit(url: str) -> None:
    body = {"url": url, "has_right_to_share": True, "agrees_to_link_back": True}
    headers = {"content-type": "application/json"}
    response = gateway.request("POST", LINKS, headers, json.dumps(body))
    assert response.status == 201, response.body
