"""Documents are parsed, checked against the limits and validated, by graphql-core.

The limits are checked before validation, whose cost grows with the square of the number of fields.
"""

import math
from typing import NamedTuple

from graphql import (
    ArgumentNode,
    ConstArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    Node,
    NoSchemaIntrospectionCustomRule,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    specified_rules,
    validate,
)

from seealso.graphql.graphql_core_errors import formatted, invalid, location
from seealso.graphql.planning import SUPPORTED
from seealso.graphql.refusals import Code, MutationRefused, QueryRefused, error, refused
from seealso.graphql.schema import SCHEMA
from seealso.graphql.settings import MAX_ERRORS, MAX_REQUEST_BYTES, Settings

# Top-level fields of Hasura that are not in this schema.
_UNSUPPORTED_FIELDS = frozenset({"qa_ai_aggregate", "qa_ai_stream"})


class ParsedDocument(NamedTuple):
    """A valid document, and by the names of Settings how large each limit has to be for it."""

    node: DocumentNode
    operations: dict[str, OperationDefinitionNode]  # by name, "" for one without
    fragments: dict[str, FragmentDefinitionNode]
    sizes: dict[str, int]


def parse_document(query: str, settings: Settings) -> ParsedDocument:
    """The document of a GraphQL source string. Raises QueryRefused."""
    try:
        node = parse(
            query,
            max_lexical_tokens=settings.max_tokens,
            max_comments=settings.max_tokens,
            max_source_length=MAX_REQUEST_BYTES,
        )
    except GraphQLError as syntax_error:
        raise _unparsable(syntax_error) from None
    operations = [item for item in node.definitions if isinstance(item, OperationDefinitionNode)]
    fragments = [item for item in node.definitions if isinstance(item, FragmentDefinitionNode)]
    fragments_by_name = {fragment.name.value: fragment for fragment in fragments}
    limits = _Limits(fragments_by_name, settings)
    limits.check(operations)
    for operation in operations:
        if operation.operation is OperationType.MUTATION:
            raise MutationRefused([error("validation-failed", "Mutations are not supported.")])
        if operation.operation is OperationType.SUBSCRIPTION:
            raise refused("validation-failed", "Subscriptions are not supported.")
    rules = [*specified_rules]
    if not settings.introspection:
        rules.append(NoSchemaIntrospectionCustomRule)
    hidden = not settings.introspection
    errors = validate(SCHEMA, node, rules, max_errors=MAX_ERRORS, hide_suggestions=hidden)
    if errors:
        raise _unsupported_field(errors) or invalid(node, errors)
    return ParsedDocument(
        node,
        {operation.name.value if operation.name else "": operation for operation in operations},
        fragments_by_name,
        limits.sizes,
    )


def _unsupported_field(errors: list[GraphQLError]) -> QueryRefused | None:
    """The refusal of a field that Hasura has and this schema does not; None: no error is of one."""
    for validation_error in errors:
        for node in validation_error.nodes or ():
            if isinstance(node, FieldNode) and node.name.value in _UNSUPPORTED_FIELDS:
                name = node.name.value
                message = f"{name} is not supported. {SUPPORTED}"
                path = f"$.selectionSet.{name}"
                return refused("not-supported", message, path, [location(node)])
    return None


def _unparsable(syntax_error: GraphQLError) -> QueryRefused:
    # The library ends its message so when a document exceeds one of its limits.
    is_too_long = syntax_error.message.endswith("Parsing aborted.")
    code: Code = "too-expensive" if is_too_long else "parse-failed"
    return QueryRefused(
        [error(code, syntax_error.message, "$.query", formatted(syntax_error.locations))]
    )


class _Size:
    """The size of a selection set with its fragments expanded."""

    def __init__(self) -> None:
        self.top = 0  # fields of the set itself
        self.fields = 0
        self.directives = 0
        self.height = 0  # levels of selection sets inside; a fragment's set is one of them

    def add(self, inner: "_Size") -> None:
        self.fields += inner.fields
        self.directives += inner.directives
        self.height = max(self.height, inner.height + 1)


class _Limits:
    """Checks a document against the limits, top-down, so that what is too deep is not visited."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode], settings: Settings) -> None:
        self._fragments = fragments
        self._settings = settings
        self._fragment_sizes: dict[
            str, _Size | None
        ] = {}  # of fragments; None while being measured
        self.sizes: dict[str, int] = {}  # the largest of each kind, by the name of its limit

    def check(self, operations: list[OperationDefinitionNode]) -> None:
        """Raises QueryRefused for the first limit that is exceeded."""
        total = _Size()
        for operation in operations:
            for variable in operation.variable_definitions:
                total.directives += len(variable.directives)
                self._check_value(variable.default_value, 1)
            total.directives += len(operation.directives)
            size = self._measure(operation.selection_set, 1)
            self._check("max_top_fields", "top-level fields", size.top)
            total.add(size)
        for name, fragment in self._fragments.items():
            total.directives += len(fragment.directives)
            if name not in self._fragment_sizes:  # no operation uses it, but validation reads it
                total.add(self._fragment(name, 1))
        self._check("max_fields", "fields", total.fields)
        self._check("max_directives", "directives", total.directives)

    def _measure(self, selection_set: SelectionSetNode, depth: int) -> _Size:
        self._check("max_depth", "levels of nesting", depth)
        size = _Size()
        for node in selection_set.selections:
            size.directives += len(node.directives)
            for directive in node.directives:
                self._check_arguments(directive.arguments)
            match node:
                case FieldNode():
                    size.top += 1
                    size.fields += 1
                    self._check_arguments(node.arguments)
                    if node.selection_set:
                        size.add(self._measure(node.selection_set, depth + 1))
                case InlineFragmentNode():
                    inner = self._measure(node.selection_set, depth + 1)
                    size.top += inner.top
                    size.add(inner)
                case FragmentSpreadNode():
                    inner = self._fragment(node.name.value, depth + 1)
                    size.top += inner.top
                    size.add(inner)
        return size

    def _fragment(self, name: str, depth: int) -> _Size:
        if name not in self._fragments:
            return _Size()  # validation will report it
        if name not in self._fragment_sizes:
            self._fragment_sizes[name] = None
            self._fragment_sizes[name] = self._measure(self._fragments[name].selection_set, depth)
        size = self._fragment_sizes[name]
        if size is None:
            raise refused("validation-failed", "Fragments must not form a cycle.")
        self._check("max_depth", "levels of nesting", depth + size.height)
        return size

    def _check_arguments(self, arguments: tuple[ConstArgumentNode | ArgumentNode, ...]) -> None:
        for argument in arguments:
            self._check_value(argument.value, 1)

    def _check_value(self, value: Node | None, depth: int) -> None:
        # Twice the depth, because an `_and` adds two levels: the list and the object in it.
        self._check("max_depth", "levels of nesting in a value", depth, 2)
        if isinstance(value, ListValueNode):
            for item in value.values:
                self._check_value(item, depth + 1)
        elif isinstance(value, ObjectValueNode):
            for field in value.fields:
                self._check_value(field.value, depth + 1)

    def _check(self, name: str, counted: str, count: int, factor: int = 1) -> None:
        """Compare a count with `factor` times the limit of this name. Raises QueryRefused."""
        limit = factor * int(getattr(self._settings, name))
        if count > limit:
            raise refused("too-expensive", f"The document exceeds the limit of {limit} {counted}.")
        self.sizes[name] = max(self.sizes.get(name, 0), math.ceil(count / factor))
