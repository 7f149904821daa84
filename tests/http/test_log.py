"""The log line: one for each request, with its metrics, and with nobody's address."""

import json
import sys
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from seealso.http import log as request_log
from seealso.http.log import write_line
from seealso.store.tables import Store
from tests.support.events import event
from tests.support.functions import handler
from tests.support.gateway import get
from tests.support.log import Log

# CloudWatch, "MetricDatum": what a unit may be.
UNITS = {
    *("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"),
    *(f"{size}{per}" for size in ("Bytes", "Bits") for per in ("", "/Second")),
    *(
        f"{scale}{size}{per}"
        for scale in ("Kilo", "Mega", "Giga", "Tera")
        for size in ("bytes", "bits")
        for per in ("", "/Second")
    ),
}


def is_emf(line: dict[str, Any]) -> None:
    """CloudWatch, "Specification: Embedded metric format"."""
    metadata = line["_aws"]
    assert isinstance(metadata["Timestamp"], int)
    for directive in metadata["CloudWatchMetrics"]:
        assert 1 <= len(directive["Namespace"]) <= 1024
        assert directive["Dimensions"]
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= 30
            for name in dimensions:
                assert isinstance(line[name], str)
                assert 1 <= len(line[name]) <= 1024
        assert 1 <= len(directive["Metrics"]) <= 100
        for metric in directive["Metrics"]:
            assert set(metric) <= {"Name", "Unit", "StorageResolution"}
            assert metric["Unit"] in UNITS
            value = line[metric["Name"]]
            assert isinstance(value, int | float)
            assert not isinstance(value, bool)


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
    assert line["service"] == "seealso"
    is_emf(line)


def test_the_correlation_id_is_the_gateways_request_id(network: Store, log: Log) -> None:
    asked = event("GET /articles/{id}", {"id": "999"})
    handler("get_article")(asked, None)
    assert log.line()["correlation_id"] == asked["requestContext"]["requestId"]


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
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)
    is_emf(line)


def test_a_line_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime takes each write for a line of its own where nothing else divides the log."""
    written: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", SimpleNamespace(write=written.append, flush=lambda: None))
        write_line("INFO", "request", {"text": "of two\nlines, and half a pair: \ud800"})
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


def test_lines_have_no_addresses(network: Store, log: Log) -> None:
    followed = {"user-agent": "Reader/1.0", "x-forwarded-for": "192.0.2.7", "cookie": "a=secret"}
    for target in ("/articles/100", "/articles/999", "/articles/x", "/articles/1?domain=secret"):
        get(target, followed)
    text = log.text()
    asked = event("GET /articles/{id}", {"id": "1"})
    http_context = asked["requestContext"]["http"]
    for private in (http_context["sourceIp"], "Reader", http_context["userAgent"], "secret"):
        assert private not in text
