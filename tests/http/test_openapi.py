"""docs/openapi.json is what the models say, what the template routes and what the handlers do."""

import json
import re
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from hypothesis import settings
from openapi_spec_validator import validate
from pydantic import BaseModel
from schemathesis.core.transport import Response
from schemathesis.openapi.loaders import from_dict
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from local.paths import ROOT
from seealso.contract import graphql, reading, submitting
from seealso.contract.openapi import document
from seealso.contract.refusals import Problem
from seealso.errors import StoreUnavailable
from seealso.graphql import refusals
from seealso.http.problems import PROBLEMS
from seealso.reading import page
from seealso.store.tables import Store
from seealso.tables import links
from tests.support import gateway
from tests.support.functions import function
from tests.support.gateway import get

COMMITTED = json.loads((ROOT / "docs/openapi.json").read_text())


def test_the_committed_document_is_the_generated_one() -> None:
    assert document() == COMMITTED, "run make openapi"


def test_the_document_is_valid_openapi() -> None:
    validate(COMMITTED)
    assert COMMITTED["openapi"].startswith("3.1.")


def test_the_document_has_the_routes_of_the_template() -> None:
    described = {
        f"{method.upper()} {path}"
        for path, operations in COMMITTED["paths"].items()
        for method in operations
    }
    # A HEAD is the GET without its body, so that the document has the GET alone. Pages and their
    # forms are for people and browsers.
    assert described == {
        route
        for route, function in gateway.routes().items()
        if not route.startswith("HEAD ")
        and function != "page"
        and not route.partition(" ")[2].startswith(("/a/", "/desk", "/l/"))
    }


def test_every_operation_has_one_declared_tag() -> None:
    tags = {tag["name"]: tag["description"] for tag in COMMITTED["tags"]}
    assert list(tags) == ["public", "submitting", "admin"]
    assert all(tags.values())
    used = []
    for path, operations in COMMITTED["paths"].items():
        for operation in operations.values():
            (tag,) = operation["tags"]
            assert (tag == "admin") == path.startswith("/admin/")
            used.append(tag)
    assert set(used) == set(tags)


def test_the_document_explains_every_status_of_a_link() -> None:
    status = COMMITTED["components"]["schemas"]["Status"]
    explained = re.findall("(?m)^- `([a-z]+)`: .+$", status["description"])
    assert explained == status["enum"]
    assert set(explained) == set(get_args(links.Status.__value__))


# ---- the document is served compressed, with what that does to caching -------------------------


def test_the_document_is_served(network: Store) -> None:
    plain = get("/openapi.json")
    assert plain.json() == COMMITTED
    assert plain.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "accepted",
    ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP; q=0.001", "*", "*;q=0, gzip", "gzip;q=1.000"],
)
def test_the_document_is_compressed_for_clients_that_accept_it(
    network: Store, accepted: str
) -> None:
    packed = get("/openapi.json", {"Accept-Encoding": accepted})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.json() == COMMITTED
    assert len(packed.content) <= 16 * 1024


@pytest.mark.parametrize(
    "accepted",
    ["", "identity", "br", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "br, *;q=0.0", "gzipped"],
)
def test_the_document_is_not_compressed_for_other_clients(network: Store, accepted: str) -> None:
    plain = get("/openapi.json", {"Accept-Encoding": accepted})
    assert "content-encoding" not in plain.headers
    assert plain.content == plain.body.encode()


def test_each_encoding_has_its_own_etag(network: Store) -> None:
    encodings: list[dict[str, str]] = [{}, {"Accept-Encoding": "gzip"}]
    tags = [get("/openapi.json", headers).headers["etag"] for headers in encodings]
    assert tags[0] != tags[1]
    for headers, tag, other in zip(encodings, tags, reversed(tags), strict=True):
        current = get("/openapi.json", {**headers, "If-None-Match": tag})
        assert (current.status, current.content) == (304, b"")
        assert current.headers["etag"] == tag
        assert current.headers["vary"] == "Accept-Encoding"
        assert get("/openapi.json", {**headers, "If-None-Match": other}).status == 200


def test_a_head_has_the_headers_of_the_compressed_document(network: Store) -> None:
    headers = {"Accept-Encoding": "gzip"}
    head = gateway.request("HEAD", "/openapi.json", headers)
    assert (head.status, head.content) == (200, b"")
    assert head.headers == get("/openapi.json", headers).headers


def shape(kind: Any) -> Any:
    """The names and types that a model or TypedDict is made of."""
    if is_typeddict(kind):
        return {name: shape(each) for name, each in get_type_hints(kind).items()}
    if arguments := get_args(kind):
        return (get_origin(kind) is list, *(shape(each) for each in arguments))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        hints = get_type_hints(kind)
        return {name: shape(hints[name]) for name in kind.model_fields}
    return kind


@pytest.mark.parametrize(
    ("model", "built"),
    [
        (reading.Page, page.Page),
        (reading.RelatedLists, page.RelatedLists),
        (reading.ListedArticle, page.ListedArticle),
    ],
)
def test_the_models_name_what_the_functions_build(model: Any, built: Any) -> None:
    assert shape(model) == shape(built)


def conforms(model: type[BaseModel], body: str) -> None:
    """The body is the model's, and has nothing that the model does not name."""
    read = model.model_validate_json(body)
    assert read.model_dump(exclude_unset=True) == json.loads(body)


@pytest.mark.parametrize(
    ("target", "model"),
    [
        *[(f"/articles/{each}", reading.Page) for each in (100, 101, 103, 106, 119, 225)],
        *[(f"/articles/{each}/related", reading.RelatedLists) for each in (100, 101, 103, 119)],
        ("/domains/5/articles", reading.DomainArticles),
        ("/domains/5/articles?limit=100", reading.DomainArticles),
        ("/domains/6/articles", reading.DomainArticles),
    ],
)
def test_answers_conform(network: Store, target: str, model: type[BaseModel]) -> None:
    shown = get(target)
    assert shown.status == 200
    conforms(model, shown.body)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/articles/x", "invalid-id"),
        ("/articles/x/related", "invalid-id"),
        ("/domains/x/articles", "invalid-id"),
        ("/articles/100?domain=x", "malformed-request"),
        ("/domains/5/articles?cursor=x", "malformed-request"),
        ("/articles/999", "not-found"),
        ("/articles/999/related", "not-found"),
    ],
)
def test_problems_conform(network: Store, target: str, name: str) -> None:
    refused = get(target)
    assert refused.headers["content-type"] == "application/problem+json"
    conforms(Problem, refused.body)
    body = refused.json()
    assert (refused.status, body["title"]) == PROBLEMS[name]
    assert (body["status"], body["type"]) == (refused.status, f"/problems/{name}")


def post(target: str, **members: Any) -> gateway.Response:
    headers = {"Content-Type": "application/json"}
    return gateway.request("POST", target, headers, json.dumps(members))


def test_answers_about_links_conform(network: Store) -> None:
    consent = {"has_right_to_share": True, "agrees_to_link_back": True}
    accepted = post("/articles/101/links", url="https://example.com/a", **consent)
    assert accepted.status == 201
    conforms(submitting.Receipt, accepted.body)
    link = f"/links/{accepted.json()['link_id']}"
    conforms(submitting.LinkStatus, get(link).body)
    token = {"Authorization": f"Bearer {accepted.json()['withdraw_token']}"}
    refused = {
        "duplicate-link": post("/articles/103/links", url="https://example.com/a#b", **consent),
        "invalid-fields": post("/articles/103/links", url="https://localhost", title=1),
        "unsupported-media-type": gateway.request("POST", "/articles/103/links", body="{}"),
        "unauthorized": gateway.request("DELETE", link),
        "forbidden": gateway.request("DELETE", link, {"Authorization": "Bearer other"}),
        "not-found": get("/links/" + "0" * 32),
    }
    for name, answer in refused.items():
        assert answer.json()["type"] == f"/problems/{name}"
        assert (answer.status, answer.json()["title"]) == PROBLEMS[name]
        conforms(Problem, answer.body)
    assert gateway.request("DELETE", link, token).status == 204


schema = from_dict(COMMITTED)
schema.app = gateway.application
# What is too large is refused before anything else is looked at.
rejection = schema.config.checks.negative_data_rejection
rejection.expected_statuses = [*rejection.expected_statuses, "413"]
# The gateway answers methods that are not routed by 404, never by 405 with Allow.
OTHER_THAN_THE_GATEWAYS = [unsupported_method, allow_header_conformance]


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=40)
def test_schemathesis_finds_nothing(network: Store, case: Any) -> None:
    # Which cursors are the list's and which URLs are acceptable is more than a schema can tell.
    # The texts beside a query by GET must be JSON.
    unruled = case.query.keys() & {"cursor", "variables", "extensions", "documentId"}
    # OpenAPI cannot say that one of two parameters is required.
    has_no_document = case.path == "/graphql" and "query" not in case.query
    # Nor, readably, that each number of a list has a maximum.
    lists_domains = case.path == "/sites" and "domain" in case.query
    opaque = unruled or has_no_document or lists_domains or case.method == "POST"
    made_up = [positive_data_acceptance] if opaque else []
    # Called in process, it does not decompress.
    case.headers["Accept-Encoding"] = "identity"
    case.call_and_validate(excluded_checks=[*OTHER_THAN_THE_GATEWAYS, *made_up])


# ---- GraphQL: refusals are no problems, and statuses depend on what the client prefers ---------

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
ONE = {
    "query": "query One($id: Int!) "
    "{ qa_ai_by_pk(id: $id) { id title links { url title published_at } } }",
    "variables": {"id": 100},
}
METHODS = pytest.mark.parametrize("method", ["GET", "POST"])
TYPES = pytest.mark.parametrize("accept", [JSON, RESPONSE])


def asked(method: str, accept: str, sent: dict[str, Any] | str, **headers: str) -> Response:
    """The answer to a query; it has a status, a body and headers that the document describes.

    `sent` are the members, or a body as it is.
    """
    case = schema["/graphql"][method].Case(headers={"Accept": accept, **headers})
    if isinstance(sent, dict) and method == "GET":
        # What is not a string goes as JSON text.
        case.query = {
            name: each if isinstance(each, str) else json.dumps(each) for name, each in sent.items()
        }
        answer = case.call()
    else:
        case.headers.setdefault("Content-Type", JSON)
        answer = case.call(data=sent if isinstance(sent, str) else json.dumps(sent))
    conformance = [
        status_code_conformance,
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
    ]
    case.validate_response(answer, checks=conformance)
    described = COMMITTED["paths"]["/graphql"][method.lower()]["responses"]
    named = {name.lower() for name in described[str(answer.status_code)]["headers"]}
    assert answer.headers.keys() - {"content-type", "content-length"} <= named
    if answer.text:
        assert answer.headers["content-type"] == [f"{accept}; charset=utf-8"]
    return answer


def codes_of(answer: Response) -> set[str]:
    """The codes of a refusal, which has the model's shape."""
    conforms(graphql.QueryErrors, answer.text)
    return {each["extensions"]["code"] for each in answer.json()["errors"]}


@METHODS
@TYPES
@pytest.mark.parametrize("extensions", [{}, {"cost": True}])
def test_a_querys_data_conforms(
    network: Store, method: str, accept: str, extensions: dict[str, Any]
) -> None:
    answer = asked(method, accept, {**ONE, "extensions": extensions})
    assert answer.status_code == 200
    conforms(graphql.QueryData, answer.text)
    assert ("extensions" in answer.json()) == ("cost" in extensions)
    assert ("etag" in answer.headers) == (method == "GET" and not extensions)


@TYPES
def test_unchanged_data_is_a_304(network: Store, accept: str) -> None:
    (tag,) = asked("GET", accept, ONE).headers["etag"]
    again = asked("GET", accept, ONE, **{"If-None-Match": tag})
    assert (again.status_code, again.text) == (304, "")


@METHODS
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "parse-failed"),
        ("{ nothing }", "validation-failed"),
        ("{ qa_ai { id } }", "not-supported"),
        (f"{{ {' '.join(f'a{each}: __typename' for each in range(100))} }}", "too-expensive"),
    ],
    ids=["parsing", "validating", "not served", "too much"],
)
def test_refused_queries_conform(network: Store, method: str, query: str, code: str) -> None:
    for accept, status in ((JSON, 200), (RESPONSE, 400)):
        answer = asked(method, accept, {"query": query})
        assert (answer.status_code, codes_of(answer)) == (status, {code})


@TYPES
@pytest.mark.parametrize(
    ("status", "method", "sent", "headers"),
    [
        (400, "GET", {}, {}),
        (400, "GET", {**ONE, "variables": "["}, {}),
        (400, "POST", "[", {}),
        (400, "POST", "[]", {}),
        (400, "POST", {**ONE, "query": 1}, {}),
        (405, "GET", {"query": "mutation { nothing }"}, {}),
        (413, "POST", "[" * 65_537, {}),
        (415, "POST", "{}", {"Content-Type": "text/plain"}),
    ],
    ids=lambda value: str(value)[:20],
)
def test_refused_requests_conform(
    network: Store, accept: str, status: int, method: str, sent: Any, headers: dict[str, str]
) -> None:
    answer = asked(method, accept, sent, **headers)
    assert answer.status_code == status
    assert codes_of(answer) <= {"parse-failed", "validation-failed"}


@METHODS
@pytest.mark.parametrize(("status", "trouble"), [(500, RuntimeError), (503, StoreUnavailable)])
def test_the_servers_errors_conform(
    network: Store,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    status: int,
    trouble: type[Exception],
) -> None:
    def fail(*_arguments: Any) -> None:
        raise trouble

    monkeypatch.setattr(function("graphql"), "answer_query", fail)
    for accept, expected in ((JSON, 200), (RESPONSE, status)):
        answer = asked(method, accept, ONE)
        assert (answer.status_code, codes_of(answer)) == (expected, {"unexpected"})
        assert ("retry-after" in answer.headers) == (status == 503)


def test_the_codes_are_those_of_the_function() -> None:
    assert get_args(graphql.Code) == get_args(refusals.Code.__value__)
