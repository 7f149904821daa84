"""From a query to its data: all of its fields are planned, read together, and shaped.

Rows are shaped here and not by the library's executor, which takes four times as long for the
query of a page view (docs/decisions.md); it answers introspection alone.
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
from seealso.graphql.documents import Document, document_of
from seealso.graphql.planning import selection_of
from seealso.graphql.refusals import invalid, refused
from seealso.graphql.schema import ARTICLE, LINK, QUERY, SCHEMA
from seealso.graphql.settings import MAX_ANSWER_CHARACTERS, MAX_ERRORS, settings
from seealso.reading.selections import Selection, read_selections
from seealso.store.tables import Store
from seealso.store.values import Json

_LISTS = {"links": LINK}


class _Shown(NamedTuple):
    """What stands under one key of an object: a column, and of which fields if it is a list."""

    column: str
    fields: "dict[str, _Shown] | None"


class _Asked(NamedTuple):
    """A field at the top: its rows, how each is shown, and whether there is one at most."""

    selection: Selection
    shown: dict[str, _Shown]
    is_one: bool


def answer_query(
    store: Store, query: str, operation_name: str | None, variables: dict[str, Any]
) -> dict[str, Any]:
    """The data of a query. Raises QueryRefused, and what the store's client raises."""
    document = document_of(query)
    operation = document.operation(operation_name)
    execution = _Execution(document, operation, variables)
    asked: dict[str, _Asked] = {}
    introspected: list[FieldNode] = []
    fields = execution.top()
    for key, nodes in fields.items():
        name = nodes[0].name.value
        if name in ("__schema", "__type"):
            introspected += nodes
        elif name != "__typename":
            asked[key] = execution.asked(nodes)
    data: dict[str, Any] = dict.fromkeys(fields, QUERY.name)
    if introspected:
        data |= execution.introspect(introspected)
    if asked:
        data |= _read(store, asked)
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
        # One that may be null and was not sent is null in Hasura, where the specification would
        # leave out the comparison that it stands in, and take every article.
        names = [each.variable.name.value for each in definitions]
        self._values = {**dict.fromkeys(names), **values}

    def top(self) -> dict[str, list[FieldNode]]:
        """The fields at the top by their keys, as directives and fragments leave them."""
        return self._collected(collect_fields, QUERY, self._operation.selection_set)

    def asked(self, nodes: list[FieldNode]) -> _Asked:
        node = nodes[0]
        name = node.name.value
        try:
            arguments = get_argument_values(QUERY.fields[name], node, self._values)
        except GraphQLError as error:
            raise invalid(self._document.node, [error]) from None
        shown = self._shown(ARTICLE, nodes)
        columns = frozenset(each.column for each in shown.values()) - {"__typename"}
        selection = selection_of(node, arguments, columns)
        return _Asked(selection, shown, name == "qa_ai_by_pk")

    def _shown(self, kind: GraphQLObjectType, nodes: list[FieldNode]) -> dict[str, _Shown]:
        shown: dict[str, _Shown] = {}
        for key, inner in self._collected(collect_sub_fields, kind, nodes).items():
            name = inner[0].name.value
            of = _LISTS.get(name)
            shown[key] = _Shown(name, self._shown(of, inner) if of else None)
        return shown

    def _collected(
        self, collect: Callable[..., dict[str, list[FieldNode]]], kind: GraphQLObjectType, of: Any
    ) -> dict[str, list[FieldNode]]:
        try:
            return collect(SCHEMA, self._document.fragments, self._values, kind, of)
        except GraphQLError as error:  # a directive's condition is null
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


def _read(store: Store, asked: dict[str, _Asked]) -> dict[str, Any]:
    try:
        found = read_selections(
            store, [each.selection for each in asked.values()], settings().read_units
        )
    except ReadLimitExceeded:
        message = f"The query would cost more than {settings().read_units} read units."
        raise refused("too-expensive", f"{message} Request fewer articles.") from None
    data: dict[str, Any] = {}
    size = 0
    for key, each in asked.items():
        rows = []
        for row in found[each.selection]:
            rows.append(_object(row, each.shown, ARTICLE))
            # The same text under many keys is large only when it is written out.
            size += _characters(rows[-1])
            if size > MAX_ANSWER_CHARACTERS:
                raise too_large()
        data[key] = (rows[0] if rows else None) if each.is_one else rows
    return data


def too_large() -> Exception:
    """The refusal of an answer that would be longer than one can be."""
    message = "The response would be too large. Select `text` for fewer articles."
    return refused("too-expensive", message)


def _object(row: Json, shown: dict[str, _Shown], kind: GraphQLObjectType) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, (column, fields) in shown.items():
        if column == "__typename":
            made[key] = kind.name
        elif fields is None:
            made[key] = row[column]
        else:
            made[key] = [_object(each, fields, _LISTS[column]) for each in row[column]]
    return made


def _characters(shown: Any) -> int:
    """How many there are in the texts of what is shown."""
    if isinstance(shown, str):
        return len(shown)
    if isinstance(shown, dict):
        return sum(map(_characters, shown.values()))
    return sum(map(_characters, shown)) if isinstance(shown, list) else 0
