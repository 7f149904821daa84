"""From a field's arguments to a selection, with Hasura's semantics (docs/graphql.md).

What is not served is refused: a wrong or cut-off answer is never given.
"""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from graphql import FieldNode

from seealso.graphql.refusals import Code, refused
from seealso.reading.selections import Selection
from seealso.tables.indexes import ALL

MAX_VALUES = 100  # ids that are named, and of each kind what is left out
MAX_LIMIT = 100
MAX_OFFSET = 1_000
SERVED = (
    "Served are: where with _and of id (_eq, _in, _neq, _gt, _gte, _lt, _lte) and domain (_eq, "
    "_neq, _nin); order_by id; limit up to 100, needed unless ids are named by _eq or _in; offset "
    "up to 1000."
)


def selection_of(node: FieldNode, arguments: dict[str, Any], columns: frozenset[str]) -> Selection:
    """What a field asks for, from its coerced arguments. Raises QueryRefused."""
    if node.name.value == "qa_ai_by_pk":
        return Selection(columns, ids=frozenset([arguments["id"]]))
    return _Plan(node).selection(arguments, columns)


class _Plan:
    """The selection of one field while its arguments are read."""

    def __init__(self, node: FieldNode) -> None:
        self._node = node
        self._named: set[int] | None = None
        self._domains: set[int] | None = None
        self._without_ids: set[int] = set()
        self._without_domains: set[int] = set()
        self._within = ALL

    def selection(self, arguments: dict[str, Any], columns: frozenset[str]) -> Selection:
        path = f"$.selectionSet.{self._node.name.value}.args"
        if arguments.get("distinct_on") is not None:
            self._not_supported("distinct_on is not served.", f"{path}.distinct_on")
        if (where := arguments.get("where")) is not None:
            self._read_where(where, f"{path}.where")
        descending = self._descending(arguments.get("order_by") or [], f"{path}.order_by")
        offset = self._count(arguments, "offset", path) or 0
        if offset > MAX_OFFSET:
            self._not_supported("offset is over 1000.", f"{path}.offset")
        limit = self._count(arguments, "limit", path)
        if self._named is None and (limit is None or limit > MAX_LIMIT):
            self._not_supported("A limit up to 100 is needed here.", f"{path}.limit")
        for left_out in (self._without_ids, self._without_domains):
            if len(left_out) > MAX_VALUES:
                self._not_supported("Over 100 values are left out.", f"{path}.where")
        named = None if self._named is None else frozenset(self._named)
        domain = None
        if self._domains is not None:
            # Two different ones at once: no article.
            domain = next(iter(self._domains), None)
            named = frozenset[int]() if domain is None else named
        return Selection(
            columns,
            named,
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
            here = f"{path}.{name}"
            if value is None:
                self._refuse("validation-failed", f"{name} must not be null.", here)
            match name:
                case "_and":
                    for index, each in enumerate(value):
                        self._read_where(each, f"{here}[{index}]")
                case "id":
                    self._read_comparisons(self._compare_id, value, here)
                case "domain":
                    self._read_comparisons(self._compare_domain, value, here)
                case _:
                    self._not_supported(f"{name} is not served.", here)

    def _read_comparisons(
        self, compare: Callable[[str, Any, str], None], comparisons: dict[str, Any], path: str
    ) -> None:
        for operator, value in comparisons.items():
            here = f"{path}.{operator}"
            if value is None:
                self._refuse("validation-failed", f"{operator} must not be null.", here)
            if isinstance(value, list) and len(value) > MAX_VALUES:
                self._not_supported(f"{operator} has over 100 values.", here)
            compare(operator, value, here)

    def _compare_id(self, operator: str, value: Any, path: str) -> None:
        lowest, highest = self._within
        match operator:
            case "_eq":
                self._named = _narrowed(self._named, {value})
            case "_in":
                self._named = _narrowed(self._named, set(value))
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
                self._not_supported(f"{operator} is not served for id.", path)

    def _compare_domain(self, operator: str, value: Any, path: str) -> None:
        match operator:
            case "_eq":
                self._domains = _narrowed(self._domains, {value})
            case "_neq":
                self._without_domains.add(value)
            case "_nin":
                self._without_domains.update(value)
            case _:
                self._not_supported(f"{operator} is not served for domain.", path)

    def _descending(self, order_by: list[dict[str, Any]], path: str) -> bool:
        orders = [*_orders(order_by)]
        if len(orders) > 1 or any(name != "id" for name, _ in orders):
            self._not_supported("Only an order by id is served.", path)
        return any(direction.startswith("desc") for _, direction in orders)

    def _count(self, arguments: dict[str, Any], name: str, path: str) -> int | None:
        value: int | None = arguments.get(name)
        if value is not None and value < 0:
            message = f"{name} must not be negative."
            self._refuse("validation-failed", message, f"{path}.{name}")
        return value

    def _not_supported(self, what: str, path: str) -> NoReturn:
        self._refuse("not-supported", f"{what} {SERVED}", path)

    def _refuse(self, code: Code, message: str, path: str) -> NoReturn:
        raise refused(code, message, path, [self._node])


def _narrowed(earlier: set[int] | None, values: set[int]) -> set[int]:
    return values if earlier is None else earlier & values


def _orders(order_by: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for each in order_by:
        for name, direction in each.items():
            if direction is not None:
                yield name, direction
