"""POST /articles/{id}/links/preview: what would become of a submission.

test_order_of_problems.py has its refusals.
"""

import json

import pytest

from seealso.contract.submitting import Preview
from seealso.limits import MAX_TEXT_BYTES
from seealso.store.tables import Store, current_store
from seealso.tables.articles import Article, put_articles
from tests.submitting import sample_network
from tests.submitting.conftest import Clock
from tests.submitting.sample_network import OTHER, SHOWN, WAITING
from tests.support import engines, requests
from tests.support.environment import new_container
from tests.support.gateway import Response
from tests.support.requests import FORM, PREVIEW, URL, fields, post, posted, preview, problem
from tests.support.scan import everything

LONGEST = 210


def shown(response: Response) -> tuple[str, str, int]:
    """A preview's URL, status and places left."""
    assert response.status == 200, response
    requests.conforms(Preview, response.body)
    body = response.json()
    return body["url"], body["status"], body["places_left"]


def test_shows_what_a_submission_would_become(anywhere: Store) -> None:
    for article_id, status in ((SHOWN, "published"), (WAITING, "pending")):
        found = preview(article_id, " https://EXAMPLE.com/b\u00fc#top ", title="A title")
        assert shown(found) == ("https://example.com/b%C3%BC#top", status, 5)
    receipt = posted(SHOWN)
    assert receipt["places_left"] == 4
    assert shown(preview(SHOWN, f"{URL}/2")) == (f"{URL}/2", "published", 4)


def test_stores_nothing_but_its_count(network: Store) -> None:
    before = everything(network)
    preview()
    after = everything(network)
    assert sample_network.kept(network, "previews")[0]["requests"] == 1
    counted = network.transient
    assert {**after, counted: []} == {**before, counted: []}
    kinds = sorted(item["pk"].partition("#")[0] for item in after[counted])
    assert kinds == ["day-key", "previews"]


def test_does_not_look_at_consents(network: Store) -> None:
    for consent in (True, False, None, "x", [1]):
        assert preview(has_right_to_share=consent, agrees_to_link_back=consent).status == 200
    for body in ("url=https://example.com/", "url=https://example.com/&agrees_to_link_back=no"):
        assert post(body=body, media_type=FORM, route=PREVIEW).status == 200
    twice = json.dumps(fields())[:-1] + ', "has_right_to_share": true}'
    assert post(body=twice, route=PREVIEW).status == 200


@pytest.mark.parametrize(
    ("name", "value"), [("more", 1), ("title", "x" * 201), ("title", 7), ("company_fax", "x")]
)
def test_rejects_what_a_submission_may_not_have(network: Store, name: str, value: object) -> None:
    response = post(body={"url": URL, name: value}, route=PREVIEW)
    assert (problem(response), requests.at_fault(response)) == ("invalid-fields", [name])


def test_needs_a_url(network: Store) -> None:
    for body in ({"title": "x"}, {"url": 7}):
        response = post(body=body, route=PREVIEW)
        assert (problem(response), requests.at_fault(response)) == ("invalid-fields", ["url"])


def test_a_filled_honeypot_would_be_pending(network: Store) -> None:
    for fax, status in (("", "published"), ("%20", "published"), ("1", "pending")):
        body = f"url={URL}&company_fax={fax}"
        assert shown(post(body=body, media_type=FORM, route=PREVIEW))[1] == status


def test_refuses_the_articles_own_page(network: Store) -> None:
    for own in (f"https://heat.example.com/a/{SHOWN}", f"https://api.example.com/a/{SHOWN}"):
        assert problem(preview(url=own)) == "url-not-acceptable"


def test_names_a_duplicate_that_is_shown(network: Store) -> None:
    posted(OTHER)
    assert preview().json()["article_id"] == OTHER
    posted(WAITING, "https://example.com/waiting")
    response = preview(url="https://example.com/waiting")
    assert problem(response) == "duplicate-link"
    assert "article_id" not in response.json()


def test_an_ended_link_leaves_its_url(network: Store) -> None:
    requests.withdrawn(posted())
    assert preview().status == 200


def test_in_the_scope_of_a_page_another_pages_links_are_no_duplicates(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUPLICATE_SCOPE", "page")
    posted(OTHER)
    assert preview(SHOWN).status == 200
    assert problem(preview(OTHER)) == "duplicate-link"


def test_60_in_ten_minutes_counted_apart(network: Store, clock: Clock) -> None:
    assert [preview().status for _ in range(60)] == [200] * 60
    response = preview()
    assert problem(response) == "rate-limited"
    assert "60 previews" in response.json()["detail"]
    assert post().status == 201
    clock.forward(seconds=600)
    assert problem(preview()) == "duplicate-link"


# moto counts a BatchGetItem as if it were consistent.
@pytest.mark.parametrize(
    "store", engines.params(only_long=engines.OTHERS, never=["moto"]), indirect=True
)
def test_units_do_not_depend_on_the_articles_length(anywhere: Store) -> None:
    long = Article(LONGEST, 8, "The longest", "x" * MAX_TEXT_BYTES, "2026-02-25")
    put_articles(anywhere, [(long, None)])
    posted(OTHER, "https://www.blog.reader.example.com/page")
    for url, status in (
        ("https://www.blog.reader.example.com/another", 200),
        ("https://www.blog.reader.example.com/page", 409),
    ):
        for article_id in (SHOWN, LONGEST):
            new_container()
            for _ in ("cold", "warm"):
                assert preview(article_id, url).status == status
                usage = current_store().client.usage
            assert usage.read_units <= 4
            assert usage.round_trips == (1 if status == 200 else 2)
