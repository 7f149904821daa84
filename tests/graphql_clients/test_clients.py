"""Real clients get their data from /graphql, also where they try persisted queries first."""

import json
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import pytest
from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from seealso.tables.articles import Article, put_articles
from tests.graphql_clients import PACKAGES, answers
from tests.support import gateway, tables
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
PLAIN = ["document"]
PERSISTED = ["hash", "document and hash"]
# What each client sends for one query, and by which method.
EXPECTED = {
    "Apollo 3": (PLAIN, ["POST"]),
    "Apollo 3, persisted": (PERSISTED, ["POST", "POST"]),
    "Apollo 3, persisted by GET": (PERSISTED, ["GET", "POST"]),
    "Apollo 4": (PLAIN, ["POST"]),
    "Apollo 4, persisted": (PERSISTED, ["POST", "POST"]),
    "Apollo 4, persisted by GET": (PERSISTED, ["GET", "POST"]),
    "urql": (PLAIN, ["POST"]),
    "urql by GET": (PLAIN, ["GET"]),
    "urql, persisted": (PERSISTED, ["POST", "POST"]),
    "urql, persisted by GET": (PERSISTED, ["GET", "GET"]),
    "graphql-request": (PLAIN, ["POST"]),
    "graphql-request by GET": (PLAIN, ["GET"]),
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
def exchanges(all_engines: Any) -> Iterator[Exchanges]:
    """Each client has sent QUERY twice."""
    store = tables.make_store(all_engines.endpoint("moto"))
    put_articles(store, [(Article(1, 1, TITLE, "Text.", "2026-02-25"), None)])
    sent: dict[str, list[Sent]] = {}

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        sent.setdefault(environ["HTTP_HASURA_CLIENT_NAME"], []).append(_sent(environ, body))
        return gateway.application({**environ, "wsgi.input": BytesIO(body)}, start_response)

    with pytest.MonkeyPatch.context() as patch:
        use_store(store, patch)
        with serving(application) as url:
            yield Exchanges(sent, answers(f"{url}/graphql", QUERY, {"id": 1}))
    tables.drop(store)


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
    assert [request.carries for request in sent] == carries * 2
    assert [request.method for request in sent] == methods * 2


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
