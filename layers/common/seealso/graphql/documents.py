"""Documents: parsed, checked against the limits, validated; recent ones are cached.

The limits are checked before validation, whose cost grows with the square of the number of fields.
"""

from collections import OrderedDict
from dataclasses import dataclass

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

from seealso.graphql.planning import SUPPORTED
from seealso.graphql.refusals import Code, QueryRefused, error, invalid, refused
from seealso.graphql.schema import SCHEMA
from seealso.graphql.settings import MAX_ERRORS, MAX_REQUEST_BYTES, settings

# Top-level fields of Hasura that are not in this schema.
_UNSUPPORTED_FIELDS = frozenset({"qa_ai_aggregate", "qa_ai_stream"})
# Of the cached documents' source; a parsed document takes about a hundred times as much memory.
_MAX_KEPT_CHARACTERS = 200_000


class MutationRefused(QueryRefused):
    """The document contains a mutation."""


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document."""

    node: DocumentNode
    operations: dict[str, OperationDefinitionNode]  # by name, "" for one without
    fragments: dict[str, FragmentDefinitionNode]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to execute. Raises QueryRefused."""
        if name is not None and name in self.operations:
            return self.operations[name]
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if not self.operations:
            raise refused("validation-failed", "The document has no operation.")
        if name is not None:
            raise refused("validation-failed", "The document has no operation with this name.")
        message = "operationName is required when the document has more than one operation."
        raise refused("validation-failed", message)


_kept: OrderedDict[str, Document] = OrderedDict()
_kept_characters = 0


def parse_document(query: str) -> Document:
    """The document of a GraphQL source string, from the cache if possible. Raises QueryRefused."""
    document = _kept.get(query)
    if document is None:
        document = _parse_and_validate(query)
        _keep(query, document)
    _kept.move_to_end(query)
    return document


def _keep(query: str, document: Document) -> None:
    global _kept_characters
    _kept[query] = document
    _kept_characters += len(query)
    while _kept_characters > _MAX_KEPT_CHARACTERS:
        oldest, _ = _kept.popitem(last=False)
        _kept_characters -= len(oldest)


def _parse_and_validate(query: str) -> Document:
    try:
        node = parse(
            query,
            max_lexical_tokens=settings().max_tokens,
            max_comments=settings().max_tokens,
            max_source_length=MAX_REQUEST_BYTES,
        )
    except GraphQLError as syntax_error:
        raise _unparsable(syntax_error) from None
    operations = [item for item in node.definitions if isinstance(item, OperationDefinitionNode)]
    fragments = [item for item in node.definitions if isinstance(item, FragmentDefinitionNode)]
    document = Document(
        node,
        {operation.name.value if operation.name else "": operation for operation in operations},
        {fragment.name.value: fragment for fragment in fragments},
    )
    _Limits(document.fragments).check(operations)
    for operation in operations:
        if operation.operation is OperationType.MUTATION:
            raise MutationRefused([error("validation-failed", "Mutations are not supported.")])
        if operation.operation is OperationType.SUBSCRIPTION:
            raise refused("validation-failed", "Subscriptions are not supported.")
    rules = [*specified_rules]
    if not settings().introspection:
        rules.append(NoSchemaIntrospectionCustomRule)
    hidden = not settings().introspection
    errors = validate(SCHEMA, node, rules, max_errors=MAX_ERRORS, hide_suggestions=hidden)
    if errors:
        raise _unsupported_field(errors) or invalid(node, errors)
    return document


def _unsupported_field(errors: list[GraphQLError]) -> QueryRefused | None:
    """The refusal of a field that Hasura has and this schema does not; None: no error is of one."""
    for validation_error in errors:
        for node in validation_error.nodes or ():
            if isinstance(node, FieldNode) and node.name.value in _UNSUPPORTED_FIELDS:
                name = node.name.value
                message = f"{name} is not supported. {SUPPORTED}"
                return refused("not-supported", message, f"$.selectionSet.{name}", [node])
    return None


def _unparsable(syntax_error: GraphQLError) -> QueryRefused:
    # The library ends its message so when a document exceeds one of its limits.
    is_too_long = syntax_error.message.endswith("Parsing aborted.")
    code: Code = "too-expensive" if is_too_long else "parse-failed"
    return QueryRefused([error(code, syntax_error.message, "$.query", syntax_error.locations)])


@dataclass(slots=True)
class _Size:
    """The size of a selection set with its fragments expanded."""

    top: int = 0  # fields of the set itself
    fields: int = 0
    directives: int = 0
    height: int = 0  # levels of selection sets inside; a fragment's set is one of them

    def add(self, inner: "_Size") -> None:
        self.fields += inner.fields
        self.directives += inner.directives
        self.height = max(self.height, inner.height + 1)


class _Limits:
    """Checks a document against the limits, top-down, so that what is too deep is not visited."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._sizes: dict[str, _Size | None] = {}  # of fragments; None while being measured

    def check(self, operations: list[OperationDefinitionNode]) -> None:
        """Raises QueryRefused for the first limit that is exceeded."""
        total = _Size()
        for operation in operations:
            for variable in operation.variable_definitions:
                total.directives += len(variable.directives)
                self._check_value(variable.default_value, 1)
            total.directives += len(operation.directives)
            size = self._measure(operation.selection_set, 1)
            _check_limit("top-level fields", size.top, settings().max_top_fields)
            total.add(size)
        for name, fragment in self._fragments.items():
            total.directives += len(fragment.directives)
            if name not in self._sizes:  # no operation uses it, but validation reads it
                total.add(self._fragment(name, 1))
        _check_limit("fields", total.fields, settings().max_fields)
        _check_limit("directives", total.directives, settings().max_directives)

    def _measure(self, selection_set: SelectionSetNode, depth: int) -> _Size:
        _check_limit("levels of nesting", depth, settings().max_depth)
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
        if name not in self._sizes:
            self._sizes[name] = None
            self._sizes[name] = self._measure(self._fragments[name].selection_set, depth)
        size = self._sizes[name]
        if size is None:
            raise refused("validation-failed", "Fragments must not form a cycle.")
        _check_limit("levels of nesting", depth + size.height, settings().max_depth)
        return size

    def _check_arguments(self, arguments: tuple[ConstArgumentNode | ArgumentNode, ...]) -> None:
        for argument in arguments:
            self._check_value(argument.value, 1)

    def _check_value(self, value: Node | None, depth: int) -> None:
        # Twice the depth, because an `_and` adds two levels: the list and the object in it.
        _check_limit("levels of nesting in a value", depth, 2 * settings().max_depth)
        if isinstance(value, ListValueNode):
            for item in value.values:
                self._check_value(item, depth + 1)
        elif isinstance(value, ObjectValueNode):
            for field in value.fields:
                self._check_value(field.value, depth + 1)


def _check_limit(counted: str, count: int, limit: int) -> None:
    if count > limit:
        raise refused("too-expensive", f"The document exceeds the limit of {limit} {counted}.")
