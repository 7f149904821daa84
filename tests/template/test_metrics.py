"""Metrics of two stacks, or of two functions, are never one metric."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from bench import money
from local.paths import ROOT
from seealso.http.log import log_request, metric_dimensions
from seealso.http.requests import request_of
from seealso.settings import SettingsError
from seealso.store.client import Usage
from seealso.store.tables import reset_store
from seealso_cli.costs.stack_metrics import OF_HOURLY_JOB
from tests.support.events import event
from tests.support.functions import start
from tests.template.alarms import matches
from tests.template.processed import of_type, source


class Report(NamedTuple):
    """What the hourly job has done."""

    failed: int


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # The stack that all tests name: Powertools keeps the first name in this process.
    monkeypatch.setenv("STACK_NAME", "seealso-test")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "seealso-test-GetArticle-X1")
    yield
    reset_store()


def metrics_line(captured: pytest.CaptureFixture[str]) -> dict[str, Any]:
    lines = [json.loads(line) for line in captured.readouterr().out.splitlines()]
    (line,) = [line for line in lines if "_aws" in line]
    found: dict[str, Any] = line
    return found


def test_a_requests_line_has_stack_and_function(capsys: pytest.CaptureFixture[str]) -> None:
    request = request_of(event("GET /articles/{id}", {"id": "1"}))
    log_request(metric_dimensions(), request, 200, 1.5, Usage(), None)
    line = json.loads(capsys.readouterr().out)
    assert line["stack"] == "seealso-test"
    assert line["function"] == "GetArticle"  # also when CloudFormation creates it anew
    assert line["route"] == "GET /articles/{id}"


def test_filters_make_the_metrics_of_requests(capsys: pytest.CaptureFixture[str]) -> None:
    request = request_of(event("GET /articles/{id}", {"id": "1"}))
    usage = Usage()
    usage.write_units, usage.throttled = 2.0, 1
    log_request(metric_dimensions(), request, 200, 1.5, usage, None)
    line = json.loads(capsys.readouterr().out)
    dimensions = {}
    for resource in of_type("AWS::Logs::MetricFilter").values():
        properties = resource["Properties"]
        (metric,) = properties["MetricTransformations"]
        name = metric["MetricName"]
        dimensions[name] = [each["Key"] for each in metric["Dimensions"]]
        assert matches(properties["FilterPattern"], line)
        assert isinstance(line[name], int | float)
        assert metric["MetricValue"] == f"$.{name}"
        assert metric["MetricNamespace"] == "seealso"
        assert metric["Unit"] == "Count"
        assert all(each["Value"] == f"$.{each['Key']}" for each in metric["Dimensions"])
        # A default value would have no dimensions, which AWS refuses.
        assert "DefaultValue" not in metric
        assert properties["LogGroupName"] == {"Ref": "RequestLogs"}
    assert dimensions == {
        "read_units": ["stack", "function"],
        "write_units": ["stack", "function"],
        "failed": ["stack"],
        "cold_start": ["stack"],
        "throttled": ["stack"],
    }


def test_a_stack_has_at_most_20_custom_metrics() -> None:
    """Each is charged for each set of its dimensions' values in use: none has the route."""
    answering = {
        name
        for name, function in of_type("AWS::Lambda::Function").items()
        if function["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": "RequestLogs"}
    }
    writing = {"SubmitLink", "Admin", "Desk"}  # `write_units` is a metric where it is over 0
    assert len(answering) == 7
    of_requests = len(answering) + len(writing) + len(("failed", "cold_start", "throttled"))
    assert of_requests + len(OF_HOURLY_JOB) <= 20
    counted = (money.REQUEST_METRICS, money.JOB_METRICS)  # docs/costs.md
    assert counted == (of_requests, len(OF_HOURLY_JOB))


def test_functions_that_log_requests_share_a_log_group() -> None:
    for name, resource in source()["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            properties = resource["Properties"]
            answers = "serve(" in (ROOT / properties["CodeUri"] / "app.py").read_text()
            group = "RequestLogs" if answers else f"{name}Logs"
            assert properties["LoggingConfig"]["LogGroup"] == {"Ref": group}


def test_lambda_writes_no_lines_of_its_own_unless_something_fails() -> None:
    for function in of_type("AWS::Lambda::Function").values():
        config = function["Properties"]["LoggingConfig"]
        assert config["LogFormat"] == "JSON"
        assert config["SystemLogLevel"] == "WARN"
        assert config["ApplicationLogLevel"] == "INFO"
        assert "LogGroup" in config


def test_the_hourly_jobs_metrics_have_the_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LINK_DAYS", "365")
    job = start("expire_links")
    monkeypatch.setattr(job, "current_store", lambda: None)
    monkeypatch.setattr(job, "expire_and_erase", lambda *_: Report(failed=2))
    monkeypatch.setattr(job, "count_pending", lambda _: {3: 4, 5: 3})
    monkeypatch.setattr(job, "save_counts", lambda *_: None)
    monkeypatch.setattr(job, "count_set_aside", lambda _: 3)
    an_hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    monkeypatch.setattr(job, "oldest_for_editors", lambda _: an_hour_ago)
    monkeypatch.setattr(job, "oldest_due", lambda *_: None)
    job.handler({}, None)
    line = metrics_line(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["stack"]]
    assert line["stack"] == "seealso-test"
    assert [metric["Name"] for metric in directive["Metrics"]] == [*OF_HOURLY_JOB]
    counts = [line[name] for name in OF_HOURLY_JOB[:3]]
    assert counts == [[7], [2], [3]]
    assert 3600 <= line["OldestPendingLink"][0] < 3700
    assert line["OldestDueCheck"] == [0]


@pytest.mark.parametrize("name", ["expire_links", "get_article"])
def test_a_function_does_not_start_without_its_stacks_name(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable in ("ARTICLES", "LINKS", "SITES", "SKIPS", "AUDIT", "TRANSIENT"):
        monkeypatch.setenv(f"{variable}_TABLE", "table")
    monkeypatch.setenv("STORE_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("LINK_DAYS", "365")
    monkeypatch.delenv("STACK_NAME")
    with pytest.raises(SettingsError, match="STACK_NAME is required"):
        start(name)


def test_every_function_has_the_stacks_name() -> None:
    for function in of_type("AWS::Lambda::Function").values():
        variables = function["Properties"]["Environment"]["Variables"]
        assert variables["STACK_NAME"] == {"Ref": "AWS::StackName"}
