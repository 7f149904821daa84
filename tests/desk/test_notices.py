"""Notices: feeds and their addresses, the webhook's key and deliveries, and who may see them."""

import re
from datetime import UTC, datetime
from html import unescape
from uuid import UUID
from xml.etree import ElementTree

import feedparser
import pytest

from seealso.store.tables import Store
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.tables import notices
from seealso.tables.articles import Article, put_articles
from seealso.tables.notices import Delivery, State
from seealso.tables.sites import Site
from tests.support.desk import Browser, request, sign_in, sign_in_admin
from tests.support.factories import APPROVED, AT_ONCE, NOW, attempt, by, make_network, put_site
from tests.support.log import Log

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = 'A <script>alert(1)</script> & <![CDATA[ "x" ]]> &lt;img src=x&gt; \x07\ufffe'


@pytest.fixture
def network(deployed_environment: Store) -> Store:
    make_network(deployed_environment, [(100, APPROVED), (101, AT_ONCE)])
    put_site(deployed_environment, Site(9, name="Nine & <b>"))
    article = Article(109, 9, HOSTILE, "Text.", "2026-11-23")
    assert not any(put_articles(deployed_environment, [(article, None)]))
    return deployed_environment


def submitted(store: Store, article: int, name: str, title: str | None = None) -> str:
    sent = attempt(article, f"https://example.com/{name}?a=%3Cb%3E&c='", NOW, title)
    return submit(store, sent, None, Rules(10**6, "network")).link.link_id


def made(browser: Browser, domain: str, current: str = "") -> str:
    """The path of a feed whose address was made just now."""
    fields = [("domain", domain), ("current", current)]
    found = browser.post("/desk/notices/feeds", fields)
    assert found.status == 200
    return value(found.body).removeprefix("https://api.example.com")


def value(body: str) -> str:
    """What a page shows once."""
    (found,) = re.findall(r'<input id="secret"[^>]* value="([^"]+)"', body)
    return unescape(found)


def forms(body: str, path: str) -> list[dict[str, str]]:
    """The fields of a page's forms that go to a path."""
    found = re.findall(rf'<form method="post" action="{path}">(.*?)</form>', body, re.DOTALL)
    return [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in found]


def entries(body: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(body).findall(f"{ATOM}entry")  # noqa: S314 our own feed


def test_a_feed_lists_the_newest_pending_links(network: Store) -> None:
    first = submitted(network, 100, "a", "A title")
    submitted(network, 101, "published")
    other = submitted(network, 109, "b", "Of nine")
    editor = sign_in(network)
    path = made(editor, "network")
    found = request("GET", path)
    assert found.status == 200
    assert found.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert found.headers["cache-control"] == "no-store"
    assert found.headers["x-robots-tag"] == "noindex"
    assert found.headers["referrer-policy"] == "no-referrer"
    ids = {each.findtext(f"{ATOM}id") for each in entries(found.body)}
    assert ids == {UUID(first).urn, UUID(other).urn}
    of_site = request("GET", made(editor, "9"))
    (entry,) = entries(of_site.body)
    assert entry.findtext(f"{ATOM}title") == "Of nine"
    (link,) = entry.findall(f"{ATOM}link")
    assert link.get("href") == f"https://api.example.com/desk/links/{other}"


def test_what_submitters_and_editors_wrote_is_plain_text(network: Store) -> None:
    submitted(network, 109, "c", 'x <img src=x onerror=alert(1)> & "y" &lt;b&gt;')
    found = request("GET", made(sign_in(network), "network"))
    (entry,) = entries(found.body)
    read = feedparser.parse(found.body.encode())
    assert (read.bozo, read.version, len(read.entries)) == (False, "atom10", 1)
    shown = " ".join(entry.itertext())
    assert "<" not in shown
    assert "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}img src=x onerror=alert(1)" in shown
    assert "&lt;b&gt;" in shown  # as it was written
    assert "\x07" not in found.body
    assert "\ufffe" not in found.body
    assert {each.tag for each in entry} == {
        f"{ATOM}{name}" for name in ("id", "title", "published", "updated", "link", "summary")
    }
    assert {each.get("type") for each in entry.iter()} == {None, "text", "text/html"}


def test_an_empty_feed_is_a_feed(network: Store) -> None:
    found = request("GET", made(sign_in(network), "network"))
    feed = ElementTree.fromstring(found.body)  # noqa: S314 our own feed
    required = ("id", "title", "updated", "author")
    assert all(feed.find(f"{ATOM}{name}") is not None for name in required)


def test_a_replaced_address_is_dead_at_once(network: Store) -> None:
    editor = sign_in(network)
    old = made(editor, "9")
    fields = forms(editor.get("/desk/notices").body, "/desk/notices/feeds")
    (current,) = [each["current"] for each in fields if each["domain"] == "9"]
    new = made(editor, "9", current)
    assert new != old
    assert request("GET", old).status == 404
    assert request("GET", new).status == 200
    # As a reload of the page would send it.
    again = editor.post("/desk/notices/feeds", [("domain", "9"), ("current", current)])
    assert again.status == 409
    assert request("GET", new).status == 200


@pytest.mark.parametrize("key", ["network", "network-", "9-" + "0" * 32, "x", "%00", "9-%F0"])
def test_other_addresses_are_not_found(network: Store, key: str) -> None:
    made(sign_in(network), "9")
    assert request("GET", f"/desk/feeds/{key}").status == 404


def test_an_address_is_in_no_log_and_no_item(network: Store, log: Log) -> None:
    path = made(sign_in(network), "network")
    key = path.removeprefix("/desk/feeds/")
    secret = key.partition("-")[2]
    request("GET", path)
    request("GET", path[:-1])
    text = log.text()
    assert '"route":"GET /desk/feeds/{key}"' in text
    assert secret[:-1] not in text
    address = notices.get_feed_addresses(network, [None])[None]
    assert secret not in str(address)
    assert secret not in sign_in(network).get("/desk/notices").body


@pytest.mark.parametrize("domain", ["", "8", "-1", "x", "99999999999"])
def test_a_feed_is_of_a_site_that_there_is(network: Store, domain: str) -> None:
    found = sign_in(network).post("/desk/notices/feeds", [("domain", domain)])
    assert found.status == 404


def test_the_list_of_feeds_has_all_sites_page_by_page(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seealso.desk.notices.SHOWN", 2)
    editor = sign_in(network)
    first = editor.get("/desk/notices").body
    (more,) = re.findall(r'href="(/desk/notices\?cursor=[^"]+)"', first)
    second = editor.get(more).body
    shown = [
        each["domain"] for page in (first, second) for each in forms(page, "/desk/notices/feeds")
    ]
    assert shown == ["network", str(APPROVED), str(AT_ONCE), "network", "9"]
    assert "cursor=" not in second
    assert "Nine &amp; &lt;b&gt;" in second


# ---- the webhook -----------------------------------------------------------------------------


def test_editors_see_nothing_of_the_webhook(network: Store) -> None:
    editor = sign_in(network)
    assert "Webhook" not in editor.get("/desk/notices").body
    for path in ("key", "test"):
        assert editor.post(f"/desk/notices/{path}").status == 403
    assert notices.get_webhook(network) == notices.Webhook(None, State(), "")


def test_a_key_is_shown_once(network: Store) -> None:
    admin = sign_in_admin(network)
    (fields,) = forms(admin.get("/desk/notices").body, "/desk/notices/key")
    assert fields["current"] == ""
    first = admin.post("/desk/notices/key", [("current", "")])
    key = notices.get_webhook(network).key
    assert key
    assert value(first.body) == key.secret
    assert first.headers["cache-control"] == "no-store"
    page = admin.get("/desk/notices").body
    assert key.secret not in page
    assert key.made_by in page
    assert admin.post("/desk/notices/key", [("current", "")]).status == 409
    (fields,) = forms(page, "/desk/notices/key")
    second = admin.post("/desk/notices/key", [("current", fields["current"])])
    assert value(second.body) not in ("", key.secret)


def test_a_test_is_asked_for(network: Store) -> None:
    admin = sign_in_admin(network)
    assert not forms(admin.get("/desk/notices").body, "/desk/notices/test")  # without a key
    notices.replace_key(network, by("bea@example.com", NOW), "")
    found = admin.post("/desk/notices/test")
    assert (found.status, found.headers["location"]) == (303, "/desk/notices?done=test-asked")
    page = admin.get(found.headers["location"]).body
    assert "The next run sends a test" in page
    assert "A test waits for the next run" in page
    assert notices.get_webhook(network).test_asked_at


def test_deliveries_are_shown_as_text(network: Store) -> None:
    notices.replace_key(network, by("bea@example.com", NOW), "")
    lease = notices.take_lease(network, datetime.now(UTC), 0)
    assert lease
    deliveries = (
        Delivery("2026-11-27T10:00:00.000Z", "queue", 500, None, "<script>alert(1)</script>"),
        Delivery("2026-11-27T09:00:00.000Z", "digest", None, "timeout", ""),
        Delivery("2026-11-27T08:00:00.000Z", "test", 204, None, ""),
    )
    state = State(failures=2, next_at="2026-11-27T10:10:00.000Z", deliveries=deliveries)
    notices.save_state(network, lease, state._replace(host="hooks.example.com"))
    page = sign_in_admin(network).get("/desk/notices").body
    rows = re.findall(r"<tr><td>(.*?)</td></tr>", page)
    assert [re.sub("<.*?>", " ", row).split() for row in rows] == [
        ["2026-11-27", "10:00", "UTC", "queue", "500", "&lt;script&gt;alert(1)&lt;/script&gt;"],
        ["2026-11-27", "09:00", "UTC", "digest", "timeout"],
        ["2026-11-27", "08:00", "UTC", "test", "204"],
    ]
    assert "The last 2 attempts failed. The next one is after 2026-11-27 10:10 UTC" in page
    assert "hooks.example.com" in page


def test_the_page_needs_three_round_trips(network: Store, log: Log) -> None:
    admin = sign_in_admin(network)
    log.clear()
    admin.get("/desk/notices")
    (line,) = log.lines()
    assert line["store_round_trips"] <= 3
