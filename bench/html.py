"""An article's page as HTML: what it costs the store, the processor and the network."""

import io
import json
import os
import random
import statistics
import subprocess
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

from bench import networks, processes
from bench.pages import Row
from local import build
from local.paths import ROOT
from seealso.store.tables import Store, current_store, reset_store
from seealso.tables.articles import Article, article_item, put_articles
from seealso.tables.sites import Site
from tests.support import environment, events, functions
from tests.support.factories import put_site

HEADING = "## Pages\n"
COUNT, DOMAINS, VIEWS = 10_000, 5, 40
# The page view with only the id known, one request more, and 0.5 units for each of four sites.
COLD_BUDGET, WARM_BUDGET = (5, 2, 4.5), (5, 2, 2.5)
MAX_START, MAX_CPU, MAX_BYTES = 0.45, 2.0, 14 * 1024
BLOCKS, BLOCK = 21, 40
STARTS = 15

_TEXT = """
An article's page (`GET /a/{{id}}`) with 4 KB of text, five links and a source: the most expensive
of {views}.

| page | articles | domains | requests | round trips | read units | budget | holds |
|---|---:|---:|---:|---:|---:|---|---|
{rows}
CPU time of a warm page from event to response and log line, relative to `GET /articles/{{id}}` with
only the id (median of {blocks} interleaved blocks of {block}); and from process start to the first
page, with the built function and layer, relative to `boto3.client("dynamodb")` in this environment
(median of {starts} interleaved pairs).

| | measured | goal | holds |
|---|---:|---:|---|
| a warm page | {cpu:.2f} | {max_cpu} | {cpu_holds} |
| start to first page | {start:.2f} | {max_start} | {start_holds} |
| HTML, compressed | {bytes:,} bytes | {max_bytes:,} | {bytes_hold} |
"""

_FIRST_PAGE = """
import json, sys
import app
answer = app.handler(json.load(sys.stdin), None)
assert answer["statusCode"] == 200, answer
"""
_BOTO3 = "import boto3; boto3.client('dynamodb', region_name='eu-west-1')"


def report(store: Store) -> tuple[str, bool]:
    """This part of docs/benchmarks.md, from measurements on empty tables; and if goals hold."""
    articles = list(networks.mixed(COUNT, DOMAINS))
    chosen = random.Random(2).sample(articles[COUNT // 10 :], VIEWS)
    pages = _write(store, articles, chosen)
    os.environ |= environment.variables(store)
    rows = [
        _most_expensive("no site cached", pages, COLD_BUDGET, is_cold=True),
        _most_expensive("all sites cached", pages, WARM_BUDGET, is_cold=False),
    ]
    cpu = _cpu_ratio(pages[0])
    size = _bytes(pages[0])
    start = _start_ratio(pages[0])
    holds = {
        "cpu_holds": cpu <= MAX_CPU,
        "start_holds": start <= MAX_START,
        "bytes_hold": size <= MAX_BYTES,
    }
    text = _TEXT.format(
        views=VIEWS,
        rows="".join(row.line() for row in rows),
        blocks=BLOCKS,
        block=BLOCK,
        starts=STARTS,
        cpu=cpu,
        max_cpu=MAX_CPU,
        start=start,
        max_start=MAX_START,
        bytes=size,
        max_bytes=MAX_BYTES,
        **{name: "yes" if value else "**no**" for name, value in holds.items()},
    )
    all_hold = all(row.holds() for row in rows) and all(holds.values())
    return f"{HEADING}\n{text}", all_hold


def _write(store: Store, articles: list[Article], chosen: list[Article]) -> list[Article]:
    """Writes articles and sites, and the chosen articles with 4 KB, a source and five links."""
    networks.write(store, store.articles, map(article_item, articles))
    pages = [networks.of_4_kb(article, articles[0].id) for article in chosen]
    put_articles(store, [*zip(pages, chosen, strict=True)])
    put_articles(store, [(networks.of_4_kb(articles[0], None), articles[0])])
    networks.write_links(store, [article.id for article in chosen])
    for domain in {article.domain for article in articles}:
        put_site(store, Site(domain, [f"s{domain}.example.com"], f"Site {domain}"))
    return pages


def _page_event(article: Article) -> events.Event:
    return events.event("GET /a/{id}", {"id": str(article.id)}, "", {"accept-encoding": "gzip"})


def _most_expensive(
    name: str, pages: list[Article], budget: tuple[int, int, float], *, is_cold: bool
) -> Row:
    requests, round_trips, units = 0, 0, 0.0
    handler = functions.handler("page")
    with redirect_stdout(io.StringIO()):  # the function's log lines
        for article in pages:
            if is_cold:
                reset_store()
            else:
                handler(_page_event(article), None)
            assert handler(_page_event(article), None)["statusCode"] == 200
            usage = current_store().client.usage
            requests = max(requests, usage.requests)
            round_trips = max(round_trips, usage.round_trips)
            units = max(units, usage.read_units)
    return Row(name, COUNT, DOMAINS, requests, round_trips, units, budget)


def _cpu_ratio(article: Article) -> float:
    json_event = events.event("GET /articles/{id}", {"id": str(article.id)})
    kinds = [
        (functions.handler("page"), _page_event(article)),
        (functions.handler("get_article"), json_event),
    ]
    samples: list[list[float]] = [[], []]
    with redirect_stdout(io.StringIO()):
        for _ in range(BLOCKS + 1):
            for (handler, event), sample in zip(kinds, samples, strict=True):
                started = time.process_time()
                for _ in range(BLOCK):
                    assert handler(event, None)["statusCode"] == 200
                sample.append(time.process_time() - started)
    # Without the first block, which opens the connections.
    page, read = (sample[1:] for sample in samples)
    return statistics.median(this / that for this, that in zip(page, read, strict=True))


def _bytes(article: Article) -> int:
    with redirect_stdout(io.StringIO()):
        answer = functions.handler("page")(_page_event(article), None)
    return len(answer["body"]) * 3 // 4  # of base64


def _start_ratio(article: Article) -> float:
    built = build.build_local()
    settings = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, processes.built_path("Page")))}
    ratios = []
    for _ in range(STARTS):
        page = _cpu_seconds(["-S", "-P", "-c", _FIRST_PAGE], settings, _page_event(article), built)
        bare = _cpu_seconds(["-c", _BOTO3], dict(os.environ), {}, ROOT)
        ratios.append(page / bare)
    return statistics.median(ratios)


def _cpu_seconds(
    arguments: list[str], variables: dict[str, str], sent: events.Event, folder: Path
) -> float:
    """The CPU time of a Python process that gets an event on its standard input."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=variables,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(sent))
    process.stdin.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime
