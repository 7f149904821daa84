"""Persisted documents: known ones, and those that clients have sent with their hash."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from local.paths import ROOT
from seealso.graphql.compiling import replace_documents
from seealso.graphql.documents import MAX_SENT, Documents
from seealso.graphql.settings import settings
from seealso.store.tables import Store
from tests.graphql.requests import PAGE, PAGE_VARIABLES, ask
from tests.support import functions
from tests.support.gateway import Response, request

FOLDER = ROOT / "functions/graphql/documents"
RECORDED = json.loads(Path(__file__).with_name("recorded_requests.json").read_text("utf-8"))

QUERY = "{ __typename }"
DATA = {"data": {"__typename": "query_root"}}
RESPONSE = "application/graphql-response+json"
METHODS = pytest.mark.parametrize("method", ["GET", "POST"])
ACCEPTS = pytest.mark.parametrize("accept", ["*/*", "application/json", RESPONSE])


@pytest.fixture(autouse=True)
def documents(deployed_environment: Store, monkeypatch: pytest.MonkeyPatch) -> Documents:
    """The documents of a new container, which tests may replace."""
    made = Documents(str(FOLDER))
    monkeypatch.setattr(functions.function("graphql"), "documents", made)
    return made


@pytest.fixture
def only_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameter GraphqlDocuments is `known`."""
    found = settings()._replace(documents="known")
    monkeypatch.setattr("seealso.graphql.documents.settings", lambda: found)


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
@pytest.mark.parametrize("sent_hash", [digest(QUERY), digest(QUERY).upper()])
def test_a_document_sent_with_its_hash_is_answered_and_kept(
    method: str, accept: str, sent_hash: str
) -> None:
    answer = send(method, accept, query=QUERY, extensions=persisted(sent_hash))
    assert (answer.status, answer.json()) == (200, DATA)
    assert ("etag" in answer.headers) == (method == "GET")
    for extensions in (persisted(digest(QUERY)), persisted(digest(QUERY).upper())):
        answer = send(method, accept, extensions=extensions)
        assert (answer.status, answer.json()) == (200, DATA)
    by_id = send(method, accept, documentId=f"sha256:{digest(QUERY)}")
    assert (by_id.status, by_id.json()) == (200, DATA)


def test_a_document_sent_without_its_hash_is_not_kept() -> None:
    assert send("POST", query=QUERY).json() == DATA
    answer = send("POST", extensions=persisted(digest(QUERY)))
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound"


@pytest.mark.parametrize("query", ["{ nothing }", "{", "mutation { m }"])
def test_an_invalid_document_is_not_kept(query: str) -> None:
    assert "errors" in send("POST", query=query, extensions=persisted(digest(query))).json()
    answer = send("POST", extensions=persisted(digest(query)))
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound"


def test_the_least_recently_used_documents_are_forgotten() -> None:
    queries = [f"{{ key{number}: __typename }}" for number in range(MAX_SENT + 1)]

    def is_found(query: str) -> bool:
        return "data" in send("POST", extensions=persisted(digest(query))).json()

    for query in queries[:-1]:
        send("POST", query=query, extensions=persisted(digest(query)))
    assert is_found(queries[0])
    send("POST", query=queries[-1], extensions=persisted(digest(queries[-1])))
    assert not is_found(queries[1])
    assert all(map(is_found, [queries[0], *queries[2:]]))


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


KNOWN_ID = f"sha256:{digest(PAGE)}"


@METHODS
@ACCEPTS
@pytest.mark.usefixtures("network")
def test_a_known_document_is_answered_by_its_hash(method: str, accept: str) -> None:
    expected = send(method, accept, query=PAGE, variables=PAGE_VARIABLES)
    assert "self" in expected.json()["data"]
    for by_hash in ({"documentId": KNOWN_ID}, {"extensions": persisted(digest(PAGE))}):
        answer = send(method, accept, variables=PAGE_VARIABLES, operationName="Q", **by_hash)
        assert answer == expected
        is_get = method == "GET"
        assert answer.headers["cache-control"] == ("public, max-age=30" if is_get else "no-store")


@METHODS
@ACCEPTS
def test_an_unknown_document_id_is_not_found(method: str, accept: str) -> None:
    answer = send(method, accept, documentId=f"sha256:{digest('{ id }')}", variables={})
    assert answer.status == (400 if accept == RESPONSE else 200)
    assert answer.headers["cache-control"] == "no-store"
    (error,) = answer.json()["errors"]
    assert error["message"] == "PersistedQueryNotFound"
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


@METHODS
@ACCEPTS
@pytest.mark.parametrize(
    "members",
    [
        {"query": QUERY, "documentId": KNOWN_ID},
        {"query": PAGE, "documentId": KNOWN_ID},
        {"documentId": KNOWN_ID, "extensions": persisted(digest(QUERY))},
        {"documentId": ""},
        {"documentId": digest(PAGE)},
        {"documentId": KNOWN_ID.upper()},
        {"documentId": f"{KNOWN_ID}0"},
        {"documentId": f"{KNOWN_ID}\n"},
        {"documentId": f"md5:{digest(PAGE)}"},
        {"documentId": "sha256:../../../../etc/passwd"},
    ],
    ids=str,
)
def test_a_wrong_document_id_is_refused(method: str, accept: str, members: dict[str, Any]) -> None:
    answer = send(method, accept, **members)
    assert answer.status == 400
    (error,) = answer.json()["errors"]
    assert error["message"].startswith("documentId must ")
    assert error["extensions"]["code"] == "validation-failed"
    assert answer.headers["cache-control"] == "no-store"


def test_a_document_id_in_json_must_be_a_string() -> None:
    values: tuple[Any, ...] = (1, [KNOWN_ID], {})
    for wrong in values:
        assert send("POST", documentId=wrong).status == 400
    assert send("POST", documentId=None, query=QUERY).json() == DATA


@pytest.mark.usefixtures("network")
def test_errors_of_a_known_document_are_those_of_its_text() -> None:
    for wrong in ({}, PAGE_VARIABLES | {"id": "x"}, PAGE_VARIABLES | {"hasSelf": None}):
        by_text = send("POST", query=f"{PAGE}# not known", variables=wrong)
        by_hash = send("POST", documentId=KNOWN_ID, variables=wrong)
        assert "errors" in by_text.json()
        assert by_hash == by_text


@pytest.mark.usefixtures("network")
def test_limits_hold_for_known_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings()._replace(max_top_fields=3)
    monkeypatch.setattr("seealso.graphql.documents.settings", lambda: found)
    answer = send("POST", documentId=KNOWN_ID, variables=PAGE_VARIABLES)
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "too-expensive"
    assert error["message"] == "The document exceeds the limit of 3 top-level fields."


@METHODS
@ACCEPTS
@pytest.mark.usefixtures("network", "only_known")
def test_only_known_documents_may_be_asked_for(method: str, accept: str) -> None:
    sent = {"variables": PAGE_VARIABLES}
    hashed = {"extensions": persisted(digest(PAGE))}
    for known in ({"query": PAGE}, {"documentId": KNOWN_ID}, hashed, {"query": PAGE, **hashed}):
        assert "self" in send(method, accept, **known, **sent).json()["data"]
    query = "{ other: __typename }"
    by_apollo = {"extensions": persisted(digest(query))}
    unknown_id = {"documentId": f"sha256:{digest(query)}"}
    for unknown in ({"query": query}, unknown_id, by_apollo, {"query": query, **by_apollo}):
        answer = send(method, accept, **unknown)
        # Apollo's clients read no other status than 200.
        is_refused = accept == RESPONSE and "extensions" not in unknown
        assert answer.status == (400 if is_refused else 200)
        assert answer.headers["cache-control"] == "no-store"
        (error,) = answer.json()["errors"]
        assert error["message"] == "PersistedQueryNotSupported"
        assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_SUPPORTED"


def members_of(recorded: dict[str, Any]) -> Any:
    if "body" in recorded:
        return json.loads(recorded["body"])
    members: dict[str, Any] = dict(parse_qsl(recorded["query"]))
    return members | {"extensions": json.loads(members.get("extensions", "{}"))}


def replayed(recorded: dict[str, Any]) -> Response:
    query = f"?{recorded['query']}" if "query" in recorded else ""
    headers = dict(recorded["headers"])
    return request(recorded["method"], f"/graphql{query}", headers, recorded.get("body"))


@pytest.mark.usefixtures("network")
def test_recorded_requests_of_clients_are_answered() -> None:
    assert len(RECORDED) == 69
    kept: set[str] = set()
    for recorded in RECORDED:
        members, answer = members_of(recorded), replayed(recorded)
        if isinstance(members, list):
            assert answer.status == 400, recorded
            continue
        assert answer.status in (200, 400), recorded
        query = members.get("query")
        sent_hash = (members.get("extensions") or {}).get("persistedQuery", {}).get("sha256Hash")
        if query is None and sent_hash not in kept:
            assert answer.status == 200
            assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound", recorded
        elif query is not None and query.startswith("mutation"):
            assert "Mutations are not supported." in answer.body, recorded
        else:
            article = answer.json()["data"]["qa_ai_by_pk"]
            assert article["id"] == members_id(members), recorded
            if query is not None and sent_hash is not None:
                kept.add(sent_hash)
    assert len(kept) >= 3


def members_id(members: dict[str, Any]) -> int:
    variables = members["variables"]
    found: int = (json.loads(variables) if isinstance(variables, str) else variables)["id"]
    return found


def test_a_built_document_is_answered_from_its_plan(
    tmp_path: Path, network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ask(PAGE, PAGE_VARIABLES)
    (tmp_path / "page.graphql").write_text(PAGE, "utf-8")
    replace_documents(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json"}
    built = Documents(str(tmp_path))
    monkeypatch.setattr(functions.function("graphql"), "documents", built)
    monkeypatch.setattr("seealso.graphql.parsing.parse_document", None)  # fails if it is called
    assert send("POST", documentId=KNOWN_ID, variables=PAGE_VARIABLES).json() == expected.json()


def test_a_stack_may_be_built_without_known_documents(
    tmp_path: Path, network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ask(PAGE, PAGE_VARIABLES)
    monkeypatch.setattr(
        functions.function("graphql"), "documents", Documents(str(tmp_path / "documents"))
    )
    assert ask(PAGE, PAGE_VARIABLES).json() == expected.json()
    answer = send("POST", documentId=KNOWN_ID, variables=PAGE_VARIABLES)
    assert "errors" in answer.json()
    assert answer.status < 500


def test_a_document_that_is_not_valid_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "wrong.graphql").write_text("{ qa_a { id } }", "utf-8")
    with pytest.raises(ValueError, match=r"wrong\.graphql: Cannot query field 'qa_a'"):
        replace_documents(tmp_path)


def test_the_page_views_query_is_known() -> None:
    for copy in ("functions/graphql/documents", "layers/common/seealso/web"):
        assert (ROOT / copy / "page.graphql").read_text("utf-8") == PAGE
