"""From a query to its data: all top-level fields are planned, read together, then shaped.

Plans are executed here, not by graphql-core, whose executor takes four times as long for the query
of a page view (docs/decisions.md) and whose import is half of a cold start. It answers
introspection and says what is wrong with variables (reference.py).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from seealso.errors import ReadLimitExceeded
from seealso.graphql import graphql_core, plans
from seealso.graphql.documents import Document
from seealso.graphql.input_types import InvalidValue, evaluate, variable_values
from seealso.graphql.planning import plan_selection
from seealso.graphql.refusals import QueryRefused, refused
from seealso.graphql.settings import MAX_ANSWER_CHARACTERS, settings
from seealso.reading.selections import Selection, read_selections
from seealso.store.tables import Store
from seealso.store.values import Json

if TYPE_CHECKING:
    from seealso.graphql.reference import Reference

_QUERY, _ARTICLE = "query_root", "qa_ai"
_LISTS = {"links": "qa_ai_links"}  # columns that are lists, and the types of their objects


class _OutputField(NamedTuple):
    """The value of one key of an object: a column and, if it is a list, its objects' fields."""

    column: str
    fields: "dict[str, _OutputField] | None"


class _TopField(NamedTuple):
    """A top-level field: which rows it selects and how each of them is shaped."""

    selection: Selection
    output: dict[str, _OutputField]
    is_single: bool  # its value is a row or null, not a list


def answer_query(
    store: Store, document: Document, operation_name: str | None, variables: dict[str, Any]
) -> dict[str, Any]:
    """The data of a query. Raises QueryRefused and StoreFailure."""
    name = document.operation_name(operation_name)
    try:
        execution = _Execution(document.plan, name, variables)
        fields_by_key = execution.top_fields()
        top_fields: dict[str, _TopField] = {}
        introspection: set[str] = set()
        for key, fields in fields_by_key.items():
            field_name = fields[0]["name"]
            if field_name in ("__schema", "__type"):
                introspection.add(key)
            elif field_name != "__typename":
                top_fields[key] = execution.top_field(fields)
    except InvalidValue:
        raise _reference(document, name, variables).refusal() from None
    data: dict[str, Any] = dict.fromkeys(fields_by_key, _QUERY)
    if introspection:
        data |= _reference(document, name, variables).introspect(introspection)
    if top_fields:
        data |= _read(store, top_fields)
    return data


def _reference(document: Document, name: str, variables: dict[str, Any]) -> "Reference":
    graphql_core.load()
    from seealso.graphql.reference import Reference

    parsed = document.parsed()
    return Reference(parsed, parsed.operations[name], variables)


class _Execution:
    """An operation with its variables' values. Its methods raise InvalidValue."""

    def __init__(self, plan: plans.Plan, name: str, variables: dict[str, Any]) -> None:
        self._fragments = plan["fragments"]
        self._operation = plan["operations"][name]
        self._values = variable_values(self._operation["variables"], variables)

    def top_fields(self) -> dict[str, list[plans.Selection]]:
        """The top-level fields by key, with directives and fragments applied."""
        return self._collect([self._operation["selections"]])

    def top_field(self, fields: list[plans.Selection]) -> _TopField:
        """Raises QueryRefused too."""
        field = fields[0]
        arguments = {
            name: evaluate(value, self._values) for name, value in field["arguments"].items()
        }
        output = self._output(fields)
        columns = frozenset(field.column for field in output.values()) - {"__typename"}
        selection = plan_selection(field, arguments, columns)
        return _TopField(selection, output, field["name"] == "qa_ai_by_pk")

    def _output(self, fields: list[plans.Selection]) -> dict[str, _OutputField]:
        output: dict[str, _OutputField] = {}
        inner = self._collect([field["selections"] for field in fields])
        for key, inner_fields in inner.items():
            name = inner_fields[0]["name"]
            output[key] = _OutputField(name, self._output(inner_fields) if name in _LISTS else None)
        return output

    def _collect(self, sets: Iterable[list[plans.Selection]]) -> dict[str, list[plans.Selection]]:
        """The fields of selection sets by key (GraphQL specification, "CollectFields")."""
        found: dict[str, list[plans.Selection]] = {}
        visited: set[str] = set()
        for selections in sets:
            self._collect_into(found, selections, visited)
        return found

    def _collect_into(
        self,
        found: dict[str, list[plans.Selection]],
        selections: list[plans.Selection],
        visited: set[str],
    ) -> None:
        for selection in selections:
            fragment = selection.get("fragment")
            if fragment in visited:
                continue
            if "conditions" in selection and not self._is_included(selection["conditions"]):
                continue
            if fragment is not None:
                visited.add(fragment)
                self._collect_into(found, self._fragments[fragment], visited)
            elif "key" in selection:
                found.setdefault(selection["key"], []).append(selection)
            else:
                self._collect_into(found, selection["selections"], visited)

    def _is_included(self, conditions: list[plans.Condition]) -> bool:
        return all(
            evaluate(condition["value"], self._values) is condition["wanted"]
            for condition in conditions
        )


def _read(store: Store, fields: dict[str, _TopField]) -> dict[str, Any]:
    selections = [field.selection for field in fields.values()]
    _check_entries(selections)
    max_read_units = settings().max_read_units
    try:
        rows_by_selection = read_selections(store, selections, max_read_units)
    except ReadLimitExceeded:
        message = f"The query would cost more than {max_read_units} read units."
        raise refused("too-expensive", f"{message} Request fewer articles.") from None
    data: dict[str, Any] = {}
    size = 0
    for key, field in fields.items():
        objects = []
        for row in rows_by_selection[field.selection]:
            objects.append(_object(row, field.output, _ARTICLE))
            # A text selected under many keys is one string in memory, but is written many times.
            size += _characters([objects[-1]])
            if size > MAX_ANSWER_CHARACTERS:
                raise too_large()
        data[key] = (objects[0] if objects else None) if field.is_single else objects
    return data


def _check_entries(selections: list[Selection]) -> None:
    """Raises QueryRefused where the lists may read too many entries; equal ones are read once."""
    entries = sum(selection.entries for selection in set(selections))
    limit = settings().max_index_entries
    if entries > limit:
        message = (
            f"The query may read {entries} index entries; the limit is {limit}. Each list counts "
            "its limit and its offset, or its ids. Use a smaller limit, continue a list with "
            "`id: {_lt}` or `{_gt}` instead of offset, or send several queries."
        )
        raise refused("too-expensive", message)


def too_large() -> QueryRefused:
    """The refusal of a query whose answer would exceed the size that Lambda can return."""
    message = "The response would be too large. Select `text` for fewer articles."
    return refused("too-expensive", message)


def _object(row: Json, output: dict[str, _OutputField], kind: str) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    for key, (column, fields) in output.items():
        if column == "__typename":
            shaped[key] = kind
        elif fields is None:
            shaped[key] = row[column]
        else:
            shaped[key] = [_object(item, fields, _LISTS[column]) for item in row[column]]
    return shaped


def _characters(objects: list[dict[str, Any]]) -> int:
    """The number of characters in all strings of some objects, keys not counted."""
    count = 0
    for shaped in objects:
        for value in shaped.values():
            if isinstance(value, str):
                count += len(value)
            elif isinstance(value, list):
                count += _characters(value)
    return count
