"""The forms in which clients send a document: its hash is of the very characters.

tests/graphql_clients compares them with what the clients send.
"""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Visitor,
    print_ast,
    visit,
)


def printed_forms(text: str, document: DocumentNode) -> list[str]:
    """Every form of a document: as it is written, and as graphql-js and urql print it.

    Each of them also with `__typename` in every object, which Apollo Client and urql add for their
    caches.
    """
    for_apollo = visit(document, _AddTypename(also_beside_alias=False))
    for_urql = visit(document, _AddTypename(also_beside_alias=True))
    forms = [
        text,
        text.strip(),
        print_ast(document),
        print_ast(for_apollo),
        _printed_by_urql(document),
        _printed_by_urql(for_urql),
    ]
    return [*dict.fromkeys(forms)]


def _printed_by_urql(document: DocumentNode) -> str:
    return "\n".join(map(print_ast, document.definitions))


class _AddTypename(Visitor):
    """Adds `__typename` to all objects but the operations' own, unless it is selected.

    An alias such as `kind: __typename` is enough for Apollo Client, not for urql.
    """

    def __init__(self, *, also_beside_alias: bool) -> None:
        super().__init__()
        self._also_beside_alias = also_beside_alias

    def leave_selection_set(
        self, node: SelectionSetNode, _key: Any, parent: Any, *_: Any
    ) -> SelectionSetNode | None:
        if isinstance(parent, OperationDefinitionNode) or any(
            map(self._is_enough, node.selections)
        ):
            return None
        typename = FieldNode(name=NameNode(value="__typename"), arguments=(), directives=())
        return SelectionSetNode(selections=(*node.selections, typename))

    def _is_enough(self, selection: SelectionNode) -> bool:
        if not isinstance(selection, FieldNode) or not selection.name.value.startswith("__"):
            return False
        return not (self._also_beside_alias and selection.alias)
