"""Where the store fails, so does the whole query, without a word of what is inside.

What the client makes of each fault is in tests/http/test_faults.py; here one stands for all.
"""

import json

import pytest

from seealso.store import client
from seealso.store.tables import Store, current_store, reset_store
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
)
from tests.support import faulty
from tests.support.faulty import Fault, Proxy
from tests.support.gateway import Response
from tests.support.leaks import check_no_leak
from tests.support.log import Log

pytestmark = pytest.mark.slow  # faults wait for retries and time limits

LIMIT = 1.0

# Each kind of read once.
QUERIES = {
    "page": (PAGE, PAGE_VARIABLES),
    "by key": ("{ qa_ai_by_pk(id: 100) { id text links { url } } }", {}),
    "domain": ("{ qa_ai(where: {domain: {_eq: 5}}, limit: 3) { id title } }", {}),
    "timeline": ("{ qa_ai(limit: 3, order_by: {id: desc}) { id title } }", {}),
    "timeline with texts": ("{ qa_ai(limit: 3, offset: 1) { text links { url } } }", {}),
}
ACCEPTED = pytest.mark.parametrize("accept", [None, JSON, GRAPHQL])
METHODS = pytest.mark.parametrize("method", ["GET", "POST"])


@pytest.fixture
def quick(between: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time limits; `between` brings a client of its own to every test."""
    client = current_store().client
    monkeypatch.setattr(client, "limit_seconds", LIMIT)
    monkeypatch.setattr(client, "attempt_seconds", LIMIT / 2)


def asked(kind: str, accept: str | None = None, method: str = "POST") -> Response:
    query, variables = QUERIES[kind]
    return ask(query, variables, accept=accept, method=method)


def check_unexpected(answer: Response, accept: str | None, status: int, store: Store) -> None:
    """One error, of which nobody learns what is inside; its status where GraphQL has one."""
    (error,) = refused(answer)
    assert error["extensions"]["code"] == "unexpected"
    assert answer.status == (status if accept == GRAPHQL else 200)
    assert answer.headers["content-type"].partition(";")[0] == (accept or JSON)
    internal = [store.articles, store.links, store.client.endpoint, "Query", "secret"]
    check_no_leak(answer.body, "", internal)


def check_unavailable(answer: Response, accept: str | None, store: Store) -> None:
    check_unexpected(answer, accept, 503, store)
    if accept == GRAPHQL:
        assert answer.headers["retry-after"] == "2"


@pytest.mark.usefixtures("quick")
@ACCEPTED
def test_a_lasting_fault_fails_the_query(
    network: Store, between: Proxy, log: Log, accept: str | None
) -> None:
    between.inject(faulty.throttled, times=None)
    answer = asked("page", accept)
    check_unavailable(answer, accept, network)
    line = log.line()
    assert line["level"] == "WARN"
    assert line["message"].startswith("store unavailable: ")
    assert "ProvisionedThroughputExceededException" in line["message"]
    assert line["failed"] == 1
    assert line["store_requests"] >= len(between.requests) > 0


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("kind", "method"), [("page", "GET"), *((kind, "POST") for kind in QUERIES if kind != "page")]
)
def test_every_kind_of_read_fails_alike(
    network: Store, between: Proxy, log: Log, kind: str, method: str
) -> None:
    between.inject(faulty.throttled, times=None)
    check_unavailable(asked(kind, GRAPHQL, method), GRAPHQL, network)
    assert log.line()["failed"] == 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("operation", ["BatchGetItem", "Query"])
def test_one_read_of_several_that_fails_fails_them_all(
    network: Store, between: Proxy, operation: str
) -> None:
    between.inject(faulty.throttled, times=None, operation=operation)
    check_unavailable(asked("page", GRAPHQL), GRAPHQL, network)


@pytest.mark.usefixtures("quick")
def test_an_unreachable_store_fails_the_query(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty.unreachable() as endpoint:
        monkeypatch.setattr(current_store().client, "endpoint", endpoint)
        check_unavailable(asked("page", GRAPHQL), GRAPHQL, network)


@pytest.mark.usefixtures("quick")
def test_what_reads_nothing_does_not_need_the_store(between: Proxy) -> None:
    between.inject(faulty.throttled, times=None)
    assert data(ask("{ __typename __schema { queryType { name } } }"))
    assert codes(ask("{ qa_ai { id } }")) == {"not-supported"}
    assert between.requests == []


@pytest.mark.parametrize("kind", QUERIES)
@pytest.mark.parametrize("fault", [faulty.throttled, faulty.half], ids=["throttled", "half"])
def test_a_fault_that_passes_is_not_seen(between: Proxy, log: Log, fault: Fault, kind: str) -> None:
    expected = asked(kind)
    assert data(expected)
    log.clear()
    between.inject(fault)
    assert asked(kind) == expected
    assert (log.line()["level"], log.line()["failed"]) == ("INFO", 0)


def test_keys_that_the_store_leaves_over_are_asked_for_again(between: Proxy) -> None:
    query = "{ qa_ai(where: {id: {_in: [100, 101, 102]}}) { id title links { url } } }"
    expected = ask(query)
    left_over: list[int] = []

    def some_left_over(exchange: faulty.Exchange) -> None:
        head, _, body = exchange.forward().partition(b"\r\n\r\n")
        assert b" 200 " in head
        answer = json.loads(body)
        for table, wanted in exchange.body["RequestItems"].items():
            left = wanted["Keys"][:1]
            answer["UnprocessedKeys"][table] = {**wanted, "Keys": left}
            got = answer["Responses"].get(table, [])
            kept = [item for item in got if not any(key.items() <= item.items() for key in left)]
            left_over.append(len(got) - len(kept))
            answer["Responses"][table] = kept
        exchange.answer(faulty.answer_bytes(200, answer))

    between.inject(some_left_over, times=2, operation="BatchGetItem")
    assert ask(query) == expected
    assert sum(left_over) >= 2


@pytest.mark.usefixtures("network")
def test_after_a_fault_all_is_well(between: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = asked("page")
    between.inject(faulty.silent, times=None)
    with monkeypatch.context() as patch:
        patch.setattr(current_store().client, "limit_seconds", 0.2)
        assert codes(asked("page")) == {"unexpected"}
    between.clear()
    assert asked("page") == expected
    assert data(expected)


# ---- What nobody expected ----------------------------------------------------------------------


@ACCEPTED
@METHODS
@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"]
)
def test_the_stores_final_refusal_is_an_internal_error(
    network: Store, between: Proxy, log: Log, code: str, method: str, accept: str | None
) -> None:
    # As of an index that the function may not read, or that is not there any more.
    between.inject(faulty.refusal(400, code), times=None, operation="Query")
    check_unexpected(asked("page", accept, method), accept, 500, network)
    line = log.line()
    assert (line["level"], line["failed"]) == ("ERROR", 1)
    assert f"{code}: {faulty.INTERNAL}" in line["exception"]


class Unforeseen(Exception):
    pass


@ACCEPTED
@METHODS
def test_an_unforeseen_exception_is_an_internal_error(
    network: Store,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    accept: str | None,
) -> None:
    def unforeseen(*_arguments: object) -> None:
        raise Unforeseen("secret words")

    monkeypatch.setattr(client.Client, "try_all", unforeseen)
    answer = asked("page", accept, method)
    check_unexpected(answer, accept, 500, network)
    line = log.line()
    assert (line["level"], line["failed"]) == ("ERROR", 1)
    assert line["exception"].endswith("Unforeseen: secret words")
    assert "in unforeseen" in line["exception"]
    assert line["request_id"] in answer.body  # who reports it can name it


@ACCEPTED
def test_a_missing_setting_is_unavailable(
    network: Store, log: Log, monkeypatch: pytest.MonkeyPatch, accept: str | None
) -> None:
    reset_store()
    monkeypatch.delenv("ARTICLES_TABLE")
    answer = post(json.dumps({"query": "{ __typename }"}), {"accept": accept} if accept else {})
    check_unexpected(answer, accept, 503, network)
    assert "ARTICLES_TABLE" not in answer.body
    assert "ARTICLES_TABLE" in log.text()
