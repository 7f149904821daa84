"""Refused queries: errors in Hasura's shape, with a code and a path in their extensions."""

from collections.abc import Sequence
from typing import Any, Literal

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    Node,
    ObjectFieldNode,
    SourceLocation,
    VariableDefinitionNode,
)

type Code = Literal[
    "validation-failed",
    "parse-failed",
    "not-supported",
    "too-expensive",
    "unexpected",
    "PERSISTED_QUERY_NOT_FOUND",
]

# The library's messages quote the document, which may be long.
_MAX_MESSAGE = 500


class QueryRefused(Exception):
    """A request whose answer has errors and no data."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors


def error(
    code: Code, message: str, path: str = "$", locations: Sequence[SourceLocation] | None = None
) -> dict[str, Any]:
    """One error of an answer, as its JSON object."""
    formatted: dict[str, Any] = {"message": message[:_MAX_MESSAGE]}
    if locations:
        formatted["locations"] = [location.formatted for location in locations]
    formatted["extensions"] = {"path": path, "code": code}
    return formatted


def refused(
    code: Code, message: str, path: str = "$", nodes: Sequence[Node] | None = None
) -> QueryRefused:
    """A refusal with one error."""
    return QueryRefused([error(code, message, path, GraphQLError(message, nodes).locations)])


def invalid(document: Node, errors: Sequence[GraphQLError]) -> QueryRefused:
    """A refusal with the errors that the library reported for a document or its variables."""
    return QueryRefused(
        [
            error(
                "validation-failed",
                graphql_error.message,
                _path(document, graphql_error.nodes[0]) if graphql_error.nodes else "$",
                graphql_error.locations,
            )
            for graphql_error in errors
        ]
    )


def _path(document: Node, target: Node) -> str:
    """The path of a node in a document, in Hasura's form: `$.selectionSet.qa_ai.args.limit`."""
    # An explicit stack, because a document may be deeper than the interpreter's recursion limit.
    stack: list[tuple[Node, str]] = [(document, "$")]
    while stack:
        node, parent_path = stack.pop()
        path = parent_path + _step(node)
        if node is target:
            return path
        for key in node.keys:
            child = getattr(node, key, None)
            if isinstance(child, Node):
                stack.append((child, path))
            elif isinstance(child, (list, tuple)):
                index = "[{}]" if key == "values" else ""
                stack += [
                    (item, path + index.format(number))
                    for number, item in enumerate(child)
                    if isinstance(item, Node)
                ]
    return "$"


def _step(node: Node) -> str:
    match node:
        case FieldNode():
            return f".selectionSet.{node.name.value}"
        case ArgumentNode():
            return f".args.{node.name.value}"
        case ObjectFieldNode():
            return f".{node.name.value}"
        case VariableDefinitionNode():
            return f".variableValues.{node.variable.name.value}"
        case FragmentDefinitionNode():
            return f".fragments.{node.name.value}"
    return ""
