"""What a submitter does: submit a link, correct what is refused, and withdraw it."""

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, Route, expect

from seealso.web.languages import language_of
from tests.browser import with_script, without_script
from tests.browser.forms import ADDRESS, BUTTON, TITLE, fill, new_url, problem, send, submit
from tests.browser.network import Network
from tests.support.node_packages import serving

PUBLISHED = "Your link is on the page"
PENDING = "Your link is waiting for an editor"
WITHDRAWN = "Your link is withdrawn"


def related_links(page: Page, url: str) -> list[str]:
    """The titles of the links on the article's page, as a new reader sees it."""
    page.goto(url)
    page.reload()  # the browser may have kept the page as it was up to 30 s ago
    shown = page.get_by_role("region", name="Related links").get_by_role("listitem")
    return [link.get_by_role("link").first.inner_text() for link in shown.all()]


def test_a_link_is_submitted_shown_and_withdrawn(page: Page, network: Network) -> None:
    article, url = network.article_url("plain"), new_url()
    page.goto(article)
    submit(page, url, "A kettle of my own")
    status = page.get_by_role("region", name=PUBLISHED)
    expect(status.get_by_text(url, exact=True)).to_be_visible()
    expect(status.get_by_text("A kettle of my own")).to_be_visible()
    keep = status.locator("code").inner_text()
    assert re.fullmatch(re.escape(network.url) + r"/l/[0-9a-f]{32}\?token=[0-9a-f]{32}", keep)

    assert related_links(page, article) == ["A kettle of my own"]
    link = page.get_by_role("link", name="A kettle of my own", exact=True)
    expect(link).to_have_attribute("rel", "ugc nofollow noopener")
    expect(link).to_have_attribute("href", url)
    expect(page.get_by_text("4 places left.")).to_be_visible()

    page.goto(keep)
    page.get_by_role("button", name="Withdraw this link").click()
    expect(page.get_by_role("heading", name=WITHDRAWN)).to_be_visible()
    expect(page.get_by_text(url)).to_have_count(0)
    expect(page.get_by_role("button")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name=WITHDRAWN)).to_be_visible()
    assert related_links(page, article) == []


@with_script
def test_the_script_submits_without_a_reload(page: Page, network: Network) -> None:
    article = network.article_url("plain")
    page.goto(article)
    submit(page, new_url(), "Sent in place")
    links = page.get_by_role("region", name="Related links")
    expect(links.get_by_role("link", name="Sent in place", exact=True)).to_be_visible()
    heading = page.get_by_role("heading", name=PUBLISHED)
    expect(heading).to_be_focused()
    # Only the address has the token that withdraws the link: a reload must not lose it.
    status = page.get_by_role("region", name=PUBLISHED).locator("code").inner_text()
    assert page.url == status
    page.reload()
    expect(page.get_by_role("button", name="Withdraw this link")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(article)
    expect(page.get_by_role("button", name="Submit")).to_be_visible()


@with_script
def test_no_request_tells_the_address_of_a_submission(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    submit(page, new_url())
    expect(page.get_by_role("heading", name=PUBLISHED)).to_be_visible()
    told: list[str | None] = []
    page.on("request", lambda request: told.append(request.all_headers().get("referer")))
    page.get_by_role("group").locator("summary").click()
    page.get_by_role("button", name="Run the query").click()
    expect(page.get_by_role("region", name="Answer")).to_be_visible()
    page.get_by_role("link", name="All sites").click()
    page.wait_for_url(f"{network.url}/")
    assert told
    assert not any("token" in (each or "") for each in told)
    assert page.evaluate("document.referrer") == ""
    page.go_back()
    page.get_by_role("button", name="Withdraw this link").click()
    expect(page.get_by_role("heading", name=WITHDRAWN)).to_be_visible()


@with_script
def test_going_back_from_a_submission_shows_the_article_anew(page: Page, network: Network) -> None:
    article = network.article_url("plain")
    page.goto(article)
    submit(page, new_url())
    expect(page.get_by_role("heading", name=PUBLISHED)).to_be_visible()
    page.go_back()
    expect(page).to_have_url(article)
    expect(page.get_by_label(ADDRESS)).to_have_value("")
    expect(page.get_by_role("heading", name=PUBLISHED)).to_have_count(0)


def test_a_reload_submits_nothing_again(page: Page, network: Network) -> None:
    article, url = network.article_url("plain"), new_url()
    page.goto(article)
    submit(page, url)
    page.reload()
    assert len(related_links(page, article)) == 1


@without_script
def test_a_second_click_meets_the_first_submission(page: Page, network: Network) -> None:
    """The page holds no key, so the second submission is a duplicate, and no second link."""
    article, url = network.article_url("plain"), new_url()
    page.goto(article)
    submit(page, url)
    page.go_back()
    fill(page, url)
    send(page)
    expect(problem(page)).to_be_visible()
    assert len(related_links(page, article)) == 1


@with_script
def test_a_lost_answer_makes_no_second_link(page: Page, network: Network) -> None:
    article, url = network.article_url("plain"), new_url()
    page.goto(article)
    answers: list[int] = []

    def lose_first(route: Route) -> None:
        answers.append(route.fetch().status)
        if len(answers) == 1:
            route.abort()
        else:
            route.fallback()

    page.route("**/a/*/links", lose_first)
    fill(page, url)
    send(page)
    expect(page.get_by_text("Check your connection and try again.")).to_be_visible()
    send(page)
    expect(page.get_by_role("heading", name=PUBLISHED)).to_be_visible()
    page.unroute("**/a/*/links")
    assert len(related_links(page, article)) == 1


class Refused(NamedTuple):
    """What a submitter typed, and what the page says about it."""

    kind: str
    url: str
    error: str
    title: str = "My kettle"
    consent: bool = True
    field: str = ADDRESS


TOO_LONG = "https://readers.example.com/" + 2_021 * "x"
REFUSED = {
    "empty": Refused("plain", "", "Enter the address of your page."),
    "no URL": Refused("plain", "kettle", ""),
    "scheme": Refused("plain", "ftp://readers.example.com/", ""),
    "one label": Refused("plain", "https://kettle/", ""),
    "address": Refused("plain", "https://192.0.2.1/kettle", ""),
    "port": Refused("plain", "https://readers.example.com:8443/", ""),
    "credentials": Refused("plain", "https://me:secret@readers.example.com/", ""),
    "reserved name": Refused("plain", "https://kettle.internal/", ""),
    "blocked host": Refused("plain", "https://www.blocked.example.net/kettle", ""),
    "control characters": Refused(
        "plain", "https://readers.example.com/t", "", title="My \x02kettle", field=TITLE
    ),
    "direction of writing": Refused(
        "plain", "https://readers.example.com/t", "", title="My \u202ekettle", field=TITLE
    ),
}


def submit_refused(page: Page, network: Network, case: Refused) -> str:
    """Sends what is refused; the URL of the article's page."""
    article = network.article_url(case.kind)
    page.goto(article)
    fill(page, case.url, case.title, consent=case.consent)
    send(page)
    return article


def check_form_again(page: Page, case: Refused) -> None:
    """The page says what is wrong, and has kept what was typed."""
    expect(problem(page)).to_be_visible()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label(ADDRESS)).to_have_value(case.url)
    # HTML has no way to write the control character.
    expect(page.get_by_label(TITLE)).to_have_value(case.title.replace("\x02", ""))
    for box in page.get_by_role("checkbox").all():
        expect(box).to_be_checked(checked=case.consent)
    field = page.get_by_label(case.field)
    expect(field).to_have_attribute("aria-invalid", "true")
    link = problem(page).get_by_role("link").first
    error = link.inner_text()
    assert case.error in error
    described = str(field.get_attribute("aria-describedby")).split()
    texts = [" ".join(page.locator(f"#{name}").inner_text().split()) for name in described]
    assert f"Error: {error}" in texts
    # The page begins with the problem, for readers by eye and by ear.
    assert (
        page.get_by_role("main").get_by_role("heading").first.inner_text() == "There is a problem"
    )
    link.click()
    expect(field).to_be_focused()


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_are_shown_with_what_was_typed(page: Page, network: Network, name: str) -> None:
    case = REFUSED[name]
    submit_refused(page, network, case)
    check_form_again(page, case)


def test_missing_consents_are_asked_for_both_at_once(page: Page, network: Network) -> None:
    url = new_url()
    submit_refused(page, network, Refused("plain", url, "", consent=False))
    expect(problem(page).get_by_role("link")).to_have_count(2)
    for box in page.get_by_role("checkbox").all():
        expect(box).to_have_attribute("aria-invalid", "true")
        box.check()
    expect(page.get_by_label(ADDRESS)).to_have_value(url)
    send(page)
    expect(page.get_by_role("heading", name=PUBLISHED)).to_be_visible()


def test_all_wrong_fields_are_named_at_once(page: Page, network: Network) -> None:
    case = Refused("plain", "kettle", "", title="My \x02kettle", consent=False)
    submit_refused(page, network, case)
    expect(problem(page).get_by_role("link")).to_have_count(4)


def test_a_duplicate_is_refused(page: Page, network: Network) -> None:
    url = new_url()
    page.goto(network.article_url("plain"))
    submit(page, url)
    case = Refused("plain", url.replace("https://", "http://www.") + "/?utm_source=a", "")
    submit_refused(page, network, case)
    check_form_again(page, case)


def test_a_full_page_has_no_form(page: Page, network: Network) -> None:
    article, url = network.article_url("one place"), new_url()
    page.goto(article)
    expect(page.get_by_text("1 place left.")).to_be_visible()
    expect(page.get_by_text("Up to 1 link per page.")).to_be_visible()
    # A second submitter has opened the page before the first one has sent the form.
    fill(page, url)
    other = page.context.new_page()
    other.goto(article)
    submit(other, new_url())
    other.close()
    send(page)
    check_form_again(page, Refused("one place", url, "", title=""))

    related_links(page, article)
    expect(page.get_by_text("All places on this page are taken.")).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)


def test_a_full_queue_is_a_refusal(page: Page, network: Network) -> None:
    article = network.article_url("one in the queue")
    page.goto(article)
    submit(page, new_url())
    expect(page.get_by_role("heading", name=PENDING)).to_be_visible()
    assert related_links(page, article) == []
    url = new_url()
    fill(page, url)
    send(page)
    check_form_again(page, Refused("one in the queue", url, "", title=""))


def test_a_filled_honeypot_waits_for_an_editor(page: Page, network: Network) -> None:
    article = network.article_url("plain")
    page.goto(article)
    hidden = page.locator("form [tabindex='-1']")
    expect(hidden).to_have_count(1)
    expect(hidden).to_have_attribute("autocomplete", "off")
    expect(page.get_by_role("textbox")).to_have_count(2)  # nothing that a screen reader offers
    fill(page, new_url())
    hidden.evaluate("field => { field.value = 'x'; }")
    send(page)
    expect(page.get_by_role("heading", name=PENDING)).to_be_visible()


@with_script
def test_the_address_is_checked_as_it_is_typed(page: Page, network: Network) -> None:
    page.goto(network.article_url("plain"))
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    field = page.get_by_label(ADDRESS)
    field.press_sequentially("https://192.0.2.1/", delay=20)
    announced = page.locator("form [aria-live=polite]")
    expect(announced).not_to_be_empty()
    previews = [url for url in requested if "/preview" in url]
    assert len(previews) == 1  # after the typing, not at each key
    expect(problem(page)).to_have_count(0)
    field.fill("HTTPS://Readers.example.com/a/../b")
    expect(announced).to_have_text(re.compile("https://readers.example.com/b"))


@without_script
def test_each_refused_page_has_a_fresh_key(page: Page, network: Network) -> None:
    keys = []
    page.goto(network.article_url("plain"))
    key = page.locator("[name=idempotency_key]")
    expect(key).to_have_value("")
    for _ in range(2):
        fill(page, "kettle")
        send(page)
        expect(problem(page)).to_be_visible()
        keys.append(key.input_value())
    assert len(set(keys)) == 2
    assert all(re.fullmatch(r"[\w-]{16,128}", value) for value in keys)


def test_a_german_submitter_reads_german(page: Page, network: Network) -> None:
    german = language_of("de")
    page.goto(network.article_url("german"))
    page.get_by_role("button", name=german.gettext("Submit link")).click()
    summary = page.get_by_role("alert")
    expect(summary.get_by_role("heading")).to_have_text(german.gettext("There is a problem"))
    expect(summary.get_by_role("link").first).to_have_text(
        german.gettext("Enter the address of your page.")
    )
    expect(page).to_have_title(re.compile("^" + german.gettext("Error: ")))
    page.get_by_label(german.gettext("Address of your page")).fill(new_url())
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name=german.gettext("Submit link")).click()
    heading = german.gettext("Your link is on the page")
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    for message in ("There is a problem", "Your link is on the page", "Error: "):
        assert german.gettext(message) != message


@without_script
def test_a_form_on_a_foreign_page_is_refused(page: Page, network: Network) -> None:
    article, url = network.article_url("plain"), new_url()

    def foreign(environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("content-type", "text/html")])
        fields = {"url": url, "has_right_to_share": "true", "agrees_to_link_back": "true"}
        inputs = "".join(f"<input name={name} value={value}>" for name, value in fields.items())
        form = f"<form method=post action={article}/links>{inputs}<button>Win</button></form>"
        return [f"<!doctype html><title>Win</title>{form}".encode()]

    with serving(foreign) as other:
        page.goto(other.replace("127.0.0.1", "foreign.localhost"))
        page.get_by_role("button", name="Win").click()
        expect(page.get_by_role("alert")).to_be_visible()
    assert related_links(page, article) == []


def test_a_wrong_token_withdraws_nothing(page: Page, network: Network) -> None:
    article = network.article_url("plain")
    page.goto(article)
    submit(page, new_url(), "Stays")
    address = page.locator("code").filter(has_text="/l/").inner_text()
    without_token = address.partition("?")[0]
    for other in (without_token, f"{without_token}?token={32 * '0'}"):
        page.goto(other)
        expect(page.get_by_role("heading", name=PUBLISHED)).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)
        expect(page.get_by_text("token=")).to_have_count(0)
    assert related_links(page, article) == ["Stays"]
