"""Refused queries: errors as Hasura words them, with a code and a path in their extensions."""

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
    "validation-failed", "parse-failed", "not-supported", "too-expensive", "unexpected"
]

# The library's messages quote what was sent.
_MAX_MESSAGE = 500


class QueryRefused(Exception):
    """A request that is answered with errors alone."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors


def error(
    code: Code, message: str, path: str = "$", locations: Sequence[SourceLocation] | None = None
) -> dict[str, Any]:
    """One error of an answer."""
    made: dict[str, Any] = {"message": message[:_MAX_MESSAGE]}
    if locations:
        made["locations"] = [each.formatted for each in locations]
    made["extensions"] = {"path": path, "code": code}
    return made


def refused(
    code: Code, message: str, path: str = "$", nodes: Sequence[Node] | None = None
) -> QueryRefused:
    """A refusal for one reason."""
    return QueryRefused([error(code, message, path, GraphQLError(message, nodes).locations)])


def invalid(document: Node, found: Sequence[GraphQLError]) -> QueryRefused:
    """A refusal for what the library has found in a document or its variables."""
    return QueryRefused(
        [
            error(
                "validation-failed",
                each.message,
                path_of(document, each.nodes[0]) if each.nodes else "$",
                each.locations,
            )
            for each in found
        ]
    )


def path_of(document: Node, wanted: Node) -> str:
    """Where in a document a node is, as Hasura tells it: `$.selectionSet.qa_ai.args.limit`."""
    # A stack of its own: a document may be deeper than the interpreter recurses.
    stack: list[tuple[Node, str]] = [(document, "$")]
    while stack:
        node, above = stack.pop()
        path = above + _step(node)
        if node is wanted:
            return path
        for key in node.keys:
            child = getattr(node, key, None)
            if isinstance(child, Node):
                stack.append((child, path))
            elif isinstance(child, (list, tuple)):
                index = "[{}]" if key == "values" else ""
                stack += [
                    (each, path + index.format(number))
                    for number, each in enumerate(child)
                    if isinstance(each, Node)
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
