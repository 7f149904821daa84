"""Each fault of the store is a 503 within the time limit; one that passes is not seen at all."""

import json
import time
from collections import Counter
from typing import Any

import pytest

from seealso.contract.refusals import Problem
from seealso.graphql.settings import settings as graphql_settings
from seealso.http import problems
from seealso.settings import SettingsError
from seealso.store.client import READ_PATIENCE
from seealso.store.tables import Store, current_store, reset_store
from tests.support import faulty, functions
from tests.support.events import event
from tests.support.faulty import PASSING, Fault, Proxy
from tests.support.functions import function
from tests.support.gateway import Response, get
from tests.support.leaks import check_no_leak
from tests.support.log import Log

pytestmark = pytest.mark.slow  # faults wait for retries and time limits

LIMIT = 1.0
SLACK = 1.5  # for a machine with other work; without the limit it would be half a minute and more
ROUTES = ["/articles/100", "/articles/100/related", "/domains/5/articles"]

LASTING: dict[str, tuple[Fault, str]] = {
    "throttled": (faulty.throttled, "ProvisionedThroughputExceededException"),
    "failing": (faulty.failing, "InternalServerError"),
    "reset": (faulty.reset, "ConnectionResetError"),
    "reply lost": (faulty.reply_lost, "ConnectionResetError"),
    "half an answer": (faulty.half, "ConnectionResetError"),
    "garbage": (faulty.garbage, "ValueError"),
    "another protocol": (faulty.answering(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), "ValueError"),
    "no object": (faulty.answering(faulty.answer_bytes(200, b"[]")), "ValueError"),
    "a proxy's page": (faulty.answering(faulty.answer_bytes(502, b"<html>")), "HTTP 502"),
    "silent": (faulty.silent, "TimeoutError"),
    "slow": (faulty.slow(2 * LIMIT), "TimeoutError"),
    "dripping": (faulty.dripping(0.05), "TimeoutError"),
}


@pytest.fixture
def quick(between: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short time limits; `between` brings a client of its own to every test."""
    client = current_store().client
    monkeypatch.setattr(client, "limit_seconds", LIMIT)
    monkeypatch.setattr(client, "attempt_seconds", LIMIT / 2)


def timed_get(target: str) -> tuple[Response, float]:
    begun = time.monotonic()
    return get(target), time.monotonic() - begun


def is_unavailable(answer: Response, store: Store) -> None:
    assert answer.status == 503
    assert answer.headers == {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "retry-after": "2",
        "x-content-type-options": "nosniff",
    }
    problem = Problem.model_validate_json(answer.body)
    assert problem.type == "/problems/unavailable"
    check_no_leak(answer.body, "", [store.articles, store.client.endpoint, "Query"])


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("fault", "target"),
    [(fault, ROUTES[0]) for fault in LASTING] + [("throttled", target) for target in ROUTES[1:]],
)
def test_a_lasting_fault_is_a_503(
    network: Store, between: Proxy, log: Log, fault: str, target: str
) -> None:
    injected, said = LASTING[fault]
    between.inject(injected, times=None)
    answer, seconds = timed_get(target)
    assert seconds < LIMIT + SLACK
    is_unavailable(answer, network)
    line = log.line()
    assert line["level"] == "WARN"
    assert line["message"].startswith("store unavailable: ")
    assert said in line["message"]
    assert (line["status"], line["failed"]) == (503, 1)
    assert line["request_id"] == answer.json()["request_id"]
    assert line["store_requests"] >= len(between.requests) > 0


@pytest.mark.parametrize("target", [*ROUTES, "/sites"])
def test_a_throttled_read_gives_up_after_four_attempts(
    network: Store, between: Proxy, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setattr(current_store().client, "limit_seconds", None)  # as on AWS
    between.inject(faulty.throttled, times=None)
    answer, seconds = timed_get(target)
    is_unavailable(answer, network)
    assert seconds < READ_PATIENCE.seconds + SLACK
    assert READ_PATIENCE == (1.5, 4)
    operations = Counter(operation for operation, _ in between.requests)
    assert max(operations.values()) == READ_PATIENCE.attempts


@pytest.mark.usefixtures("quick")
def test_an_unreachable_store_is_a_503(
    network: Store, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty.unreachable() as endpoint:
        monkeypatch.setattr(current_store().client, "endpoint", endpoint)
        answer, seconds = timed_get(ROUTES[0])
    assert seconds < LIMIT + SLACK
    is_unavailable(answer, network)
    assert "no connection (ConnectionRefusedError)" in log.line()["message"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("operation", ["BatchGetItem", "Query"])
def test_one_failing_operation_is_enough(network: Store, between: Proxy, operation: str) -> None:
    between.inject(faulty.throttled, times=None, operation=operation)
    is_unavailable(get("/articles/100"), network)


@pytest.mark.usefixtures("quick")
def test_the_time_limit_is_one_for_all_waves(network: Store, between: Proxy) -> None:
    current_store().client.attempt_seconds = LIMIT
    between.inject(
        faulty.slow(0.7 * LIMIT), times=None
    )  # each round trip by itself is quick enough
    answer, seconds = timed_get("/articles/101")
    assert seconds < LIMIT + SLACK
    is_unavailable(answer, network)


@pytest.mark.parametrize(
    ("fault", "target"),
    [(fault, ROUTES[0]) for fault in PASSING] + [("throttled", target) for target in ROUTES[1:]],
)
def test_a_fault_that_passes_is_not_seen(
    network: Store, between: Proxy, log: Log, fault: str, target: str
) -> None:
    injected, times = PASSING[fault]
    expected = get(target)
    log.clear()
    between.inject(injected, times=times)
    assert get(target) == expected
    assert log.line()["level"] == "INFO"


def test_after_a_fault_all_is_well(
    network: Store, between: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = get("/articles/100")
    between.inject(faulty.silent, times=None)
    with monkeypatch.context() as patch:
        patch.setattr(current_store().client, "limit_seconds", 0.2)
        assert get("/articles/100").status == 503
    between.clear()
    assert get("/articles/100") == expected


# ---- What nobody expected -------------------------------------------------------------------


class Unforeseen(Exception):
    pass


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("name", "route", "path", "broken"),
    [
        ("get_article", "GET /articles/{id}", {"id": "100"}, "read_page"),
        ("related", "GET /articles/{id}/related", {"id": "100"}, "read_related"),
        ("related", "GET /domains/{domain}/articles", {"domain": "5"}, "list_domain"),
    ],
)
def test_an_unexpected_exception_is_a_bare_500(
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    route: str,
    path: dict[str, str],
    broken: str,
) -> None:
    def unforeseen(*_arguments: Any, **_named: Any) -> None:
        raise Unforeseen("secret words")

    monkeypatch.setattr(function(name), broken, unforeseen)
    asked = event(route, path)
    answer = function(name).handler(asked, None)
    assert answer["statusCode"] == 500
    assert answer["headers"] == {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    assert json.loads(answer["body"]) == {
        "type": "/problems/internal",
        "title": problems.PROBLEMS["internal"].title,
        "status": 500,
        "detail": "An unexpected error occurred. Please quote the request_id when you report it.",
        "request_id": asked["requestContext"]["requestId"],
    }
    line = log.line()
    assert (line["level"], line["status"], line["failed"]) == ("ERROR", 500, 1)
    assert line["request_id"] == asked["requestContext"]["requestId"]
    for part in ("Traceback", "in unforeseen", f"in {function(name).handler.__name__}"):
        assert part in line["exception"]
    assert line["exception"].endswith("Unforeseen: secret words")


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"]
)
def test_the_stores_final_refusal_is_a_500(between: Proxy, log: Log, code: str) -> None:
    between.inject(faulty.refusal(400, code), times=None)
    answer = get("/articles/100")
    assert answer.status == 500
    check_no_leak(answer.body, "")
    assert f"{code}: {faulty.INTERNAL}" in log.line()["exception"]


@pytest.mark.parametrize(
    ("name", "variable", "value", "message"),
    [
        ("get_article", "ARTICLES_TABLE", "", "ARTICLES_TABLE is required"),
        ("get_article", "SERVER_TIMING", "yes", "SERVER_TIMING must be one of: on, off"),
        ("submit_link", "DUPLICATE_SCOPE", "site", "DUPLICATE_SCOPE must be one of"),
        ("submit_link", "SUBMITS_PER_TEN_MINUTES", "-1", "must be an integer from 0 to"),
        ("admin", "AUDIT_DAYS", "9999999", "AUDIT_DAYS must be an integer from 36 to 36500"),
        ("admin", "ADMIN_ISSUER", "", "ADMIN_ISSUER is required"),
        ("graphql", "GRAPHQL_DEPTH", "deep", "GRAPHQL_DEPTH must be an integer"),
    ],
)
def test_a_wrong_setting_fails_the_start(
    network: Store,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    variable: str,
    value: str,
    message: str,
) -> None:
    reset_store()
    monkeypatch.setenv(variable, value)
    graphql_settings.cache_clear()
    with pytest.raises(SettingsError, match=message):
        functions.start(name)
    graphql_settings.cache_clear()


def test_tracebacks_are_whole(network: Store, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(levels: int) -> None:
        if levels == 0:
            raise Unforeseen
        deep(levels - 1)

    def unforeseen(*_arguments: Any, **_named: Any) -> None:
        try:
            deep(3)
        except Unforeseen as cause:
            raise RuntimeError("outer") from cause

    monkeypatch.setattr(function("get_article"), "read_page", unforeseen)
    get("/articles/100")
    logged = log.line()["exception"]
    assert logged.count("in deep") == 4
    assert "the direct cause of the following exception" in logged
