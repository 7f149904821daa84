"""What a receiver is asked for: the W3C's implementation report, and webmention.rocks.

Its boxes for receivers, and the cases of webmention.rocks for receiving, updating and deleting,
each against a page's own bytes. What is wrong with a request is in test_webmention.py, what a page
may look like in tests/verifying/page_cases.py, redirects without end in test_fetching.py there.
"""

from html import escape
from urllib.parse import urlencode

import pytest

from seealso.store.tables import Store
from seealso.tables.links import Link, get_link
from seealso.verifying.child import judge
from seealso.verifying.fetching import CheckHost, Fetched, FetchFailed
from tests.submitting import sample_network
from tests.submitting.conftest import Clock
from tests.submitting.sample_network import SHOWN
from tests.support.fake_pages import FakePages, run_all
from tests.support.gateway import Response, get
from tests.support.invariants import check
from tests.support.requests import FORM, call

SOURCE = "https://blog.example.org/my-page"
TARGET = f"https://heat.example.com/a/{SHOWN}"
LINK = f'<a href="{TARGET}">Heat</a>'


class Sender:
    """A page with its own server, which sends a webmention and is checked."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.body, self.status, self.url = LINK, 200, SOURCE
        self.content_type = "text/html; charset=utf-8"
        self.asked = 0

    def send(self) -> Response:
        sent = urlencode({"source": SOURCE, "target": TARGET})
        return call("POST /webmention", {}, {"Content-Type": FORM}, sent)

    def fetch(self, _url: str, _check_host: CheckHost) -> Fetched | FetchFailed:
        self.asked += 1
        headers = {"content-type": self.content_type}
        hops = list(dict.fromkeys((SOURCE, self.url)))
        return Fetched(self.url, self.status, headers, self.body.encode(), False, hops)

    def link_after_its_check(self) -> Link:
        """The link that it became, some time after it was sent again."""
        response = self.send()
        assert response.status == 201
        self.clock.forward(minutes=11)
        tools = FakePages(self.clock.time).tools(lambda: self.store)
        run_all(tools._replace(fetch=self.fetch, judge=judge))
        check(self.store)
        link = get_link(self.store, response.json()["link_id"])
        assert link
        return link


@pytest.fixture
def sender(network: Store, clock: Clock) -> Sender:
    sample_network.put_site(network, webmentions="verified")
    return Sender(network, clock)


# ---- receiving -------------------------------------------------------------------------------


def test_accepts_a_valid_request_without_asking_the_source(sender: Sender) -> None:
    """Verification is asynchronous: a request cannot be used to make us fetch at its pace."""
    response = sender.send()
    assert (response.status, sender.asked) == (201, 0)
    path = response.headers["location"].partition("example.com")[2]
    assert "Your link is waiting for its check" in get(path).body


def test_fetches_the_source_and_finds_the_target(sender: Sender) -> None:
    assert sender.link_after_its_check().status == "published"
    assert sender.asked == 1


def test_follows_redirects_of_the_source(sender: Sender) -> None:
    sender.url = "https://blog.example.org/moved"
    assert sender.link_after_its_check().status == "published"


@pytest.mark.parametrize(
    "body",
    [
        "<p>No link.",
        f"<!-- {LINK} -->",
        escape(LINK),
        TARGET,
        f'<a href="{TARGET}0">Another page</a>',
        f'<p data-href="{TARGET}">x',
        f"<textarea>{LINK}</textarea>",
    ],
)
def test_a_source_without_a_hyperlink_to_the_target_is_not_shown(sender: Sender, body: str) -> None:
    sender.body = body
    assert sender.link_after_its_check().status == "expired"


def test_a_source_that_is_not_html_is_not_shown(sender: Sender) -> None:
    sender.content_type, sender.body = "text/plain", TARGET
    assert sender.link_after_its_check().status == "expired"


@pytest.mark.parametrize("status", [404, 410])
def test_a_source_that_does_not_exist_is_not_shown(sender: Sender, status: int) -> None:
    sender.status = status
    assert sender.link_after_its_check().status == "expired"


def test_what_the_source_says_is_text(sender: Sender) -> None:
    """Against scripts in what is shown (Webmention, 4.2)."""
    title = "<script>alert(1)</script>"
    sender.body = f"<title>{escape(title)}</title>{LINK}"
    link = sender.link_after_its_check()
    assert link.title == title
    for page in (f"/a/{SHOWN}", f"/l/{link.link_id}"):
        assert escape(title) in get(page).body
        assert title not in get(page).body


# ---- updating --------------------------------------------------------------------------------


def test_a_source_that_was_updated_is_still_the_same_link(sender: Sender) -> None:
    first = sender.link_after_its_check()
    sender.body = f"<p>Written anew.{LINK}"
    second = sender.link_after_its_check()
    assert (second.link_id, second.status) == (first.link_id, "published")
    assert sender.asked == 2


def test_a_source_that_no_longer_links_is_withdrawn(sender: Sender) -> None:
    sender.link_after_its_check()
    sender.body = "<p>Written anew."
    assert sender.link_after_its_check().status == "published"  # it may have been a mistake
    link = sender.link_after_its_check()
    assert (link.status, link.url) == ("withdrawn", None)
    assert SOURCE not in get(f"/a/{SHOWN}").body


# ---- deleting --------------------------------------------------------------------------------


def test_a_source_that_is_gone_is_withdrawn_at_once(sender: Sender) -> None:
    sender.link_after_its_check()
    sender.status, sender.body = 410, "<h1>Gone</h1>"
    link = sender.link_after_its_check()
    assert (link.status, link.url) == ("withdrawn", None)
    assert SOURCE not in get(f"/a/{SHOWN}").body


def test_a_source_that_was_deleted_and_is_back_is_a_new_link(sender: Sender) -> None:
    first = sender.link_after_its_check()
    sender.status = 410
    sender.link_after_its_check()
    sender.status = 200
    second = sender.link_after_its_check()
    assert (second.link_id != first.link_id, second.status) == (True, "published")
