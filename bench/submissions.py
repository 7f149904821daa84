"""What a submission costs, how many there may be in a second, and the function's own work."""

import io
import json
import os
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched, count
from typing import Any

import boto3

from bench import worlds
from bench.units import recorded_calls, snapshot, write_units
from seealso.store.tables import Store, current_store, reset_store
from seealso.store.values import Json, marshal_item
from seealso.submitting.parsing import Submission
from seealso.submitting.submitting import Receipt, Rules, submit
from seealso.tables.articles import Article, put_articles
from tests.support import events, functions, tables
from tests.support.transitions import change_link

HEADING = "## Submissions"
BUDGET = (3, 1, 2, 12)  # requests, transactions of them, round_trips, write units
AT_ONCE, APPROVED = 1, 2  # domains
# Nobody's cap: so that a page takes submissions for as long as they are counted.
NO_CAP = 1_000_000_000
PAGES = 1_000
FIRST_PAGE = 1_000_000
SECONDS = 4.0
THREADS = (1, 4, 16)
BLOCKS, BLOCK = 21, 40
_TITLE = "A title of the length that titles of links will usually have"

_TEXT = """
The article has an item of 4 KB, the URL {url} characters, the title {title}. A container is warm
when it has read the sites' policies (kept for 50 s) and the day's key; what a cold one adds is
read one after the other, before the submission's own two round trips. Write units are worked out
from what changed in the tables, by the documented rules (bench/units.py). DynamoDB Local reports
more for a transaction, which is in the table beside it and is not what AWS charges.

| submission | requests | transactions | round trips | read units | write units | reported | holds |
|---|---:|---:|---:|---:|---:|---:|---|
| budget | {budget[0]} | {budget[1]} | {budget[2]} | | {budget[3]} | | |
{costs}
Submissions per second, all accepted, from threads of one Python process beside DynamoDB Local in
memory ({cores} cores for both; AWS bounds one page by its item: 1,000 write units a second):

| threads | on one page | over {pages:,} pages |
|---:|---:|---:|
{rates}
The function's own work, from event to answer with its log line, beside the same three calls made
bare by boto3 in the same run: process CPU time, median of {blocks} interleaved blocks of {block}.

| | CPU ms | relative to boto3 | aim |
|---|---:|---:|---|
| boto3, three calls | {bare:.2f} | 1 | |
| submit_link, whole | {whole:.2f} | {ratio:.2f} | at most 1.3 |
"""


@dataclass(frozen=True)
class Cost:
    """What one submission has cost; `reported` are the engine's own write units."""

    what: str
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
            each <= allowed for each, allowed in zip(measured, BUDGET, strict=True)
        )


def report(store: Store) -> tuple[str, bool]:
    """This part of docs/benchmarks.md, from measurements on an empty store; and if budgets hold."""
    _make_sites(store)
    measured = tables.another(store)
    costs = _costs(measured)
    measured.client.close()
    _put_site(store, {"domain": APPROVED, "publish": "approved", "pending_cap": NO_CAP})
    _put_articles(store, [(FIRST_PAGE + number, APPROVED) for number in range(PAGES)])
    _rates(store, max(THREADS))  # an engine that has just started is slower
    rates = [(threads, *_rates(store, threads)) for threads in THREADS]
    bare, whole, ratio = _cpu(store)
    text = _TEXT.format(
        url=len(_url(0)),
        title=len(_TITLE),
        budget=BUDGET,
        costs="".join(map(_cost_line, costs)),
        cores=os.cpu_count(),
        pages=PAGES,
        rates="".join(
            f"| {threads} | {one:,.0f} | {many:,.0f} |\n" for threads, one, many in rates
        ),
        blocks=BLOCKS,
        block=BLOCK,
        bare=bare,
        whole=whole,
        ratio=ratio,
    )
    return f"{HEADING}\n{text}", all(cost.holds() for cost in costs)


def _make_sites(store: Store) -> None:
    for domain, publish in ((AT_ONCE, "at_once"), (APPROVED, "approved")):
        _put_site(store, {"domain": domain, "publish": publish})


def _put_site(store: Store, site: Json) -> None:
    store.client.call("PutItem", {"TableName": store.sites, "Item": marshal_item(site)})
    store.network_cache = None


def _put_articles(store: Store, articles: list[tuple[int, int]]) -> None:
    made = [Article(number, domain, worlds.TITLE, "", "2026-11-23") for number, domain in articles]
    for start in range(0, len(made), 100):
        batch = [(worlds.of_4_kb(each, None), None) for each in made[start : start + 100]]
        put_articles(store, batch)


_numbers = count()


def _url(number: int) -> str:
    return f"https://www.a-site-of-a-reader.org/2026/11/about-the-film-{number:09}"


def _submit(store: Store, article_id: int) -> Receipt:
    return submit(
        store,
        article_id,
        Submission(_url(next(_numbers)), _TITLE),
        None,
        "192.0.2.7",
        datetime.now(UTC),
        Rules(NO_CAP, "network"),
    )


# ---- costs -----------------------------------------------------------------------------------


def _costs(store: Store) -> list[Cost]:
    _put_articles(store, [(1, AT_ONCE), (2, APPROVED), (3, APPROVED)])
    # The first of a day makes the day's key, which later containers read.
    costs = [_cost(store, "the first of a day, in a cold container", 1, has_budget=False)]
    cold = tables.another(store)
    costs.append(_cost(cold, "in a cold container", 1, has_budget=False))
    cold.client.close()
    costs.append(_cost(store, "published at once", 1))
    _submit(store, 1)
    costs.append(_cost(store, "published at once, the last place", 1))
    costs.append(_cost(store, "to be approved", 2))
    for _ in range(4):
        receipt = _submit(store, 3)
        change_link(store, receipt.link, "published", datetime.now(UTC), "bench", cap=5)
    costs.append(_cost(store, "to be approved, one place left", 3))
    return costs


def _cost(store: Store, what: str, article_id: int, *, has_budget: bool = True) -> Cost:
    before = snapshot(store)
    usage = store.client.start()
    with recorded_calls() as calls:
        _submit(store, article_id)
    requests, round_trips = usage.requests, usage.round_trips
    reads, reported = usage.read_units, usage.write_units
    written = write_units(store, before, snapshot(store), calls)
    transactions = sum(call.operation == "TransactWriteItems" for call in calls)
    return Cost(what, requests, transactions, round_trips, reads, written, reported, has_budget)


def _cost_line(cost: Cost) -> str:
    holds = "yes" if cost.holds() else "**no**"
    return (
        f"| {cost.what} | {cost.requests} | {cost.transactions} | {cost.round_trips} "
        f"| {cost.read_units:g} | {cost.write_units} | {cost.reported:g} "
        f"| {holds if cost.has_budget else ''} |\n"
    )


# ---- rates -----------------------------------------------------------------------------------


def _rates(store: Store, threads: int) -> tuple[float, float]:
    """Submissions per second on one page, and over many, by so many threads."""
    one = _rate(store, threads, lambda: FIRST_PAGE)
    return one, _rate(store, threads, lambda: FIRST_PAGE + next(_numbers) % PAGES)


def _rate(store: Store, threads: int, article: Callable[[], int]) -> float:
    done: list[int] = []
    failures: list[BaseException] = []
    barrier = threading.Barrier(threads)

    def submitter() -> None:
        mine = tables.another(store)
        try:
            _submit(mine, article())  # so that the policies and the day's key are there
            barrier.wait()
            submitted, end = 0, time.monotonic() + SECONDS
            while time.monotonic() < end:
                _submit(mine, article())
                submitted += 1
            done.append(submitted)
        except BaseException as failure:  # noqa: BLE001 raised below, in the thread that asked
            failures.append(failure)
            barrier.abort()
        finally:
            mine.client.close()

    running = [threading.Thread(target=submitter) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if failures:
        raise failures[0]
    return sum(done) / SECONDS


# ---- CPU -------------------------------------------------------------------------------------


def _cpu(store: Store) -> tuple[float, float, float]:
    """CPU of three bare boto3 calls and of the whole function, in ms, and their median ratio."""
    # boto3 makes the same calls in tables of its own.
    mirror = tables.make_store(store.client.endpoint)
    _make_sites(mirror)
    first = 10**9
    articles = [(first + number, AT_ONCE) for number in range(BLOCK * (BLOCKS + 1))]
    for each in (store, mirror):
        _put_articles(each, articles)
    bare = boto3.client(
        "dynamodb",
        endpoint_url=mirror.client.endpoint,
        region_name=tables.REGION,
        aws_access_key_id=tables.CREDENTIALS.access_key,
        aws_secret_access_key=tables.CREDENTIALS.secret_key,
    )
    methods: dict[str, Callable[..., Any]] = {
        "UpdateItem": bare.update_item,
        "BatchGetItem": bare.batch_get_item,
        "TransactWriteItems": bare.transact_write_items,
    }
    os.environ |= tables.environment(store)
    reset_store()
    samples: list[tuple[float, float]] = []
    with redirect_stdout(io.StringIO()):  # where the function's log lines go
        submit_link = functions.handler("submit_link")
        for article_ids in batched((number for number, _ in articles), BLOCK, strict=True):
            posts = [_post(article_id) for article_id in article_ids]
            with recorded_calls() as calls:
                started = time.process_time()
                answers = [submit_link(post, None) for post in posts]
                whole = time.process_time() - started
            assert {answer["statusCode"] for answer in answers} == {201}
            made = [
                (methods[call.operation], _in_tables_of(mirror, store, call.body))
                for call in calls
                if call.operation in methods
            ]
            started = time.process_time()
            for method, body in made:
                method(**body)
            samples.append((time.process_time() - started, whole))
    bare.close()
    current_store().client.close()
    mirror.client.close()
    # The first block opens the connections and reads the policies.
    by_boto3, by_function = zip(*samples[1:], strict=True)
    ratio = statistics.median(whole / calls for calls, whole in samples[1:])
    milliseconds = 1000 / BLOCK
    return (
        statistics.median(by_boto3) * milliseconds,
        statistics.median(by_function) * milliseconds,
        ratio,
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


def _in_tables_of(theirs: Store, mine: Store, body: Json) -> Json:
    text = json.dumps(body).replace(mine.links, theirs.links)
    renamed: Json = json.loads(text.replace(mine.articles, theirs.articles))
    return renamed
