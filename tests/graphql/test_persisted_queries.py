"""Apollo's persisted queries: a hash alone is answered so that the client sends the document."""

import json
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest

from seealso.store.tables import Store
from tests.support.gateway import Response, request

pytestmark = pytest.mark.usefixtures("deployed_environment")

QUERY = "{ __typename }"
DATA = {"data": {"__typename": "query_root"}}
RESPONSE = "application/graphql-response+json"
METHODS = pytest.mark.parametrize("method", ["GET", "POST"])
ACCEPTS = pytest.mark.parametrize("accept", ["*/*", "application/json", RESPONSE])


def digest(document: str) -> str:
    return sha256(document.encode()).hexdigest()


def persisted(sha256_hash: Any, version: Any = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": sha256_hash}}


def send(method: str, accept: str = "*/*", **members: Any) -> Response:
    headers = {"accept": accept}
    if method == "POST":
        headers["content-type"] = "application/json"
        return request("POST", "/graphql", headers, json.dumps(members))
    parameters = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in members.items()
    }
    return request("GET", f"/graphql?{urlencode(parameters)}", headers)


@METHODS
@ACCEPTS
@pytest.mark.parametrize("absent", [{}, {"query": None}, {"query": ""}], ids=str)
def test_a_hash_alone_is_not_found(method: str, accept: str, absent: dict[str, Any]) -> None:
    if method == "GET" and absent == {"query": None}:
        pytest.skip("a query string has no null")
    extensions = persisted(digest(QUERY))
    answer = send(method, accept, operationName="Q", variables={}, extensions=extensions, **absent)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    (error,) = answer.json()["errors"]
    assert error["message"] == "PersistedQueryNotFound"
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert "data" not in answer.json()


@METHODS
@ACCEPTS
def test_a_document_with_its_hash_is_answered(method: str, accept: str) -> None:
    for sha256_hash in (digest(QUERY), digest(QUERY).upper()):
        answer = send(method, accept, query=QUERY, extensions=persisted(sha256_hash))
        assert (answer.status, answer.json()) == (200, DATA)
        assert ("etag" in answer.headers) == (method == "GET")
    # The document is not stored.
    answer = send(method, accept, extensions=persisted(digest(QUERY)))
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound"


def test_a_hash_is_of_the_documents_utf_8() -> None:
    query = "{ __typename } # \N{EM DASH} \U0001f600"
    assert send("POST", query=query, extensions=persisted(digest(query))).json() == DATA


@METHODS
@ACCEPTS
@pytest.mark.parametrize("member", [{"persistedQuery": None}, {}, {"persisted": 1}], ids=str)
def test_no_hash_is_no_persisted_query(method: str, accept: str, member: dict[str, Any]) -> None:
    assert send(method, accept, query=QUERY, extensions=member).json() == DATA
    assert send(method, accept, extensions=member).status == 400


WRONG: list[Any] = [
    persisted(digest(QUERY + " ")),
    persisted(digest(QUERY)[:-1]),
    persisted(digest(QUERY) + "0"),
    persisted("g" * 64),
    persisted(None),
    persisted(7),
    persisted([digest(QUERY)]),
    persisted(digest(QUERY), version=2),
    persisted(digest(QUERY), version=None),
    {"persistedQuery": {"sha256Hash": digest(QUERY)}},
    {"persistedQuery": digest(QUERY)},
    {"persistedQuery": [1]},
    {"persistedQuery": {}},
]


@METHODS
@ACCEPTS
@pytest.mark.parametrize("extensions", WRONG, ids=str)
def test_a_wrong_hash_is_refused(method: str, accept: str, extensions: dict[str, Any]) -> None:
    answer = send(method, accept, query=QUERY, extensions=extensions)
    assert answer.status == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "validation-failed"
    assert error["message"].startswith("extensions must ")
    if extensions != WRONG[0]:
        assert send(method, accept, extensions=extensions).status == 400


@pytest.mark.parametrize("empty", ["", " ", "%20%09"])
@pytest.mark.parametrize("name", ["variables", "extensions", "operationName"])
def test_an_empty_parameter_is_absent(name: str, empty: str) -> None:
    if name == "operationName" and empty:
        pytest.skip("the name of an operation may be any string")
    answer = request("GET", f"/graphql?{urlencode({'query': QUERY})}&{name}={empty}")
    assert (answer.status, answer.json()) == (200, DATA)


@METHODS
@pytest.mark.parametrize(
    "directive",
    ["@cached", "@cached(ttl: 300)", "@cached(refresh: true)", "@cached(ttl: $ttl, refresh: true)"],
)
def test_cached_changes_nothing(method: str, directive: str) -> None:
    header = "query Q($ttl: Int! = 5)" if "$" in directive else "query Q"
    plain = send(method, query=header.replace("($ttl: Int! = 5)", "") + " { __typename }")
    cached = send(method, query=f"{header} {directive} {{ __typename }}")
    assert cached.json() == DATA
    for name in ("cache-control", "content-type", "vary"):
        assert cached.headers[name] == plain.headers[name]


@pytest.mark.parametrize(
    "query",
    [
        "{ qa_ai_by_pk(id: 1) @cached { id } }",
        "{ qa_ai_by_pk(id: 1) { id @cached } }",
        'query @cached(ttl: "x") { __typename }',
        "query @cached(ttl: null) { __typename }",
        "query @cached(seconds: 5) { __typename }",
        "query @cached @cached { __typename }",
    ],
)
def test_cached_is_checked_as_hasura_declares_it(query: str, deployed_environment: Store) -> None:
    (error, *_) = send("POST", query=query).json()["errors"]
    assert error["extensions"]["code"] == "validation-failed"


def test_cached_is_in_the_schema() -> None:
    query = (
        "{ __schema { directives { name locations args { name type { kind ofType { name } } } } } }"
    )
    directives = send("POST", query=query).json()["data"]["__schema"]["directives"]
    (cached,) = [each for each in directives if each["name"] == "cached"]
    assert cached["locations"] == ["QUERY"]
    types = {argument["name"]: argument["type"]["ofType"]["name"] for argument in cached["args"]}
    assert types == {"ttl": "Int", "refresh": "Boolean"}
