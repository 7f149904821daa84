"""Real clients get their data from /graphql, also those that send hashes of documents."""

import json
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import pytest
from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from seealso.graphql.documents import Documents
from seealso.store.tables import Store
from seealso.tables.articles import Article, put_articles
from tests.graphql_clients import PACKAGES, answers
from tests.support import functions, gateway, tables
from tests.support.environment import use_store
from tests.support.node_packages import serving

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        not PACKAGES.is_available(),
        reason="needs Node 20, npm and their packages, which make test fetches; "
        "CI=true fails without",
    ),
]

QUERY = "query Article($id: Int!) @cached(ttl: 120) { qa_ai_by_pk(id: $id) { id title } }"
TITLE = "A title \N{EM DASH} \U0001f600"
PAGE = (ROOT / "data/page.graphql").read_text("utf-8")
# A document in which the clients' ways to print, and to add __typename, differ.
FRAGMENTS = """# A comment
query Fragments($id: Int!, $ids: [Int!] = [1, 2]) @cached(ttl: 120) {
  self: qa_ai(where: {id: {_in: $ids}, _and: [{id: {_lt: 30}}, {id: {_gt: 0}}]}, limit: 3) {
    ...Article ... on qa_ai { text, links { url } }
    ... @include(if: true) { date } kind: __typename }
  ...Another, qa_ai_by_pk(id: $id) { __typename id }
}

fragment Article on qa_ai { id, title }
fragment Another on query_root { other: qa_ai_by_pk(id: 3) { title } }
"""
KNOWN_VARIABLES = {"id": 1, "domain": 1, "srcId": 0, "hasSrc": False, "hasSelf": True}
PLAIN = ["document", "document"]
SENT_ONCE = ["hash", "document and hash", "hash"]
BY_HASH = ["hash", "hash"]
# What each client sends for one query and the same again, and by which method.
EXPECTED = {
    "Apollo 3": (PLAIN, ["POST"] * 2),
    "Apollo 3, persisted": (SENT_ONCE, ["POST"] * 3),
    "Apollo 3, persisted by GET": (SENT_ONCE, ["GET", "POST", "GET"]),
    "Apollo 4": (PLAIN, ["POST"] * 2),
    "Apollo 4, persisted": (SENT_ONCE, ["POST"] * 3),
    "Apollo 4, persisted by GET": (SENT_ONCE, ["GET", "POST", "GET"]),
    "urql": (PLAIN, ["POST"] * 2),
    "urql by GET": (PLAIN, ["GET"] * 2),
    "urql, persisted": (SENT_ONCE, ["POST"] * 3),
    "urql, persisted by GET": (SENT_ONCE, ["GET"] * 3),
    "urql with its cache, persisted by GET": (SENT_ONCE, ["GET"] * 3),
    "graphql-request": (PLAIN, ["POST"] * 2),
    "graphql-request by GET": (PLAIN, ["GET"] * 2),
}
# What a page may send without asking first, and what Node sends where a browser sends its own.
NOT_ASKED = {"accept", "accept-language", "content-language", "host", "connection", "user-agent"}
NOT_ASKED |= {"content-length", "accept-encoding", "sec-fetch-mode"}


class Sent(NamedTuple):
    """A request: its method, its headers' names, and what of the document it has."""

    method: str
    headers: set[str]
    carries: str


class Exchanges(NamedTuple):
    """What each client sent, and the data that it returned, or the error as a string."""

    sent: dict[str, list[Sent]]
    answers: dict[str, Any]


@pytest.fixture(scope="module")
def store(all_engines: Any) -> Iterator[Store]:
    made = tables.make_store(all_engines.endpoint("moto"))
    put_articles(made, [(Article(1, 1, TITLE, "Text.", "2026-02-25"), None)])
    yield made
    tables.drop(made)


@pytest.fixture(scope="module")
def exchanges(store: Store) -> Exchanges:
    """Each client has sent QUERY twice, to a container of its own."""
    return _exchanges(store, QUERY, {"id": 1}, ROOT / "functions/graphql/documents")


@pytest.fixture(scope="module", params=[PAGE, FRAGMENTS], ids=["page", "fragments"])
def known_exchanges(
    store: Store, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Exchanges:
    """The same with a known document."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "known.graphql").write_text(request.param, "utf-8")
    variables = KNOWN_VARIABLES if request.param == PAGE else {"id": 1}
    return _exchanges(store, request.param, variables, folder)


def _exchanges(store: Store, query: str, variables: dict[str, Any], folder: Path) -> Exchanges:
    sent: dict[str, list[Sent]] = {}

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        client = environ["HTTP_HASURA_CLIENT_NAME"]
        if client not in sent:
            documents = Documents(str(folder))
            patch.setattr(functions.function("graphql"), "documents", documents)
        sent.setdefault(client, []).append(_sent(environ, body))
        return gateway.application({**environ, "wsgi.input": BytesIO(body)}, start_response)

    with pytest.MonkeyPatch.context() as patch:
        use_store(store, patch)
        with serving(application) as url:
            return Exchanges(sent, answers(f"{url}/graphql", query, variables))


def _sent(environ: dict[str, Any], body: bytes) -> Sent:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower()
        for name, value in environ.items()
        if (name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")) and value
    }
    if body:
        members = json.loads(body)
    else:
        members = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        members["extensions"] = json.loads(members.get("extensions", "{}"))
    carries = ["document"] if members.get("query") else []
    carries += ["hash"] if "persistedQuery" in (members.get("extensions") or {}) else []
    return Sent(environ["REQUEST_METHOD"], headers, " and ".join(carries))


@pytest.mark.parametrize("client", EXPECTED)
def test_a_client_gets_its_data(exchanges: Exchanges, client: str) -> None:
    found = exchanges.answers[client]
    assert isinstance(found, list), found
    for data in found:
        article = data["qa_ai_by_pk"]
        assert (article["id"], article["title"]) == (1, TITLE)
    carries, methods = EXPECTED[client]
    sent = exchanges.sent[client]
    assert [request.carries for request in sent] == carries
    assert [request.method for request in sent] == methods


@pytest.mark.parametrize("client", EXPECTED)
def test_a_known_document_is_answered_by_its_hash_at_once(
    known_exchanges: Exchanges, client: str
) -> None:
    found = known_exchanges.answers[client]
    assert isinstance(found, list), found
    assert [data["self"][0]["title"] for data in found] == [TITLE] * 2
    carries, methods = EXPECTED[client]
    sent = known_exchanges.sent[client]
    assert [request.carries for request in sent] == (BY_HASH if carries is SENT_ONCE else PLAIN)
    assert {request.method for request in sent} == {methods[0]}


def test_every_client_is_tested(exchanges: Exchanges) -> None:
    assert exchanges.answers.keys() == exchanges.sent.keys() == EXPECTED.keys()


@pytest.mark.parametrize("client", EXPECTED)
def test_a_preflight_lets_its_headers_through(exchanges: Exchanges, client: str) -> None:
    template = cfn_yaml.load(str(ROOT / "template.yaml"))
    cors = template["Resources"]["Api"]["Properties"]["CorsConfiguration"]
    allowed = {header.lower() for header in cors["AllowHeaders"]}
    assert cors["AllowOrigins"] == ["*"]
    for request in exchanges.sent[client]:
        assert request.method in cors["AllowMethods"]
        asked = request.headers - NOT_ASKED
        assert {"sentry-trace", "traceparent", "x-hasura-role"} <= asked
        refused = asked - allowed
        if "*" in allowed:
            refused &= {"authorization"}  # which a wildcard does not cover (Fetch, CORS preflight)
        assert not refused
