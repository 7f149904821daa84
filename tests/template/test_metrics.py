"""Metrics of two stacks, or of two functions, are never one metric."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from seealso.http.log import log_request
from seealso.http.requests import request_of
from seealso.settings import SettingsError
from seealso.store.client import Usage
from seealso.store.tables import reset_store
from tests.support.events import event
from tests.support.functions import start
from tests.template.processed import of_type


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


def test_a_requests_metrics_have_stack_and_function(capsys: pytest.CaptureFixture[str]) -> None:
    request = request_of(event("GET /articles/{id}", {"id": "1"}))
    log_request(request, 200, 1.5, Usage(), None)
    line = metrics_line(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    # One set without the route: each metric is charged for each set of values in use.
    assert directive["Dimensions"] == [["stack", "function"]]
    assert line["stack"] == "seealso-test"
    assert line["function"] == "seealso-test-GetArticle-X1"
    assert line["route"] == "GET /articles/{id}"


def test_the_hourly_jobs_metrics_have_the_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LINK_DAYS", "365")
    job = start("expire_links")
    monkeypatch.setattr(job, "current_store", lambda: None)
    monkeypatch.setattr(job, "expire_and_erase", lambda *_: Report(failed=2))
    monkeypatch.setattr(job, "count_pending", lambda _: 7)
    monkeypatch.setattr(job, "count_set_aside", lambda _: 3)
    job.handler({}, None)
    line = metrics_line(capsys)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["stack"]]
    assert line["stack"] == "seealso-test"
    names = ("PendingLinks", "FailedLinks", "FailingChecks")
    assert [line[name] for name in names] == [[7], [2], [3]]


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
