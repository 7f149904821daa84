"""Published articles in the order of their ids: a domain's, and the feed of all domains.

Two indexes hold them (design.md, "Tables"), and both are read in windows. Articles of all domains
but some are met by reading the feed; where a long run of such a domain fills the first window, its
records are stepped over (runs.py) and the gaps between them read.
"""

from collections.abc import Collection
from typing import NamedTuple, Self

from seealso import runs
from seealso.articles import FEED
from seealso.dynamodb import Call, Json, Store, items, typed_item
from seealso.waves import Reading

# Articles read beyond those that are looked for, in search of ones of other domains: enough in
# nearly every mixed feed, and with ordinary titles 25 are within the 4 KB of half a read unit.
SPARE = 22
# After it, inside what no run's record covers: runs there are shorter than runs.SHORTEST, so three
# articles of other domains are met within this many, once the job has been there.
_FURTHER_WINDOW = 2 * runs.SHORTEST + 1
_RECORDS_READ = 100
_GAPS_READ = 3


class Ids(NamedTuple):
    """A range of ids, both ends included; of none where the ends are the wrong way round."""

    lowest: int = 0  # below the lowest id, so that what is below an article is always a range
    highest: int = runs.LARGEST_ID

    @property
    def is_empty(self) -> bool:
        return self.lowest > self.highest

    def before(self, lowest: int, highest: int, *, descending: bool) -> Self:
        """What of the range is met before another one, reading it in this direction."""
        if descending:
            return self._replace(lowest=max(self.lowest, highest + 1))
        return self._replace(highest=min(self.highest, lowest - 1))

    def beyond(self, lowest: int, highest: int, *, descending: bool) -> Self:
        """What of the range is met after another one, reading it in this direction."""
        return self.before(lowest, highest, descending=not descending)


ALL = Ids()


def read_domain(
    store: Store, domain: int, wanted: int, ids: Ids = ALL, *, descending: bool = True
) -> Reading[list[Json]]:
    """A domain's first articles in a range (id, title, date): `wanted`, or all that there are."""
    found: list[Json] = []
    while len(found) < wanted and not ids.is_empty:
        limit = wanted - len(found)
        (answer,) = yield [domain_query(store, domain, limit, ids, descending=descending)]
        found += items(answer)
        ids = _unread(answer, ids, descending=descending)
    return found


def read_feed(
    store: Store, first: Json, wanted: int, ids: Ids, without: Collection[int], *, descending: bool
) -> Reading[list[Json]]:
    """The feed's first articles in a range (id, domain, title, source_id) of all domains but some.

    `first` is the answer to feed_query() with the same arguments, whatever its limit. At least
    `wanted` articles, or all that there are. With runs recorded, two more waves are the rule;
    without, the windows grow: dearer, and as right.
    """
    found = [item for item in items(first) if item["domain"] not in without]
    ids = _unread(first, ids, descending=descending)
    window = max(_FURTHER_WINDOW, 2 * wanted)
    while len(found) < wanted and not ids.is_empty:
        gaps, rest = [ids], _NONE
        if without:
            gaps, rest = yield from _gaps(store, ids, without, descending=descending)
        answers = yield [
            feed_query(store, window, gap, without, descending=descending) for gap in gaps
        ]
        for answer in answers:
            found += items(answer)
            if "LastEvaluatedKey" in answer:
                rest = _unread(answer, ids, descending=descending)
                break
        ids = rest
        window *= 8
    return found


def domain_query(
    store: Store, domain: int, limit: int, ids: Ids = ALL, *, descending: bool = True
) -> Call:
    """A domain's first articles in a range of ids."""
    return _index_query(
        store, "domain-id", ("listed_domain", domain), limit, ids, descending=descending
    )


def feed_query(
    store: Store,
    limit: int,
    ids: Ids,
    without: Collection[int] = (),
    *,
    descending: bool = True,
) -> Call:
    """The first articles in a range of ids; those of some domains are read and not answered."""
    call = _index_query(store, "feed-id", ("feed", FEED), limit, ids, descending=descending)
    if without:
        names = {f":domain{index}": domain for index, domain in enumerate(sorted(without))}
        call.body["FilterExpression"] = f"NOT #domain IN ({', '.join(names)})"
        call.body["ExpressionAttributeNames"]["#domain"] = "domain"
        call.body["ExpressionAttributeValues"] |= typed_item(names)
    return call


def _index_query(
    store: Store, index: str, key: tuple[str, int | str], limit: int, ids: Ids, *, descending: bool
) -> Call:
    attribute, value = key
    return Call(
        "Query",
        {
            "TableName": store.articles,
            "IndexName": index,
            "KeyConditionExpression": "#key = :key AND #id BETWEEN :lowest AND :highest",
            "ExpressionAttributeNames": {"#key": attribute, "#id": "id"},
            "ExpressionAttributeValues": typed_item(
                {":key": value, ":lowest": ids.lowest, ":highest": ids.highest}
            ),
            "ScanIndexForward": not descending,
            "Limit": limit,
            "ReturnConsumedCapacity": "TOTAL",
        },
    )


_NONE = Ids(1, 0)


def _unread(answer: Json, ids: Ids, *, descending: bool) -> Ids:
    """What of a range the answer to its query has not reached."""
    key = answer.get("LastEvaluatedKey")
    if key is None:
        return _NONE
    last = int(key["id"]["N"])
    return ids.beyond(last, last, descending=descending)


def _gaps(
    store: Store, ids: Ids, without: Collection[int], *, descending: bool
) -> Reading[tuple[list[Ids], Ids]]:
    """Where in a range articles of other domains can be: at most _GAPS_READ parts, the first met.

    And what lies beyond them. Between two ranges that the job has left apart there is an article
    of another domain.
    """
    answers = yield runs.runs_in(store, without, ids, _RECORDS_READ, descending=descending)
    known = sorted(
        {
            each
            for answer in answers
            for run in runs.runs_of(answer)
            for each in runs.known_ranges(run)
        },
        reverse=descending,
    )
    # Where the records that were read end; of what lies beyond they say nothing.
    end = ids.lowest if descending else ids.highest + 1
    if last := answers[-1].get("LastEvaluatedKey"):
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
