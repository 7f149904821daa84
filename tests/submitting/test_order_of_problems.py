"""Which answer comes first when several apply (contract.md, "Problems")."""

import json
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seealso.store import values
from seealso.store.tables import Store, current_store
from seealso.submitting import submitting
from seealso.tables import pages
from seealso.tables.articles import put_articles
from seealso.tables.sites import Site
from tests.submitting import sample_network
from tests.support import faulty, requests
from tests.support.environment import new_container
from tests.support.factories import put_item, put_site
from tests.support.gateway import Response
from tests.support.requests import FORM, JSON, KEY, URL, fields, post, problem

# What can be wrong with one submission, in the order of the answers.
ORDER = [
    "too-large",
    "bad header",
    "unsupported-media-type",
    "bad body",
    "foreign-origin",
    "url-not-acceptable",
    "rate-limited",
    "not-found",
    "replay",
    "duplicate-link",
    "page-full",
    "queue-full",
]
ANSWERS = {
    "bad header": (400, "malformed-request"),
    "bad body": (400, "malformed-request"),
    "replay": (201, None),
    "too-large": (413, "too-large"),
    "unsupported-media-type": (415, "unsupported-media-type"),
    "foreign-origin": (403, "foreign-origin"),
    "url-not-acceptable": (422, "url-not-acceptable"),
    "rate-limited": (429, "rate-limited"),
    "not-found": (404, "not-found"),
    "duplicate-link": (409, "duplicate-link"),
    "page-full": (409, "page-full"),
    "queue-full": (409, "queue-full"),
}
ARTICLE = 200  # of a domain of its own, with a site that has room for one link and one waiting


def prepare(store: Store, wrong: set[str]) -> None:
    """Make the tables such that these apply to a submission of URL to ARTICLE with KEY."""
    put_articles(store, [(sample_network.article(ARTICLE, 9), None)])
    put_site(store, Site(9, publish="approved", cap=1, pending_cap=1))
    new_container()
    if "replay" in wrong:
        requests.withdrawn(requests.posted(ARTICLE, key=KEY))
    if "duplicate-link" in wrong:
        requests.posted(sample_network.OTHER)
    counters = {"published": int("page-full" in wrong), "pending": int("queue-full" in wrong)}
    put_item(store, store.links, {**pages.page_key(ARTICLE), **counters})
    if "not-found" in wrong:
        sample_network.set_state(store, ARTICLE, "draft", domain=9)


def submitted(
    wrong: set[str], patch: pytest.MonkeyPatch, route: str = "POST /articles/{id}/links"
) -> Response:
    """The answer to a submission, or a preview, with whose request these are wrong."""
    url = "https://192.0.2.1/" if "url-not-acceptable" in wrong else URL
    body = json.dumps(fields(url))
    if "bad body" in wrong:
        body = body[:-1]
    if "too-large" in wrong:
        body += " " * 9000
    headers = {"Origin": "https://elsewhere.example.net"} if "foreign-origin" in wrong else {}
    key = KEY if "replay" in wrong else None
    if "bad header" in wrong:
        key = "short"
    limit = 0 if "rate-limited" in wrong else 100_000
    patch.setenv("SUBMITS_PER_TEN_MINUTES", str(limit))
    patch.setattr(submitting, "PREVIEWS_PER_TEN_MINUTES", limit)
    media_type = "text/plain" if "unsupported-media-type" in wrong else JSON
    return post(ARTICLE, body, key=key, media_type=media_type, headers=headers, route=route)


def check(
    store: Store,
    wrong: set[str],
    patch: pytest.MonkeyPatch,
    route: str = "POST /articles/{id}/links",
) -> None:
    patch.setenv("SUBMITS_PER_TEN_MINUTES", "100000")
    prepare(store, wrong)
    before = sample_network.uncounted(store)
    response = submitted(wrong, patch, route)
    status, name = ANSWERS[min(wrong, key=ORDER.index)]
    assert response.status == status, response
    assert name is None or problem(response) == name
    assert sample_network.uncounted(store) == before


@pytest.mark.parametrize(("first", "second"), list(combinations(ORDER, 2)))
def test_of_two_problems_the_first_is_reported(
    network: Store, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    check(network, {first, second}, monkeypatch)


# A preview has no key.
OF_PREVIEWS = [name for name in ORDER if name not in ("bad header", "replay")]


@pytest.mark.parametrize(("first", "second"), list(combinations(OF_PREVIEWS, 2)))
def test_a_preview_reports_what_a_submission_would(
    network: Store, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    check(network, {first, second}, monkeypatch, requests.PREVIEW)


@pytest.mark.parametrize("first", range(len(OF_PREVIEWS)), ids=OF_PREVIEWS)
def test_of_all_problems_a_preview_reports_the_first(
    anywhere: Store, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    check(anywhere, set(OF_PREVIEWS[first:]), monkeypatch, requests.PREVIEW)


@pytest.mark.parametrize("first", range(len(ORDER)), ids=ORDER)
def test_of_all_problems_the_first_is_reported(
    anywhere: Store, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    check(anywhere, set(ORDER[first:]), monkeypatch)


@pytest.mark.long
@settings(max_examples=100)
@given(wrong=st.sets(st.sampled_from(ORDER), min_size=1))
def test_of_any_problems_the_first_is_reported(
    network: Store, monkeypatch: pytest.MonkeyPatch, wrong: set[str]
) -> None:
    sample_network.forget_links(network)
    key = values.marshal_item({"id": ARTICLE})
    network.client.call("DeleteItem", {"TableName": network.articles, "Key": key})
    check(network, wrong, monkeypatch)


# What the store has to be asked for is a 422 too, and comes where all of them come.
LATER_REFUSALS = [
    "https://casino.example.org/",
    f"https://heat.example.com/a/{sample_network.SHOWN}",
]


@pytest.mark.parametrize("url", LATER_REFUSALS)
def test_urls_that_the_store_refuses_come_before_the_rate_limit(
    network: Store, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SUBMITS_PER_TEN_MINUTES", "0")
    assert problem(post(body=fields(url))) == "url-not-acceptable"


@pytest.mark.parametrize("url", LATER_REFUSALS)
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"has_right_to_share": False}, "has_right_to_share"),
        ({"title": "x" * 201}, "title"),
        ({"more": 1}, "more"),
    ],
)
def test_reports_them_with_all_other_invalid_fields(
    network: Store, url: str, more: dict[str, object], field: str
) -> None:
    response = post(body=fields(url, **more))
    assert problem(response) == "invalid-fields"
    assert sorted(requests.at_fault(response)) == sorted(["url", field])


def test_a_key_that_was_used_comes_before_what_the_page_says(network: Store) -> None:
    sample_network.put_site(network, cap=1)
    requests.posted(sample_network.OTHER, key=KEY)
    for article_id, url in [
        (sample_network.SHOWN, URL),
        (sample_network.OTHER, "https://example.com/2"),
    ]:
        assert problem(post(article_id, fields(url), key=KEY)) == "idempotency-key-reused"
    assert problem(post(sample_network.OTHER, fields("https://example.com/3"))) == "page-full"


def test_early_problems_are_reported_without_the_store(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty.unreachable() as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
        new_container()
        current_store().client.limit_seconds = 0.2
        for first in ORDER[:4] + ORDER[5:6]:
            response = submitted({first}, monkeypatch)
            assert (response.status, problem(response)) == ANSWERS[first]
        boxes = post(body=f"url={URL}&has_right_to_share=on", media_type=FORM)
        assert problem(boxes) == "consent-missing"
        assert problem(submitted({"page-full"}, monkeypatch)) == "unavailable"
