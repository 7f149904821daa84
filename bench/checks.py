"""The cost of checks of link-backs: units, CPU, rate, memory, and what they come to in a month."""

import gzip
import os
import resource
import ssl
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme
from ada_url import URL

from bench import check_process
from bench.check_costs import Costs, costs_of_checks, make_due, url_of
from bench.check_process import MEMORY_MB, STORE_SECONDS, Process, Run
from seealso.store.tables import Store
from seealso.verifying.child import ADDRESS_SPACE, CPU_SECONDS
from seealso.verifying.finding import Answer
from seealso.verifying.pipeline import AT_ONCE
from seealso.verifying.sandbox import Sandbox
from seealso_cli.costs.prices import GB, PRICES
from tests.support import page_server, tables
from tests.support.fake_pages import BASE_URL
from tests.support.page_server import Exchange
from tests.verifying.hostile_pages import HOSTILE

HEADING = "## Checks of link-backs"
CHECKS = 200  # of one measured run
PAGE_SECONDS = (0.0, 0.2, 1.0)
IDLE_RUNS, RUNS = 200, 5

# A month of it.
LINKS = 100_000
RUNS_A_MONTH = 60 * 24 * 365 / 12
CHECKS_A_MONTH = LINKS * 365 / 12 / 7
CHECKS_A_RUN = round(CHECKS_A_MONTH / RUNS_A_MONTH)
READS, WRITES = PRICES["dynamodb_read_million"], PRICES["dynamodb_write_million"]
SCHEDULES, REQUESTS = PRICES["schedule_million"], PRICES["lambda_million"]
GB_SECOND = PRICES["lambda_gb_second"]
LOG_GB, STORAGE_GB, TRANSFER_GB = (
    PRICES[name] for name in ("log_gb", "dynamodb_gb", "transfer_gb")
)
# A function's share of a core (AWS, "Configure Lambda function memory").
CORE = MEMORY_MB / 1769
# Assumptions: what CloudWatch adds to a line, as in money.py, and what a request with TLS sends.
EVENT_BYTES, SENT_BYTES = 26, 2000

_TEXT = """
Requests and units of one check, without those of its run. Write units are computed by DynamoDB's
documented rules (bench/units.py), with 1 for a condition that is not met. Read units include 0.5
for each key and query that finds nothing, which DynamoDB Local leaves out. The link has a title
and a URL of {url} characters; its site is in the container's cache.

| check | requests | round trips | read units | write units |
|---|---:|---:|---:|---:|
{costs}
Checks per second in one run of {checks} re-checks, {at_once} at a time. The built function has a
process of its own, pages have {page_kb} KB and come over TLS, and each round trip to the store
takes {store_ms:.0f} ms longer than here. DynamoDB Local and the pages' server run on the same
{cores} cores. CPU is that of the function with its child processes.

| a page takes | seconds | checks per second | CPU ms per check |
|---:|---:|---:|---:|
{rates}
A function of {memory} MB has {core:.2f} of a core on AWS. At {cpu_ms:.1f} ms of CPU per check,
that is enough for {per_minute:,.0f} checks a minute.

Memory of the function with its child processes: the highest sum of their resident memory, sampled
every 5 ms. Memory that they share counts for each of them. The hostile pages are the {hostile} of
tests/verifying/hostile_pages.py, 1 MiB each.

| pages, {at_once} at a time | checks | peak MB | CPU ms per check |
|---|---:|---:|---:|
{peaks}
The function's own process had at most {own_mb:.0f} MB, the process that forks for each page
{zygote_mb:.0f} MB, and a fork is limited to {fork_mb} MB of address space: {bound_mb:.0f} MB
together, of the function's {memory} MB. The most expensive hostile page ("{worst}") took
{worst_cpu:.2f} s of CPU with the start of the processes. A fork is limited to {cpu_seconds} s.

What checks cost in a month, at list prices of us-east-1 (November 2026) without free tiers:
{links:,} published links, each checked weekly, are {a_month:,.0f} checks in {runs:,.0f} runs. A
run of {a_run} checks of pages that take 1 s took {run_seconds:.2f} s here, {run_cpu:.0f} ms of it
CPU. With {core:.2f} of a core, that is {billed:.2f} s. Two figures are assumptions:
{event} bytes that CloudWatch adds to the line of each run, and {sent} bytes sent for each check,
TLS included.

| {links:,} links, checked weekly | sum | dollars |
|---|---|---:|
{busy}
If no check is due, a run takes {idle_ms:.0f} ms, {idle_cpu:.1f} ms of it CPU:

| idle | sum | dollars |
|---|---|---:|
{idle}"""


def report(store: Store) -> tuple[str, bool]:
    """This part of docs/benchmarks.md, from measurements on an empty store; and if bounds hold."""
    container = tables.another(store)
    costs = costs_of_checks(container)
    container.client.close()
    with (
        _serving() as (pages, port, certificate),
        check_process.started(store, port, certificate) as process,
    ):
        _rerun(store, process, AT_ONCE)  # imports, connections, the child process
        idle = [process.run() for _ in range(IDLE_RUNS)]
        pages.seconds = 1.0
        few = [_rerun(store, process, CHECKS_A_RUN) for _ in range(RUNS)]
        rates = []
        for pages.seconds in PAGE_SECONDS:
            rates.append((pages.seconds, _rerun(store, process, CHECKS)))
        peaks = []
        for kind in ("ordinary", "endless", "gzip bombs", "hostile"):
            pages.kind, pages.seconds = kind, 0.0
            peaks.append((kind, _rerun(store, process, CHECKS)))
        own_mb, zygote_mb = process.peak_mb(), process.child_mb()
    worst, worst_cpu = _worst()
    fork_mb = ADDRESS_SPACE // 2**20
    bound_mb = own_mb + zygote_mb + fork_mb
    cpu_ms = max(run.cpu for _, run in rates) / CHECKS * 1000
    run_seconds, run_cpu = (statistics.median(getattr(run, each) for run in few) for each in _TOOK)
    idle_seconds = statistics.median(run.seconds for run in idle)
    idle_cpu = sum(run.cpu for run in idle) / IDLE_RUNS
    billed = max(run_seconds - run_cpu, 0) + run_cpu / CORE
    idle_billed = max(idle_seconds - idle_cpu, 0) + idle_cpu / CORE
    text = _TEXT.format(
        url=len(url_of(1)),
        costs="".join(cost.line() for cost in [*costs.checks, costs.run, costs.idle]),
        checks=CHECKS,
        at_once=AT_ONCE,
        page_kb=round(len(_ordinary(1)) / 1000),
        store_ms=STORE_SECONDS * 1000,
        cores=os.cpu_count(),
        rates="".join(
            f"| {seconds:g} s | {run.seconds:.1f} | {CHECKS / run.seconds:.0f} "
            f"| {run.cpu / CHECKS * 1000:.1f} |\n"
            for seconds, run in rates
        ),
        memory=MEMORY_MB,
        core=CORE,
        cpu_ms=cpu_ms,
        per_minute=CORE * 60_000 / cpu_ms,
        hostile=len(HOSTILE),
        peaks="".join(
            f"| {kind} | {CHECKS} | {run.peak_mb:.0f} | {run.cpu / CHECKS * 1000:.1f} |\n"
            for kind, run in peaks
        ),
        own_mb=own_mb,
        zygote_mb=zygote_mb,
        fork_mb=fork_mb,
        bound_mb=bound_mb,
        worst=worst,
        worst_cpu=worst_cpu,
        cpu_seconds=CPU_SECONDS,
        links=LINKS,
        a_month=CHECKS_A_MONTH,
        runs=RUNS_A_MONTH,
        a_run=CHECKS_A_RUN,
        run_seconds=run_seconds,
        run_cpu=run_cpu * 1000,
        billed=billed,
        event=EVENT_BYTES,
        sent=f"{SENT_BYTES:,}",
        busy=_table(_busy(costs, billed, max(run.log_bytes for run in few))),
        idle_ms=idle_seconds * 1000,
        idle_cpu=idle_cpu * 1000,
        idle=_table(_idle(costs, idle_billed, max(run.log_bytes for run in idle))),
    )
    return f"{HEADING}\n{text}", bound_mb < MEMORY_MB and worst_cpu < CPU_SECONDS + 1


_TOOK = ("seconds", "cpu")


# ---- a month ---------------------------------------------------------------------------------

type Line = tuple[str, str, float]


def _busy(costs: Costs, billed: float, log_bytes: int) -> list[Line]:
    check, run = costs.recheck, costs.run
    stored = LINKS * costs.stored_bytes / GB
    sent = CHECKS_A_MONTH * SENT_BYTES / GB
    reads = CHECKS_A_MONTH * check.read_units + RUNS_A_MONTH * run.read_units
    writes = CHECKS_A_MONTH * check.write_units + RUNS_A_MONTH * run.write_units
    return [
        *_runs(billed, log_bytes),
        ("DynamoDB, writes", f"{writes:,.0f} units at {WRITES} a million", writes / 1e6 * WRITES),
        ("DynamoDB, reads", f"{reads:,.0f} units at {READS} a million", reads / 1e6 * READS),
        (
            "DynamoDB, what was found",
            f"{LINKS:,} x {costs.stored_bytes:,} bytes = {stored:.2f} GB at {STORAGE_GB:.2f}",
            stored * STORAGE_GB,
        ),
        ("transfer", f"{sent:.2f} GB at {TRANSFER_GB:.2f}", sent * TRANSFER_GB),
    ]


def _idle(costs: Costs, billed: float, log_bytes: int) -> list[Line]:
    reads = RUNS_A_MONTH * costs.idle.read_units
    return [
        *_runs(billed, log_bytes),
        ("DynamoDB, reads", f"{reads:,.0f} units at {READS} a million", reads / 1e6 * READS),
    ]


def _runs(billed: float, log_bytes: int) -> list[Line]:
    runs = RUNS_A_MONTH / 1e6
    memory = MEMORY_MB / 1024
    duration = RUNS_A_MONTH * billed * memory * GB_SECOND
    logged = RUNS_A_MONTH * (log_bytes + EVENT_BYTES) / GB
    return [
        ("schedules", f"{RUNS_A_MONTH:,.0f} at {SCHEDULES:.2f} a million", runs * SCHEDULES),
        ("Lambda, requests", f"{RUNS_A_MONTH:,.0f} at {REQUESTS:.2f} a million", runs * REQUESTS),
        (
            "Lambda, duration",
            f"{RUNS_A_MONTH:,.0f} x {billed:.3f} s x {memory:g} GB at {GB_SECOND:.7f} (arm64)",
            duration,
        ),
        ("log lines", f"{logged:.3f} GB at {LOG_GB:.2f}", logged * LOG_GB),
    ]


def _table(lines: Sequence[Line]) -> str:
    total = sum(dollars for _, _, dollars in lines)
    rows = [f"| {name} | {term} | {dollars:.3f} |\n" for name, term, dollars in lines]
    return "".join(rows) + f"| **together** | | **{total:.2f}** |\n"


# ---- pages -----------------------------------------------------------------------------------


@dataclass
class _Pages:
    """What the server sends: pages of this kind, each after some seconds."""

    kind: str = "ordinary"
    seconds: float = 0.0

    def answer(self, exchange: Exchange) -> None:
        # Page 7 links to article 7 and has the seventh of the hostile bodies.
        article = int(URL(exchange.url).hostname.partition(".")[0].removeprefix("page-"))
        exchange.wait(self.seconds)
        match self.kind:
            case "endless":
                exchange.send(page_server.page(b"", _HTML))
                exchange.repeat(_ordinary(article))
            case "gzip bombs":
                exchange.send(page_server.page(_BOMB, _HTML, "Content-Encoding: gzip"))
            case "hostile":
                exchange.send(page_server.page(_HOSTILE[article % len(_HOSTILE)], _HTML))
            case _:
                exchange.send(page_server.page(_ordinary(article), _HTML))


_HTML = "Content-Type: text/html; charset=utf-8"
_HOSTILE = list(HOSTILE.values())
_BOMB = gzip.compress(b"<p>" * 2**24)
_PARAGRAPH = (
    "<p class='text'>We have seen the film twice, and <a href='/2026/11/{0}'>wrote about it</a> "
    "after the first time. The second time, the house was full, and nobody spoke for two hours.\n"
)


def _ordinary(article: int) -> bytes:
    paragraphs = "".join(map(_PARAGRAPH.format, range(150)))
    link = f"<p>This is about <a href='{BASE_URL}/a/{article}'>this article</a>."
    return f"<!doctype html><title>About the film</title>{paragraphs}{link}".encode()


@contextmanager
def _serving() -> Iterator[tuple[_Pages, int, Path]]:
    """The pages, the port of their server, and the file of the authority that vouches for it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("*.example.org").configure_cert(context)
    pages = _Pages()
    with (
        tempfile.TemporaryDirectory() as folder,
        page_server.serve(pages.answer, context) as server,
    ):
        certificate = Path(folder) / "authority.pem"
        authority.cert_pem.write_to_path(str(certificate))
        yield pages, server.port, certificate


def _rerun(store: Store, process: Process, number: int) -> Run:
    """A run of so many re-checks."""
    make_due(store, number)
    found = process.run()
    assert found.said.startswith(f"{number} checked, 0 waiting, 0 failed"), found.said
    return found


def _worst() -> tuple[str, float]:
    """The hostile page that takes the sandbox most CPU, and how much, with the child's start."""
    taken: dict[str, float] = {}
    for name, body in HOSTILE.items():
        before = _children_cpu()
        judges = Sandbox()
        page = Answer(200, {"content-type": "text/html"}, url_of(1), body)
        judges.judge(page, [])
        # Its fork counts once it was waited for, which is before the next one.
        judges.judge(page._replace(body=b""), [])
        judges.close()
        taken[name] = _children_cpu() - before
    worst = max(taken, key=lambda name: taken[name])
    return worst, taken[worst]


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
