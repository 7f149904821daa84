"""Skip ranges: records that let a reader step over 64 or more articles of one domain.

The page's other-domains list reads the timeline downwards; a bulk import of one site would make it
read the whole import. A record {lo, hi, domain, holes} says that every published article with an
id in lo..hi is of that domain, except for the holes (design.md, "Skip ranges"). Why it is never
wrong:

- Records do not overlap: only the job that began last may write a new id range into one. It
  *proposes* the range first (`proposed` above `hi`), waits longer than a writer or an index may
  take (WAIT_SECONDS), reads the range again and only then lets `hi` reach it, on condition that
  the record is unchanged. Readers use what is up to `hi` alone.
- A writer that makes an article visible, or moves it to another domain, calls exclude_from_skips()
  first and writes within WRITE_SECONDS: the records that the article would make false get a hole,
  or end before it.
- So a writer either comes before the second reading, which sees its article, or sees the record.
  A crash anywhere leaves records that are true or that nobody uses.
- Every change is of one record, in place. A Query sees other transactions item by item (AWS
  "Amazon DynamoDB Transactions: How it works", isolation levels): of a range that moved from one
  record to another it could see neither.

Deleting and unpublishing make no record false. A record that the timeline contradicts all the same
(an index that lagged for longer, a writer that slept) is deleted by the next job.
"""

import os
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from seealso.errors import StoreError
from seealso.limits import MAX_ID
from seealso.store.calls import Call, query_items
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item

PARTITION = "skips"
MIN_SKIP = 64  # articles; a shorter range costs a reader less than its record
WRITE_SECONDS = 30.0
WAIT_SECONDS = 60.0
# A record that would need more holes ends before the lowest; the next job finds the rest.
MAX_HOLES = 20
# Entries of one request when the whole timeline is read. AWS would return up to 1 MB, at the same
# units. DynamoDB Local sorts all that is left for each request that has no limit: 137 s in place
# of 4 s for 100,000 articles.
TIMELINE_PAGE = 1000


class SkipRange(NamedTuple):
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
    """How many records one execution of the job proposed, activated, withdrew, found false."""

    proposed: int
    activated: int
    withdrawn: int
    contradicted: int


# ---- reading ---------------------------------------------------------------------------------


def skips_in(
    store: Store, domains: Collection[int], ids: tuple[int, int], limit: int, *, descending: bool
) -> dict[str, Call]:
    """What a reading needs for some domains' records that share ids with a range.

    `within` has at most `limit` records, in reading direction. Only in ascending order is there
    `below` too: the record that covers the lowest id.
    """
    lowest, highest = ids
    if descending:
        return {"within": _records_query(store, domains, (0, highest), limit, descending=True)}
    return {
        # Records do not overlap: the one that begins last below an id is the one that covers it.
        "below": _records_query(store, domains, (0, lowest), 1, descending=True),
        "within": _records_query(store, domains, (lowest, highest), limit, descending=False),
    }


def _records_query(
    store: Store, domains: Collection[int], begin: tuple[int, int], limit: int, *, descending: bool
) -> Call:
    names = {f":domain{index}": domain for index, domain in enumerate(sorted(domains))}
    values = {":partition": PARTITION, ":lowest": begin[0], ":highest": begin[1], **names}
    return Call(
        "Query",
        {
            "TableName": store.skips,
            "KeyConditionExpression": "#partition = :partition"
            " AND #lo BETWEEN :lowest AND :highest",
            "FilterExpression": f"#domain IN ({', '.join(names)})",
            "ExpressionAttributeNames": {
                "#partition": "partition",
                "#lo": "lo",
                "#domain": "domain",
            },
            "ExpressionAttributeValues": marshal_item(values),
            "ScanIndexForward": not descending,
            "Limit": limit,
        },
    )


def skips_of(answer: Json) -> list[SkipRange]:
    """The records of a Query's answer, in its order."""
    return [_skip_range(item) for item in query_items(answer)]


def skippable_ranges(skip: SkipRange) -> Iterator[tuple[int, int]]:
    """The ids that a reader may step over, as (lowest, highest), the highest range first."""
    ends = [skip.hi + 1, *(hole for hole in reversed(skip.holes) if hole <= skip.hi), skip.lo - 1]
    return ((below + 1, above - 1) for above, below in pairwise(ends) if below + 1 < above)


# ---- writers ---------------------------------------------------------------------------------


def exclude_from_skips(store: Store, positions: Iterable[tuple[int, int]]) -> None:
    """Change the records that articles (id, domain) of other domains are about to make false.

    The articles must be written within WRITE_SECONDS of the call; later, it must be called again.
    """
    wanted = dict(positions)
    if not wanted:
        return
    low, high = min(wanted), max(wanted)
    while True:
        broken = [
            (skip, breaks)
            for skip in _records(store, low, high)
            if (breaks := _breaks(skip, wanted))
        ]
        if not broken:
            return
        for skip, breaks in broken:
            _break(store, skip, breaks)


def _breaks(skip: SkipRange, wanted: dict[int, int]) -> set[int]:
    return {
        article_id
        for article_id, domain in wanted.items()
        if skip.lo <= article_id <= skip.proposed
        and domain != skip.domain
        and article_id not in skip.holes
    }


def _break(store: Store, skip: SkipRange, breaks: set[int]) -> None:
    """Make holes in a record, or end it; does nothing if someone else has changed it first."""
    holes = sorted(breaks.union(skip.holes))
    if max(holes) > skip.hi or len(holes) > MAX_HOLES:
        _end(store, skip, min(skip.hi, min(breaks) - 1))
    else:
        _change(store, skip, skip._replace(holes=holes))


def _end(store: Store, skip: SkipRange, hi: int) -> bool:
    """Let a record end at an id, with nothing proposed; False if someone else changed it first."""
    if hi - skip.lo + 1 < MIN_SKIP:
        return _transact(store, _delete(store, skip))
    holes = [hole for hole in skip.holes if hole <= hi]
    return _change(store, skip, skip._replace(hi=hi, proposed=hi, holes=holes))


# ---- the job ---------------------------------------------------------------------------------


def record_skips(store: Store, sleep: Callable[[float], None] = time.sleep) -> JobReport:
    """Record the skip ranges of the whole timeline; takes WAIT_SECONDS if any are new.

    Safe to kill at any moment and to run twice at once. Proposals that an earlier job left
    behind are continued.
    """
    job = _begin_job(store)
    records = _records(store, 1, MAX_ID)
    proposed = contradicted = 0
    for stretch in _stretches(store):
        near = _touching(records, stretch)
        for skip in near:
            if skip.domain != stretch.domain and not _in_hole(skip, stretch):
                contradicted += _transact(store, _delete(store, skip))
        if stretch.articles >= MIN_SKIP:
            for current, updated in _proposals(stretch, near):
                proposed += _change(store, current, updated, job)
    pending = [skip for skip in _records(store, 1, MAX_ID) if skip.proposed > skip.hi]
    activated = withdrawn = 0
    if pending:
        sleep(WAIT_SECONDS)
        for skip in pending:
            if _holds(store, skip):
                activated += _change(store, skip, skip._replace(hi=skip.proposed))
            else:
                withdrawn += _end(store, skip, skip.hi)
    return JobReport(proposed, activated, withdrawn, contradicted)


class _Stretch(NamedTuple):
    """Articles of one domain with none of another between them."""

    lo: int
    hi: int
    domain: int
    articles: int


def _stretches(store: Store) -> Iterator[_Stretch]:
    """The whole timeline, from the highest id downwards."""
    found: _Stretch | None = None
    for item in _timeline(store, 1, MAX_ID):
        article_id, domain = item["id"], item["domain"]
        if found is not None and found.domain == domain:
            found = found._replace(lo=article_id, articles=found.articles + 1)
            continue
        if found is not None:
            yield found
        found = _Stretch(article_id, article_id, domain, 1)
    if found is not None:
        yield found


def _touching(records: list[SkipRange], stretch: _Stretch) -> list[SkipRange]:
    """The records that share ids with a stretch, lowest first, as all are."""
    first = bisect_left(records, stretch.lo, key=lambda skip: skip.proposed)
    return records[first : bisect_right(records, stretch.hi, key=lambda skip: skip.lo)]


def _in_hole(skip: SkipRange, stretch: _Stretch) -> bool:
    """Whether a record of another domain may be true: all of the stretch is in its holes."""
    return stretch.articles <= sum(stretch.lo <= hole <= stretch.hi for hole in skip.holes)


def _proposals(
    stretch: _Stretch, near: list[SkipRange]
) -> Iterator[tuple[SkipRange | None, SkipRange]]:
    """What to write, and over what, so that records will cover a stretch."""
    if not near or stretch.lo < near[0].lo:
        end = near[0].lo - 1 if near else stretch.hi
        yield None, SkipRange(stretch.lo, stretch.lo - 1, stretch.domain, end, [], "")
    for skip, above in pairwise([*near, None]):
        assert skip is not None
        end = above.lo - 1 if above else stretch.hi
        # Nothing is in these holes any more: that part is proposed anew, without them.
        closed = [hole for hole in skip.holes if stretch.lo <= hole <= stretch.hi]
        updated = skip._replace(
            hi=min([skip.hi, *(hole - 1 for hole in closed)]),
            proposed=max(skip.proposed, end),
            holes=[hole for hole in skip.holes if hole not in closed],
        )
        if skip.domain == stretch.domain and updated != skip:
            yield skip, updated


def _holds(store: Store, skip: SkipRange) -> bool:
    return all(
        item["domain"] == skip.domain or item["id"] in skip.holes
        for item in _timeline(store, skip.hi + 1, skip.proposed)
    )


# ---- records and the timeline in the tables --------------------------------------------------


def _records(store: Store, low: int, high: int) -> list[SkipRange]:
    """All records that touch low..high (strongly consistent), lowest first."""
    found: list[SkipRange] = []
    body: Json = {
        "TableName": store.skips,
        "ConsistentRead": True,
        "KeyConditionExpression": "#partition = :partition AND #lo <= :high",
        "ExpressionAttributeNames": {"#partition": "partition", "#lo": "lo"},
        "ExpressionAttributeValues": marshal_item({":partition": PARTITION, ":high": high}),
        "ScanIndexForward": False,
        # Records do not overlap: below a low id, the first one met is enough.
        "Limit": 1 if low == high else 100,
    }
    for item in store.client.query_all(body):
        skip = _skip_range(item)
        if skip.proposed < low:
            break
        found.append(skip)
    return found[::-1]


def _timeline(store: Store, low: int, high: int) -> Iterator[Json]:
    """Published articles (id, domain) with ids in low..high, the highest first."""
    body: Json = {
        "TableName": store.articles,
        "IndexName": "timeline-id",
        "KeyConditionExpression": "#timeline = :timeline AND #id BETWEEN :low AND :high",
        "ProjectionExpression": "#id, #domain",
        "ExpressionAttributeNames": {"#timeline": "timeline", "#id": "id", "#domain": "domain"},
        "ExpressionAttributeValues": marshal_item({":timeline": "all", ":low": low, ":high": high}),
        "ScanIndexForward": False,
        "Limit": TIMELINE_PAGE,
    }
    yield from store.client.query_all(body)


def _change(
    store: Store, current: SkipRange | None, updated: SkipRange, job: str | None = None
) -> bool:
    """Write a record over the one that was read, or a new one.

    With `job` only if no later job has begun. False, with nothing written, if someone else was
    first.
    """
    body: Json = {
        "TableName": store.skips,
        "Item": marshal_item(
            {"partition": PARTITION, **updated._replace(nonce=_nonce())._asdict()}
        ),
    }
    if current is None:
        body["ConditionExpression"] = "attribute_not_exists(lo)"
    else:
        body |= _if_unchanged(current)
    return _transact(store, {"Put": body}, *([_is_last_job(store, job)] if job else []))


def _delete(store: Store, skip: SkipRange) -> Json:
    return {
        "Delete": {
            "TableName": store.skips,
            "Key": marshal_item({"partition": PARTITION, "lo": skip.lo}),
            **_if_unchanged(skip),
        }
    }


def _if_unchanged(skip: SkipRange) -> Json:
    return {
        "ConditionExpression": "nonce = :nonce",
        "ExpressionAttributeValues": marshal_item({":nonce": skip.nonce}),
    }


def _transact(store: Store, *actions: Json) -> bool:
    """Do the actions; False, with nothing done, if someone else changed a record first."""
    try:
        store.client.transact(list(actions))
    except StoreError as error:
        if error.code != "TransactionCanceledException":
            raise
        return False
    return True


def _skip_range(item: Json) -> SkipRange:
    return SkipRange(*(item[name] for name in SkipRange._fields))


def _nonce() -> str:
    return os.urandom(8).hex()


# The job that began last; only it may propose, so that no two records ever overlap.
_JOB_KEY = {"partition": "job", "lo": 0}


def _begin_job(store: Store) -> str:
    job = _nonce()
    store.client.call(
        "PutItem", {"TableName": store.skips, "Item": marshal_item({**_JOB_KEY, "nonce": job})}
    )
    return job


def _is_last_job(store: Store, job: str) -> Json:
    return {
        "ConditionCheck": {
            "TableName": store.skips,
            "Key": marshal_item(_JOB_KEY),
            "ConditionExpression": "nonce = :job",
            "ExpressionAttributeValues": marshal_item({":job": job}),
        }
    }
