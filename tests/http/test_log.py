"""The log line: one for each request, with its metrics, and with nobody's address."""

import json
import sys
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from seealso.http import log as request_log
from seealso.http.log import log_request, metric_dimensions, write_line
from seealso.http.requests import request_of
from seealso.store.client import Usage
from seealso.store.tables import Store
from tests.support.events import event
from tests.support.functions import handler
from tests.support.gateway import get, routes
from tests.support.log import Log

MAX_BYTES = 350  # of a request's line, with a stack's name of up to 32 characters
LONGEST_STACK = "articles-of-the-network-in-eu-01"
# What Lambda knows (AWS "Log-level filtering"); it takes a line with another level for one without.
LEVELS = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}


def is_left_as_it_is(line: dict[str, Any]) -> None:
    """Lambda stores a JSON object as it is if it has a level and a time in RFC 3339."""
    assert line["level"] in LEVELS
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("target", "status", "requests", "round_trips"),
    [
        ("/articles/101?domain=7&source=102", 200, 3, 1),
        ("/articles/101", 200, 4, 2),
        ("/articles/999", 404, 2, 1),
        ("/articles/x", 400, 0, 0),
        ("/openapi.json", 200, 0, 0),
    ],
)
def test_a_request_is_one_line(
    network: Store, log: Log, target: str, status: int, requests: int, round_trips: int
) -> None:
    answer = get(target)
    assert answer.status == status
    line = log.line()
    assert (line["status"], line["store_requests"], line["store_round_trips"]) == (
        status,
        requests,
        round_trips,
    )
    assert line["route"].startswith("GET /")
    assert 0 < line["duration_ms"] < 30_000
    assert (line["read_units"] > 0) == (requests > 0)
    assert line["write_units"] == 0
    assert line["failed"] == 0
    assert line["level"] == "INFO"
    is_left_as_it_is(line)


def test_the_request_id_is_the_gateways_request_id(network: Store, log: Log) -> None:
    asked = event("GET /articles/{id}", {"id": "999"})
    handler("get_article")(asked, None)
    assert log.line()["request_id"] == asked["requestContext"]["requestId"]


def test_an_unexpected_error_is_one_line_with_its_traceback(
    network: Store, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    malformed = event("GET /articles/{id}", {}) | {"pathParameters": {}}
    assert handler("get_article")(malformed, None)["statusCode"] == 500
    line = log.line()
    assert (line["level"], line["message"], line["failed"]) == ("ERROR", "unexpected error", 1)
    assert line["exception_name"] == "KeyError"
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("KeyError: 'id'")
    assert line["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    is_left_as_it_is(line)


def test_a_line_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime takes each write for a line of its own where nothing else divides the log."""
    written: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", SimpleNamespace(write=written.append, flush=lambda: None))
        write_line({"text": "of two\nlines, and half a pair: \ud800"})
    (line,) = written
    assert line.endswith("}\n")
    assert line.count("\n") == 1
    assert json.loads(line)["text"] == "of two\nlines, and half a pair: \ud800"


def test_the_first_request_of_a_container_is_its_cold_start(
    network: Store, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_log, "_is_cold", True)
    for _ in range(3):
        get("/articles/100")
    assert [line["cold_start"] for line in log.lines()] == [1, 0, 0]


@pytest.mark.parametrize("is_valid", [True, False])
def test_lines_have_no_addresses_and_no_query_strings(
    network: Store, log: Log, *, is_valid: bool
) -> None:
    followed = {"user-agent": "Reader/1.0", "x-forwarded-for": "192.0.2.7", "cookie": "a=secret"}
    path = {"id": "100", "domain": "7", "link_id": "0" * 32, "part": "0", "name": "x", "host": "x"}
    if not is_valid:
        path |= {"id": "x", "domain": "x", "link_id": "x"}
    for route, folder in routes().items():
        asked = event(route, path, "token=secret&domain=secret&query=secret", followed)
        handler(folder)(asked, None)
        text = log.text()
        log.clear()
        # The desk has routes of its own behind the gateway's.
        expected = "GET /desk/not-found" if "proxy+" in route else route.replace("HEAD", "GET")
        assert json.loads(text)["route"] == expected
        for private in ("192.0.2.7", "Reader", "secret", "?", "token"):
            assert private not in text, route


def test_a_line_is_short(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    """With each route, the longest names, the gateway's ids, and numbers as long as any."""
    usage = Usage()
    usage.requests = usage.round_trips = 99
    usage.read_units = usage.write_units = 999.5
    monkeypatch.setenv("STACK_NAME", LONGEST_STACK)
    assert len(routes()) > 70
    for route, folder in routes().items():
        name = folder.title().replace("_", "")  # in template.yaml
        generated = f"{LONGEST_STACK}-{name}-AbCdEfGhIjKl"
        assert len(generated) <= 64  # Lambda's limit, beyond which CloudFormation cuts
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", generated)
        request = request_of(event(route))._replace(request_id="JKJaXmPLvHcESHA=")
        log_request(metric_dimensions(), request, 200, 29_999.99, usage, None)
        text = log.text()
        log.clear()
        assert json.loads(text)["function"] == name
        assert len(text.encode()) <= MAX_BYTES, text


def test_a_trace_is_named_where_there_is_one(
    network: Store, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda sets the variable for requests that are not traced, too."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0")
    get("/articles/100")
    assert "xray_trace_id" not in log.line()
