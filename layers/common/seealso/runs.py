"""Long same-domain runs: records that let a reader step over 64 or more articles of one domain.

The page's other-domains list reads the feed downwards; a bulk import of one site would make it
read the whole import. A record {lo, hi, domain} says that every published article with an id in
lo..hi is of that domain. design.md, "Same-domain runs"; why it is never wrong:

- Records do not overlap: only the job that began last may propose one. It writes it as
  *proposed*, waits longer than a writer or an index may take (WAIT_SECONDS), reads the range again
  and only then makes it *active*, on condition that it is unchanged. Readers use active ones alone.
- A writer that makes an article visible, or moves it to another domain, calls make_way() first
  and writes within WRITE_SECONDS: records in its way are split or deleted.
- So a writer either comes before the second reading, which sees its article, or sees the record.
  A crash anywhere leaves records that are true or that nobody uses.

Deleting and unpublishing make no record false.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from seealso.dynamodb import Call, Json, Refused, Store, items, typed_item

PARTITION = "runs"
SHORTEST = 64  # articles; a shorter run costs a reader less than its record
WRITE_SECONDS = 30.0
WAIT_SECONDS = 60.0
# A record that is broken in more places is dropped; the next job finds what is left of it.
MOST_PIECES = 20


class Run(NamedTuple):
    """A record: every published article with an id in lo..hi is of the domain."""

    lo: int
    hi: int
    domain: int
    status: str  # proposed or active
    nonce: str  # new with every change of the record


class JobReport(NamedTuple):
    """What one run of the job did."""

    proposed: int
    activated: int
    withdrawn: int
    merged: int


# ---- reading ---------------------------------------------------------------------------------


def active_runs_below(store: Store, domain: int, below: int, limit: int) -> Call:
    """The call for a domain's active records that begin below an id, the highest first."""
    return Call(
        "Query",
        {
            "TableName": store.runs,
            "KeyConditionExpression": "#partition = :partition AND #lo < :below",
            "FilterExpression": "#domain = :domain AND #status = :active",
            "ExpressionAttributeNames": {
                "#partition": "partition",
                "#lo": "lo",
                "#domain": "domain",
                "#status": "status",
            },
            "ExpressionAttributeValues": typed_item(
                {":partition": PARTITION, ":below": below, ":domain": domain, ":active": "active"}
            ),
            "ScanIndexForward": False,
            "Limit": limit,
            "ReturnConsumedCapacity": "TOTAL",
        },
    )


def runs_of(answer: Json) -> list[Run]:
    """The records of a Query's answer, in its order."""
    return [_run(item) for item in items(answer)]


# ---- writers ---------------------------------------------------------------------------------


def make_way(store: Store, places: Iterable[tuple[int, int]]) -> None:
    """Split or delete the records that articles (id, domain) of other domains are about to break.

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
            _split(store, run, breaks)


def _breaks(run: Run, wanted: dict[int, int]) -> list[int]:
    return sorted(
        article_id
        for article_id, domain in wanted.items()
        if run.lo <= article_id <= run.hi and domain != run.domain
    )


def _split(store: Store, run: Run, breaks: list[int]) -> None:
    """Put what is left of a record in its place; someone else's change of it comes first."""
    bounds = [run.lo - 1, *breaks, run.hi + 1]
    pieces = [
        (lower + 1, upper - 1) for lower, upper in pairwise(bounds) if upper - lower - 1 >= SHORTEST
    ]
    if run.status == "proposed" or len(pieces) > MOST_PIECES:
        pieces = []
    actions: list[Json] = []
    if pieces and pieces[0][0] == run.lo:
        # A transaction may name an item once: the first piece has the record's own key.
        first = run._replace(hi=pieces.pop(0)[1], nonce=_nonce())
        actions.append(_put(store, first, instead_of=run))
    else:
        actions.append(_delete(store, run))
    actions += [_put(store, Run(lo, hi, run.domain, "active", _nonce())) for lo, hi in pieces]
    _done(store, actions)


# ---- the job ---------------------------------------------------------------------------------


def record_runs(store: Store, sleep: Callable[[float], None] = time.sleep) -> JobReport:
    """Find the long runs of the whole feed and record them; takes WAIT_SECONDS if any are new.

    Safe to kill at any moment and to run beside itself. Proposals that an earlier job left
    behind are taken up.
    """
    job = _begin_job(store)
    proposed = 0
    records = _records(store, 1, _TOP)
    for run in _feed_runs(store):
        for lo, hi in _uncovered(run, records):
            proposal = Run(lo, hi, run.domain, "proposed", _nonce())
            proposed += _done(store, [_put(store, proposal), _is_last_job(store, job)])
    proposals = [run for run in _records(store, 1, _TOP) if run.status == "proposed"]
    activated = withdrawn = 0
    if proposals:
        sleep(WAIT_SECONDS)
        for run in proposals:
            if _holds(store, run):
                active = run._replace(status="active", nonce=_nonce())
                activated += _done(store, [_put(store, active, instead_of=run)])
            else:
                withdrawn += _done(store, [_delete(store, run)])
    return JobReport(proposed, activated, withdrawn, _merge(store))


def _feed_runs(store: Store) -> Iterator[Run]:
    """The runs of SHORTEST or more articles in the feed, from the highest id downwards."""
    count, lo, hi, domain = 0, 0, 0, -1
    for item in _feed(store, 1, _TOP):
        if item["domain"] != domain:
            if count >= SHORTEST:
                yield Run(lo, hi, domain, "found", "")
            count, hi, domain = 0, item["id"], item["domain"]
        count += 1
        lo = item["id"]
    if count >= SHORTEST:
        yield Run(lo, hi, domain, "found", "")


def _uncovered(run: Run, records: list[Run]) -> Iterator[tuple[int, int]]:
    """The parts of a run that no record covers; records come lowest first."""
    start = run.lo
    for record in records:
        if record.hi < start or record.lo > run.hi:
            continue
        if record.lo > start:
            yield start, record.lo - 1
        start = record.hi + 1
    if start <= run.hi:
        yield start, run.hi


def _holds(store: Store, run: Run) -> bool:
    return all(item["domain"] == run.domain for item in _feed(store, run.lo, run.hi))


def _merge(store: Store) -> int:
    """Join active records of one domain that touch; both being true, so is their union."""
    merged = 0
    below: Run | None = None
    for run in _records(store, 1, _TOP):
        touches = (
            below is not None
            and below.hi + 1 == run.lo
            and below.domain == run.domain
            and below.status == run.status == "active"
        )
        if below is not None and touches:
            grown = below._replace(hi=run.hi, nonce=_nonce())
            joined = [_put(store, grown, instead_of=below), _delete(store, run)]
            if _done(store, joined):
                merged += 1
                below = grown
                continue
        below = run
    return merged


# ---- records and the feed in the tables ------------------------------------------------------

_TOP = 2**31 - 1


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
            if run.hi < low:
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


def _done(store: Store, actions: list[Json]) -> bool:
    """Whether the actions could be done; not, if a record is not as it was read."""
    try:
        store.client.transact(actions)
    except Refused as refused:
        if refused.code != "TransactionCanceledException":
            raise
        return False
    return True


def _run(item: Json) -> Run:
    return Run(item["lo"], item["hi"], item["domain"], item["status"], item["nonce"])


def _nonce() -> str:
    return os.urandom(8).hex()


def _put(store: Store, run: Run, instead_of: Run | None = None) -> Json:
    """Write a record: a new one, or one in the place of another that is still as it was read."""
    body: Json = {"TableName": store.runs, "Item": _item(run)}
    if instead_of is None:
        body["ConditionExpression"] = "attribute_not_exists(lo)"
    else:
        body |= _unchanged(instead_of)
    return {"Put": body}


def _delete(store: Store, run: Run) -> Json:
    return {"Delete": {"TableName": store.runs, "Key": _key(run), **_unchanged(run)}}


def _unchanged(run: Run) -> Json:
    return {
        "ConditionExpression": "nonce = :nonce",
        "ExpressionAttributeValues": typed_item({":nonce": run.nonce}),
    }


def _key(run: Run) -> Json:
    return typed_item({"partition": PARTITION, "lo": run.lo})


def _item(run: Run) -> Json:
    return typed_item({"partition": PARTITION, **run._asdict()})


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
