"""Documents: parsed, held to their limits, validated; and those of late kept.

The limits come before validation, whose cost grows with the square of the fields.
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

from seealso.graphql.planning import SERVED
from seealso.graphql.refusals import Code, QueryRefused, error, invalid, refused
from seealso.graphql.schema import SCHEMA
from seealso.graphql.settings import MAX_ERRORS, MAX_REQUEST_BYTES, settings

# What Hasura has at the top beside what is served.
_FIELDS_NOT_SERVED = frozenset({"qa_ai_aggregate", "qa_ai_stream"})
# Of the texts kept; a document takes about a hundred times as much.
_KEPT_CHARACTERS = 200_000


class MutationRefused(QueryRefused):
    """There is a mutation in the document."""


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document."""

    node: DocumentNode
    operations: dict[str, OperationDefinitionNode]  # by name, "" for one without
    fragments: dict[str, FragmentDefinitionNode]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation to be executed. Raises QueryRefused."""
        if name is not None and name in self.operations:
            return self.operations[name]
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if not self.operations:
            raise refused("validation-failed", "The document has no operation.")
        if name is not None:
            raise refused("validation-failed", "The document has no operation of that name.")
        raise refused("validation-failed", "Say in operationName which operation is meant.")


_kept: OrderedDict[str, Document] = OrderedDict()
_kept_characters = 0


def document_of(query: str) -> Document:
    """The document of a query's text; one that was seen of late as it was. Raises QueryRefused."""
    document = _kept.get(query)
    if document is None:
        document = _read(query)
        _keep(query, document)
    _kept.move_to_end(query)
    return document


def _keep(query: str, document: Document) -> None:
    global _kept_characters
    _kept[query] = document
    _kept_characters += len(query)
    while _kept_characters > _KEPT_CHARACTERS:
        oldest, _ = _kept.popitem(last=False)
        _kept_characters -= len(oldest)


def _read(query: str) -> Document:
    try:
        node = parse(
            query,
            max_lexical_tokens=settings().tokens,
            max_comments=settings().tokens,
            max_source_length=MAX_REQUEST_BYTES,
        )
    except GraphQLError as found:
        raise _unparsable(found) from None
    operations = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)]
    fragments = [each for each in node.definitions if isinstance(each, FragmentDefinitionNode)]
    document = Document(
        node,
        {each.name.value if each.name else "": each for each in operations},
        {each.name.value: each for each in fragments},
    )
    _Limits(document.fragments).check(operations)
    for operation in operations:
        if operation.operation is OperationType.MUTATION:
            raise MutationRefused([error("validation-failed", "There are no mutations.")])
        if operation.operation is OperationType.SUBSCRIPTION:
            raise refused("validation-failed", "There are no subscriptions.")
    rules = [*specified_rules]
    if not settings().introspection:
        rules.append(NoSchemaIntrospectionCustomRule)
    hidden = not settings().introspection
    errors = validate(SCHEMA, node, rules, max_errors=MAX_ERRORS, hide_suggestions=hidden)
    if errors:
        raise _not_served(errors) or invalid(node, errors)
    return document


def _not_served(errors: list[GraphQLError]) -> QueryRefused | None:
    """The refusal where a field is not of this schema, but of Hasura's."""
    for each in errors:
        for node in each.nodes or ():
            if isinstance(node, FieldNode) and node.name.value in _FIELDS_NOT_SERVED:
                name = node.name.value
                path = f"$.selectionSet.{name}"
                return refused("not-supported", f"{name} is not served. {SERVED}", path, [node])
    return None


def _unparsable(found: GraphQLError) -> QueryRefused:
    # What the library says of a document that is over its limits.
    too_long = found.message.endswith("Parsing aborted.")
    code: Code = "too-expensive" if too_long else "parse-failed"
    return QueryRefused([error(code, found.message, "$.query", found.locations)])


@dataclass(slots=True)
class _Size:
    """What a selection set comes to, with its fragments expanded."""

    top: int = 0  # fields of the set itself
    fields: int = 0
    directives: int = 0
    height: int = 0  # sets in sets, a fragment's own included

    def add(self, inner: "_Size") -> None:
        self.fields += inner.fields
        self.directives += inner.directives
        self.height = max(self.height, inner.height + 1)


class _Limits:
    """Holds a document to the limits, from the top downwards: what is too deep is not entered."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._sizes: dict[str, _Size | None] = {}  # of fragments; None while being measured

    def check(self, operations: list[OperationDefinitionNode]) -> None:
        """Raises QueryRefused for the first limit that is passed."""
        whole = _Size()
        for operation in operations:
            for variable in operation.variable_definitions:
                whole.directives += len(variable.directives)
                self._check_value(variable.default_value, 1)
            whole.directives += len(operation.directives)
            size = self._measure(operation.selection_set, 1)
            _hold("fields at the top", size.top, settings().top_fields)
            whole.add(size)
        for name, fragment in self._fragments.items():
            whole.directives += len(fragment.directives)
            if name not in self._sizes:  # validation reads it all the same
                whole.add(self._fragment(name, 1))
        _hold("fields", whole.fields, settings().fields)
        _hold("directives", whole.directives, settings().directives)

    def _measure(self, selection_set: SelectionSetNode, depth: int) -> _Size:
        _hold("levels", depth, settings().depth)
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
            return _Size()  # validation says so
        if name not in self._sizes:
            self._sizes[name] = None
            self._sizes[name] = self._measure(self._fragments[name].selection_set, depth)
        size = self._sizes[name]
        if size is None:
            raise refused("validation-failed", "A fragment is spread within itself.")
        _hold("levels", depth + size.height, settings().depth)
        return size

    def _check_arguments(self, arguments: tuple[ConstArgumentNode | ArgumentNode, ...]) -> None:
        for argument in arguments:
            self._check_value(argument.value, 1)

    def _check_value(self, value: Node | None, depth: int) -> None:
        # Objects in lists in objects: each condition in an `_and` takes two levels.
        _hold("levels of a value", depth, 2 * settings().depth)
        if isinstance(value, ListValueNode):
            for each in value.values:
                self._check_value(each, depth + 1)
        elif isinstance(value, ObjectValueNode):
            for field in value.fields:
                self._check_value(field.value, depth + 1)


def _hold(what: str, found: int, most: int) -> None:
    if found > most:
        raise refused("too-expensive", f"A document may have {most} {what}; this one has more.")
