"""From a parsed document to its plan, and the plans of the documents that a stack is built with.

`python -m seealso.graphql.compiling FOLDER` replaces the documents in a folder with their plans.
"""

import json
import sys
from pathlib import Path
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLNonNull,
    InlineFragmentNode,
    ListValueNode,
    NoSchemaIntrospectionCustomRule,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    TokenKind,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
    print_ast,
    type_from_ast,
    validate,
    value_from_ast,
)

from seealso.graphql.documents import KnownDocument, digest_of
from seealso.graphql.graphql_core_errors import location
from seealso.graphql.parsing import ParsedDocument, parse_document
from seealso.graphql.plans import Condition, Operation, Plan, Selection, Value, Variable
from seealso.graphql.printing import printed_forms
from seealso.graphql.refusals import QueryRefused
from seealso.graphql.schema import QUERY, SCHEMA
from seealso.graphql.settings import UNLIMITED

_CONDITIONS = {"skip": False, "include": True}  # skip is looked at first


def compile_plan(document: ParsedDocument) -> Plan:
    """The plan of a valid document."""
    return {
        "operations": {name: _operation(node) for name, node in document.operations.items()},
        "fragments": {
            name: _selections(node.selection_set) for name, node in document.fragments.items()
        },
    }


def known_documents(folder: Path) -> dict[str, KnownDocument]:
    """The documents of a folder, in every form that clients print, by the digest of the form.

    Raises ValueError for a document that is not valid.
    """
    found: dict[str, KnownDocument] = {}
    for path in sorted(folder.glob("*.graphql")):
        text = path.read_text("utf-8")
        try:
            for form in printed_forms(text, parse_document(text, UNLIMITED).node):
                document = parse_document(form, UNLIMITED)
                limits = document.sizes | _further_limits(document.node)
                plan = compile_plan(document)
                found[digest_of(form)] = {"text": form, "limits": limits, "plan": plan}
        except QueryRefused as refusal:
            raise ValueError(f"{path.name}: {refusal.errors[0]['message']}") from None
    return found


def _further_limits(node: DocumentNode) -> dict[str, int]:
    """How large the limits that are not checked by parsing.py have to be for a document."""
    assert node.loc is not None
    comments = tokens = 0
    token = node.loc.start_token.next
    while token is not None and token.kind is not TokenKind.EOF:
        comments += token.kind is TokenKind.COMMENT
        tokens += token.kind is not TokenKind.COMMENT
        token = token.next
    introspects = bool(validate(SCHEMA, node, [NoSchemaIntrospectionCustomRule]))
    return {"max_tokens": max(comments, tokens), "introspection": int(introspects)}


def _operation(node: OperationDefinitionNode) -> Operation:
    return {
        "variables": [_variable(definition) for definition in node.variable_definitions],
        "selections": _selections(node.selection_set),
    }


def _variable(node: VariableDefinitionNode) -> Variable:
    variable: Variable = {"name": node.variable.name.value, "type": print_ast(node.type)}
    if node.default_value is not None:
        kind = type_from_ast(SCHEMA, node.type)
        variable["default"] = value_from_ast(node.default_value, kind)  # type: ignore[arg-type]
    return variable


def _selections(selection_set: SelectionSetNode | None) -> list[Selection]:
    return [_selection(node) for node in selection_set.selections] if selection_set else []


def _selection(node: SelectionNode) -> Selection:
    selection: Selection = {}
    match node:
        case FieldNode():
            selection = _field(node)
        case InlineFragmentNode():
            # All types are object types, so that a valid document's fragments always apply.
            selection = {"selections": _selections(node.selection_set)}
        case FragmentSpreadNode():
            selection = {"fragment": node.name.value}
    conditions = _conditions(node.directives)
    if conditions:
        selection["conditions"] = conditions
    return selection


def _field(node: FieldNode) -> Selection:
    name = node.name.value
    arguments = QUERY.fields[name].args if name in QUERY.fields else {}
    nodes = {argument.name.value: argument.value for argument in node.arguments}
    return {
        "key": node.alias.value if node.alias else name,
        "name": name,
        "location": location(node),
        # In the schema's order, like the members of objects.
        "arguments": {
            argument: _value(nodes[argument], arguments[argument].type)
            for argument in arguments
            if argument in nodes
        },
        "selections": _selections(node.selection_set),
    }


def _conditions(directives: tuple[DirectiveNode, ...]) -> list[Condition]:
    by_name = {node.name.value: node for node in directives}
    return [
        {"value": _value(argument.value, GraphQLNonNull(GraphQLBoolean)), "wanted": wanted}
        for name, wanted in _CONDITIONS.items()
        if name in by_name
        for argument in by_name[name].arguments
    ]


def _value(node: ValueNode, kind: Any) -> Value:
    """As value_from_ast(), but for the values of variables."""
    if isinstance(node, VariableNode):
        return {"variable": node.name.value, "never_null": is_non_null_type(kind)}
    nullable = get_nullable_type(kind)
    if isinstance(node, ListValueNode):
        items = [_value(item, nullable.of_type) for item in node.values]
    elif isinstance(node, ObjectValueNode) and not is_list_type(nullable):
        nodes = {field.name.value: field.value for field in node.fields}
        members = {
            name: _value(nodes[name], field.type)
            for name, field in nullable.fields.items()
            if name in nodes
        }
        if all("constant" in member for member in members.values()):
            return {"constant": {name: member["constant"] for name, member in members.items()}}
        return {"members": members}
    elif isinstance(node, ObjectValueNode):
        items = [_value(node, nullable.of_type)]  # a list accepts one item in its place
    else:
        return {"constant": value_from_ast(node, kind)}
    if all("constant" in item for item in items):
        return {"constant": [item["constant"] for item in items]}
    return {"items": items}


def replace_documents(folder: Path) -> None:
    """Write a file for each known document, named by its digest, in place of the sources."""
    for digest, document in known_documents(folder).items():
        content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{digest}.json").write_text(content, "utf-8")
    for path in folder.glob("*.graphql"):
        path.unlink()


if __name__ == "__main__":
    try:
        replace_documents(Path(sys.argv[1]))
    except ValueError as error:
        sys.exit(str(error))
