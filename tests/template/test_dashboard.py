"""The dashboard: its JSON, which CloudFormation passes on unread, and the prices in its sums."""

import json
import re
from itertools import combinations
from typing import Any

import pytest

from seealso.http.log import log_request
from seealso.http.requests import request_of
from seealso.store.client import Usage as StoreUsage
from seealso_cli.costs.prices import Usage, dollars
from tests.support.events import event
from tests.support.log import Log
from tests.template.alarms import STACK
from tests.template.processed import of_type

OF_AWS = {
    "AWS/ApiGateway": ({"Count", "4xx", "5xx"}, ["ApiId"]),
    "AWS/Lambda": ({"Invocations", "Duration", "Errors"}, ["FunctionName"]),
    "AWS/Logs": ({"IncomingBytes"}, ["LogGroupName"]),
}
OF_THE_HOURLY_JOB = {"PendingLinks", "OldestPendingLink", "FailingChecks", "OldestDueCheck"}


def widgets() -> list[dict[str, Any]]:
    """As CloudWatch gets them, with the logical ids of resources for their names."""
    (dashboard,) = of_type("AWS::CloudWatch::Dashboard").values()
    body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    body = body.replace("${AWS::StackName}", STACK).replace("${AWS::Region}", "eu-west-1")
    found: list[dict[str, Any]] = json.loads(re.sub(r"\$\{(\w+)\}", r"\1", body))["widgets"]
    return found


def series() -> list[list[Any]]:
    return [each for widget in widgets() for each in widget["properties"].get("metrics", [])]


def test_widgets_have_room() -> None:
    for widget in widgets():
        assert widget["x"] + widget["width"] <= 24
        assert widget["properties"]["region"] == "eu-west-1"
    for one, other in combinations(widgets(), 2):
        assert (
            one["x"] + one["width"] <= other["x"]
            or other["x"] + other["width"] <= one["x"]
            or one["y"] + one["height"] <= other["y"]
            or other["y"] + other["height"] <= one["y"]
        ), (one, other)


def test_metrics_are_those_that_are_written() -> None:
    functions = set(of_type("AWS::Lambda::Function"))
    filters = {
        each["MetricName"]: [dimension["Key"] for dimension in each["Dimensions"]]
        for resource in of_type("AWS::Logs::MetricFilter").values()
        for each in resource["Properties"]["MetricTransformations"]
    }
    shown = set()
    for namespace, name, *rest in (each for each in series() if isinstance(each[0], str)):
        dimensions = dict(zip(rest[:-1:2], rest[1:-1:2], strict=True))
        if namespace == "seealso":
            shown.add(name)
            expected = ["stack"] if name in OF_THE_HOURLY_JOB else filters[name]
            assert dimensions["stack"] == STACK
        else:
            names, expected = OF_AWS[namespace]
            assert name in names
        assert list(dimensions) == expected
        assert {dimensions.get("FunctionName"), dimensions.get("function")} <= {None, *functions}
    assert shown == set(filters) | OF_THE_HOURLY_JOB


def test_expressions_name_series_of_their_widget() -> None:
    for widget in widgets():
        of_widget = widget["properties"].get("metrics", [])
        ids = {each[-1].get("id") for each in of_widget}
        for each in of_widget:
            expression = each[-1].get("expression", "")
            assert set(re.findall(r"\b[a-z]\w*", expression)) <= ids


def test_queries_read_what_lines_have(log: Log) -> None:
    request = request_of(event("GET /articles/{id}", {"id": "1"}))
    log_request({"stack": STACK, "function": "GetArticle"}, request, 200, 1.5, StoreUsage(), None)
    (query,) = [widget["properties"]["query"] for widget in widgets() if "Routes" in str(widget)]
    members = re.findall(r"(?:pct|sum|avg|ispresent)\((\w+)|by (\w+)", query)
    assert len(members) > 8
    assert {first or second for first, second in members} <= set(log.line())
    assert f"/aws/lambda/{STACK}-requests" in query


def test_sums_are_of_the_dated_prices() -> None:
    # Of one of each, and of a millisecond with 512 MB.
    expected = dollars(Usage(1, 0.5 / 1e3, 1, 1, 1))
    del expected["transfer"]
    found = {
        each[-1]["label"]: re.fullmatch(r"\(?FILL\(.+, 0\)\)? (.+)", each[-1]["expression"])
        for each in series()
        if each[-1].get("label") in expected
    }
    assert set(found) == set(expected)
    for label, match in found.items():
        assert match, label
        assert _product(match[1]) == pytest.approx(expected[label])
    for function in of_type("AWS::Lambda::Function").values():
        assert function["Properties"]["MemorySize"] == 512


def _product(text: str) -> float:
    """The value of such as `* 0.20 / 1000000`, applied to 1."""
    value = 1.0
    for sign, number in re.findall(r"([*/]) ([\d.]+)", text):
        value = value * float(number) if sign == "*" else value / float(number)
    return value
