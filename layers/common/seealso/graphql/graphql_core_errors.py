"""Errors of graphql-core as refusals, with Hasura's path of the node at fault."""

from collections.abc import Sequence

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

from seealso.graphql.plans import Location
from seealso.graphql.refusals import QueryRefused, error


def invalid(document: Node, errors: Sequence[GraphQLError]) -> QueryRefused:
    """A refusal with the errors that the library reported for a document or its variables."""
    return QueryRefused(
        [
            error(
                "validation-failed",
                graphql_error.message,
                _path(document, graphql_error.nodes[0]) if graphql_error.nodes else "$",
                formatted(graphql_error.locations),
            )
            for graphql_error in errors
        ]
    )


def formatted(locations: Sequence[SourceLocation] | None) -> list[Location]:
    """The library's locations as they are in answers."""
    return [{"line": each.line, "column": each.column} for each in locations or ()]


def location(node: Node) -> Location:
    """Where a node begins."""
    (found,) = formatted(GraphQLError("", [node]).locations)
    return found


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
