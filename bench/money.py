"""What page views cost in dollars, with and without CloudFront.

`make bench PARTS=money` measures page views on DynamoDB Local, keeps that in page_views.json, and
writes docs/costs.md and the last section of README.md. `python -m bench.money` writes both again
from what was measured, for another price.
"""

import io
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from bench import networks
from bench.goals import Goal, Part
from local.paths import ROOT
from seealso.store.tables import Store, reset_store
from seealso.tables.articles import article_item
from seealso.tables.sites import Site
from seealso_cli.costs import prices
from seealso_cli.costs.prices import DATE, EDGES, INIT_SECONDS, PRICES, Usage
from seealso_cli.costs.stack_metrics import OF_HOURLY_JOB
from tests.support import environment, events, functions
from tests.support.factories import put_site

_MEASURED = Path(__file__).with_name("page_views.json")
_COSTS, _README = ROOT / "docs/costs.md", ROOT / "README.md"

# Assumptions.
SENT_BYTES = 2_000  # of an answer, with its headers
STORE_MS = 4.0  # for a round trip to DynamoDB
RUNTIME_MS, RUNTIME_MB = 2.0, 512  # of a warm function that does nothing (lambda-perf, August 2026)
COLD_STARTS, INIT_MS = 1e-3, INIT_SECONDS * 1000  # share of requests, and what each is billed
EVENT_BYTES = 26  # that CloudWatch adds to each line
HIT_RATE = 0.9
# What a line had and what the embedded metric format adds to one (docs/decisions.md).
FORMER_LINE_BYTES, EMBEDDED_BYTES = 743, 322
REQUEST_METRICS, ALARM_METRICS = 13, 27  # template.yaml, with everything in use
JOB_METRICS = len(OF_HOURLY_JOB)
IDLE_CHECKS = 0.07  # dollars a month (docs/benchmarks.md, "Checks of link-backs")

VCPU_MB = 1769  # "At 1,769 MB, a function has the equivalent of one vCPU" (AWS)
MEMORY_MB = 512  # template.yaml
SIZES = (128, 256, 512, 1024, VCPU_MB)
BLOCKS, BLOCK = 21, 40
GOAL, CDN_GOALS = 1.95, {"US edges": 1.35, "European edges": 1.60}

_NEW_DOCUMENT = "{qa_ai(where:{id:{_eq:%d}},limit:1){id title text}#%d\n}"


class View(NamedTuple):
    """What a page view was measured to take: CPU in ms on this machine, of `kind` of request."""

    kind: str
    cpu_ms: float
    round_trips: int
    read_units: float
    line_bytes: int
    peak_mb: float


class Cost(NamedTuple):
    """A line of a sum of dollars."""

    what: str
    term: str
    dollars: float


HEADING = "## Costs\n"
_PART = """
[Costs](costs.md) has the sums. To measure this part again: `make bench PARTS=money`.
"""
_TEXT = """# Costs

Written by `make bench PARTS=money`, at list prices of us-east-1 as of {date} without free tiers
([prices.toml](../cli/seealso_cli/costs/prices.toml) names their pages). Check them before you rely
on them. What a deployed stack costs: `seealso costs --stack NAME`, by the same prices
([operations](operations.md#costs)).

## A million page views

`GET /articles/{{id}}` with only the id known. Measured: read units, the bytes of the log line, and
CPU, which is that of the machine that ran this and becomes a duration by the function's share of a
core ({memory} of 1,769 MB). Assumed: {sent:,} bytes sent, {store:.0f} ms for each of {round_trips}
round trips to DynamoDB, {runtime:.0f} ms for the runtime itself, one cold start in 1,000 requests
with {init:.0f} ms of billed init, and {event} bytes that CloudWatch adds to a line.

| what | sum | dollars |
|---|---|---:|
{rows}| **together** (goal: at most {goal:.2f}) | | **{total:.3f}** |

With the log lines of before (one of {former} bytes, about 300 bytes of Lambda's own and 330 of the
gateway's) it would be {before:.2f}. With `Tracing=Active`, a million views a month that come at
random would make {traces:,.0f} traces, {tracing:.2f} dollars more: Lambda traces the first request
of each second and 5 % of the others.

Metric filters instead of embedded metrics save {embedded} bytes a line. Dollars a month for lines
and the metrics of requests:

| page views a month | embedded metrics | metric filters |
|---:|---:|---:|
{filters}
Checks of 100,000 published links, each weekly, are in
[benchmarks](benchmarks.md#checks-of-link-backs).

## A month, whatever the traffic

| what | sum | dollars a month |
|---|---|---:|
| metrics of the hourly job | {job_metrics} at {metric:.2f} | {job_dollars:.2f} |
| metrics of requests, all in use | {request_metrics} at {metric:.2f} | {request_dollars:.2f} |
| alarms, with an address | {alarm_metrics} metrics at {alarm_metric:.2f} | {alarm_dollars:.2f} |
| dashboard, with `Dashboard=on` | | {dashboard:.2f} |

An account's first 10 custom metrics and first 10 metrics of alarms are free; free dashboards have
at most 50 metrics, and this one has more. Notifications and a budget without actions cost nothing.
When idle, nothing else costs anything but storage: articles at 0.25 per GB and month, and their
backups.

## Behind CloudFront

Dollars for a million page views of which {hit_rate:.0%} are hits. A miss costs what is above,
without transfer, which is free from AWS to CloudFront. No CloudFront Function runs for a view.

| | requests | transfer | misses | together | goal |
|---|---:|---:|---:|---:|---:|
{cdn}
### When it pays

An answer is kept for its `max-age` after it was fetched. If views of an article at an edge come at
random (a Poisson process), n views in that time follow each fetch on average, so that the hit rate
is n / (n + 1): 9 views for 90 %. Articles and GraphQL have 30 s; feeds and `/sites` 300 s, the
widget an hour, other files a year. Dollars for a million views, US edges:

| views of an article a day, at one edge | hit rate, 30 s | dollars | hit rate, 300 s | dollars |
|---:|---:|---:|---:|---:|
{rates}
CloudFront costs as much as it saves at

{break_even}
So a stack of many articles that are read now and then has few hits: CloudFront makes it faster for
readers, and more expensive. Every account has 10 million requests and 1 TB a month of CloudFront
for free, without end. Up to there, it is cheaper at any hit rate.

## Memory size

Lambda gives CPU by memory: 1,769 MB are a core. Billed milliseconds of a warm request, and dollars
of duration for a million, by memory size, from the CPU measured here and the assumptions above.
"Peak" is the memory of a process that has imported the function, for GraphQL with graphql-core:

| request | CPU ms | peak MB | {sizes} |
|---|---:|---:|{rules}
{memory_rows}

[Decisions](decisions.md) says why the functions have {memory} MB.
"""


def report(store: Store) -> Part:
    """This part of docs/benchmarks.md; writes docs/costs.md."""
    views = list(_measured(store))
    _MEASURED.write_text(json.dumps([view._asdict() for view in views], indent=1) + "\n", "utf-8")
    write(views)
    origin = sum(cost.dollars for cost in _origin(views[0]))
    dollars = {"no CDN": (origin + _transfer(), GOAL)} | {
        f"{HIT_RATE:.0%} hits of CloudFront, {edges}": (
            sum(_at_edges(edges, HIT_RATE, origin)),
            most,
        )
        for edges, most in CDN_GOALS.items()
    }
    goals = [
        Goal(
            f"dollars for a million page views of 2 KB: {name}",
            "-",
            f"{each:.3f}",
            f"<= {most:.2f}",
            each <= most,
        )
        for name, (each, most) in dollars.items()
    ]
    return Part(HEADING + _PART, all(goal.holds for goal in goals), goals)


def measured() -> list[View]:
    """What was measured of page views the last time."""
    return [View(**view) for view in json.loads(_MEASURED.read_text("utf-8"))]


def write(views: list[View]) -> None:
    """Write what follows from these views into the documents."""
    _COSTS.write_text(costs_document(views), "utf-8")
    before, _, _ = _README.read_text("utf-8").partition(_README_HEADING)
    _README.write_text(before + readme_section(views), "utf-8")


def _transfer() -> float:
    """Dollars for sending a million answers to the internet."""
    return _gb(SENT_BYTES) * PRICES["transfer_gb"]


_README_HEADING = "## What a million page views cost\n"
_README_TEXT = (
    _README_HEADING
    + """
Dollars for a million views of an article's page in JSON, at list prices of us-east-1 as of {date}
without free tiers; with CloudFront in front, if {hit_rate:.0%} are hits:

| | {headings} |
|---|{rules}
{rows}
Whatever the traffic, metrics cost up to {metrics:.2f} dollars a month, alarms {alarms:.2f} and a
dashboard {dashboard:.2f}. When idle, a stack without these two costs its storage, {checks:.2f} for
checks and {job:.2f} for metrics of the hourly job, which are free if they are among an account's
first ten.

[Costs](docs/costs.md) has the sums, what was assumed, and when CloudFront pays. That document and
this section are written by `make bench PARTS=money`. `seealso costs --stack NAME` says what a
deployed stack [has cost](docs/operations.md#costs).
"""
)


def readme_section(views: list[View]) -> str:
    """The section of README.md, which is its last."""
    columns: dict[str, dict[str, float]] = {
        "API alone": _by_service(views[0]) | {"transfer": _transfer()}
    }
    for edges in EDGES:
        requests, sent, _ = _at_edges(edges, HIT_RATE, 0)
        misses = {name: (1 - HIT_RATE) * dollars for name, dollars in _by_service(views[0]).items()}
        columns[f"CloudFront, {edges}"] = misses | {"transfer": sent, "CloudFront": requests}
    rows = []
    for name in [*columns["API alone"], "CloudFront"]:
        cells = " | ".join(f"{column.get(name, 0.0):.2f}" for column in columns.values())
        rows.append(f"| {name} | {cells} |\n")
    sums = " | ".join(f"**{sum(column.values()):.2f}**" for column in columns.values())
    return _README_TEXT.format(
        date=DATE,
        hit_rate=HIT_RATE,
        headings=" | ".join(columns),
        rules="---:|" * len(columns),
        rows="".join(rows) + f"| **together** | {sums} |\n",
        metrics=(REQUEST_METRICS + JOB_METRICS) * PRICES["metric"],
        alarms=ALARM_METRICS * PRICES["alarm_metric"],
        dashboard=PRICES["dashboard"],
        checks=IDLE_CHECKS,
        job=JOB_METRICS * PRICES["metric"],
    )


def costs_document(views: list[View]) -> str:
    """docs/costs.md."""
    view = views[0]
    costs = list(_origin(view))
    origin = sum(cost.dollars for cost in costs)
    transfer = _transfer()
    terms = f"{SENT_BYTES:,} bytes = {_gb(SENT_BYTES):.1f} GB at {PRICES['transfer_gb']:.2f}"
    costs.append(Cost("transfer", terms, transfer))
    total = origin + transfer
    more_bytes = FORMER_LINE_BYTES - view.line_bytes + 300 + 330 + 4 * EVENT_BYTES
    seconds = 30 * 24 * 3600.0
    # With a mean of m requests a second, 1 - exp(-m) of seconds have a first one.
    first = seconds * (1 - math.exp(-1e6 / seconds))
    traces = first + 0.05 * (1e6 - first)
    return _TEXT.format(
        date=DATE,
        memory=MEMORY_MB,
        sent=SENT_BYTES,
        store=STORE_MS,
        round_trips=view.round_trips,
        runtime=RUNTIME_MS,
        init=INIT_MS,
        event=EVENT_BYTES,
        rows="".join(f"| {cost.what} | {cost.term} | {cost.dollars:.3f} |\n" for cost in costs),
        goal=GOAL,
        total=total,
        former=FORMER_LINE_BYTES,
        before=total + _gb(more_bytes) * PRICES["log_gb"],
        traces=traces,
        tracing=traces / 1e6 * PRICES["trace_million"],
        metric=PRICES["metric"],
        job_metrics=JOB_METRICS,
        job_dollars=JOB_METRICS * PRICES["metric"],
        request_metrics=REQUEST_METRICS,
        request_dollars=REQUEST_METRICS * PRICES["metric"],
        alarm_metrics=ALARM_METRICS,
        alarm_metric=PRICES["alarm_metric"],
        alarm_dollars=ALARM_METRICS * PRICES["alarm_metric"],
        dashboard=PRICES["dashboard"],
        embedded=EMBEDDED_BYTES,
        filters="".join(_filters(view, millions) for millions in (1, 100)),
        hit_rate=HIT_RATE,
        cdn="".join(_cdn(edges, origin) for edges in EDGES),
        rates="".join(
            _rates(views_a_day, origin) for views_a_day in (100, 1_000, 3_000, 10_000, 30_000)
        ),
        break_even=_break_even(origin, total),
        sizes=" | ".join(f"{size:,} MB" for size in SIZES),
        rules="---:|" * len(SIZES),
        memory_rows="\n".join(map(_memory_row, views)),
    )


def _usage(view: View) -> Usage:
    """What a million page views take, without transfer."""
    billed = _billed_ms(view, MEMORY_MB) + COLD_STARTS * INIT_MS
    return Usage(
        requests=1e6,
        gb_seconds=1e6 * billed / 1000 * MEMORY_MB / 1024,
        read_units=1e6 * view.read_units,
        log_bytes=1e6 * (view.line_bytes + EVENT_BYTES),
    )


def _by_service(view: View) -> dict[str, float]:
    """What a million page views cost without transfer, by service; they write nothing."""
    return {name: each for name, each in prices.dollars(_usage(view)).items() if each}


def _origin(view: View) -> Iterator[Cost]:
    """The same with the sums."""
    usage, line = _usage(view), view.line_bytes + EVENT_BYTES
    terms = {
        "HTTP API": f"1,000,000 requests at {PRICES['http_api_million']:.2f} a million",
        "Lambda, requests": f"1,000,000 at {PRICES['lambda_million']:.2f} a million",
        "Lambda, duration": (
            f"{_billed_ms(view, MEMORY_MB)} ms and {COLD_STARTS * INIT_MS:.2f} ms of init x 0.5 GB "
            f"= {usage.gb_seconds:,.0f} GB-s at {PRICES['lambda_gb_second']:.7f} (arm64)"
        ),
        "DynamoDB, reads": (
            f"{view.read_units} read units x 1,000,000 at {PRICES['dynamodb_read_million']} "
            "a million"
        ),
        "log lines": f"{line} bytes = {_gb(line):.2f} GB at {PRICES['log_gb']:.2f}",
    }
    for name, dollars in _by_service(view).items():
        yield Cost(name, terms[name], dollars)


def _gb(each: float) -> float:
    """GB of a million of these bytes."""
    return each * 1e6 / 1e9


def _billed_ms(view: View, size: int) -> int:
    runtime = RUNTIME_MS * RUNTIME_MB / VCPU_MB  # of a whole core
    share = min(1.0, size / VCPU_MB)
    return math.ceil((runtime + view.cpu_ms) / share + view.round_trips * STORE_MS)


def _memory_row(view: View) -> str:
    cells = []
    for size in SIZES:
        billed = _billed_ms(view, size)
        dollars = billed * 1e3 * size / 1024 * PRICES["lambda_gb_second"]
        cells.append(f"{billed} ms, {dollars:.3f}")
    return f"| {view.kind} | {view.cpu_ms:.2f} | {view.peak_mb:.0f} | {' | '.join(cells)} |"


def _filters(view: View, millions: int) -> str:
    metrics = REQUEST_METRICS * PRICES["metric"]
    dollars = [
        metrics + millions * _gb(view.line_bytes + more + EVENT_BYTES) * PRICES["log_gb"]
        for more in (EMBEDDED_BYTES, 0)
    ]
    return f"| {millions},000,000 | {dollars[0]:.2f} | {dollars[1]:.2f} |\n"


def _at_edges(edges: str, hit_rate: float, origin: float) -> tuple[float, float, float]:
    """Dollars for requests, transfer and misses of a million views."""
    transfer = _gb(SENT_BYTES) * PRICES["cloudfront_transfer_gb"]
    return EDGES[edges], transfer, (1 - hit_rate) * origin


def _cdn(edges: str, origin: float) -> str:
    parts = _at_edges(edges, HIT_RATE, origin)
    cells = " | ".join(f"{part:.3f}" for part in parts)
    return f"| {edges} | {cells} | **{sum(parts):.3f}** | {CDN_GOALS[edges]:.2f} |\n"


def _rates(views_a_day: int, origin: float) -> str:
    cells = []
    for seconds in (30, 300):
        views = views_a_day * seconds / 86_400
        rate = views / (views + 1)
        cells += [f"{rate:.0%}", f"{sum(_at_edges('US edges', rate, origin)):.2f}"]
    return f"| {views_a_day:,} | {' | '.join(cells)} |\n"


def _break_even(origin: float, total: float) -> str:
    lines = []
    for edges in EDGES:
        misses = (total - sum(_at_edges(edges, 1.0, origin))) / origin  # as many as cost the same
        views = (1 - misses) / misses
        lines.append(
            f"- {1 - misses:.0%} hits at {edges}: {views:.1f} views of an article in 30 s, "
            f"{views * 2880:,.0f} a day at one edge.\n"
        )
    return "".join(lines)


def _measured(store: Store) -> Iterator[View]:
    """Kinds of page views, the first of which is the one that is counted."""
    os.environ |= environment.variables(store)
    reset_store()
    articles = list(networks.mixed(2_000, 5))
    networks.write(store, store.articles, map(article_item, articles))
    article = networks.of_4_kb(articles[1000], articles[0].id)
    networks.write(store, store.articles, [article_item(article)])
    networks.write_links(store, [article.id])
    for domain in range(5):
        put_site(store, Site(domain, [f"s{domain}.example.com"], f"Site {domain}"))
    path = {"id": str(article.id)}
    gzip = {"accept-encoding": "gzip"}
    yield _view("JSON", "get_article", lambda _: events.event("GET /articles/{id}", path))
    yield _view("HTML", "page", lambda _: events.event("GET /a/{id}", path, "", gzip))
    yield _view(
        "GraphQL, a short new document",
        "graphql",
        lambda number: events.event(
            "POST /graphql",
            headers={"content-type": "application/json"},
            body=json.dumps({"query": _NEW_DOCUMENT % (article.id, number)}),
        ),
    )


def _view(kind: str, name: str, event: Any) -> View:
    handler = functions.handler(name)
    log = io.StringIO()
    samples = []
    with redirect_stdout(log):
        for block in range(BLOCKS + 1):
            made = [event(block * BLOCK + number) for number in range(BLOCK)]
            started = time.process_time()
            for each in made:
                assert handler(each, None)["statusCode"] == 200
            samples.append((time.process_time() - started) / BLOCK * 1000)
    line = log.getvalue().splitlines()[-1]
    members = json.loads(line)
    # With names as they are on AWS.
    names = {"stack": "seealso-prod", "request_id": "JKJaXmPLvHcESHA="}
    line = json.dumps(members | names, separators=(",", ":")) + "\n"
    return View(
        kind,
        statistics.median(samples[1:]),
        members["store_round_trips"],
        members["read_units"],
        len(line.encode()),
        _peak_mb(name),
    )


def _peak_mb(name: str) -> float:
    """Memory of a process that has imported the function, and the library that it may need."""
    more = (
        "from seealso.graphql import graphql_core; graphql_core.load();"
        if name == "graphql"
        else ""
    )
    code = f"import app; {more} print(open('/proc/self/status').read())"
    path = os.pathsep.join([str(ROOT / "functions" / name), *sys.path])
    command = [sys.executable, "-c", code]
    variables = os.environ | {"PYTHONPATH": path}
    status = subprocess.check_output(command, env=variables, text=True)
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    write(measured())
