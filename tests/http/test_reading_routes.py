"""The reading routes through the real handlers: bodies, tags, caching, refusals."""

import re

import pytest

from seealso.store.tables import Store
from seealso.tables.articles import get_article, put_articles
from tests.http.conftest import DELETED, DRAFT, MISSING, article
from tests.support import gateway
from tests.support.events import event
from tests.support.functions import handler
from tests.support.gateway import get

CACHED = "public, max-age=30"
READS = [
    "/articles/100",
    "/articles/101?domain=7&source=102",
    "/articles/100/related",
    "/domains/5/articles?limit=3",
    "/domains/2147483647/articles",
    "/openapi.json",
]


def test_a_page_has_article_lists_source_and_links(network: Store) -> None:
    shown = get("/articles/101").json()
    assert shown["article"] == {
        "id": 101,
        "domain": 7,
        "title": "The 101th",
        "text": "Several words.\n" * 3,
        "date": "2026-02-25",
        "source_id": 102,
    }
    assert [each["id"] for each in shown["same_domain"]] == [119, 117, 115, 113, 111, 109, 107, 103]
    assert shown["other_domains"] == [{"id": 100, "domain": 3, "title": "The 100th"}]
    assert shown["source"] == {"id": 102, "domain": 3, "title": "The 102th"}
    assert shown["links"] == []
    assert shown["places_left"] == 5


def test_a_page_shows_its_links_in_order_of_submission(network: Store) -> None:
    shown = get("/articles/100").json()
    assert shown["links"] == [
        {
            "link_id": "first",
            "url": "https://example.com/a",
            "title": "Of one's own",
            "published_at": "2026-03-05T10:00:00.000Z",
        },
        {
            "link_id": "second",
            "url": "https://example.com/b",
            "title": None,
            "published_at": "2026-03-02T11:00:00.000Z",
        },
    ]
    assert shown["places_left"] == 3


@pytest.mark.parametrize(
    ("article_id", "source_id"),
    [(100, 100), (101, 102), (102, None), (103, None), (106, None), (107, None)],
    ids=["itself", "published", "none", "draft", "deleted", "missing"],
)
def test_a_source_is_shown_if_it_is_published(
    network: Store, article_id: int, source_id: int | None
) -> None:
    source = source_id and {
        "id": source_id,
        "domain": 3,
        "title": f"The {source_id}th",
    }
    page = get(f"/articles/{article_id}").json()
    assert (page["article"]["source_id"], page["source"]) == (source_id, source)
    assert get(f"/articles/{article_id}/related").json()["source"] == source


@pytest.mark.parametrize("hints", ["domain=7", "domain=0", "source=0", "source=999", "source=104"])
def test_hints_do_not_change_the_answer(network: Store, hints: str) -> None:
    for article_id in (100, 101, 103, 107):
        unhinted = get(f"/articles/{article_id}")
        assert get(f"/articles/{article_id}?{hints}&unknown=1") == unhinted


def test_the_related_lists_are_those_of_the_page(network: Store) -> None:
    for article_id in (100, 101, 103, 119):
        page, related = (
            get(f"/articles/{article_id}").json(),
            get(f"/articles/{article_id}/related"),
        )
        assert related.json() == {
            name: page[name] for name in ("same_domain", "other_domains", "source")
        }


def test_a_domains_list_continues_at_its_cursor(network: Store) -> None:
    found: list[int] = []
    cursor = ""
    for expected in (10, 10, 5):
        part = get(f"/domains/5/articles?limit=10{cursor}").json()
        assert len(part["articles"]) == expected
        found += [each["id"] for each in part["articles"]]
        cursor = f"&cursor={part['next_cursor']}"
    assert part["next_cursor"] is None
    assert found == list(range(225, 200, -1))


def test_a_domains_list_has_20_articles_by_default(network: Store) -> None:
    assert len(get("/domains/5/articles").json()["articles"]) == 20
    assert len(get("/domains/5/articles?limit=1").json()["articles"]) == 1
    assert len(get("/domains/5/articles?limit=100").json()["articles"]) == 25


def test_an_unknown_domain_has_an_empty_list(network: Store) -> None:
    for domain in (0, 4, 2147483647):
        shown = get(f"/domains/{domain}/articles")
        assert (shown.status, shown.json()) == (200, {"articles": [], "next_cursor": None})


def test_a_cursor_belongs_to_its_domain(network: Store) -> None:
    cursor = get("/domains/5/articles?limit=1").json()["next_cursor"]
    refused = get(f"/domains/7/articles?cursor={cursor}")
    assert refused.status == 400
    assert refused.json()["type"] == "/problems/malformed-request"
    assert [each["field"] for each in refused.json()["errors"]] == ["cursor"]


# ---- Tags and caching -----------------------------------------------------------------------


@pytest.mark.parametrize("target", READS)
def test_a_read_is_cached_by_a_strong_tag(network: Store, target: str) -> None:
    shown = get(target)
    assert shown.status == 200
    assert shown.headers["cache-control"] == CACHED
    assert shown.headers["content-type"] == "application/json"
    assert shown.headers["x-content-type-options"] == "nosniff"
    tag = shown.headers["etag"]
    assert re.fullmatch('"[0-9a-f]{32}"', tag)
    varying = {"vary": "Accept-Encoding"} if target == "/openapi.json" else {}
    for wanted in (tag, f"W/{tag}", f'"other", {tag}', f'W/"a,b",{tag} , "c"', "*", " * "):
        known = get(target, {"If-None-Match": wanted})
        assert (known.status, known.body) == (304, "")
        assert known.headers == {
            "content-type": "application/json",
            "etag": tag,
            "cache-control": CACHED,
            "x-content-type-options": "nosniff",
            **varying,
        }
    for wanted in ("", '"other"', tag.strip('"'), f'"{tag}"', tag.upper() + "x", '"', "W/", "**"):
        assert get(target, {"If-None-Match": wanted}) == shown


def test_the_tag_changes_with_what_is_shown(network: Store) -> None:
    tags = [get("/articles/101").headers["etag"]]
    was = get_article(network, 102)
    assert was is not None
    for state in ("draft", "published"):
        now = article(102, 3, state)
        put_articles(network, [(now, was)])
        was = now
        tags.append(get("/articles/101").headers["etag"])
    assert tags[0] == tags[2] != tags[1]


def test_a_304_has_no_body_member(network: Store) -> None:
    asked = event("GET /articles/{id}", {"id": "100"}, headers={"If-None-Match": "*"})
    assert "body" not in handler("get_article")(asked, None)


# ---- Refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ["/articles/{}", "/articles/{}/related"])
def test_unpublished_articles_are_not_found(network: Store, route: str) -> None:
    answers = [get(route.format(each)) for each in (DRAFT, DELETED, MISSING)]
    assert {answer.status for answer in answers} == {404}
    bodies = [answer.json() for answer in answers]
    request_ids = {body.pop("request_id") for body in bodies}
    assert len(request_ids) == 3
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["type"] == "/problems/not-found"
    assert "errors" not in bodies[0]


@pytest.mark.parametrize(
    ("target", "name", "field"),
    [
        ("/articles/0", "invalid-id", "id"),
        ("/articles/2147483648", "invalid-id", "id"),
        ("/articles/x/related", "invalid-id", "id"),
        ("/domains/-1/articles", "invalid-id", "domain"),
        ("/domains/07/articles", "invalid-id", "domain"),
        ("/articles/100?domain=", "malformed-request", "domain"),
        ("/articles/100?domain=2147483648", "malformed-request", "domain"),
        ("/articles/100?source=-1", "malformed-request", "source"),
        ("/articles/100?domain=7&domain=7", "malformed-request", "domain"),
        ("/articles/100?%64omain=x", "malformed-request", "domain"),
        ("/domains/5/articles?limit=0", "malformed-request", "limit"),
        ("/domains/5/articles?limit=101", "malformed-request", "limit"),
        ("/domains/5/articles?limit", "malformed-request", "limit"),
        ("/domains/5/articles?cursor=", "malformed-request", "cursor"),
    ],
)
def test_a_malformed_request_names_its_field(
    network: Store, target: str, name: str, field: str
) -> None:
    refused = get(target)
    assert refused.status == 400
    assert refused.headers == {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    assert refused.json()["type"] == f"/problems/{name}"
    assert [each["field"] for each in refused.json()["errors"]] == [field]


def test_the_gateway_answers_other_methods_and_paths(network: Store) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE"):
        assert gateway.request(method, "/articles/100").json() == {"message": "Not Found"}
    for target in ("/nowhere", "/articles", "/articles/", "/articles//related", "/articles/1/2/3"):
        assert get(target).json() == {"message": "Not Found"}


def test_head_is_get_without_its_body(network: Store) -> None:
    for target in ("/articles/100", "/articles/100/related", "/domains/7/articles", "/sites"):
        head, whole = gateway.request("HEAD", target), get(target)
        assert (head.status, head.body, head.headers["etag"]) == (200, "", whole.headers["etag"])
    assert gateway.request("HEAD", "/articles/999").status == 404


# ---- Server-Timing --------------------------------------------------------------------------


def test_sends_server_timing_if_it_is_switched_on(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = ["/articles/101?domain=7&source=102", "/articles/999", "/articles/x"]
    for target in targets:
        assert "server-timing" not in get(target).headers
        assert "timing-allow-origin" not in get(target).headers
    monkeypatch.setenv("SERVER_TIMING", "on")
    for target in targets:
        assert get(target).headers["timing-allow-origin"] == "*"
    told = get(targets[0]).headers["server-timing"]
    assert re.fullmatch(
        r'app;dur=\d+(\.\d+)?, store;desc="3 requests, 1 round trips, \d+\.\d+ read units"', told
    )
    assert "server-timing" in get(targets[0], {"If-None-Match": "*"}).headers
