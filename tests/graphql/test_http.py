"""GraphQL over HTTP: methods, media types, statuses, what caches may keep."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from tests.graphql.conftest import row
from tests.graphql.requests import (
    GRAPHQL,
    JSON,
    PAGE,
    PAGE_VARIABLES,
    ask,
    codes,
    data,
    post,
    refused,
    store_requests,
)
from tests.support.gateway import get, request
from tests.support.log import Log

pytestmark = pytest.mark.usefixtures("network")

ONE = "{ qa_ai_by_pk(id: 100) { id title } }"
METHODS = pytest.mark.parametrize("method", ["GET", "POST"])
MAX_BODY_BYTES = 65_536


def media_type(headers: Mapping[str, str]) -> str:
    return headers["content-type"].partition(";")[0]


# ---- Requests --------------------------------------------------------------------------------


@METHODS
def test_either_method_carries_a_whole_request(method: str) -> None:
    query = """
      query Other { __typename }
      query Wanted($ids: [Int!]!) { qa_ai(where: {id: {_in: $ids}}) { id } }
    """
    answer = ask(query, {"ids": [100, 101]}, method=method, operation_name="Wanted", extensions={})
    assert data(answer) == {"qa_ai": [{"id": 100}, {"id": 101}]}


def test_both_methods_have_the_same_answer() -> None:
    assert ask(PAGE, PAGE_VARIABLES, method="GET").body == ask(PAGE, PAGE_VARIABLES).body


def test_other_characters_than_ascii_are_not_escaped() -> None:
    answer = ask(ONE)
    assert data(answer) == {"qa_ai_by_pk": {"id": 100, "title": row(100)["title"]}}
    assert row(100)["title"] in answer.body


def test_a_body_may_come_in_base64() -> None:
    assert data(post(json.dumps({"query": ONE}).encode())) == data(ask(ONE))


@pytest.mark.parametrize("member", ["variables", "operationName", "extensions"])
def test_null_is_like_an_absent_member(member: str) -> None:
    assert data(post(json.dumps({"query": ONE, member: None})))


def test_ignores_unknown_members_and_parameters() -> None:
    assert data(post(json.dumps({"query": ONE, "id": "x", "more": [1]})))
    assert data(get(f"/graphql?query={quote(ONE)}&utm_source=x&more"))


def test_a_posted_query_is_in_its_body_alone() -> None:
    headers = {"content-type": JSON}
    answer = request("POST", f"/graphql?query={quote(ONE)}", headers, "{}")
    assert (answer.status, len(refused(answer))) == (400, 1)


@pytest.mark.parametrize(
    "sent",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"],
)
def test_bodies_are_json(sent: str) -> None:
    assert data(post(json.dumps({"query": ONE}), {"content-type": sent}))


@pytest.mark.parametrize("accept", [None, JSON, GRAPHQL])
@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/jsonp",
        GRAPHQL,
    ],
)
def test_other_bodies_are_415(sent: str | None, accept: str | None) -> None:
    # A page of another origin may send these without being asked for leave (CSRF).
    headers = {
        name: value
        for name, value in {"content-type": sent, "accept": accept}.items()
        if value is not None
    }
    answer = request("POST", "/graphql", headers, json.dumps({"query": ONE}))
    assert answer.status == 415
    assert codes(answer) <= {"validation-failed", "parse-failed"}
    assert media_type(answer.headers) == (accept or JSON)
    assert store_requests() == 0


BAD_MEMBERS: dict[str, list[Any]] = {
    "query": [None, 7, True, [], {}, ["{ __typename }"], {"kind": "Document"}],
    "operationName": [7, True, [], {}],
    "variables": [7, True, "", "{}", [], [{}]],
    "extensions": [7, True, "", "{}", [], [{}]],
}
BAD_BODIES: dict[str, str | bytes | None] = {
    "nothing": None,
    "empty": "",
    "half": '{"query": "{ __typename }"',
    "more": '{"query": "{ __typename }"}{}',
    "no JSON": "query { __typename }",
    "NaN": '{"query": "{ __typename }", "variables": {"x": NaN}}',
    "no UTF-8": b'{"query": "{ __typename }", "variables": {"x": "\xff"}}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "null": "null",
    "a number": "7",
    "a text": '"{ __typename }"',
    "a batch": '[{"query": "{ __typename }"}]',
    "a batch of two": '[{"query": "{ __typename }"}, {"query": "{ __typename }"}]',
    "an empty batch": "[]",
    "no query": "{}",
    "variables alone": '{"variables": {}}',
    "a persisted query": '{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}}',
    **{
        f"{member} {value}": json.dumps({"query": "{ __typename }", member: value})
        for member, values in BAD_MEMBERS.items()
        for value in values
    },
}


@pytest.mark.parametrize("accept", [None, JSON, GRAPHQL])
@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=list(BAD_BODIES))
def test_a_body_that_is_no_request_is_400(body: str | bytes | None, accept: str | None) -> None:
    answer = post(body, {"accept": accept} if accept else {})
    assert answer.status == 400
    assert codes(answer) <= {"validation-failed", "parse-failed"}
    assert media_type(answer.headers) == (accept or JSON)
    assert store_requests() == 0


ASKED = f"query={quote('{ __typename }')}"
BAD_QUERIES = [
    "",
    "variables={}",
    "operationName=Q",
    f"{ASKED}&variables=x",
    f"{ASKED}&variables=[]",
    f"{ASKED}&variables=7",
    f"{ASKED}&variables=%22{{}}%22",
    f"{ASKED}&variables={{",
    f"{ASKED}&variables={{%22x%22:NaN}}",
    f"{ASKED}&extensions=x",
    f"{ASKED}&extensions=[]",
    f"{ASKED}&extensions=7",
]


@pytest.mark.parametrize("accept", [None, JSON, GRAPHQL])
@pytest.mark.parametrize("query", BAD_QUERIES)
def test_a_query_string_that_is_no_request_is_400(query: str, accept: str | None) -> None:
    answer = get(f"/graphql?{query}", {"accept": accept} if accept else {})
    assert answer.status == 400
    assert codes(answer) <= {"validation-failed", "parse-failed"}
    assert media_type(answer.headers) == (accept or JSON)


def body_of(size: int, filler: str = " ") -> str:
    """A body of so many bytes with a good query in it."""
    body = json.dumps({"query": "{ __typename }"})
    return body.replace("}", filler * ((size - len(body)) // len(filler.encode())) + "}", 1)


@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_over_64_kb_is_413(encoded: bool) -> None:
    whole = body_of(MAX_BODY_BYTES)
    assert len(whole) == MAX_BODY_BYTES
    assert data(post(whole.encode() if encoded else whole))
    over = body_of(MAX_BODY_BYTES + 1)
    for accept in (JSON, GRAPHQL):
        answer = post(over.encode() if encoded else over, {"accept": accept})
        assert answer.status == 413
        assert codes(answer) <= {"validation-failed", "parse-failed"}
        assert media_type(answer.headers) == accept


def test_a_body_is_measured_in_bytes() -> None:
    body = json.dumps({"query": "{ __typename }", "x": "\N{EM DASH}" * 22_000}, ensure_ascii=False)
    assert len(body) < MAX_BODY_BYTES < len(body.encode())
    assert post(body).status == 413


MUTATIONS: list[tuple[str, str | None]] = [
    ("mutation { insert_qa_ai { affected_rows } }", None),
    ("mutation M($x: Int) { delete_qa_ai(where: {}) { affected_rows } }", "M"),
    ("query Q { __typename } mutation M { delete_qa_ai { affected_rows } }", "M"),
]


@pytest.mark.parametrize("accept", [None, JSON, GRAPHQL])
@pytest.mark.parametrize(("query", "name"), MUTATIONS)
def test_a_mutation_by_get_is_405(query: str, name: str | None, accept: str | None) -> None:
    answer = ask(query, method="GET", operation_name=name, accept=accept)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"
    assert codes(answer) <= {"validation-failed", "parse-failed"}
    assert media_type(answer.headers) == (accept or JSON)


@pytest.mark.parametrize(("query", "name"), MUTATIONS)
def test_a_mutation_by_post_is_refused(query: str, name: str | None) -> None:
    assert ask(query, operation_name=name).status == 200
    assert codes(ask(query, operation_name=name)) <= {"validation-failed", "not-supported"}
    assert ask(query, operation_name=name, accept=GRAPHQL).status == 400


# ---- Answers ---------------------------------------------------------------------------------

ACCEPTED = [
    (None, JSON),
    ("", JSON),
    ("*/*", JSON),
    ("application/*", JSON),
    ("application/json", JSON),
    ("application/json; charset=utf-8", JSON),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
    ("text/html", JSON),
    ("image/png", JSON),
    (";;, ,q=1;=,", JSON),
    (GRAPHQL, GRAPHQL),
    (f"{GRAPHQL}; charset=utf-8", GRAPHQL),
    ("Application/GraphQL-Response+JSON", GRAPHQL),
    (f"{GRAPHQL}, application/json;q=0.9", GRAPHQL),
    (f"application/json;q=0.9, {GRAPHQL}", GRAPHQL),
    (f"{GRAPHQL};charset=utf-8;q=0.8, */*;q=0.1", GRAPHQL),
    (f"{GRAPHQL} ; q=0.8 , text/html", GRAPHQL),
    (f"{GRAPHQL}, application/json", GRAPHQL),
    (f"{GRAPHQL};q=0.5, application/json", JSON),
    (f"{GRAPHQL};q=0.5, application/json;q=0.6", JSON),
    (f"{GRAPHQL};q=0", JSON),
    (f"{GRAPHQL};q=0, */*", JSON),
    (f"{GRAPHQL};q=0.000, application/json;q=0.001", JSON),
    ("application/graphql+json", JSON),
]


@METHODS
@pytest.mark.parametrize(("accept", "expected"), ACCEPTED)
def test_the_client_chooses_the_media_type(method: str, accept: str | None, expected: str) -> None:
    good = ask(ONE, accept=accept, method=method)
    assert data(good) == {"qa_ai_by_pk": {"id": 100, "title": row(100)["title"]}}
    assert media_type(good.headers) == expected
    bad = ask("{ nothing }", accept=accept, method=method)
    assert refused(bad)
    assert media_type(bad.headers) == expected
    assert bad.status == (200 if expected == JSON else 400)


REFUSED = {
    "parse-failed": ("{", None),
    "validation-failed": ("{ nothing }", None),
    "validation-failed, a literal": ("{ qa_ai(limit: -1) { id } }", None),
    "validation-failed, a variable": (
        "query ($id: Int!) { qa_ai_by_pk(id: $id) { id } }",
        {"id": "x"},
    ),
    "validation-failed, no operation": ("fragment F on qa_ai { id }", None),
    "not-supported": ("{ qa_ai { id } }", None),
    "too-expensive": ("{" + " ".join(f"a{each}: __typename" for each in range(100)) + "}", None),
}


@METHODS
@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_query_is_200_in_json_and_400_in_graphqls_own(
    log: Log, case: str, method: str
) -> None:
    query, variables = REFUSED[case]
    for accept, status in ((None, 200), (JSON, 200), (GRAPHQL, 400)):
        answer = ask(query, variables, accept=accept, method=method)
        assert answer.status == status
        assert codes(answer) == {case.partition(",")[0]}
        line = log.line()
        assert (line["level"], line["failed"], line["status"]) == ("INFO", 0, status)
        assert line["route"] == f"{method} /graphql"
        log.clear()


def test_an_error_of_the_document_has_its_place() -> None:
    (error,) = refused(ask("{\n  __typename\n  nothing\n}"))
    assert error["locations"] == [{"line": 3, "column": 3}]


@pytest.mark.parametrize("accept", [None, JSON, GRAPHQL])
def test_an_answer_by_get_may_be_kept_and_revalidated(accept: str | None) -> None:
    first = ask(ONE, method="GET", accept=accept)
    assert first.headers["cache-control"] == "public, max-age=30"
    assert first.headers["vary"].lower() == "accept"
    tag = first.headers["etag"]
    assert tag.startswith('"')
    accepted = {"accept": accept} if accept else {}
    for wanted in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = get(f"/graphql?query={quote(ONE)}", {"if-none-match": wanted, **accepted})
        assert (again.status, again.body) == (304, "")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == "public, max-age=30"
        assert again.headers["vary"].lower() == "accept"
        assert again.headers["x-content-type-options"] == "nosniff"
    for wanted in ('"other"', "", tag.strip('"')):
        again = get(f"/graphql?query={quote(ONE)}", {"if-none-match": wanted, **accepted})
        assert again == first


def test_the_tag_is_of_what_is_shown() -> None:
    tags = [
        ask(query, method="GET").headers["etag"]
        for query in (ONE, ONE, ONE.replace("title", "date"), ONE.replace("100", "101"))
    ]
    assert tags[0] == tags[1]
    assert len(set(tags)) == 3


def test_an_answer_by_post_is_not_kept() -> None:
    answer = ask(ONE)
    assert data(answer)
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    body = json.dumps({"query": ONE})
    tag = ask(ONE, method="GET").headers["etag"]
    assert post(body, {"if-none-match": tag}) == post(body, {"if-none-match": "*"}) == answer


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize("query", ["{", "{ nothing }", "{ qa_ai { id } }"])
def test_a_refusal_by_get_is_not_kept_nor_revalidated(query: str, accept: str) -> None:
    answer = get(f"/graphql?query={quote(query)}", {"if-none-match": "*", "accept": accept})
    assert answer.status in (200, 400)
    assert refused(answer)  # which looks at cache-control and etag


@METHODS
def test_reports_the_cost_on_request(method: str) -> None:
    told = ask(PAGE, PAGE_VARIABLES, method=method, extensions={"cost": True})
    assert data(told) == data(ask(PAGE, PAGE_VARIABLES))
    cost = told.json()["extensions"]["cost"]
    assert cost["requests"] <= 4
    assert cost["round_trips"] == 1
    for extensions in (None, {}, {"cost": False}, {"other": True}):
        assert "extensions" not in ask(PAGE, PAGE_VARIABLES, extensions=extensions).json()
