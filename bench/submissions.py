"""The cost of a submission, submissions per second, and the function's CPU time."""

import io
import json
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched, count
from typing import Any, NamedTuple

import boto3

from bench import networks, pressure
from bench.goals import Part, at_most, spread, yes
from bench.units import recorded_calls, snapshot, write_units
from seealso.store.tables import Store, current_store, reset_store
from seealso.store.values import Json
from seealso.submitting.deciding import Attempt, Rules
from seealso.submitting.submitting import Preview, Receipt, preview, submit
from seealso.tables.articles import Article, put_articles
from seealso.tables.sites import Site
from tests.support import environment, events, functions, tables
from tests.support.factories import attempt, put_site
from tests.support.transitions import change_link

HEADING = "## Submissions"
BUDGET = (3, 1, 2, 12)  # requests, transactions among them, round trips, write units
AT_ONCE, APPROVED = 1, 2  # domains
# High enough that a page accepts submissions throughout a measurement.
NO_CAP = 1_000_000_000
PAGES = 1_000
FIRST_PAGE = 1_000_000
CAP = Site(AT_ONCE).cap
FIRST_RACE, RACES = 2_000_000, 20
MAX_CPU = 0.25
BLOCKS, BLOCK = 21, 40
_TITLE = "A title of the length that titles of links will usually have"

_TEXT = """
The article has an item of 4 KB, the URL {url} characters, the title {title}. A container is warm
when it has read the site's policy (kept for 50 s), the stack's settings and the day's key; what a
cold one adds is read sequentially, beside the submission's own two round trips. Write units are
computed from the changed items by DynamoDB's documented rules (bench/units.py). The column
"reported" has the units that DynamoDB Local reports, which are higher for a transaction than what
AWS charges.

| submission | requests | transactions | round trips | read units | write units | reported | holds |
|---|---:|---:|---:|---:|---:|---:|---|
| budget | {budget[0]} | {budget[1]} | {budget[2]} | | {budget[3]} | | |
{costs}
Submissions from threads of one Python process, with DynamoDB Local in memory on the same {cores}
cores (on AWS, one page's item is limited to 1,000 write units a second). "Relative" compares the
99th percentile with the median of one thread on one page. "Refused" has what was not accepted;
`unavailable` would be a 503. DynamoDB Local lets transactions on one item wait for one another,
where AWS refuses all but one (TransactionConflict), which the client sends again within its limit.

| threads | pages | accepted per second | median ms | 99th percentile ms | relative | refused |
|---:|---:|---:|---:|---:|---:|---|
{pressure}
{races} races of {threads} threads for the {cap} places of a page, two submissions each: {accepted}
were accepted, {full} found the page full, {others} were refused otherwise. No page has more than
{most} links, by its list and by its counter.

The function's own work, from event to response and log line, compared with the same three calls
made directly with boto3: process CPU time, median of {blocks} interleaved blocks of {block}.

| | CPU ms | relative to boto3 | goal | holds |
|---|---:|---:|---:|---|
| boto3, three calls | {by_boto3:.2f} | 1 | | |
| submit_link, whole | {whole:.2f} | {ratio} | {goal} | {holds} |
"""


@dataclass(frozen=True)
class Cost:
    """The cost of one submission; `reported` are the engine's own write units."""

    name: str
    requests: int
    transactions: int
    round_trips: int
    read_units: float
    write_units: int
    reported: float
    has_budget: bool

    def holds(self) -> bool:
        measured = (self.requests, self.transactions, self.round_trips, self.write_units)
        return not self.has_budget or all(
            value <= allowed for value, allowed in zip(measured, BUDGET, strict=True)
        )


def report(store: Store) -> Part:
    """This part of docs/benchmarks.md, from measurements on an empty store; and if budgets hold."""
    _make_sites(store)
    container = tables.another(store)
    costs = _costs(container)
    container.client.close()
    put_site(store, Site(APPROVED, publish="approved", pending_cap=NO_CAP))
    _put_articles(store, [(FIRST_PAGE + number, APPROVED) for number in range(PAGES)])
    lines = _pressure(store)
    most, became = _races(store)
    by_boto3, whole, ratios = _cpu(store)
    goal = at_most(
        "submission: CPU, boto3 making the same requests = 1", ratios, MAX_CPU, "boto3 1"
    )
    text = _TEXT.format(
        url=len(_url(0)),
        title=len(_TITLE),
        budget=BUDGET,
        costs="".join(map(_cost_line, costs)),
        cores=os.cpu_count(),
        pressure="".join(_pressure_line(line, lines[0].outcome) for line in lines),
        races=RACES,
        threads=max(pressure.THREADS),
        cap=CAP,
        most=most,
        accepted=became["accepted"],
        full=became["page-full"],
        others=became.total() - became["accepted"] - became["page-full"],
        blocks=BLOCKS,
        block=BLOCK,
        by_boto3=by_boto3,
        whole=whole,
        ratio=spread(ratios),
        goal=goal.goal,
        holds=yes(holds=goal.holds),
    )
    holds = all(cost.holds() for cost in costs) and goal.holds and most == CAP
    return Part(f"{HEADING}\n{text}", holds, [goal])


def _make_sites(store: Store) -> None:
    for domain, publish in ((AT_ONCE, "at_once"), (APPROVED, "approved")):
        put_site(store, Site(domain, publish=publish))


def _put_articles(store: Store, articles: list[tuple[int, int]]) -> None:
    new = (
        networks.of_4_kb(Article(article_id, domain, networks.TITLE, "", "2026-11-23"), None)
        for article_id, domain in articles
    )
    for batch in batched(new, 100, strict=False):
        put_articles(store, [(article, None) for article in batch])


_numbers = count()


def _url(number: int) -> str:
    return f"https://www.a-site-of-a-reader.org/2026/11/about-the-film-{number:09}"


def _submit(store: Store, article_id: int) -> Receipt:
    return submit(store, _attempt(article_id), None, Rules(NO_CAP, "network"))


def _preview(store: Store, article_id: int) -> Preview:
    return preview(store, _attempt(article_id), Rules(NO_CAP, "network"))


def _attempt(article_id: int) -> Attempt:
    return attempt(article_id, _url(next(_numbers)), datetime.now(UTC), _TITLE)


# ---- costs -----------------------------------------------------------------------------------


def _costs(store: Store) -> list[Cost]:
    _put_articles(store, [(1, AT_ONCE), (2, APPROVED), (3, APPROVED), (4, APPROVED)])
    # The first submission of a day creates the day's key, which later containers read.
    costs = [_cost(store, "the first of a day, in a cold container", 1, has_budget=False)]
    cold = tables.another(store)
    costs.append(_cost(cold, "in a cold container", 1, has_budget=False))
    cold.client.close()
    costs.append(_cost(store, "published at once", 1))
    _submit(store, 1)
    costs.append(_cost(store, "published at once, the last place", 1))
    costs.append(_cost(store, "to be approved, the site not yet read", 2, has_budget=False))
    costs.append(_cost(store, "to be approved", 4))
    for _ in range(4):
        receipt = _submit(store, 3)
        change_link(store, receipt.link, "published", datetime.now(UTC), "bench", cap=5)
    costs.append(_cost(store, "to be approved, one place left", 3))
    costs.append(_cost(store, "only previewed", 4, _preview, has_budget=False))
    return costs


def _cost(
    store: Store,
    name: str,
    article_id: int,
    action: Callable[[Store, int], object] = _submit,
    *,
    has_budget: bool = True,
) -> Cost:
    before = snapshot(store)
    usage = store.client.start()
    with recorded_calls() as calls:
        action(store, article_id)
    requests, round_trips = usage.requests, usage.round_trips
    read_units, reported = usage.read_units, usage.write_units
    written = write_units(store, before, snapshot(store), calls)
    transactions = sum(call.operation == "TransactWriteItems" for call in calls)
    return Cost(
        name, requests, transactions, round_trips, read_units, written, reported, has_budget
    )


def _cost_line(cost: Cost) -> str:
    holds = "yes" if cost.holds() else "**no**"
    return (
        f"| {cost.name} | {cost.requests} | {cost.transactions} | {cost.round_trips} "
        f"| {cost.read_units:g} | {cost.write_units} | {cost.reported:g} "
        f"| {holds if cost.has_budget else ''} |\n"
    )


# ---- under pressure --------------------------------------------------------------------------


class _Pressure(NamedTuple):
    threads: int
    pages: int
    outcome: pressure.Outcome


def _pressure(store: Store) -> list[_Pressure]:
    """Submissions of some threads, on one page and on many."""
    many = lambda: FIRST_PAGE + next(_numbers) % PAGES  # noqa: E731
    pressure.submissions(store, max(pressure.THREADS), _submit, many)  # warms up the engine
    return [
        _Pressure(threads, pages, pressure.submissions(store, threads, _submit, page))
        for pages, page in ((1, lambda: FIRST_PAGE), (PAGES, many))
        for threads in pressure.THREADS
    ]


def _pressure_line(line: _Pressure, alone: pressure.Outcome) -> str:
    median, p99 = (line.outcome.percentile(percent) for percent in (50, 99))
    usual = alone.percentile(50)
    return (
        f"| {line.threads} | {line.pages:,} | {line.outcome.rate:,.0f} | {median * 1000:.1f} "
        f"| {p99 * 1000:.1f} | {p99 / usual:.1f} | {line.outcome.refused} |\n"
    )


def _races(store: Store) -> tuple[int, Counter[str]]:
    """The most links that any page shows after races for its places, and what became of all."""
    articles = range(FIRST_RACE, FIRST_RACE + RACES)
    _put_articles(store, [(article_id, AT_ONCE) for article_id in articles])
    became = sum((_race(store, article_id) for article_id in articles), Counter[str]())
    most = max(max(pressure.published_links(store, article_id)) for article_id in articles)
    return most, became


def _race(store: Store, article_id: int) -> Counter[str]:
    threads = max(pressure.THREADS)
    return pressure.submissions(store, threads, _submit, lambda: article_id, each=2).became


# ---- CPU -------------------------------------------------------------------------------------


def _cpu(store: Store) -> tuple[float, float, list[float]]:
    """CPU time in ms of three boto3 calls and of the function, and their ratio in each block."""
    # boto3 makes the same calls, on its own tables.
    mirror = tables.make_store(store.client.endpoint)
    _make_sites(mirror)
    first = 10**9
    articles = [(first + number, AT_ONCE) for number in range(2 * BLOCK * (BLOCKS + 1))]
    _put_articles(store, articles)
    _put_articles(mirror, articles)
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=mirror.client.endpoint,
        region_name=tables.REGION,
        aws_access_key_id=tables.CREDENTIALS.access_key,
        aws_secret_access_key=tables.CREDENTIALS.secret_key,
    )
    methods: dict[str, Callable[..., Any]] = {
        "UpdateItem": dynamodb.update_item,
        "BatchGetItem": dynamodb.batch_get_item,
        "TransactWriteItems": dynamodb.transact_write_items,
    }
    os.environ |= environment.variables(store)
    reset_store()
    samples: list[tuple[float, float]] = []
    with redirect_stdout(io.StringIO()):  # the function's log lines
        submit_link = functions.handler("submit_link")
        for article_ids in batched((number for number, _ in articles), 2 * BLOCK, strict=True):
            posts = [_post(article_id) for article_id in article_ids]
            started = time.process_time()
            responses = [submit_link(post, None) for post in posts[:BLOCK]]
            whole = time.process_time() - started
            # Recording takes CPU of its own, so that boto3 repeats the calls of other posts.
            with recorded_calls() as calls:
                responses += [submit_link(post, None) for post in posts[BLOCK:]]
            assert {response["statusCode"] for response in responses} == {201}
            boto3_calls = [
                (methods[call.operation], _in_other_tables(call.body, store, mirror))
                for call in calls
                if call.operation in methods
            ]
            started = time.process_time()
            for method, body in boto3_calls:
                method(**body)
            samples.append((time.process_time() - started, whole))
    dynamodb.close()
    current_store().client.close()
    mirror.client.close()
    # Without the first block, which opens the connections and reads the policies.
    by_boto3, by_function = zip(*samples[1:], strict=True)
    ratios = [whole / calls for calls, whole in samples[1:]]
    milliseconds = 1000 / BLOCK
    return (
        statistics.median(by_boto3) * milliseconds,
        statistics.median(by_function) * milliseconds,
        ratios,
    )


def _post(article_id: int) -> events.Event:
    body = {
        "url": _url(next(_numbers)),
        "title": _TITLE,
        "has_right_to_share": True,
        "agrees_to_link_back": True,
    }
    return events.event(
        "POST /articles/{id}/links",
        {"id": str(article_id)},
        headers={"content-type": "application/json"},
        body=json.dumps(body),
    )


def _in_other_tables(body: Json, own: Store, other: Store) -> Json:
    text = json.dumps(body).replace(own.links, other.links)
    renamed: Json = json.loads(text.replace(own.articles, other.articles))
    return renamed
