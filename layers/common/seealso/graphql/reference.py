"""What only graphql-core says: why a variable's value is invalid, and what the schema is.

Imported when it is asked, because graphql-core is half of a cold start.
"""

from typing import Any

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

from seealso.graphql.graphql_core_errors import invalid
from seealso.graphql.parsing import ParsedDocument
from seealso.graphql.refusals import QueryRefused
from seealso.graphql.schema import ARTICLE, LINK, QUERY, SCHEMA
from seealso.graphql.settings import MAX_ERRORS


class Reference:
    """An operation as graphql-core executes it, with the variables as they were sent."""

    def __init__(
        self,
        document: ParsedDocument,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
    ) -> None:
        self._document = document
        self._operation = operation
        self._variables = variables

    def refusal(self) -> QueryRefused:
        """Why the variables' values are refused, given that they are."""
        definitions = self._operation.variable_definitions
        values = get_variable_values(SCHEMA, definitions, self._variables, max_errors=MAX_ERRORS)
        if isinstance(values, list):
            return invalid(self._document.node, values)
        # As in input_types.variable_values().
        names = [definition.variable.name.value for definition in definitions]
        values = {**dict.fromkeys(names), **values}
        try:
            for nodes in self._top_nodes(values).values():
                if (field := QUERY.fields.get(nodes[0].name.value)) is not None:
                    get_argument_values(field, nodes[0], values)
                    self._check_conditions(nodes, values)
        except GraphQLError as error:
            return invalid(self._document.node, [error])
        raise AssertionError("graphql-core accepts values that input_types.py refuses")

    def _top_nodes(self, values: dict[str, Any]) -> dict[str, list[FieldNode]]:
        fragments = self._document.fragments
        return collect_fields(SCHEMA, fragments, values, QUERY, self._operation.selection_set)

    def _check_conditions(self, nodes: list[FieldNode], values: dict[str, Any]) -> None:
        fragments = self._document.fragments
        for inner in collect_sub_fields(SCHEMA, fragments, values, ARTICLE, nodes).values():
            if inner[0].name.value == "links":
                collect_sub_fields(SCHEMA, fragments, values, LINK, inner)

    def introspect(self, keys: set[str]) -> dict[str, Any]:
        """The values of the top-level fields with these keys. Raises QueryRefused."""
        definitions = self._operation.variable_definitions
        values = get_variable_values(SCHEMA, definitions, self._variables)
        assert isinstance(values, dict)
        names = [definition.variable.name.value for definition in definitions]
        by_key = self._top_nodes({**dict.fromkeys(names), **values})
        nodes = [node for key, each in by_key.items() if key in keys for node in each]
        operation = OperationDefinitionNode(
            operation=self._operation.operation,
            variable_definitions=definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(nodes)),
        )
        result = execute_sync(
            SCHEMA,
            DocumentNode(definitions=(operation, *self._document.fragments.values())),
            variable_values=self._variables,
        )
        if result.errors:
            raise invalid(self._document.node, result.errors)
        return result.data or {}
