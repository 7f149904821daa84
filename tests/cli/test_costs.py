"""`seealso costs`, against CloudWatch's answers as AWS documents them, and the emulator's."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import boto3
import pytest
from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from seealso_cli import aws
from seealso_cli.commands import costs as command
from seealso_cli.costs import log_queries, prices, stack_costs, stack_metrics
from seealso_cli.costs.inventory import Function, Inventory, Table, read_inventory
from seealso_cli.costs.metrics import A_DAY, Metric, read_sums
from seealso_cli.costs.prices import PRICES
from seealso_cli.jobs import JOBS
from seealso_cli.stack import Stack
from tests.cli.support import Outcome, run_command
from tests.support.engines import Engines

SESSION: Any = object()
PARAMETERS = {"Architecture": "arm64", "Cdn": "off", "LogRetentionDays": "30"}
STACK = Stack("prod", SESSION, None, {"ArticlesTable": "prod-ArticlesTable-1"}, PARAMETERS)
RESOURCES = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"]
MEGA = 10**6
# Of a machine for which a day of UTC begins on the day before.
WEST = timezone(timedelta(hours=-5))

# In one day: by name and last dimension.
A_DAY_OF = {
    ("Count", "api"): 1.0 * MEGA,
    ("DataProcessed", "api"): 2e9,
    ("Invocations", "prod-GetArticle-1"): 1.0 * MEGA,
    ("Duration", "prod-GetArticle-1"): 12.5 * MEGA,
    ("Invocations", "prod-CheckLinks-1"): 1440.0,
    ("Duration", "prod-CheckLinks-1"): 1440 * 99.5,
    ("ConsumedReadCapacityUnits", "prod-ArticlesTable-1"): 0.5 * MEGA,
    ("ConsumedReadCapacityUnits", "timeline-id"): 2.0 * MEGA,
    ("ConsumedWriteCapacityUnits", "prod-ArticlesTable-1"): 8.0 * MEGA,
    ("IncomingBytes", "/aws/lambda/prod-requests"): 0.32e9,
    ("IncomingBytes", "/aws/lambda/prod-check-links"): 1e6,
    ("Requests", "Global"): 10.0 * MEGA,
    ("BytesDownloaded", "Global"): 20e9,
    ("FunctionInvocations", "Global"): 1.0 * MEGA,
}
# In each hour of a day.
AN_HOUR_OF = {("read_units", "GetArticle"): 1.0, ("PendingLinks", "prod"): 7.0} | {
    ("cold_start", "prod"): 1000 / 24
}
ROUTES = [
    {"route": route, "requests": requests, "ms": ms, "reads": reads, "writes": writes}
    for route, requests, ms, reads, writes in (
        ("GET /articles/{id}", "800000", "8000000", "2000000", "0"),
        ("GET /assets/{name}", "199900", "1900000", "0", "0"),
        ("POST /articles/{id}/links", "100", "100000", "500", "1400"),
    )
]


class Aws:
    """A stack of a function with routes, a job and a table, whose days were all alike.

    It answers one metric and one resource a page, and has no metrics on the days `missing`.
    """

    def __init__(self, *, cdn: bool = False, missing: Sequence[date] = ()) -> None:
        self.calls: list[tuple[str, str | None, dict[str, Any]]] = []
        self.missing = missing
        self.resources = [
            ("Api", "AWS::ApiGatewayV2::Api", "api"),
            ("GetArticle", "AWS::Lambda::Function", "prod-GetArticle-1"),
            *((name, "AWS::Lambda::Function", f"prod-{name}-1") for name in sorted(JOBS.values())),
            ("ArticlesTable", "AWS::DynamoDB::Table", "prod-ArticlesTable-1"),
            ("TransientTable", "AWS::DynamoDB::Table", "prod-TransientTable-1"),
            ("RequestLogs", "AWS::Logs::LogGroup", "/aws/lambda/prod-requests"),
            ("CheckLinksLogs", "AWS::Logs::LogGroup", "/aws/lambda/prod-check-links"),
            ("ServerErrors", "AWS::CloudWatch::Alarm", "prod-server-errors"),
            ("ChecksSetAside", "AWS::CloudWatch::Alarm", "prod-checks-set-aside"),
            ("StackDashboard", "AWS::CloudWatch::Dashboard", "prod"),
        ]
        if cdn:
            arn = "arn:aws:cloudfront::123456789012:function/prod-viewer-address"
            self.resources += [
                ("Distribution", "AWS::CloudFront::Distribution", "EDFDVBD6EXAMPLE"),
                ("ViewerAddress", "AWS::CloudFront::Function", arn),
            ]

    def __call__(
        self,
        session: object,
        service: str,
        endpoint: str | None,
        operation: str,
        *,
        region: str | None = None,
        **sent: Any,
    ) -> Any:
        assert (session, endpoint) == (SESSION, None)
        assert service in ("cloudformation", "cloudwatch", "dynamodb", "lambda", "logs")
        self.calls.append((operation, region, sent))
        return getattr(self, operation)(**sent)

    def sent(self, operation: str) -> list[dict[str, Any]]:
        return [sent for name, _, sent in self.calls if name == operation]

    def list_stack_resources(self, StackName: str, NextToken: str = "0") -> Any:  # noqa: N803
        assert StackName == "prod"
        number = int(NextToken)
        names = ("LogicalResourceId", "ResourceType", "PhysicalResourceId")
        found = dict(zip(names, self.resources[number], strict=True))
        more = {"NextToken": str(number + 1)} if number + 1 < len(self.resources) else {}
        return {"StackResourceSummaries": [found], **more}

    def get_function_configuration(self, FunctionName: str) -> Any:  # noqa: N803
        return {"FunctionName": FunctionName, "MemorySize": 512}

    def describe_table(self, TableName: str) -> Any:  # noqa: N803
        indexes = [{"IndexName": "timeline-id", "IndexSizeBytes": 10**9}]
        has_index = "Articles" in TableName
        more = {"GlobalSecondaryIndexes": indexes} if has_index else {}
        return {"Table": {"TableName": TableName, "TableSizeBytes": 2 * 10**9, **more}}

    def describe_alarms(self, AlarmNames: list[str], MaxRecords: int) -> Any:  # noqa: N803
        assert MaxRecords == 100
        assert AlarmNames == ["prod-server-errors", "prod-checks-set-aside"]
        value = {"Id": "value", "Expression": "100 * errors / requests"}
        watched: list[Any] = [{"Id": each, "MetricStat": {}} for each in ("errors", "requests")]
        return {"MetricAlarms": [{"Metrics": [value, *watched]}, {"MetricName": "FailingChecks"}]}

    def get_metric_data(
        self,
        MetricDataQueries: list[Any],  # noqa: N803
        StartTime: datetime,  # noqa: N803
        EndTime: datetime,  # noqa: N803
        NextToken: str = "0",  # noqa: N803
    ) -> Any:
        number = int(NextToken)
        query = MetricDataQueries[number]
        stat = query["MetricStat"]
        assert stat["Stat"] == "Sum"
        key = (stat["Metric"]["MetricName"], stat["Metric"]["Dimensions"][-1]["Value"])
        value = (A_DAY_OF if stat["Period"] == A_DAY else AN_HOUR_OF).get(key)
        step = timedelta(seconds=stat["Period"])
        found = []
        if value is not None:
            every = [StartTime + step * n for n in range((EndTime - StartTime) // step)]
            found = [each for each in every if each.date() not in self.missing]
        is_last = number + 1 == len(MetricDataQueries)
        result = {
            "Id": query["Id"],
            "Timestamps": [each.astimezone(WEST) for each in found],
            "Values": [value] * len(found),
            "StatusCode": "Complete",
        }
        return {
            "MetricDataResults": [result],
            **({} if is_last else {"NextToken": str(number + 1)}),
        }

    def start_query(self, **sent: Any) -> Any:
        return {"queryId": sent["logGroupName"]}

    def get_query_results(self, queryId: str) -> Any:  # noqa: N803
        if len(self.sent("get_query_results")) % 2:
            return {"status": "Running", "results": [], "statistics": {}}
        of_checks = [{"checks": "100", "reads": "400", "writes": "700"}]
        rows = of_checks if "check-links" in queryId else ROUTES
        return {
            "status": "Complete",
            "results": [[{"field": name, "value": row[name]} for name in row] for row in rows],
            "statistics": {"bytesScanned": 3e9},
        }


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_queries, "_PAUSE_SECONDS", 0.0)


def run(monkeypatch: pytest.MonkeyPatch, fake: Aws, *options: str, **parameters: str) -> Outcome:
    monkeypatch.setattr(aws, "call", fake)
    stack = STACK._replace(parameters=PARAMETERS | parameters)
    monkeypatch.setattr(command, "get_deployed_stack", lambda _: stack)
    return run_command(["costs", "--stack=prod", *options])


def yesterday() -> date:
    return datetime.now(UTC).date() - timedelta(days=1)


def by_service(document: Any) -> dict[str, float]:
    return {each["service"]: round(each["dollars"], 6) for each in document["services"]}


def test_what_did_yesterday_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Aws()
    document = run(monkeypatch, fake, "--days=1", "--json").json()
    # At the prices of 2026-11-27: whoever changes these changes the sums.
    assert by_service(document) == {
        "HTTP API": 1.0,
        "Lambda, requests": 0.2,
        # 13 ms with the rounding, and 150 ms for one start in 1,000; 512 MB.
        "Lambda, duration": round((13_000 + 150) * 0.5 * 0.0000133334, 6),
        "Lambda, jobs, requests": round(1440 * 0.20 / MEGA, 6),
        "Lambda, jobs, duration": round(1440 * 0.1 * 0.5 * 0.0000133334, 6),
        "schedules of jobs": round(1440 * 1.00 / MEGA, 6),
        "DynamoDB, reads": 2.5 * 0.125,  # of the table and its index
        "DynamoDB, writes": 8 * 0.625,
        "DynamoDB, storage": round(5 * 0.25 / 30, 6),  # both tables, and the index
        "DynamoDB, backups": round(2 * 0.20 / 30, 6),  # of one table, without its index
        "log lines": 0.321 * 0.50,
        "metrics of requests": round(2 * 24 / 720 * 0.30, 6),
        "metrics of the hourly job": round(24 / 720 * 0.30, 6),
        "alarms": round(3 * 0.10 / 30, 6),
        "dashboard": 3.00 / 30,
        "transfer": 2 * 0.09,
    }
    total = sum(each["dollars"] for each in document["services"])
    assert document["dollars"] == pytest.approx(total)
    assert document["dollars_a_month"] == pytest.approx(30 * total)
    idle = sum(each["dollars"] for each in document["services"] if each["is_idle"])
    assert document["idle_dollars_a_month"] == pytest.approx(30 * idle)
    assert (document["from"], document["days"]) == (yesterday().isoformat(), 1)
    assert document["days_without_metrics"] == []
    assert document["prices_date"] == prices.DATE.isoformat()


def test_what_an_action_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts and units are those of lines; durations, bytes and transfer are shared out by them."""
    document = run(monkeypatch, Aws(), "--days=1", "--json").json()
    found = {each["action"]: each for each in document["actions"]}
    assert set(found) == {"page view, JSON", "submission", "check of a link-back"}
    gb_seconds = (13_000 + 150) * 0.5
    view = 1.00 + 0.20 + gb_seconds * 0.8 / 0.8 * 0.0000133334 + 2.5 * 0.125 + 0.16 + 0.18
    assert found["page view, JSON"]["dollars_a_million"] == pytest.approx(view)
    submission = 1.20 + gb_seconds * 100 * 0.0000133334 + 5 * 0.125 + 14 * 0.625 + 0.16 + 0.18
    assert found["submission"]["dollars_a_million"] == pytest.approx(submission)
    # With the runs that found nothing due.
    runs = 1440 * (1.20 / MEGA + 0.1 * 0.5 * 0.0000133334) + 0.001 * 0.50
    check = runs / 100 + (4 * 0.125 + 7 * 0.625) / MEGA
    assert found["check of a link-back"]["dollars_each"] == pytest.approx(check)
    assert [each["count"] for each in document["actions"]] == [800_000, 100, 100]


def test_a_page_view_costs_what_the_documents_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/costs.md has the same sum of the same quantities, by the same prices."""
    document = run(monkeypatch, Aws(), "--days=1", "--json").json()
    usage = prices.Usage(MEGA, (13_000 + 150) * 0.5, 2.5 * MEGA, 0, 0.32e9, 2e9)
    view = document["actions"][0]
    assert view["dollars_a_million"] == pytest.approx(sum(prices.dollars(usage).values()))
    assert view["dollars_a_million"] == pytest.approx(1.94, abs=0.005)


def test_days_without_metrics_are_named_and_count_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    days = [yesterday() - timedelta(days=back) for back in (9, 8, 4)]
    document = run(monkeypatch, Aws(missing=days), "--days=10", "--json").json()
    assert document["days_without_metrics"] == [day.isoformat() for day in days]
    one = run(monkeypatch, Aws(), "--days=1", "--json").json()
    assert document["dollars"] == pytest.approx(7 * one["dollars"])
    assert document["dollars_a_month"] == pytest.approx(one["dollars_a_month"])

    lines = run(monkeypatch, Aws(missing=days), "--days=10").out.splitlines()
    assert f"No metrics: {days[0]} to {days[1]}; not in what follows" in lines
    assert f"No metrics: {days[2]}; not in what follows" in lines


def test_without_any_metrics_there_is_no_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run(monkeypatch, Aws(missing=[yesterday()]), "--days=1")
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.summary.startswith(f"Error: The stack prod has no metrics from {yesterday()}")


def test_behind_cloudfront_it_sends_to_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Aws(cdn=True)
    services = by_service(run(monkeypatch, fake, "--days=1", "--json", Cdn="on").json())
    assert "transfer" not in services
    assert services["CloudFront, requests"] == 10 * 1.20
    assert services["CloudFront, transfer"] == 1.7
    assert services["CloudFront, function"] == 0.10
    # Its metrics are in us-east-1 alone (AWS "Get metrics by using the Amazon CloudWatch API").
    asked = {
        query["MetricStat"]["Metric"]["Namespace"]: region
        for operation, region, sent in fake.calls
        if operation == "get_metric_data"
        for query in sent["MetricDataQueries"]
    }
    assert {name for name, region in asked.items() if region} == {"AWS/CloudFront"}
    assert asked["AWS/CloudFront"] == "us-east-1"
    # Meanwhile, requests past it are answered as well.
    assert "transfer" in by_service(run(monkeypatch, Aws(cdn=True), "--json", Cdn="beside").json())


def test_prices_depend_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = by_service(run(monkeypatch, Aws(), "--json").json())
    x86 = by_service(run(monkeypatch, Aws(), "--json", Architecture="x86_64").json())
    ratio = x86["Lambda, duration"] / arm["Lambda, duration"]
    assert ratio == pytest.approx(0.0000166667 / 0.0000133334, abs=1e-5)


def test_lines_are_read_as_far_back_as_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Aws()
    document = run(monkeypatch, fake, "--days=30", "--json", LogRetentionDays="7").json()
    assert document["logged_days"] == 6  # of the seventh, a part is gone
    for sent in fake.sent("start_query"):
        end = datetime.combine(yesterday() + timedelta(days=1), time(), UTC)
        assert sent["startTime"] == (end - timedelta(days=6)).timestamp()
        assert sent["endTime"] == end.timestamp() - 1
    fake = Aws()
    outcome = run(monkeypatch, fake, LogRetentionDays="1")
    assert "No actions in the log lines that are kept" in outcome.out
    assert fake.sent("start_query") == []


def test_people_get_tables_with_what_they_must_know(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run(monkeypatch, Aws(), "--days=1")
    assert (outcome.status, outcome.stderr) == (0, [])
    lines = outcome.out.splitlines()
    assert lines[:2] == [
        f"prod, {yesterday()} (days in UTC)",
        "List prices of us-east-1 in dollars, without free tiers, as of 2026-11-27",
    ]
    cells = {line[0]: line[1:] for line in (re.split(r" {2,}", line) for line in lines)}
    assert cells["service"] == ["quantity", "dollars", "a month"]
    assert cells["DynamoDB, reads"] == ["2,500,000 units", "0.3125", "9.38"]
    assert cells["page view, JSON"] == ["800,000", "0.00000194", "1.94"]
    assert "Idle: 5.33 dollars a month" in lines
    assert re.fullmatch(r"This report cost \d\.\d{4} dollars", lines[-1])


def test_another_stack_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "get_deployed_stack", lambda _: STACK._replace(outputs={}))
    outcome = run_command(["costs", "--stack=prod"])
    assert outcome.status == 2
    assert "Is it a seealso stack?" in outcome.summary


def test_a_refusal_of_aws_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(Aws):
        def start_query(self, **_: Any) -> Any:
            raise aws.AwsRefused("AccessDeniedException", "User ann may not do logs:StartQuery")

    outcome = run(monkeypatch, Refusing())
    assert outcome.status == 2
    assert outcome.summary == (
        "Error: Could not read the metrics of prod: User ann may not do logs:StartQuery"
    )


# ---- metrics ---------------------------------------------------------------------------------


def test_a_call_asks_for_at_most_500_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def call(*_: Any, region: str | None, **sent: Any) -> Any:
        queries = sent["MetricDataQueries"]
        asked.append(len(queries))
        assert len({query["Id"] for query in queries}) == len(queries)
        results = [
            {"Id": query["Id"], "Timestamps": [], "Values": [], "StatusCode": "Complete"}
            for query in queries
        ]
        return {"MetricDataResults": results}

    monkeypatch.setattr(aws, "call", call)
    metrics = [Metric("seealso", f"metric-{number}", ()) for number in range(1001)]
    sums = read_sums(SESSION, None, metrics, date(2026, 11, 1), 1)
    assert asked == [500, 500, 1]
    assert sums.asked == 1001
    assert set(sums.by_metric) == set(metrics)


def test_values_of_one_metric_may_be_on_several_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3)]
    pages: dict[str, Any] = {
        "": (days[2:], "PartialData", "more"),
        "more": (days[:2], "Complete", None),
    }

    def call(*_: Any, region: str | None, NextToken: str = "", **sent: Any) -> Any:  # noqa: N803
        found, status, token = pages[NextToken]
        result = {"Id": "m0", "Timestamps": found, "Values": [1.0] * len(found)}
        return {"MetricDataResults": [result | {"StatusCode": status}], "NextToken": token}

    monkeypatch.setattr(aws, "call", call)
    metric = Metric("AWS/Lambda", "Invocations", (("FunctionName", "f"),))
    sums = read_sums(SESSION, None, [metric], date(2026, 11, 1), 3)
    assert sums.by_metric[metric] == dict.fromkeys(days, 1.0)
    assert sums.asked == 2  # a page is a call, and charged for


def test_a_metric_that_cannot_be_read_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    result = {"Id": "m0", "Timestamps": [], "Values": [], "StatusCode": "Forbidden"}
    monkeypatch.setattr(aws, "call", lambda *_, **__: {"MetricDataResults": [result]})
    with pytest.raises(aws.AwsRefused, match="Invocations"):
        read_sums(SESSION, None, [Metric("AWS/Lambda", "Invocations", ())], date(2026, 11, 1), 1)


def test_the_emulator_answers_with_sums_by_day(all_engines: Engines) -> None:
    endpoint = all_engines.endpoint("ministack")
    session = boto3.Session()
    cloudwatch = session.client("cloudwatch", endpoint_url=endpoint)
    dimensions = [{"Name": "stack", "Value": "of-costs"}, {"Name": "function", "Value": "Page"}]
    first = yesterday() - timedelta(days=5)
    days = [datetime.combine(first + timedelta(days=n), time(), UTC) for n in range(5)]
    for day, value in ((days[1], 1.5), (days[1], 2.0), (days[3], 4.0)):
        cloudwatch.put_metric_data(
            Namespace="seealso",
            MetricData=[
                {
                    "MetricName": "read_units",
                    "Dimensions": dimensions,
                    "Timestamp": day + timedelta(hours=13),
                    "Value": value,
                }
            ],
        )
    cloudwatch.close()
    of_page = Metric("seealso", "read_units", (("stack", "of-costs"), ("function", "Page")))
    of_none = of_page._replace(dimensions=(("stack", "of-costs"), ("function", "Admin")))
    sums = read_sums(session, endpoint, [of_page, of_none], first, 5)
    assert sums.by_metric[of_page] == {days[1]: 3.5, days[3]: 4.0}
    assert sums.by_metric[of_none] == {}


# ---- what the template has -------------------------------------------------------------------


def inventory() -> Inventory:
    """The template's parts by their logical ids."""

    def ids(kind: str) -> list[str]:
        return [name for name, resource in RESOURCES.items() if resource["Type"] == kind]

    return Inventory(
        api="Api",
        functions={name: Function(name, 0.5) for name in ids("AWS::Serverless::Function")},
        tables=[Table(name, [], 1, 1) for name in ids("AWS::DynamoDB::Table")],
        log_groups={name: name for name in ids("AWS::Logs::LogGroup")},
        alarm_metrics=0,
        has_dashboard=True,
        distribution="Distribution",
        edge_functions=["ViewerAddress"],
    )


def test_metrics_are_those_that_the_dashboard_and_filters_name() -> None:
    body = RESOURCES["StackDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    body = body.replace("${AWS::StackName}", "prod")
    shown = {
        (namespace, name, *dimensions)
        for namespace, name, rest in re.findall(r'\["(\S+?)", "(\S+?)", ((?:"[^"]+", )+)\{', body)
        for dimensions in [re.sub(r"\$\{(\w+)\}", r"\1", rest).strip(', "').split('", "')]
    }
    read = {
        (metric.namespace, metric.name, *(part for pair in metric.dimensions for part in pair))
        for metric in stack_metrics.all_metrics(STACK, inventory())
    }
    priced = {each for each in shown if each[1] not in ("4xx", "5xx", "Errors")}
    assert len(priced) > 30
    assert priced <= read
    filters = {
        metric["MetricName"]: {dimension["Key"] for dimension in metric["Dimensions"]}
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::Logs::MetricFilter"
        for metric in resource["Properties"]["MetricTransformations"]
    }
    by_function = {name for name, keys in filters.items() if keys == {"stack", "function"}}
    assert by_function == set(stack_metrics.BY_FUNCTION)
    assert set(filters) - by_function == set(stack_metrics.BY_STACK)


def test_actions_are_routes_of_the_template() -> None:
    routes = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}"
        for resource in RESOURCES.values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    assert {route for its in stack_costs.ACTIONS.values() for route in its} <= routes


def test_tables_have_backups_except_the_transient_one() -> None:
    without = {
        name
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::DynamoDB::Table"
        and "PointInTimeRecoverySpecification" not in resource["Properties"]
    }
    assert without == {"TransientTable"}


def test_an_inventory_reads_all_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "call", Aws(cdn=True))
    found = read_inventory(STACK)
    assert set(found.functions) == {"GetArticle", *JOBS.values()}
    assert found.functions["GetArticle"] == Function("prod-GetArticle-1", 0.5)
    assert found.tables == [
        Table("prod-ArticlesTable-1", ["timeline-id"], 3 * 10**9, 2 * 10**9),
        Table("prod-TransientTable-1", [], 2 * 10**9, 0),
    ]
    assert found.alarm_metrics == 3
    assert (found.distribution, found.edge_functions) == (
        "EDFDVBD6EXAMPLE",
        ["prod-viewer-address"],
    )


def test_this_report_is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the help says: about 0.001 dollars, and what the queries scan."""
    asked = len(stack_metrics.all_metrics(STACK, inventory()))
    assert asked / 1000 * PRICES["read_metric_thousand"] < 0.0015
    fake = Aws()
    own = run(monkeypatch, fake, "--json").json()["dollars_of_this_report"]
    asked = sum(len(sent["MetricDataQueries"]) for sent in fake.sent("get_metric_data"))
    assert own == pytest.approx(asked / 1000 * 0.01 + 2 * 3 * 0.005)
