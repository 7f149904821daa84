"""From a field's arguments to a selection, with Hasura's semantics (docs/graphql.md).

Unsupported arguments are refused: an answer is never wrong or silently truncated.
"""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from seealso.graphql import plans
from seealso.graphql.refusals import Code, refused
from seealso.reading.selections import Selection
from seealso.tables.indexes import ALL

MAX_VALUES = 100  # in `_in`; excluded ids; excluded domains
MAX_LIMIT = 100
MAX_OFFSET = 1_000
SUPPORTED = (
    "Supported: `where` on `id` (_eq, _in, _neq, _gt, _gte, _lt, _lte) and `domain` (_eq, _neq, "
    "_nin), combined with `_and`; `order_by: {id: asc}` or `{id: desc}`; `limit` up to "
    f"{MAX_LIMIT} (required unless `id` uses `_eq` or `_in`); `offset` up to {MAX_OFFSET}."
)


def plan_selection(
    field: plans.Selection, arguments: dict[str, Any], columns: frozenset[str]
) -> Selection:
    """What a top-level field selects; `arguments` are coerced. Raises QueryRefused."""
    if field["name"] == "qa_ai_by_pk":
        return Selection(columns, ids=frozenset([arguments["id"]]))
    return _Plan(field).selection(arguments, columns)


class _Plan:
    """The selection of one field while its arguments are read."""

    def __init__(self, field: plans.Selection) -> None:
        self._field = field
        self._ids: set[int] | None = None  # None: not by id
        self._domains: set[int] | None = None  # None: of any domain
        self._without_ids: set[int] = set()
        self._without_domains: set[int] = set()
        self._within = ALL

    def selection(self, arguments: dict[str, Any], columns: frozenset[str]) -> Selection:
        path = f"$.selectionSet.{self._field['name']}.args"
        if arguments.get("distinct_on") is not None:
            self._not_supported("distinct_on is not supported.", f"{path}.distinct_on")
        if (where := arguments.get("where")) is not None:
            self._read_where(where, f"{path}.where")
        descending = self._descending(arguments.get("order_by") or [], f"{path}.order_by")
        offset = self._count(arguments, "offset", path) or 0
        if offset > MAX_OFFSET:
            self._not_supported(f"offset must be at most {MAX_OFFSET}.", f"{path}.offset")
        limit = self._count(arguments, "limit", path)
        if self._ids is None and (limit is None or limit > MAX_LIMIT):
            message = f"limit is required and must be at most {MAX_LIMIT}."
            self._not_supported(message, f"{path}.limit")
        for excluded in (self._without_ids, self._without_domains):
            if len(excluded) > MAX_VALUES:
                message = f"At most {MAX_VALUES} values may be excluded (_neq, _nin)."
                self._not_supported(message, f"{path}.where")
        ids = None if self._ids is None else frozenset(self._ids)
        domain = None
        if self._domains is not None:
            # No domain is left when two `_eq` differ: then no article matches.
            domain = next(iter(self._domains), None)
            ids = frozenset[int]() if domain is None else ids
        return Selection(
            columns,
            ids,
            domain,
            self._within,
            frozenset(self._without_ids),
            frozenset(self._without_domains),
            descending,
            offset,
            limit,
        )

    def _read_where(self, where: dict[str, Any], path: str) -> None:
        for name, value in where.items():
            member_path = f"{path}.{name}"
            if value is None:
                self._refuse("validation-failed", f"{name} must not be null.", member_path)
            match name:
                case "_and":
                    for index, condition in enumerate(value):
                        self._read_where(condition, f"{member_path}[{index}]")
                case "id":
                    self._read_comparisons(self._compare_id, value, member_path)
                case "domain":
                    self._read_comparisons(self._compare_domain, value, member_path)
                case _:
                    self._not_supported(f"{name} is not supported.", member_path)

    def _read_comparisons(
        self, compare: Callable[[str, Any, str], None], comparisons: dict[str, Any], path: str
    ) -> None:
        for operator, value in comparisons.items():
            operator_path = f"{path}.{operator}"
            if value is None:
                self._refuse("validation-failed", f"{operator} must not be null.", operator_path)
            if isinstance(value, list) and len(value) > MAX_VALUES:
                message = f"{operator} accepts at most {MAX_VALUES} values."
                self._not_supported(message, operator_path)
            compare(operator, value, operator_path)

    def _compare_id(self, operator: str, value: Any, path: str) -> None:
        lowest, highest = self._within
        match operator:
            case "_eq":
                self._ids = _intersection(self._ids, {value})
            case "_in":
                self._ids = _intersection(self._ids, set(value))
            case "_neq":
                self._without_ids.add(value)
            case "_gt":
                self._within = self._within._replace(lowest=max(lowest, value + 1))
            case "_gte":
                self._within = self._within._replace(lowest=max(lowest, value))
            case "_lt":
                self._within = self._within._replace(highest=min(highest, value - 1))
            case "_lte":
                self._within = self._within._replace(highest=min(highest, value))
            case _:
                self._not_supported(f"{operator} is not supported on id.", path)

    def _compare_domain(self, operator: str, value: Any, path: str) -> None:
        match operator:
            case "_eq":
                self._domains = _intersection(self._domains, {value})
            case "_neq":
                self._without_domains.add(value)
            case "_nin":
                self._without_domains.update(value)
            case _:
                self._not_supported(f"{operator} is not supported on domain.", path)

    def _descending(self, order_by: list[dict[str, Any]], path: str) -> bool:
        orders = [*_orders(order_by)]
        if len(orders) > 1 or any(name != "id" for name, _ in orders):
            self._not_supported("order_by must be a single order by id.", path)
        return any(direction.startswith("desc") for _, direction in orders)

    def _count(self, arguments: dict[str, Any], name: str, path: str) -> int | None:
        value: int | None = arguments.get(name)
        if value is not None and value < 0:
            message = f"{name} must not be negative."
            self._refuse("validation-failed", message, f"{path}.{name}")
        return value

    def _not_supported(self, message: str, path: str) -> NoReturn:
        self._refuse("not-supported", f"{message} {SUPPORTED}", path)

    def _refuse(self, code: Code, message: str, path: str) -> NoReturn:
        raise refused(code, message, path, [self._field["location"]])


def _intersection(earlier: set[int] | None, values: set[int]) -> set[int]:
    """The values that satisfy the earlier conditions too; None: there were no earlier ones."""
    return values if earlier is None else earlier & values


def _orders(order_by: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for members in order_by:
        for name, direction in members.items():
            if direction is not None:
                yield name, direction
