"""Published articles in the order of their ids: a domain's, and the timeline of all domains.

Two indexes hold them (design.md, "Tables"), and both are read in windows. Articles of all domains
but some are found by reading the timeline. Where articles of an excluded domain fill the first
window, the skip ranges recorded for it are stepped over (skips.py) and the gaps between them read.
"""

from collections.abc import Collection
from functools import cache
from typing import NamedTuple, Self

from seealso.limits import MAX_ID
from seealso.store.batching import Reading
from seealso.store.calls import Call, query_items
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item, to_json, unmarshal_item
from seealso.tables import skips

# The only partition of timeline-id.
TIMELINE = "all"
# Articles read beyond those that are wanted, since some will be of excluded domains: enough in
# nearly every mixed timeline, and with ordinary titles 25 are within the 4 KB of half a read unit.
SPARE = 22
# The window after the first, in the gaps between skip ranges: stretches of one domain are shorter
# than skips.MIN_SKIP there, so three articles of other domains are within this many, once the job
# has been there.
_FURTHER_WINDOW = 2 * skips.MIN_SKIP + 1
_RECORDS_READ = 100
_GAPS_READ = 3


class Ids(NamedTuple):
    """A range of ids, both ends included; empty where the lowest is above the highest."""

    lowest: int = 0  # below every id, so that the ids below an article are always a range
    highest: int = MAX_ID

    @property
    def is_empty(self) -> bool:
        return self.lowest > self.highest

    def before(self, lowest: int, highest: int, *, descending: bool) -> Self:
        """The part of this range that is read before another range, in this direction."""
        if descending:
            return self._replace(lowest=max(self.lowest, highest + 1))
        return self._replace(highest=min(self.highest, lowest - 1))

    def beyond(self, lowest: int, highest: int, *, descending: bool) -> Self:
        """The part of this range that is read after another range, in this direction."""
        return self.before(lowest, highest, descending=not descending)


ALL = Ids()


def read_domain(
    store: Store,
    domain: int,
    wanted: int,
    ids: Ids = ALL,
    *,
    descending: bool = True,
    first: Json | None = None,
    shown: Collection[str] = ("id", "title", "date"),
) -> Reading[list[Json]]:
    """A domain's first articles in a range: `wanted`, or all that there are.

    `first` is the answer to domain_query() with the same arguments, if it was sent already;
    `shown` are the attributes that are needed.
    """
    found: list[Json] = []
    answer = first
    while len(found) < wanted and not ids.is_empty:
        if answer is None:
            query = domain_query(store, domain, wanted - len(found), ids, descending=descending)
            answer = (yield {"domain": query})["domain"]
        found += query_items(answer, shown)
        ids = _unread(answer, ids, descending=descending)
        answer = None
    return found


def read_timeline(
    store: Store,
    first: Json,
    wanted: int,
    ids: Ids,
    without: Collection[int],
    *,
    descending: bool,
    shown: Collection[str] = ("id", "domain", "title", "date", "source_id"),
) -> Reading[list[Json]]:
    """The timeline's first articles in a range, of all domains but some.

    `first` is the answer to timeline_query() with the same arguments, whatever its limit; `shown`
    are the attributes that are needed. Returns `wanted` articles, or all that there are. Where
    skip ranges are recorded, two more round trips are the rule; where they are not, the windows
    grow: more expensive, and as correct.
    """
    # Still in DynamoDB's form, since a page view shows 3 of them: all 25 take 500 k instructions
    # to unmarshal, a fifth of what the page view takes in all.
    left_out = {str(domain) for domain in without}
    found = [item for item in first["Items"] if item["domain"]["N"] not in left_out]
    ids = _unread(first, ids, descending=descending)
    window = max(_FURTHER_WINDOW, 2 * wanted)
    while len(found) < wanted and not ids.is_empty:
        gaps, rest = [ids], _NONE
        if without:
            gaps, rest = yield from _gaps(store, ids, without, descending=descending)
        answers = yield {
            gap: timeline_query(store, window, gap, without, descending=descending) for gap in gaps
        }
        for gap in gaps:
            found += answers[gap]["Items"]
            if "LastEvaluatedKey" in answers[gap]:
                rest = _unread(answers[gap], ids, descending=descending)
                break
        ids = rest
        window *= 8
    return [unmarshal_item(item, shown) for item in found[:wanted]]


def domain_query(
    store: Store, domain: int, limit: int, ids: Ids = ALL, *, descending: bool = True
) -> Call:
    """A domain's first articles in a range of ids."""
    return _index_query(
        store, "domain-id", ("listed_domain", domain), limit, ids, descending=descending
    )


def timeline_query(
    store: Store,
    limit: int,
    ids: Ids,
    without: Collection[int] = (),
    *,
    descending: bool = True,
) -> Call:
    """The first articles in a range of ids; those of some domains are read but not returned."""
    call = _index_query(
        store, "timeline-id", ("timeline", TIMELINE), limit, ids, descending=descending
    )
    if without:
        names = {f":domain{index}": domain for index, domain in enumerate(sorted(without))}
        call.body["FilterExpression"] = f"NOT #domain IN ({', '.join(names)})"
        call.body["ExpressionAttributeNames"]["#domain"] = "domain"
        call.body["ExpressionAttributeValues"] |= marshal_item(names)
    return call


def _index_query(
    store: Store, index: str, key: tuple[str, int | str], limit: int, ids: Ids, *, descending: bool
) -> Call:
    attribute, value = key
    kind = "S" if isinstance(value, str) else "N"
    text = _query_text(store.articles, index, attribute, kind, descending)
    return Call.prepared("Query", text % (value, ids.lowest, ids.highest, limit), limit)


@cache
def _query_text(table: str, index: str, attribute: str, kind: str, descending: bool) -> str:
    """The body of a query, with places for the key, the lowest and highest id, and the limit."""
    body = {
        "TableName": table,
        "IndexName": index,
        "KeyConditionExpression": "#key = :key AND #id BETWEEN :lowest AND :highest",
        "ExpressionAttributeNames": {"#key": attribute, "#id": "id"},
        "ExpressionAttributeValues": {
            ":key": {kind: "%s"},
            ":lowest": {"N": "%d"},
            ":highest": {"N": "%d"},
        },
        "ScanIndexForward": not descending,
        "ReturnConsumedCapacity": "TOTAL",
        "Limit": "%d",
    }
    return to_json(body).replace('"Limit":"%d"', '"Limit":%d')  # a number, unlike the others


_NONE = Ids(1, 0)


def _unread(answer: Json, ids: Ids, *, descending: bool) -> Ids:
    """The part of a range that the answer to its query did not reach."""
    key = answer.get("LastEvaluatedKey")
    if key is None:
        return _NONE
    last = int(key["id"]["N"])
    return ids.beyond(last, last, descending=descending)


def _gaps(
    store: Store, ids: Ids, without: Collection[int], *, descending: bool
) -> Reading[tuple[list[Ids], Ids]]:
    """The gaps between skip ranges, where articles of other domains can be.

    Returns at most _GAPS_READ gaps, the first in reading direction, and the range beyond them.
    Between two skip ranges that the job has left apart there is an article of another domain.
    """
    answers = yield skips.skips_in(store, without, ids, _RECORDS_READ, descending=descending)
    known = sorted(
        {
            skippable
            for answer in answers.values()
            for skip in skips.skips_of(answer)
            for skippable in skips.skippable_ranges(skip)
        },
        reverse=descending,
    )
    # Where the records that were read end: about ids beyond it nothing is known.
    end = ids.lowest if descending else ids.highest + 1
    if last := answers["within"].get("LastEvaluatedKey"):
        end = int(last["lo"]["N"]) + (0 if descending else 1)
    gaps: list[Ids] = []
    for lo, hi in [*known, (end, end - 1)]:
        gap = ids.before(lo, hi, descending=descending)
        if not gap.is_empty:
            if len(gaps) == _GAPS_READ:
                break
            gaps.append(gap)
        ids = ids.beyond(lo, hi, descending=descending)
    return gaps, ids
