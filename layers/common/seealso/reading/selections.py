"""Selections: what one GraphQL field asks of the articles, as index reads of known cost.

A selection names ids (read by key), or a domain (read from the index domain-id), or neither (read
from timeline-id). Ranges and what is left out apply to each. Nothing here knows GraphQL.

Only published articles are in an answer. All reads are eventually consistent.
"""

import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from seealso.columns import COLUMNS, Index
from seealso.errors import ReadLimitExceeded
from seealso.limits import (
    MAX_ARTICLE_TITLE,
    MAX_CAP,
    MAX_LINK_TITLE,
    MAX_TEXT_BYTES,
    MAX_URL_BYTES,
)
from seealso.store.batching import Item, Need, Reading, need_item, read_together
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.indexes import ALL, SPARE, Ids, read_domain, read_timeline, timeline_query
from seealso.tables.pages import page_key, page_links


def _columns_in(index: Index) -> frozenset[str]:
    """The columns that an entry of the index has, by their names in an answer."""
    return frozenset(column.name_in_rows for column in COLUMNS if index in column.indexes)


# Where a row's column is in an item, and its value where the item has none.
_STORED = {column.name_in_rows: (column.name, column.none_as) for column in COLUMNS}
_IN_DOMAIN_INDEX = _columns_in("domain-id")
_IN_TIMELINE_INDEX = _columns_in("timeline-id")
# A read of an item or of an index costs no less (AWS, eventually consistent reads).
_MIN_UNITS = 0.5

# What reads cost at most. A code point has at most 4 bytes; the rest is for names and numbers.
_MAX_ENTRY_BYTES = 4 * MAX_ARTICLE_TITLE + 100  # of an index; skip ranges are smaller
_MAX_ARTICLE_BYTES = MAX_TEXT_BYTES + _MAX_ENTRY_BYTES
_MAX_PAGE_BYTES = MAX_CAP * (MAX_URL_BYTES + 4 * MAX_LINK_TITLE + 100) + 100
_MAX_QUERY_BYTES = 1024 * 1024  # AWS "Paginating table query results"


class Selection(NamedTuple):
    """Which articles, in which order, and which of their columns."""

    columns: frozenset[str]
    ids: frozenset[int] | None = None  # None: not by their ids
    domain: int | None = None
    within: Ids = ALL
    without_ids: frozenset[int] = frozenset()
    without_domains: frozenset[int] = frozenset()
    descending: bool = False
    offset: int = 0
    limit: int | None = None  # None: all of those that `ids` names

    def takes_id(self, article_id: int) -> bool:
        lowest, highest = self.within
        return lowest <= article_id <= highest and article_id not in self.without_ids

    def takes(self, item: Json | None) -> bool:
        """Whether an article's item is one of those asked for."""
        return (
            item is not None
            and item["state"] == "published"
            and self.takes_id(item["id"])
            and self.domain in (None, item["domain"])
            and item["domain"] not in self.without_domains
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be in it, whatever is in the tables."""
        return self.limit == 0 or self.within.is_empty or self.domain in self.without_domains

    @property
    def entries(self) -> int:
        """How many entries of an index it may read, or how many articles by their ids."""
        named = _named(self)
        if named is not None:
            return len(named)
        return 0 if self.is_empty else self.offset + (self.limit or 0)

    def cut(self, rows: Sequence[Json]) -> Sequence[Json]:
        """What offset and limit leave of all rows."""
        return rows[self.offset :][: self.limit]


def read_selections(
    store: Store, selections: Collection[Selection], max_read_units: float
) -> dict[Selection, list[Json]]:
    """The rows of each selection, each with at least its columns, in its order.

    Equal selections, and what else several need, are read once. Raises ReadLimitExceeded, before
    anything is read where that is sure by then.
    """
    wanted = list(dict.fromkeys(selections))
    if _MIN_UNITS * _least_reads(wanted) > max_read_units:
        raise ReadLimitExceeded
    readings = [_rows(store, selection) for selection in wanted]
    rows = read_together(store, readings, max_read_units, lambda need: _worst_units(store, need))
    return dict(zip(wanted, rows, strict=True))


def _least_reads(selections: Sequence[Selection]) -> int:
    named = {each_id for each in selections for each_id in _named(each) or ()}
    return len(named) + sum(each.ids is None and not each.is_empty for each in selections)


def _worst_units(store: Store, need: Need) -> float:
    """The read units that an item or a Query costs at most (eventually consistent)."""
    if isinstance(need, Item):
        size = _MAX_ARTICLE_BYTES if need.table == store.articles else _MAX_PAGE_BYTES
    else:
        assert need.limit is not None
        size = min(need.limit * _MAX_ENTRY_BYTES, _MAX_QUERY_BYTES)
    return _MIN_UNITS * math.ceil(size / 4096)


def _named(selection: Selection) -> list[int] | None:
    """The ids that can be in it, in its order; None where they are not named."""
    if selection.ids is None:
        return None
    ids = [] if selection.is_empty else selection.ids
    found = [each for each in ids if each > 0 and selection.takes_id(each)]
    return sorted(found, reverse=selection.descending)


def _rows(store: Store, selection: Selection) -> Reading[list[Json]]:
    if selection.is_empty:
        return []
    named = _named(selection)
    if named is not None:
        found = yield from _read_by_id(store, selection, named, None)
        rows = [_row(selection, *each) for each in found if selection.takes(each[0])]
        return [*selection.cut(rows)]
    gone: set[int] = set()
    there = _IN_TIMELINE_INDEX if selection.domain is None else _IN_DOMAIN_INDEX
    is_enough = selection.columns - {"links"} <= there
    while True:
        listed = yield from _listed(store, selection, gone)
        ids = [item["id"] for item in listed]
        found = yield from _read_by_id(store, selection, ids, listed if is_enough else None)
        if is_enough or all(selection.takes(item) for item, _ in found):
            return [_row(selection, *each) for each in found]
        # What was hidden or moved since the index was read leaves its place to the next one.
        gone |= {
            each for each, (item, _) in zip(ids, found, strict=True) if not selection.takes(item)
        }


def _read_by_id(
    store: Store, selection: Selection, ids: Sequence[int], known: Sequence[Json] | None
) -> Reading[list[tuple[Any, Any]]]:
    """Each article, unless they are known, with its page item if its links are selected."""
    needs: dict[Any, Need] = {}
    if known is None:
        needs |= {("article", id_): need_item(store.articles, id=id_) for id_ in ids}
    if "links" in selection.columns:
        needs |= {("page", id_): need_item(store.links, **page_key(id_)) for id_ in ids}
    answers = (yield needs) if needs else {}
    articles = known if known is not None else [answers["article", id_] for id_ in ids]
    return [
        (article, answers.get(("page", id_))) for id_, article in zip(ids, articles, strict=True)
    ]


def _listed(store: Store, selection: Selection, gone: set[int]) -> Reading[Sequence[Json]]:
    """The entries of an index; `gone` are ids that only the index still has."""
    lowest, highest = selection.within
    left_out = {each for each in selection.without_ids | gone if lowest <= each <= highest}
    assert selection.limit is not None
    wanted = selection.offset + selection.limit + len(left_out)
    within, descending = selection.within, selection.descending
    shown = {"id", *(_STORED[column][0] for column in selection.columns if column in _STORED)}
    if selection.domain is not None:
        found = yield from read_domain(
            store, selection.domain, wanted, within, descending=descending, shown=shown
        )
    else:
        without = selection.without_domains
        window = wanted + SPARE if without else wanted
        query = timeline_query(store, window, within, descending=descending)
        first = (yield {"timeline": query})["timeline"]
        found = yield from read_timeline(
            store, first, wanted, within, without, descending=descending, shown=shown
        )
    return selection.cut([item for item in found if item["id"] not in left_out])


def _row(selection: Selection, item: Json, page_item: Json | None) -> Json:
    """A selection's columns of an article; those that were not read are None."""
    row: Json = {}
    for column in selection.columns:
        if column == "links":
            row[column] = page_links(page_item)
        elif column == "domain" and selection.domain is not None:
            row[column] = selection.domain  # the index of a domain does not repeat it
        else:
            name, none_as = _STORED[column]
            row[column] = item.get(name, none_as)
    return row
