"""A submission that is accepted: the receipt, what is stored, and what the page shows."""

import json
import re
from datetime import UTC, datetime

import pytest

from seealso.reading.page import read_page
from seealso.store.tables import Store
from seealso.submitting.consent import consent_of
from seealso.tables import links
from seealso.times import rfc3339
from tests.submitting import sample_network
from tests.submitting.sample_network import OTHER, SHOWN, WAITING
from tests.support import engines, requests
from tests.support.invariants import check
from tests.support.requests import FORM, KEY, URL, fields, post, posted
from tests.support.scan import everything


def shown_urls(store: Store, article_id: int) -> list[str]:
    page = read_page(store, article_id)
    assert page is not None
    return [each["url"] for each in page["links"]]


@pytest.mark.parametrize(
    ("article_id", "status", "places_left"), [(SHOWN, "published", 4), (WAITING, "pending", 5)]
)
def test_answers_with_a_receipt(
    anywhere: Store, article_id: int, status: str, places_left: int
) -> None:
    response = post(article_id, fields(title=" A title "))
    assert response.status == 201
    receipt = response.json()
    assert re.fullmatch("[0-9a-f]{32}", receipt["link_id"])
    assert re.fullmatch("[0-9a-f]{32}", receipt["withdraw_token"])
    status_url = f"https://api.example.com/links/{receipt['link_id']}"
    assert receipt == {
        "link_id": receipt["link_id"],
        "article_id": article_id,
        "status": status,
        "status_url": status_url,
        "withdraw_token": receipt["withdraw_token"],
        "places_left": places_left,
    }
    assert response.headers["location"] == status_url
    assert response.headers["content-type"] == "application/json"
    check(anywhere, within_caps=False)


@engines.on_every_engine
@pytest.mark.parametrize("article_id", [SHOWN, WAITING])
def test_a_link_is_readable_at_once(anywhere: Store, article_id: int) -> None:
    before = rfc3339(datetime.now(UTC))
    receipt = post(article_id, fields(title="A title")).json()
    response = requests.read(receipt["link_id"])
    link = response.json()
    assert response.status == 200
    assert before <= link["submitted_at"] <= rfc3339(datetime.now(UTC))
    assert link == {
        "link_id": receipt["link_id"],
        "article_id": article_id,
        "url": URL,
        "title": "A title",
        "status": receipt["status"],
        "link_back": "unchecked",
        "submitted_at": link["submitted_at"],
        "published_at": link["submitted_at"] if article_id == SHOWN else None,
        "expires_at": None if article_id == SHOWN else link["expires_at"],
    }


def test_urls_in_answers_begin_as_the_request_did(network: Store) -> None:
    for headers, base in [
        ({"Host": "127.0.0.1:4566", "X-Forwarded-Proto": "http"}, "http://127.0.0.1:4566"),
        ({"Host": "links.example.net"}, "https://links.example.net"),
    ]:
        response = post(body=fields(f"https://example.com/{len(base)}"), headers=headers)
        assert response.headers["location"].startswith(f"{base}/links/")
        assert response.json()["status_url"] == response.headers["location"]


def test_stores_the_url_as_a_browser_writes_it(network: Store) -> None:
    sent = "  HTTPS://EXAMPLE.com/a/../b c?utm_source=mail&x=%7e#Top "
    receipt = posted(url=sent)
    stored = "https://example.com/b%20c?utm_source=mail&x=%7e#Top"
    assert requests.read(receipt["link_id"]).json()["url"] == stored
    assert shown_urls(network, SHOWN) == [stored]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({}, None),
        ({"title": ""}, None),
        ({"title": " \n\t "}, None),
        ({"title": "\t Of one's own\u3000\n"}, "Of one's own"),
        ({"title": "x" * 200}, "x" * 200),
        ({"title": "\U0001f41d" * 200}, "\U0001f41d" * 200),
        ({"title": " " * 100 + "x" * 200 + " " * 100}, "x" * 200),
        ({"title": "שלום & <b>"}, "שלום & <b>"),
    ],
)
def test_stores_trimmed_titles(network: Store, sent: dict[str, str], stored: str | None) -> None:
    receipt = post(body=fields(**sent)).json()
    assert requests.read(receipt["link_id"]).json()["title"] == stored
    page = read_page(network, SHOWN)
    assert page is not None
    assert [each["title"] for each in page["links"]] == [stored]


def test_stores_the_consent_with_its_version_and_time(anywhere: Store) -> None:
    for article_id in (SHOWN, WAITING):
        link = sample_network.link_of(
            anywhere, posted(article_id, f"https://example.com/{article_id}")
        )
        in_force = consent_of("en")
        assert link.consent == {
            "version": in_force["version"],
            "language": "en",
            "at": link.submitted_at,
        }
    assert "right to share this link" in in_force["has_right_to_share"]
    assert "link back to this article" in in_force["agrees_to_link_back"]
    assert "Up to {cap} links" in in_force["rule"]


def test_stores_the_language_of_the_wording(network: Store) -> None:
    """That of the site's pages, where there is a wording in it."""
    for number, (tag, language) in enumerate([("de-AT", "de"), ("fr", "en")]):
        sample_network.put_site(network, language=tag)
        receipt = posted(OTHER, f"https://example.com/{number}")
        assert sample_network.link_of(network, receipt).consent["language"] == language


def test_a_filled_honeypot_waits_for_an_editor(network: Store) -> None:
    """It is a field of forms that people do not see; nobody is refused for it."""
    form = "has_right_to_share=on&agrees_to_link_back=on"
    for number, (filled, status) in enumerate(
        [
            ("", "published"),
            ("company_fax=", "published"),
            ("company_fax=%E2%80%8B+", "published"),
            ("company_fax=555", "pending"),
            ("company_fax=&company_fax=555", "pending"),
        ]
    ):
        key = f"{KEY}{number}"
        body = f"url={URL}/{number}&{form}&"
        response = post(body=body + filled, media_type=FORM, key=key)
        assert (response.status, response.json()["status"], filled) == (201, status, filled)
        link = sample_network.link_of(network, response.json())
        assert link.needs_editor == ("honeypot" if status == "pending" else None)
        # A retry gets the same receipt, whatever has filled the field by then.
        for again in ("", "company_fax=1"):
            replay = post(body=body + again, media_type=FORM, key=key).json()
            receipt = response.json()
            assert (replay["link_id"], replay["status"]) == (receipt["link_id"], status)
    sample_network.change(network, receipt, "published")
    assert sample_network.link_of(network, receipt).needs_editor is None


def test_in_json_the_honeypot_is_an_unknown_field(network: Store) -> None:
    response = post(body=fields(company_fax=""))
    assert (response.status, requests.at_fault(response)) == (422, ["company_fax"])


def test_stores_only_a_hash_of_the_withdraw_token(network: Store) -> None:
    for key in (None, KEY):
        receipt = posted(url=f"https://example.com/{key}", key=key)
        stored = json.dumps(everything(network))
        assert receipt["withdraw_token"] not in stored
        assert KEY not in stored.replace(f"/{KEY}", "")


# ---- forms -----------------------------------------------------------------------------------

BOXES = "has_right_to_share=on&agrees_to_link_back=true"


@pytest.mark.parametrize("media_type", [FORM, f"{FORM};charset=UTF-8", FORM.upper() + " ; a=b"])
@pytest.mark.parametrize("in_base64", [True, False], ids=["base64", "plain"])
def test_accepts_forms(network: Store, media_type: str, in_base64: bool) -> None:
    text = f"url=https%3A%2F%2Fexample.com%2Fa+b%26c%3D%C3%A9&title=Gr%C3%BC%C3%9Fe+%2B+1&{BOXES}"
    response = post(body=text.encode() if in_base64 else text, media_type=media_type)
    link = requests.read(response.json()["link_id"]).json()
    assert (response.status, link["title"]) == (201, "Grüße + 1")
    assert link["url"] == "https://example.com/a%20b&c=%C3%A9"


@pytest.mark.parametrize("media_type", ["application/json;charset=utf-8", "Application/JSON ; a=b"])
@pytest.mark.parametrize("in_base64", [True, False], ids=["base64", "plain"])
def test_accepts_json(network: Store, media_type: str, in_base64: bool) -> None:
    text = json.dumps(fields(title="Grüße"), ensure_ascii=False)
    response = post(body=text.encode() if in_base64 else text, media_type=media_type)
    assert response.status == 201
    assert requests.read(response.json()["link_id"]).json()["title"] == "Grüße"


# ---- what the page shows ---------------------------------------------------------------------


def test_a_site_that_publishes_at_once_shows_the_link_at_once(anywhere: Store) -> None:
    urls = [f"https://example.com/{number}" for number in (3, 1, 2)]
    for free, url in zip((4, 3, 2), urls, strict=True):
        assert posted(SHOWN, url)["places_left"] == free
    assert shown_urls(anywhere, SHOWN) == urls
    page = read_page(anywhere, SHOWN)
    assert page is not None
    assert page["places_left"] == 2


def test_other_sites_show_it_when_it_is_approved(anywhere: Store) -> None:
    before = read_page(anywhere, WAITING)
    receipt = posted(WAITING)
    assert read_page(anywhere, WAITING) == before
    sample_network.change(anywhere, receipt, "published")
    assert shown_urls(anywhere, WAITING) == [URL]
    assert requests.status_of(receipt) == "published"


@pytest.mark.parametrize("status", ["lapsed", "withdrawn", "removed"])
def test_what_is_no_longer_published_leaves_the_page(network: Store, status: links.Status) -> None:
    receipt = posted()
    sample_network.change(network, receipt, status)
    page = read_page(network, SHOWN)
    assert page is not None
    assert (page["links"], page["places_left"]) == ([], 5)


def test_a_changed_policy_changes_no_link(network: Store) -> None:
    first = posted(SHOWN, "https://example.com/1")
    sample_network.put_site(network, publish="approved")
    second = posted(SHOWN, "https://example.com/2")
    sample_network.put_site(network, publish="at_once")
    assert [requests.status_of(each) for each in (first, second)] == ["published", "pending"]


# ---- room ------------------------------------------------------------------------------------


def test_rejects_links_to_a_full_page(anywhere: Store) -> None:
    receipts = [posted(SHOWN, f"https://example.com/{number}") for number in range(5)]
    assert [each["places_left"] for each in receipts] == [4, 3, 2, 1, 0]
    before = sample_network.uncounted(anywhere)
    response = post(SHOWN, fields("https://example.com/one-more"))
    assert (response.status, requests.problem(response)) == (409, "page-full")
    assert response.json()["cap"] == 5
    assert sample_network.uncounted(anywhere) == before
    requests.withdrawn(receipts[0])
    assert posted(SHOWN, "https://example.com/one-more")["places_left"] == 0


def test_a_full_page_rejects_pending_links_too(network: Store) -> None:
    sample_network.put_site(network, cap=1)
    posted(SHOWN, "https://example.com/1")
    sample_network.put_site(network, cap=1, publish="approved")
    assert requests.problem(post(SHOWN, fields("https://example.com/2"))) == "page-full"


def test_rejects_links_to_a_full_queue(anywhere: Store) -> None:
    sample_network.put_site(anywhere, publish="approved", pending_cap=2)
    receipts = [posted(SHOWN, f"https://example.com/{number}") for number in range(2)]
    before = sample_network.uncounted(anywhere)
    response = post(SHOWN, fields("https://example.com/one-more"))
    assert (response.status, requests.problem(response)) == (409, "queue-full")
    assert sample_network.uncounted(anywhere) == before
    requests.withdrawn(receipts[0])
    assert posted(SHOWN, "https://example.com/one-more")["status"] == "pending"


def test_pending_links_take_no_place(network: Store) -> None:
    for number in range(20):
        assert posted(WAITING, f"https://example.com/{number}")["places_left"] == 5
    assert requests.problem(post(WAITING)) == "queue-full"


@pytest.mark.parametrize("publish", ["at_once", "approved"])
def test_a_cap_of_0_rejects_all_links(anywhere: Store, publish: str) -> None:
    sample_network.put_site(anywhere, cap=0, publish=publish)
    before = sample_network.uncounted(anywhere)
    response = post()
    assert (requests.problem(response), response.json()["cap"]) == ("page-full", 0)
    assert sample_network.uncounted(anywhere) == before


def test_a_pending_cap_of_0_rejects_only_pending_links(network: Store) -> None:
    sample_network.put_site(network, pending_cap=0)
    posted()
    sample_network.put_site(network, pending_cap=0, publish="approved")
    assert requests.problem(post(OTHER, fields("https://example.com/2"))) == "queue-full"


def test_a_cap_that_is_lowered_removes_no_link(network: Store) -> None:
    urls = [f"https://example.com/{number}" for number in range(3)]
    receipts = [posted(SHOWN, url) for url in urls]
    sample_network.put_site(network, cap=2)
    assert shown_urls(network, SHOWN) == urls
    for receipt in receipts[:2]:
        response = post(SHOWN, fields("https://example.com/one-more"))
        assert (requests.problem(response), response.json()["cap"]) == ("page-full", 2)
        requests.withdrawn(receipt)
    assert posted(SHOWN, "https://example.com/one-more")["places_left"] == 0


# ---- the same key again ----------------------------------------------------------------------

LIVES: dict[str, tuple[int, list[links.Status]]] = {
    "pending": (WAITING, []),
    "published": (WAITING, ["published"]),
    "rejected": (WAITING, ["rejected"]),
    "expired": (WAITING, ["expired"]),
    "withdrawn": (WAITING, ["withdrawn"]),
    "removed": (SHOWN, ["removed"]),
    "lapsed": (SHOWN, ["lapsed"]),
    "expired after a lapse": (SHOWN, ["lapsed", "expired"]),
}


@pytest.mark.parametrize("life", LIVES)
def test_a_replay_gets_the_same_receipt_with_the_current_status(network: Store, life: str) -> None:
    article_id, statuses = LIVES[life]
    receipt = posted(article_id, key=KEY)
    sample_network.change(network, receipt, *statuses)
    before = sample_network.uncounted(network)
    for url in (URL, "http://www.EXAMPLE.com/page/?utm_source=mail#top"):
        response = post(article_id, fields(url), key=KEY)
        again = response.json()
        assert response.status == 201
        assert response.headers["location"] == receipt["status_url"]
        assert again["status"] == life.partition(" ")[0]
        for name in ("link_id", "article_id", "status_url", "withdraw_token"):
            assert again[name] == receipt[name]
    assert sample_network.uncounted(network) == before


def test_a_replay_gets_the_current_places_left(network: Store) -> None:
    posted(key=KEY)
    posted(url="https://example.com/2")
    assert posted(key=KEY)["places_left"] == 3


def test_a_replay_comes_before_other_refusals(anywhere: Store) -> None:
    receipt = posted(key=KEY)
    requests.withdrawn(receipt)
    posted(OTHER)  # somebody else has the URL now
    sample_network.put_site(anywhere, cap=0)
    again = posted(key=KEY)
    assert (again["link_id"], again["status"]) == (receipt["link_id"], "withdrawn")


def test_a_replay_to_an_unpublished_article_finds_nothing(network: Store) -> None:
    posted(key=KEY)
    sample_network.set_state(network, SHOWN, "draft")
    assert requests.problem(post(key=KEY)) == "not-found"


@pytest.mark.parametrize(
    ("article_id", "url"), [(SHOWN, "https://example.com/other"), (OTHER, URL)]
)
def test_rejects_a_key_that_was_used_for_another_link(
    anywhere: Store, article_id: int, url: str
) -> None:
    receipt = posted(key=KEY)
    before = sample_network.uncounted(anywhere)
    response = post(article_id, fields(url), key=KEY)
    assert (response.status, requests.problem(response)) == (422, "idempotency-key-reused")
    assert receipt["link_id"] not in response.body
    assert sample_network.uncounted(anywhere) == before
    requests.withdrawn(receipt)
    assert requests.problem(post(article_id, fields(url), key=KEY)) == "idempotency-key-reused"


def test_without_a_key_a_second_try_is_a_duplicate(network: Store) -> None:
    posted()
    assert requests.problem(post()) == "duplicate-link"


@pytest.mark.parametrize("key", ["a" * 16, "A-z_0" * 25 + "xyz"])
def test_accepts_keys_of_all_lengths(network: Store, key: str) -> None:
    assert posted(key=key)["link_id"] == posted(key=key)["link_id"]


@pytest.mark.parametrize(
    "key", ["", "a" * 15, "a" * 129, "a" * 15 + " ", "é" * 16, "a" * 16 + "\n", "a" * 16 + "," * 2]
)
def test_rejects_invalid_keys(network: Store, key: str) -> None:
    before = everything(network)
    response = post(key=key)
    assert (response.status, requests.problem(response)) == (400, "malformed-request")
    assert requests.at_fault(response) == ["Idempotency-Key"]
    assert everything(network) == before


def test_a_key_in_quotes_is_the_same_key(network: Store) -> None:
    receipt = posted(key=f'"{KEY}"')
    assert posted(key=KEY)["link_id"] == receipt["link_id"]
    for key in (f'"{KEY}', f'{KEY}"', '""', f'"{KEY}";a=1', f"'{KEY}'"):
        assert requests.at_fault(post(key=key)) == ["Idempotency-Key"]


# ---- what pasting adds, and what cannot be seen ------------------------------------------------


@pytest.mark.parametrize("around", [" ", "\u00a0", "\u200b", "\ufeff", "\u2003\u200d", "\n"])
def test_invisible_characters_around_a_url_are_not_part_of_it(network: Store, around: str) -> None:
    receipt = post(body=fields(f"{around}{URL}{around}")).json()
    assert requests.read(receipt["link_id"]).json()["url"] == URL
    assert requests.problem(post(body=fields(URL))) == "duplicate-link"


@pytest.mark.parametrize("title", ["", " ", "\u200b", "\u2060\u200d", "\u2800", "\u3164", "\u00ad"])
def test_a_title_without_a_visible_character_is_no_title(network: Store, title: str) -> None:
    receipt = post(body=fields(title=title)).json()
    assert requests.read(receipt["link_id"]).json()["title"] is None


# ---- where from ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://api.example.com", "api.example.com"),
        ("http://127.0.0.1:4566", "127.0.0.1:4566"),
        ("https://heat.example.com", "api.example.com"),
        ("https://HEAT.example.com", "API.example.com"),
    ],
)
def test_accepts_origins_of_the_network(network: Store, origin: str, host: str) -> None:
    assert post(headers={"Origin": origin, "Host": host}).status == 201


@pytest.mark.parametrize(
    "origin",
    [
        "https://elsewhere.example.net",
        "https://api.example.com.elsewhere.example.net",
        "https://elsewhere.example.net#api.example.com",
        "https://api.example.com@elsewhere.example.net",
        "https://api.example.com:8443",
        "api.example.com",
        "null",
        "",
        "https://[",
        "https://a\u2100b",
        "https://api.example.com, https://elsewhere.example.net",
    ],
)
def test_rejects_other_origins(network: Store, origin: str) -> None:
    before = everything(network)
    response = post(headers={"Origin": origin})
    assert (response.status, requests.problem(response)) == (403, "foreign-origin")
    assert everything(network) == before


@pytest.mark.parametrize(
    "article_id", [sample_network.DRAFT, sample_network.DELETED, sample_network.MISSING, 2147483647]
)
def test_only_published_articles_take_links(network: Store, article_id: int) -> None:
    before = sample_network.uncounted(network)
    response = post(article_id)
    assert requests.without_request_id(response) == requests.without_request_id(
        post(sample_network.MISSING)
    )
    assert (response.status, requests.problem(response)) == (404, "not-found")
    assert sample_network.uncounted(network) == before


@pytest.mark.parametrize(
    "article_id", ["0", "2147483648", "01", "+1", "1.0", "\uff11", "x", "-1", "9" * 99]
)
def test_rejects_invalid_article_ids(network: Store, article_id: str) -> None:
    before = everything(network)
    response = post(article_id)
    assert (response.status, requests.problem(response)) == (400, "invalid-id")
    assert everything(network) == before
