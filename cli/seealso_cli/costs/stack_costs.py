"""What a deployed stack cost over some days: by service, by action, and idle.

Services are counted by AWS's own metrics of the stack. Actions are page views, submissions and
checks: the lines that functions log say how many there were and what they read and wrote, and what
the metrics have beside that (duration, bytes) is shared out by it.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from seealso_cli import aws
from seealso_cli.costs import prices
from seealso_cli.costs.inventory import Inventory, read_inventory
from seealso_cli.costs.log_queries import Rows, query_lines
from seealso_cli.costs.metrics import Metric, Sums, read_sums
from seealso_cli.costs.prices import GB, INIT_SECONDS, PRICES, Usage
from seealso_cli.costs.stack_metrics import (
    CLOUDFRONT_REGION,
    OF_HOURLY_JOB,
    READS,
    WRITES,
    all_metrics,
    at_edges,
    custom_metrics,
    edge_metrics,
    of_api,
    of_edge_function,
    of_function,
    of_log,
    of_stack,
    of_table,
    tables_and_indexes,
)
from seealso_cli.errors import CommandFailed
from seealso_cli.jobs import JOBS
from seealso_cli.stack import Stack

# A month of AWS's prices here; custom metrics are charged for each hour in which they have data.
MONTH_DAYS, MONTH_HOURS = 30, 720
# By routes, as lines have them.
ACTIONS = {
    "page view, JSON": ("GET /articles/{id}",),
    "page view, HTML": ("GET /a/{id}",),
    "query, GraphQL": ("GET /graphql", "POST /graphql"),
    "submission": ("POST /articles/{id}/links", "POST /a/{id}/links", "POST /webmention"),
}
_ROUTES = (
    "filter ispresent(route) | stats count(*) as requests, sum(duration_ms) as ms, "
    "sum(read_units) as reads, sum(write_units) as writes by route"
)
_CHECKS = (
    "filter message = 'links checked' | stats sum(checked) as checks, sum(read_units) as reads, "
    "sum(write_units) as writes"
)
NOT_COUNTED = (
    "stored log lines, editors' sign-ins (Cognito), notifications, the files of deployments (S3), "
    "reads of the dashboard and, where they are on, X-Ray and AWS KMS"
)


class Service(NamedTuple):
    """What one service cost; `is_idle` if that is so without any visitors."""

    name: str
    quantity: float
    unit: str
    dollars: float
    is_idle: bool = False


class Action(NamedTuple):
    """What people or the clock did, how often, and what all of it cost."""

    name: str
    number: int
    dollars: float


class Report(NamedTuple):
    """Dollars of the days that have metrics; the others are `missing`.

    `logged_days` of them are those whose lines are kept, on which actions are counted. `asked` and
    `scanned_bytes` are what this report itself was charged for.
    """

    first: date
    days: int
    missing: list[date]
    services: list[Service]
    actions: list[Action]
    logged_days: int
    asked: int
    scanned_bytes: float

    def a_month(self, services: Iterable[Service]) -> float:
        """Dollars of 30 such days."""
        dollars = sum(service.dollars for service in services)
        return dollars / (self.days - len(self.missing)) * MONTH_DAYS

    def own_dollars(self) -> float:
        """What this report cost."""
        return (
            self.asked / 1000 * PRICES["read_metric_thousand"]
            + self.scanned_bytes / GB * PRICES["insights_gb"]
        )


def read_costs(stack: Stack, first: date, days: int) -> Report:
    """What a stack cost on these days in UTC. Raises CommandFailed."""
    stack.output("ArticlesTable")  # it is a stack of seealso
    try:
        return _read_costs(stack, first, days)
    except (aws.AwsRefused, aws.AwsUnreachable) as error:
        raise CommandFailed(f"Could not read the metrics of {stack.name}: {error}") from None


def _read_costs(stack: Stack, first: date, days: int) -> Report:
    parts = read_inventory(stack)
    sums = read_sums(stack.session, stack.endpoint, all_metrics(stack, parts), first, days)
    if wanted := edge_metrics(parts):
        more = read_sums(
            stack.session, stack.endpoint, wanted, first, days, region=CLOUDFRONT_REGION
        )
        sums = Sums(sums.by_metric | more.by_metric, sums.asked + more.asked)
    all_days = [first + timedelta(days=number) for number in range(days)]
    measured = {moment.date() for found in sums.by_metric.values() for moment in found}
    missing = [day for day in all_days if day not in measured]
    if len(missing) == days:
        raise CommandFailed(
            f"The stack {stack.name} has no metrics from {first} to {all_days[-1]}. It was not "
            "deployed then, or in another region."
        )
    found = _Found(stack, parts, sums, days - len(missing))
    # Some lines of the oldest day are gone.
    kept = int(stack.parameters["LogRetentionDays"]) - 1
    logged = all_days[-kept:] if kept else []
    routes = found.lines("RequestLogs", _ROUTES, logged)
    checks = found.lines("CheckLinksLogs", _CHECKS, logged)
    return Report(
        first,
        days,
        missing,
        [*found.services()],
        [*found.actions(routes, logged), *found.checks(checks, logged)],
        len(set(logged) & measured),
        sums.asked,
        routes.scanned + checks.scanned,
    )


class _Found:
    """What was found of a stack, over days that have metrics."""

    def __init__(self, stack: Stack, parts: Inventory, sums: Sums, days: int) -> None:
        self._stack = stack
        self._parts = parts
        self._sums = sums.by_metric
        self._months = days / MONTH_DAYS
        self._architecture = stack.parameters["Architecture"]
        self._is_behind_cdn = stack.parameters["Cdn"] == "on"

    def lines(self, group: str, query: str, days: list[date]) -> Rows:
        if not days:
            return Rows([], 0.0)
        start, end = (datetime.combine(day, time(), UTC) for day in (days[0], days[-1]))
        return query_lines(
            self._stack.session,
            self._stack.endpoint,
            self._parts.log_groups[group],
            query,
            start,
            end + timedelta(days=1),
        )

    def services(self) -> Iterable[Service]:
        """Each service with what it cost."""
        total = self._total
        requests = total(of_api(self._parts, "Count"))
        price = prices.dollars(
            Usage(
                requests=requests,
                gb_seconds=0,
                read_units=self._units(READS),
                write_units=self._units(WRITES),
                log_bytes=sum(total(of_log(group)) for group in self._parts.log_groups.values()),
                sent_bytes=self._sent(),
            )
        )
        yield Service("HTTP API", requests, "requests", price["HTTP API"])
        jobs = set(JOBS.values())
        yield from self._functions("Lambda", set(self._parts.functions) - jobs, is_idle=False)
        yield from self._functions("Lambda, jobs", jobs, is_idle=True)
        runs = sum(self._calls(job) for job in jobs)
        dollars = runs / 1e6 * PRICES["schedule_million"]
        yield Service("schedules of jobs", runs, "runs", dollars, is_idle=True)
        for name, metric in (("reads", READS), ("writes", WRITES)):
            label = f"DynamoDB, {name}"
            yield Service(label, self._units(metric), "units", price[label])
        yield from self._stored()
        logged = sum(total(of_log(group)) for group in self._parts.log_groups.values())
        yield Service("log lines", logged / GB, "GB", price["log lines"])
        yield from self._monitoring()
        if not self._is_behind_cdn:  # AWS does not charge for transfer to CloudFront
            yield Service("transfer", self._sent() / GB, "GB", price["transfer"])
        if self._parts.distribution:
            yield from self._cdn()

    def _functions(self, name: str, functions: set[str], *, is_idle: bool) -> Iterable[Service]:
        calls = sum(self._calls(function) for function in functions)
        dollars = calls / 1e6 * PRICES["lambda_million"]
        yield Service(f"{name}, requests", calls, "requests", dollars, is_idle)
        gb_seconds = sum(self._gb_seconds(function) for function in functions)
        if not is_idle:
            gb_seconds += self._starts()
        dollars = gb_seconds * prices.gb_second(self._architecture)
        yield Service(f"{name}, duration", gb_seconds, "GB-s", dollars, is_idle)

    def _stored(self) -> Iterable[Service]:
        stored = sum(table.stored_bytes for table in self._parts.tables)
        backup = sum(table.backup_bytes for table in self._parts.tables)
        for name, size, price in (
            ("DynamoDB, storage", stored, PRICES["dynamodb_gb"]),
            ("DynamoDB, backups", backup, PRICES["dynamodb_backup_gb"]),
        ):
            yield Service(name, size / GB, "GB", size / GB * price * self._months, is_idle=True)

    def _monitoring(self) -> Iterable[Service]:
        of_job = [of_stack(self._stack, name) for name in OF_HOURLY_JOB]
        others = [
            metric for metric in custom_metrics(self._stack, self._parts) if metric not in of_job
        ]
        for name, metrics, is_idle in (
            ("metrics of requests", others, False),
            ("metrics of the hourly job", of_job, True),
        ):
            hours = sum(len(self._sums[metric]) for metric in metrics)
            dollars = hours / MONTH_HOURS * PRICES["metric"]
            yield Service(name, hours, "hours of a metric", dollars, is_idle)
        watched = self._parts.alarm_metrics
        if watched:
            dollars = watched * PRICES["alarm_metric"] * self._months
            yield Service("alarms", watched, "metrics", dollars, is_idle=True)
        if self._parts.has_dashboard:
            yield Service(
                "dashboard", 1, "dashboard", PRICES["dashboard"] * self._months, is_idle=True
            )

    def _cdn(self) -> Iterable[Service]:
        requests, sent = (
            self._total(at_edges(self._parts, name)) for name in ("Requests", "BytesDownloaded")
        )
        # The metrics do not say where: the most expensive edges of PriceClass_100.
        dollars = requests / 1e6 * max(prices.EDGES.values())
        yield Service("CloudFront, requests", requests, "requests", dollars)
        dollars = sent / GB * PRICES["cloudfront_transfer_gb"]
        yield Service("CloudFront, transfer", sent / GB, "GB", dollars)
        runs = sum(self._total(of_edge_function(name)) for name in self._parts.edge_functions)
        dollars = runs / 1e6 * PRICES["cloudfront_function_million"]
        yield Service("CloudFront, function", runs, "runs", dollars)

    def actions(self, routes: Rows, days: list[date]) -> Iterable[Action]:
        """Actions of visitors on days whose lines were found."""
        by_route = {row["route"]: row for row in routes.rows}
        all_requests = sum(int(float(row["requests"])) for row in routes.rows)
        all_ms = sum(float(row["ms"]) for row in routes.rows)
        functions = set(self._parts.functions) - set(JOBS.values()) - {"VersionProbe"}
        gb_seconds = sum(self._gb_seconds(function, days) for function in functions)
        gb_seconds += self._starts(days)
        log_bytes = self._total(of_log(self._parts.log_groups["RequestLogs"]), days)
        sent = self._sent(days) / (self._total(of_api(self._parts, "Count"), days) or 1)
        for name, its_routes in ACTIONS.items():
            rows = [by_route[route] for route in its_routes if route in by_route]
            count = sum(int(float(row["requests"])) for row in rows)
            if not count:
                continue
            usage = Usage(
                requests=count,
                gb_seconds=gb_seconds * sum(float(row["ms"]) for row in rows) / (all_ms or 1),
                read_units=sum(float(row["reads"]) for row in rows),
                write_units=sum(float(row["writes"]) for row in rows),
                log_bytes=log_bytes * count / all_requests,
                sent_bytes=sent * count,
            )
            yield Action(name, count, sum(prices.dollars(usage, self._architecture).values()))

    def checks(self, found: Rows, days: list[date]) -> Iterable[Action]:
        """Checks, with the runs that made them and those that found nothing due."""
        (row,) = found.rows or [{}]
        count = int(float(row.get("checks", 0)))
        if not count:
            return
        runs = self._calls("CheckLinks", days)
        usage = Usage(
            requests=0,
            gb_seconds=self._gb_seconds("CheckLinks", days),
            read_units=float(row.get("reads", 0)),
            write_units=float(row.get("writes", 0)),
            log_bytes=self._total(of_log(self._parts.log_groups["CheckLinksLogs"]), days),
        )
        dollars = sum(prices.dollars(usage, self._architecture).values())
        dollars += runs / 1e6 * (PRICES["lambda_million"] + PRICES["schedule_million"])
        yield Action("check of a link-back", count, dollars)

    # ---- sums ----

    def _total(self, metric: Metric, days: Iterable[date] | None = None) -> float:
        """The sum of a metric, over all days or some."""
        some = None if days is None else set(days)
        return sum(
            value
            for moment, value in self._sums[metric].items()
            if some is None or moment.date() in some
        )

    def _calls(self, function: str, days: Iterable[date] | None = None) -> float:
        return self._total(of_function(self._parts, function, "Invocations"), days)

    def _gb_seconds(self, function: str, days: Iterable[date] | None = None) -> float:
        """Billed by the millisecond, rounded up: half of one more for each call."""
        ms = self._total(of_function(self._parts, function, "Duration"), days)
        ms += 0.5 * self._calls(function, days)
        return ms / 1000 * self._parts.functions[function].memory_gb

    def _starts(self, days: Iterable[date] | None = None) -> float:
        """GB-seconds of starts of functions with routes, which have the memory of GetArticle."""
        starts = self._total(of_stack(self._stack, "cold_start"), days)
        return starts * INIT_SECONDS * self._parts.functions["GetArticle"].memory_gb

    def _units(self, name: str) -> float:
        return sum(self._total(of_table(*names, name)) for names in tables_and_indexes(self._parts))

    def _sent(self, days: Iterable[date] | None = None) -> float:
        """Bytes sent to the internet; the gateway's metric has what it received, too."""
        if self._is_behind_cdn:
            return 0.0
        return self._total(of_api(self._parts, "DataProcessed"), days)


def as_document(stack: Stack, report: Report) -> dict[str, Any]:
    """The document that --json prints."""
    idle = [service for service in report.services if service.is_idle]
    return {
        "stack": stack.name,
        "from": report.first.isoformat(),
        "days": report.days,
        "days_without_metrics": [day.isoformat() for day in report.missing],
        "prices_date": prices.DATE.isoformat(),
        "prices": "list prices of us-east-1 in dollars, without free tiers",
        "services": [
            {
                "service": service.name,
                "quantity": service.quantity,
                "unit": service.unit,
                "dollars": service.dollars,
                "dollars_a_month": report.a_month([service]),
                "is_idle": service.is_idle,
            }
            for service in report.services
        ],
        "dollars": sum(service.dollars for service in report.services),
        "dollars_a_month": report.a_month(report.services),
        "idle_dollars_a_month": report.a_month(idle),
        "actions": [
            {
                "action": action.name,
                "count": action.number,
                "dollars_each": action.dollars / action.number,
                "dollars_a_million": action.dollars / action.number * 1e6,
            }
            for action in report.actions
        ],
        "logged_days": report.logged_days,
        "not_counted": NOT_COUNTED,
        "dollars_of_this_report": report.own_dollars(),
    }
