"""Every alarm fires for its fault and has a runbook, whose commands show the cause."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from bench import money
from local.paths import ROOT
from seealso.store.tables import Store, current_store, reset_store
from seealso.tables.checks import MAX_FAILURES, Checks, save_checks
from seealso.times import rfc3339
from seealso_cli.main import main as seealso
from tests.support import faulty
from tests.support.environment import use_store
from tests.support.events import event
from tests.support.factories import APPROVED, NOW, make_network, submit_url
from tests.support.faulty import Fault, Proxy
from tests.support.functions import function, handler
from tests.support.log import Log
from tests.template.alarms import STACK, Metrics, State, matches, resolved, state
from tests.template.processed import of_type, processed, source, strings


def chosen(value: Any, *, sends_notices: bool) -> Any:
    """A part of the template without its choices by `SendsNotices`."""
    match value:
        case {"Fn::If": ["SendsNotices", yes, no]}:
            return chosen(yes if sends_notices else no, sends_notices=sends_notices)
        case dict():
            return {name: chosen(each, sends_notices=sends_notices) for name, each in value.items()}
        case list():
            made = [chosen(each, sends_notices=sends_notices) for each in value]
            return [each for each in made if each != {"Ref": "AWS::NoValue"}]
    return value


ALARMS = chosen(of_type("AWS::CloudWatch::Alarm"), sends_notices=True)
WITHOUT_NOTICES = chosen(of_type("AWS::CloudWatch::Alarm"), sends_notices=False)
PAGING = {"ServerErrors", "JobErrors", "DailyJobNotRun", "HourlyJobsNotRun"}
SECTION = re.compile(r" docs/operations\.md#([a-z-]+)$")


def chapter() -> str:
    document = (ROOT / "docs/operations.md").read_text("utf-8")
    return document.partition("\n## Alarms\n")[2].partition("\n## ")[0]


def sections() -> dict[str, str]:
    """The runbooks of docs/operations.md, by their anchor."""
    parts = re.split(r"^### (.+)\n", chapter(), flags=re.MULTILINE)[1:]
    return {
        title.lower().replace(" ", "-"): text
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    }


def section_of(alarm: dict[str, Any]) -> str:
    found = SECTION.search(alarm["Properties"]["AlarmDescription"])
    assert found, alarm
    return found[1]


# ---- what all have ---------------------------------------------------------------------------


def test_each_alarm_names_its_runbook_and_each_runbook_has_an_alarm() -> None:
    (budget,) = of_type("AWS::Budgets::Budget").values()
    name = budget["Properties"]["Budget"]["BudgetName"]["Fn::Sub"]
    of_budget = name.removeprefix("${AWS::StackName}-")
    assert {section_of(alarm) for alarm in ALARMS.values()} | {of_budget} == set(sections())
    for text in sections().values():
        marks = [text.index(f"**{part}:**") for part in ("Means", "Look at", "Do", "Over")]
        assert marks == sorted(marks)


def test_the_table_of_alarms_has_them_all() -> None:
    rows = chapter().partition("\n###")[0].splitlines()
    for alarm in ALARMS.values():
        name = alarm["Properties"]["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
        (row,) = [row for row in rows if row.startswith("|") and f"`{name}`" in row]
        assert f"(#{section_of(alarm)})" in row
        missing = {"notBreaching": "well", "ignore": "as before", "breaching": "alarm"}
        assert missing[alarm["Properties"]["TreatMissingData"]] in row
        is_paging = {"Ref": "Pager"} in alarm["Properties"]["AlarmActions"]
        assert ("| pager |" if is_paging else "| mail |") in row


def test_server_errors_and_jobs_page_and_the_others_mail() -> None:
    for name, alarm in ALARMS.items():
        properties = alarm["Properties"]
        called = [{"Ref": "AlarmMail"}, *([{"Ref": "Pager"}] if name in PAGING else [])]
        assert properties["AlarmActions"] == properties["OKActions"] == called


def test_there_are_at_most_10_alarms_and_each_can_be_made() -> None:
    assert len(ALARMS) + len(of_type("AWS::Budgets::Budget")) <= 10
    for alarm in ALARMS.values():
        properties = alarm["Properties"]
        stats = metrics_of(alarm)
        periods = {each["MetricStat"]["Period"] for each in stats} or {properties["Period"]}
        (period,) = periods
        # AWS "PutMetricAlarm": a day in all, seven with periods of an hour or more; 10 metrics.
        seconds = period * properties["EvaluationPeriods"]
        assert seconds <= (86_400 if period < 3_600 else 604_800)
        assert len(stats) <= 10
    # Each metric of an alarm is charged for.
    watched, with_notices = (
        sum(max(len(metrics_of(alarm)), 1) for alarm in alarms.values())
        for alarms in (WITHOUT_NOTICES, ALARMS)
    )
    assert f"Nine alarms watch {watched} metrics: {watched / 10:.2f} dollars" in chapter()
    assert f"With `NotifyUrl` they are {with_notices}" in chapter()
    assert watched == money.ALARM_METRICS


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """An alarm's metrics, without its expressions; none if the alarm itself names its metric."""
    return [each for each in alarm["Properties"].get("Metrics", []) if "MetricStat" in each]


def test_expressions_have_a_value_where_metrics_have_none() -> None:
    """With too few data points, CloudWatch would take older ones into account."""
    for alarm in [*ALARMS.values(), *WITHOUT_NOTICES.values()]:
        for each in alarm["Properties"].get("Metrics", []):
            if "Expression" in each:
                names = re.findall(r"\b[a-z]\w*", each["Expression"])
                filled = re.findall(r"FILL\(([a-z]\w*), [01]\)", each["Expression"])
                assert sorted(names) == sorted(filled)


def test_alarms_watch_metrics_that_are_written() -> None:
    """With the names and dimensions of AWS's own metrics, and of the stack's."""
    known = {
        "AWS/ApiGateway": ({"4xx", "5xx", "Count"}, {"ApiId"}),
        "AWS/Lambda": ({"Invocations", "Errors", "Throttles", "Duration"}, {"FunctionName"}),
        "seealso": (
            {"throttled", "FailedLinks", "FailingChecks", "OldestDueCheck", "OldestPendingLink"},
            {"stack"},
        ),
    }
    for alarm in ALARMS.values():
        properties = alarm["Properties"]
        stats = [each for each in properties.get("Metrics", []) if "MetricStat" in each]
        for metric in [each["MetricStat"]["Metric"] for each in stats] or [properties]:
            names, dimensions = known[metric["Namespace"]]
            assert metric["MetricName"] in names
            assert {each["Name"] for each in metric["Dimensions"]} == dimensions
            functions = of_type("AWS::Lambda::Function")
            for each in metric["Dimensions"]:
                if each["Name"] == "FunctionName":
                    assert resolved(each["Value"]) in functions


def test_without_an_address_there_is_nothing_to_pay_for() -> None:
    parameters = source()["Parameters"]
    assert [parameters[name]["Default"] for name in ("AlarmEmail", "PagerUrl")] == ["", ""]
    assert (parameters["MonthlyBudget"]["Default"], parameters["Dashboard"]["Default"]) == (
        0,
        "off",
    )
    conditions = {
        "AWS::CloudWatch::Alarm": {"HasAlarms"},
        "AWS::SNS::Topic": {"HasAlarms"},
        "AWS::SNS::Subscription": {"SendsMail", "CallsPager"},
        "AWS::Budgets::Budget": {"HasBudget"},
        "AWS::CloudWatch::Dashboard": {"HasDashboard"},
    }
    for kind, expected in conditions.items():
        assert {each["Condition"] for each in of_type(kind).values()} == expected
    assert processed()["Conditions"]["HasAlarms"] == {
        "Fn::Or": [{"Condition": "SendsMail"}, {"Condition": "CallsPager"}]
    }


def test_the_budget_counts_this_stack_alone() -> None:
    (budget,) = of_type("AWS::Budgets::Budget").values()
    assert budget["Properties"]["Budget"]["CostFilters"] == {
        "TagKeyValue": [
            {"Fn::Join": ["$", ["aws:cloudformation:stack-name", {"Ref": "AWS::StackName"}]]}
        ]
    }
    rule = source()["Rules"]["BudgetNeedsAlarmEmail"]
    assert {"MonthlyBudget", "AlarmEmail"} < set(strings(rule))
    assert "has to be activated" in sections()["over-budget"]


# ---- each fires ------------------------------------------------------------------------------


@dataclass(slots=True)
class Watched:
    """A stack of which CloudWatch has metrics; `lines` are what its functions have logged."""

    log: Log
    metrics: Metrics
    lines: list[dict[str, Any]]

    def record(self, *minutes: int, group: str = "RequestLogs") -> list[dict[str, Any]]:
        """Take the lines written since, as if they had been written in each of these minutes."""
        lines = self.log.lines()
        self.log.clear()
        self.lines += lines
        for minute in minutes:
            for line in lines:
                self.metrics.put_line(group, line, minute)
        return lines

    def invoked(self, name: str, minute: int, *, errors: int = 0, runs: int = 1) -> None:
        """What Lambda counts of a function's runs."""
        dimensions = {"FunctionName": name}
        self.metrics.put("AWS/Lambda", "Invocations", dimensions, minute, runs)
        self.metrics.put("AWS/Lambda", "Errors", dimensions, minute, errors)

    def answered(self, minute: int, *statuses: int) -> None:
        """What the gateway counts of its answers."""
        for status in statuses:
            self.metrics.put("AWS/ApiGateway", "Count", {"ApiId": "Api"}, minute, 1)
            for name, first in (("4xx", 400), ("5xx", 500)):
                count = int(first <= status < first + 100)
                self.metrics.put("AWS/ApiGateway", name, {"ApiId": "Api"}, minute, count)

    def state(self, alarm: str, minute: int, before: State = "OK") -> State:
        return state(ALARMS[alarm]["Properties"], self.metrics, minute, before)


@pytest.fixture
def watched(
    deployed_environment: Store, log: Log, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watched]:
    make_network(deployed_environment, [(100, APPROVED), (101, APPROVED)])
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", f"{STACK}-GetArticle-X1")
    yield Watched(log, Metrics(), [])
    reset_store()


@pytest.fixture
def between(
    watched: Watched, deployed_environment: Store, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Proxy]:
    with faulty.proxy(deployed_environment.client.endpoint) as proxy:
        use_store(deployed_environment, monkeypatch, endpoint=proxy.endpoint)
        monkeypatch.setattr(current_store().client, "limit_seconds", 1.0)
        yield proxy
        reset_store()


def view() -> int:
    return int(
        handler("get_article")(event("GET /articles/{id}", {"id": "100"}), None)["statusCode"]
    )


def shown(runbook: str, lines: list[dict[str, Any]], group: str) -> list[dict[str, Any]]:
    """The lines that the commands of a runbook show of a log group."""
    commands = re.findall(
        r"aws logs tail /aws/lambda/STACK-(\S+) .*?(?:--filter-pattern '([^']+)')?$",
        sections()[runbook],
        re.MULTILINE,
    )
    patterns = [pattern for name, pattern in commands if name in (group, "$job")]
    assert patterns, runbook
    return [line for line in lines if any(not each or matches(each, line) for each in patterns)]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (faulty.failing, "InternalServerError"),
        (faulty.reset, "no answer (ConnectionResetError)"),
        (faulty.refusal(400, "AccessDeniedException"), "AccessDeniedException"),
    ],
)
def test_server_errors(watched: Watched, between: Proxy, fault: Fault, cause: str) -> None:
    for minute in (0, 1, 2):
        watched.answered(minute, *[200] * 99, 404)
    assert watched.state("ServerErrors", 2) == "OK"
    between.inject(fault, times=None)
    status = view()
    for minute in (3, 4):
        watched.answered(minute, *[200] * 50, status)
    watched.record(3, 4)
    assert watched.state("ServerErrors", 3) == "OK"  # one minute of three
    assert watched.state("ServerErrors", 4) == "ALARM"
    assert watched.state("ServerErrors", 7) == "OK"  # without requests
    (line,) = shown("server-errors", watched.lines, "requests")
    assert cause in json.dumps(line)


@pytest.mark.parametrize(
    "line",
    [  # as Lambda writes them (AWS "Viewing CloudWatch logs for Python Lambda functions")
        {"level": "ERROR", "message": "Unable to import module 'app'", "errorType": "ImportError"},
        {"type": "platform.report", "record": {"status": "timeout"}},
    ],
)
def test_server_errors_that_no_request_logs(watched: Watched, line: dict[str, Any]) -> None:
    for minute in (0, 1):
        watched.answered(minute, 500)
    assert watched.state("ServerErrors", 1) == "ALARM"
    assert shown("server-errors", [line, {"level": "INFO", "failed": 0}], "requests") == [line]


def test_slow_page_views(watched: Watched, between: Proxy) -> None:
    between.inject(faulty.slow(0.55), times=1)
    view()
    view()
    slow, fast = watched.record()
    for minute in range(8):
        # The second slow one of a hundred is above the p99.
        durations = [fast["duration_ms"]] * 58 + [slow["duration_ms"]] * (2 if minute >= 3 else 0)
        watched.metrics.put(
            "AWS/Lambda", "Duration", {"FunctionName": "GetArticle"}, minute, *durations
        )
        watched.invoked("GetArticle", minute, runs=len(durations))
    assert watched.state("SlowPageViews", 4) == "OK"
    assert watched.state("SlowPageViews", 5) == "ALARM"
    assert shown("slow-page-views", watched.lines, "requests") == [slow]

    # On a quiet stack the p99 would be its slowest view.
    quiet = Watched(watched.log, Metrics(), [])
    for minute in range(5):
        quiet.metrics.put("AWS/Lambda", "Duration", {"FunctionName": "Page"}, minute, 900)
        quiet.invoked("Page", minute, runs=49)
    assert quiet.state("SlowPageViews", 4) == "OK"


def test_throttled_tables(watched: Watched, between: Proxy) -> None:
    assert view() == 200
    (line,) = watched.record(0)
    assert "throttled" not in line
    between.inject(faulty.throttled, times=1)
    assert view() == 200  # the next attempt succeeds
    (line,) = watched.record(1, 3, 4)
    assert line["throttled"] == 1
    assert watched.state("Throttled", 3) == "OK"
    assert watched.state("Throttled", 4) == "ALARM"
    assert shown("throttled", watched.lines, "requests") == [line]


@pytest.mark.parametrize(
    "name", ["GetArticle", "Page", "Related", "SubmitLink", "Graphql", "Admin", "Desk"]
)
def test_throttled_functions(watched: Watched, name: str) -> None:
    for minute in (1, 3, 4):
        watched.metrics.put("AWS/Lambda", "Throttles", {"FunctionName": name}, minute, 1)
    assert [watched.state("Throttled", minute) for minute in (3, 4)] == ["OK", "ALARM"]


def listed(watched: Watched, store: Store, runbook: str) -> str:
    """What a runbook's command of `seealso` prints, over these tables."""
    (arguments,) = re.findall(r"^seealso (.+) --stack STACK$", sections()[runbook], re.MULTILINE)
    options = ["--endpoint", store.client.endpoint, "--links-table", store.links]
    watched.log.clear()
    seealso([*arguments.split(), *options], standalone_mode=False)
    return watched.log.text()


def hourly_job(watched: Watched, minute: int) -> None:
    handler("expire_links")({}, None)
    watched.record(minute, group="ExpireLinksLogs")


@pytest.mark.parametrize(
    ("alarm", "passed"),
    [
        ("ChecksSetAside", timedelta(0)),
        ("OverdueChecks", timedelta(hours=6)),
        ("OldPendingLinks", timedelta(days=3)),
    ],
)
def test_what_waits_for_people(
    watched: Watched,
    deployed_environment: Store,
    alarm: str,
    passed: timedelta,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def at(now: datetime) -> None:
        clock = SimpleNamespace(now=lambda _: now)
        monkeypatch.setattr(function("expire_links"), "datetime", clock)

    at(NOW)
    hourly_job(watched, 0)
    match alarm:
        case "ChecksSetAside":
            failed = Checks("0" * 32, due_at=rfc3339(NOW), failures=MAX_FAILURES, is_set_aside=True)
            save_checks(deployed_environment, failed)
        case "OverdueChecks":
            save_checks(deployed_environment, Checks("0" * 32, due_at=rfc3339(NOW)))
        case _:
            submit_url(deployed_environment, 100, "https://example.com/waits")
    if passed:
        at(NOW + passed)
        hourly_job(watched, 60)
    assert watched.state(alarm, 60) == "OK"
    at(NOW + passed + timedelta(seconds=1))
    hourly_job(watched, 120)
    assert watched.state(alarm, 120) == "ALARM"
    if alarm != "OldPendingLinks":  # the queue is the API's
        assert "0" * 32 in listed(watched, deployed_environment, section_of(ALARMS[alarm]))
    for before in get_args(State.__value__):  # until the job says otherwise
        assert watched.state(alarm, 130, before) == before


def test_job_errors(watched: Watched, between: Proxy) -> None:
    between.inject(faulty.refusal(400, "ValidationException"), times=None)
    with pytest.raises(Exception, match="ValidationException") as raised:
        handler("expire_links")({}, None)
    watched.invoked("ExpireLinks", 0, errors=1)
    assert watched.state("JobErrors", 4) == "ALARM"
    assert watched.state("JobErrors", 9) == "OK"
    # What Lambda writes of it (AWS "Using JSON log format with structured logs").
    line = {"level": "ERROR", "errorType": type(raised.value).__name__, "stackTrace": []}
    assert shown("job-errors", [line, {"level": "INFO"}], "expire-links") == [line]


def test_checks_that_failed_once_do_not_page(watched: Watched) -> None:
    for minute in range(5):
        watched.invoked("CheckLinks", minute, errors=int(minute < 2))
    assert watched.state("JobErrors", 4) == "OK"
    watched.invoked("CheckLinks", 4, errors=1)
    assert watched.state("JobErrors", 4) == "ALARM"


def test_links_that_the_job_cannot_change_page(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = function("expire_links")

    def expire_and_erase(*arguments: Any) -> Any:
        arguments[3]("0" * 32, ValueError("no status"))
        return report._replace(failed=1)

    report = job.expire_and_erase(job.current_store(), datetime.now(UTC), 365, lambda *_: None)
    monkeypatch.setattr(job, "expire_and_erase", expire_and_erase)
    hourly_job(watched, 0)
    assert watched.state("JobErrors", 0) == "ALARM"
    lines = [{"level": each.levelname, "message": each.message} for each in caplog.records]
    (line,) = shown("job-errors", lines, "expire-links")
    assert line["message"] == "link not changed"


@pytest.mark.parametrize(
    ("alarm", "job"),
    [
        ("DailyJobNotRun", "RecordSkips"),
        ("HourlyJobsNotRun", "ExpireLinks"),
        ("HourlyJobsNotRun", "CheckLinks"),
        ("HourlyJobsNotRun", "Notify"),
    ],
)
def test_jobs_not_run(watched: Watched, alarm: str, job: str) -> None:
    last = 40 * 60
    assert watched.state(alarm, last) == "ALARM"  # nothing at all
    for name in ("ExpireLinks", "CheckLinks", "Notify", "RecordSkips"):
        for hour in range(41):
            # Of the job in question, runs that fail do not count.
            is_well = name != job or hour == 14
            watched.invoked(name, hour * 60 + 30, errors=0 if is_well else 1)
    assert watched.state(alarm, 40 * 60 - 1) == "OK"
    assert watched.state(alarm, 41 * 60 - 1) == "ALARM"


def test_without_a_webhook_its_job_is_not_missed(watched: Watched) -> None:
    for name in ("ExpireLinks", "CheckLinks"):
        for hour in range(26):
            watched.invoked(name, hour * 60 + 30)
    alarm = WITHOUT_NOTICES["HourlyJobsNotRun"]["Properties"]
    assert state(alarm, watched.metrics, 26 * 60 - 1) == "OK"


def test_notify_that_failed_pages(watched: Watched) -> None:
    watched.invoked("Notify", 0, errors=1)
    assert watched.state("JobErrors", 4) == "ALARM"
