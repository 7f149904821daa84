"""Long same-domain runs: records that let a reader step over 64 or more articles of one domain.

The page's other-domains list reads the feed downwards; a bulk import of one site would make it
read the whole import. A record {lo, hi, domain, holes} says that every published article with an
id in lo..hi is of that domain, the holes left out. design.md, "Same-domain runs"; why it is never
wrong:

- Records do not overlap: only the job that began last may write a new id range into one. It
  *proposes* the range first (`proposed` above `hi`), waits longer than a writer or an index may
  take (WAIT_SECONDS), reads the range again and only then lets `hi` reach it, on condition that
  the record is unchanged. Readers use what is up to `hi` alone.
- A writer that makes an article visible, or moves it to another domain, calls make_way() first
  and writes within WRITE_SECONDS: records in its way get a hole, or end before it.
- So a writer either comes before the second reading, which sees its article, or sees the record.
  A crash anywhere leaves records that are true or that nobody uses.
- Every change is of one record, in place. A Query sees other transactions item by item (AWS
  "Amazon DynamoDB Transactions: How it works", isolation levels): of a range that moved from one
  record to another it could see neither.

Deleting and unpublishing make no record false. A record that the feed contradicts all the same
(an index that lagged for longer, a writer that slept) is deleted by the next job.
"""

import os
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from seealso.dynamodb import Call, Json, Refused, Store, items, typed_item

PARTITION = "runs"
LARGEST_ID = 2**31 - 1  # of articles and domains
SHORTEST = 64  # articles; a shorter run costs a reader less than its record
WRITE_SECONDS = 30.0
WAIT_SECONDS = 60.0
# A record that is broken in more places ends before the lowest; the next job finds the rest.
MOST_HOLES = 20


class Run(NamedTuple):
    """A record: every published article with an id in lo..hi, but the holes, is of the domain.

    `hi` is lo - 1 while nothing is known yet; `proposed` is the id up to which the job means to
    extend the record, or `hi`.
    """

    lo: int
    hi: int
    domain: int
    proposed: int
    holes: list[int]  # ids, lowest first
    nonce: str  # new with every change of the record


class JobReport(NamedTuple):
    """What one run of the job did: how many records it proposed to make or extend, and so on."""

    proposed: int
    activated: int
    withdrawn: int
    contradicted: int


# ---- reading ---------------------------------------------------------------------------------


def runs_in(
    store: Store, domains: Collection[int], ids: tuple[int, int], limit: int, *, descending: bool
) -> list[Call]:
    """The calls for some domains' records that share ids with a range, in its reading direction.

    At most `limit` records are read by the last call. Only in ascending order is there another
    one before it: for the record that covers the lowest id.
    """
    lowest, highest = ids
    if descending:
        return [_records_query(store, domains, (0, highest), limit, descending=True)]
    return [
        # Records do not overlap: the one that begins last below an id is the one that covers it.
        _records_query(store, domains, (0, lowest), 1, descending=True),
        _records_query(store, domains, (lowest, highest), limit, descending=False),
    ]


def _records_query(
    store: Store, domains: Collection[int], begin: tuple[int, int], limit: int, *, descending: bool
) -> Call:
    names = {f":domain{index}": domain for index, domain in enumerate(sorted(domains))}
    values = {":partition": PARTITION, ":lowest": begin[0], ":highest": begin[1], **names}
    return Call(
        "Query",
        {
            "TableName": store.runs,
            "KeyConditionExpression": "#partition = :partition"
            " AND #lo BETWEEN :lowest AND :highest",
            "FilterExpression": f"#domain IN ({', '.join(names)})",
            "ExpressionAttributeNames": {
                "#partition": "partition",
                "#lo": "lo",
                "#domain": "domain",
            },
            "ExpressionAttributeValues": typed_item(values),
            "ScanIndexForward": not descending,
            "Limit": limit,
            "ReturnConsumedCapacity": "TOTAL",
        },
    )


def runs_of(answer: Json) -> list[Run]:
    """The records of a Query's answer, in its order."""
    return [_run(item) for item in items(answer)]


def known_ranges(run: Run) -> Iterator[tuple[int, int]]:
    """The ids that a reader may step over, as (lowest, highest), the highest range first."""
    ends = [run.hi + 1, *(hole for hole in reversed(run.holes) if hole <= run.hi), run.lo - 1]
    return ((below + 1, above - 1) for above, below in pairwise(ends) if below + 1 < above)


# ---- writers ---------------------------------------------------------------------------------


def make_way(store: Store, places: Iterable[tuple[int, int]]) -> None:
    """Open the records that articles (id, domain) of other domains are about to break.

    The articles must be written within WRITE_SECONDS of the call; later, it must be called again.
    """
    wanted = dict(places)
    if not wanted:
        return
    low, high = min(wanted), max(wanted)
    while True:
        broken = [
            (run, breaks) for run in _records(store, low, high) if (breaks := _breaks(run, wanted))
        ]
        if not broken:
            return
        for run, breaks in broken:
            _open(store, run, breaks)


def _breaks(run: Run, wanted: dict[int, int]) -> set[int]:
    return {
        article_id
        for article_id, domain in wanted.items()
        if run.lo <= article_id <= run.proposed
        and domain != run.domain
        and article_id not in run.holes
    }


def _open(store: Store, run: Run, breaks: set[int]) -> None:
    """Make holes in a record, or end it; someone else's change of it comes first."""
    holes = sorted(breaks.union(run.holes))
    if max(holes) > run.hi or len(holes) > MOST_HOLES:
        _end(store, run, min(run.hi, min(breaks) - 1))
    else:
        _change(store, run, run._replace(holes=holes))


def _end(store: Store, run: Run, hi: int) -> bool:
    """Let a record end at an id, with nothing proposed; whether it was still as it was read."""
    if hi - run.lo + 1 < SHORTEST:
        return _transact(store, _delete(store, run))
    holes = [each for each in run.holes if each <= hi]
    return _change(store, run, run._replace(hi=hi, proposed=hi, holes=holes))


# ---- the job ---------------------------------------------------------------------------------


def record_runs(store: Store, sleep: Callable[[float], None] = time.sleep) -> JobReport:
    """Find the long runs of the whole feed and record them; takes WAIT_SECONDS if any are new.

    Safe to kill at any moment and to run beside itself. Proposals that an earlier job left
    behind are taken up.
    """
    job = _begin_job(store)
    records = _records(store, 1, LARGEST_ID)
    proposed = contradicted = 0
    for stretch in _stretches(store):
        near = _touching(records, stretch)
        for run in near:
            if run.domain != stretch.domain and not _in_hole(run, stretch):
                contradicted += _transact(store, _delete(store, run))
        if stretch.articles >= SHORTEST:
            for was, shall_be in _proposals(stretch, near):
                proposed += _change(store, was, shall_be, job)
    pending = [run for run in _records(store, 1, LARGEST_ID) if run.proposed > run.hi]
    activated = withdrawn = 0
    if pending:
        sleep(WAIT_SECONDS)
        for run in pending:
            if _holds(store, run):
                activated += _change(store, run, run._replace(hi=run.proposed))
            else:
                withdrawn += _end(store, run, run.hi)
    return JobReport(proposed, activated, withdrawn, contradicted)


class _Stretch(NamedTuple):
    """Articles of one domain with none of another between them."""

    lo: int
    hi: int
    domain: int
    articles: int


def _stretches(store: Store) -> Iterator[_Stretch]:
    """The whole feed, from the highest id downwards."""
    found: _Stretch | None = None
    for item in _feed(store, 1, LARGEST_ID):
        article_id, domain = item["id"], item["domain"]
        if found is not None and found.domain == domain:
            found = found._replace(lo=article_id, articles=found.articles + 1)
            continue
        if found is not None:
            yield found
        found = _Stretch(article_id, article_id, domain, 1)
    if found is not None:
        yield found


def _touching(records: list[Run], stretch: _Stretch) -> list[Run]:
    """The records that share ids with a stretch, lowest first, as all are."""
    first = bisect_left(records, stretch.lo, key=lambda run: run.proposed)
    return records[first : bisect_right(records, stretch.hi, key=lambda run: run.lo)]


def _in_hole(run: Run, stretch: _Stretch) -> bool:
    """Whether a record of another domain may be true: all of the stretch is in its holes."""
    return stretch.articles <= sum(stretch.lo <= hole <= stretch.hi for hole in run.holes)


def _proposals(stretch: _Stretch, near: list[Run]) -> Iterator[tuple[Run | None, Run]]:
    """What to write, and over what, so that records will cover a stretch."""
    if not near or stretch.lo < near[0].lo:
        end = near[0].lo - 1 if near else stretch.hi
        yield None, Run(stretch.lo, stretch.lo - 1, stretch.domain, end, [], "")
    for run, above in pairwise([*near, None]):
        assert run is not None
        end = above.lo - 1 if above else stretch.hi
        # Nothing is in these holes any more: that part is proposed anew, without them.
        closed = [hole for hole in run.holes if stretch.lo <= hole <= stretch.hi]
        shall_be = run._replace(
            hi=min([run.hi, *(hole - 1 for hole in closed)]),
            proposed=max(run.proposed, end),
            holes=[hole for hole in run.holes if hole not in closed],
        )
        if run.domain == stretch.domain and shall_be != run:
            yield run, shall_be


def _holds(store: Store, run: Run) -> bool:
    return all(
        item["domain"] == run.domain or item["id"] in run.holes
        for item in _feed(store, run.hi + 1, run.proposed)
    )


# ---- records and the feed in the tables ------------------------------------------------------


def _records(store: Store, low: int, high: int) -> list[Run]:
    """All records that touch low..high (strongly consistent), lowest first."""
    found: list[Run] = []
    body: Json = {
        "TableName": store.runs,
        "ConsistentRead": True,
        "KeyConditionExpression": "#partition = :partition AND #lo <= :high",
        "ExpressionAttributeNames": {"#partition": "partition", "#lo": "lo"},
        "ExpressionAttributeValues": typed_item({":partition": PARTITION, ":high": high}),
        "ScanIndexForward": False,
        # Records do not overlap: below a low id, the first one met is enough.
        "Limit": 1 if low == high else 100,
        "ReturnConsumedCapacity": "TOTAL",
    }
    for page in _pages(store, body):
        for run in runs_of(page):
            if run.proposed < low:
                return found[::-1]
            found.append(run)
    return found[::-1]


def _feed(store: Store, low: int, high: int) -> Iterator[Json]:
    """Published articles (id, domain) with ids in low..high, the highest first."""
    body: Json = {
        "TableName": store.articles,
        "IndexName": "feed-id",
        "KeyConditionExpression": "#feed = :feed AND #id BETWEEN :low AND :high",
        "ProjectionExpression": "#id, #domain",
        "ExpressionAttributeNames": {"#feed": "feed", "#id": "id", "#domain": "domain"},
        "ExpressionAttributeValues": typed_item({":feed": "all", ":low": low, ":high": high}),
        "ScanIndexForward": False,
        "ReturnConsumedCapacity": "TOTAL",
    }
    for page in _pages(store, body):
        yield from items(page)


def _pages(store: Store, body: Json) -> Iterator[Json]:
    while True:
        answer = store.client.call("Query", body)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        body = {**body, "ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _change(store: Store, was: Run | None, shall_be: Run, job: str | None = None) -> bool:
    """Write a record over the one that was read, or a new one, and as the last job if need be."""
    body: Json = {
        "TableName": store.runs,
        "Item": typed_item({"partition": PARTITION, **shall_be._replace(nonce=_nonce())._asdict()}),
    }
    if was is None:
        body["ConditionExpression"] = "attribute_not_exists(lo)"
    else:
        body |= _unchanged(was)
    return _transact(store, {"Put": body}, *([_is_last_job(store, job)] if job else []))


def _delete(store: Store, run: Run) -> Json:
    return {
        "Delete": {
            "TableName": store.runs,
            "Key": typed_item({"partition": PARTITION, "lo": run.lo}),
            **_unchanged(run),
        }
    }


def _unchanged(run: Run) -> Json:
    return {
        "ConditionExpression": "nonce = :nonce",
        "ExpressionAttributeValues": typed_item({":nonce": run.nonce}),
    }


def _transact(store: Store, *actions: Json) -> bool:
    """Whether the actions were done; not, if a record is not as it was read."""
    try:
        store.client.transact(list(actions))
    except Refused as refused:
        if refused.code != "TransactionCanceledException":
            raise
        return False
    return True


def _run(item: Json) -> Run:
    return Run(*(item[name] for name in Run._fields))


def _nonce() -> str:
    return os.urandom(8).hex()


# The job that began last; only it may propose, so that no two records ever overlap.
_JOB_KEY = {"partition": "job", "lo": 0}


def _begin_job(store: Store) -> str:
    job = _nonce()
    store.client.call(
        "PutItem", {"TableName": store.runs, "Item": typed_item({**_JOB_KEY, "nonce": job})}
    )
    return job


def _is_last_job(store: Store, job: str) -> Json:
    return {
        "ConditionCheck": {
            "TableName": store.runs,
            "Key": typed_item(_JOB_KEY),
            "ConditionExpression": "nonce = :job",
            "ExpressionAttributeValues": typed_item({":job": job}),
        }
    }
