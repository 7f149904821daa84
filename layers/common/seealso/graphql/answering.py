"""From a query to its data: all top-level fields are planned, read together, then shaped.

Rows are shaped here, not by the library's executor, which takes four times as long for the query of
a page view (docs/decisions.md). The executor answers introspection only.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
    get_argument_values,
    get_variable_values,
)
from graphql.execution.collect_fields import collect_fields, collect_sub_fields
from graphql.type import GraphQLObjectType

from seealso.errors import ReadLimitExceeded
from seealso.graphql.documents import Document, parse_document
from seealso.graphql.planning import plan_selection
from seealso.graphql.refusals import QueryRefused, invalid, refused
from seealso.graphql.schema import ARTICLE, LINK, QUERY, SCHEMA
from seealso.graphql.settings import MAX_ANSWER_CHARACTERS, MAX_ERRORS, settings
from seealso.reading.selections import Selection, read_selections
from seealso.store.tables import Store
from seealso.store.values import Json

_LISTS = {"links": LINK}


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
    store: Store, query: str, operation_name: str | None, variables: dict[str, Any]
) -> dict[str, Any]:
    """The data of a query. Raises QueryRefused and StoreFailure."""
    document = parse_document(query)
    operation = document.operation(operation_name)
    execution = _Execution(document, operation, variables)
    fields: dict[str, _TopField] = {}
    introspection: list[FieldNode] = []
    nodes_by_key = execution.top_nodes()
    for key, nodes in nodes_by_key.items():
        name = nodes[0].name.value
        if name in ("__schema", "__type"):
            introspection += nodes
        elif name != "__typename":
            fields[key] = execution.top_field(nodes)
    data: dict[str, Any] = dict.fromkeys(nodes_by_key, QUERY.name)
    if introspection:
        data |= execution.introspect(introspection)
    if fields:
        data |= _read(store, fields)
    return data


class _Execution:
    """An operation with its variables' values."""

    def __init__(
        self, document: Document, operation: OperationDefinitionNode, variables: dict[str, Any]
    ) -> None:
        self._document = document
        self._operation = operation
        self._variables = variables
        definitions = operation.variable_definitions
        values = get_variable_values(SCHEMA, definitions, variables, max_errors=MAX_ERRORS)
        if isinstance(values, list):
            raise invalid(document.node, values)
        # In Hasura, a nullable variable that was not sent is null. The specification would omit the
        # comparison that uses it instead, and the query would select every article.
        names = [definition.variable.name.value for definition in definitions]
        self._values = {**dict.fromkeys(names), **values}

    def top_nodes(self) -> dict[str, list[FieldNode]]:
        """The top-level fields by key, with directives and fragments applied."""
        return self._collect(collect_fields, QUERY, self._operation.selection_set)

    def top_field(self, nodes: list[FieldNode]) -> _TopField:
        node = nodes[0]
        name = node.name.value
        try:
            arguments = get_argument_values(QUERY.fields[name], node, self._values)
        except GraphQLError as error:
            raise invalid(self._document.node, [error]) from None
        output = self._output(ARTICLE, nodes)
        columns = frozenset(field.column for field in output.values()) - {"__typename"}
        selection = plan_selection(node, arguments, columns)
        return _TopField(selection, output, name == "qa_ai_by_pk")

    def _output(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> dict[str, _OutputField]:
        output: dict[str, _OutputField] = {}
        for key, inner_nodes in self._collect(collect_sub_fields, kind, nodes).items():
            name = inner_nodes[0].name.value
            item_kind = _LISTS.get(name)
            fields = self._output(item_kind, inner_nodes) if item_kind else None
            output[key] = _OutputField(name, fields)
        return output

    def _collect(
        self,
        collect: Callable[..., dict[str, list[FieldNode]]],
        kind: GraphQLObjectType,
        selected: Any,
    ) -> dict[str, list[FieldNode]]:
        try:
            return collect(SCHEMA, self._document.fragments, self._values, kind, selected)
        except GraphQLError as error:  # the condition of a directive is null
            raise invalid(self._document.node, [error]) from None

    def introspect(self, nodes: list[FieldNode]) -> dict[str, Any]:
        operation = OperationDefinitionNode(
            operation=self._operation.operation,
            variable_definitions=self._operation.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(nodes)),
        )
        definitions = (operation, *self._document.fragments.values())
        result = execute_sync(
            SCHEMA, DocumentNode(definitions=definitions), variable_values=self._variables
        )
        if result.errors:
            raise invalid(self._document.node, result.errors)
        return result.data or {}


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
            objects.append(_object(row, field.output, ARTICLE))
            # A text selected under many keys is one string in memory, but is written many times.
            size += _characters(objects[-1])
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


def _object(row: Json, output: dict[str, _OutputField], kind: GraphQLObjectType) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    for key, (column, fields) in output.items():
        if column == "__typename":
            shaped[key] = kind.name
        elif fields is None:
            shaped[key] = row[column]
        else:
            shaped[key] = [_object(item, fields, _LISTS[column]) for item in row[column]]
    return shaped


def _characters(value: Any) -> int:
    """The number of characters in all strings of a JSON value, keys not counted."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_characters, value.values()))
    return sum(map(_characters, value)) if isinstance(value, list) else 0
