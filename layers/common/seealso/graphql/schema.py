"""The types, named as Hasura v2 names them for a tracked table `qa_ai`.

Filters and orders of Hasura that are not supported are in the schema too, so that planning.py
refuses them as not supported, not as unknown.
"""

from typing import Any

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    specified_directives,
)

from seealso.columns import COLUMNS, Column
from seealso.graphql.input_types import COLUMN_TYPES, ENUMS, INPUT_OBJECTS

_NOT_SUPPORTED = "Not supported."
_SUPPORTED_MEMBERS = {
    "qa_ai_bool_exp": ("_and", "id", "domain"),
    "qa_ai_order_by": ("id",),
}


def _shown_type(column: Column) -> GraphQLScalarType | GraphQLNonNull[GraphQLScalarType]:
    kind = _SCALARS[COLUMN_TYPES[column.name_in_rows]]
    return GraphQLNonNull(kind) if column.never_null else kind


def _input_type(written: str) -> Any:
    """The library's type for one of input_types.py."""
    if written.endswith("!"):
        return GraphQLNonNull(_input_type(written[:-1]))
    if written.startswith("["):
        return GraphQLList(_input_type(written[1:-1]))
    return _INPUT_TYPES[written]


def _input_object(name: str) -> GraphQLInputObjectType:
    is_condition = name == "qa_ai_bool_exp"
    return GraphQLInputObjectType(
        name,
        lambda: {
            member: GraphQLInputField(
                _input_type(written),
                description=None if _is_supported(name, member) else _NOT_SUPPORTED,
            )
            for member, written in INPUT_OBJECTS[name].items()
        },
        description="All conditions must hold; without any, every article matches."
        if is_condition
        else None,
    )


def _is_supported(name: str, member: str) -> bool:
    if name in _SUPPORTED_MEMBERS:
        return member in _SUPPORTED_MEMBERS[name]
    return member != "_is_null"


_SCALARS = {"Int": GraphQLInt, "String": GraphQLString, "Boolean": GraphQLBoolean}
_INPUT_TYPES: dict[str, GraphQLNamedType] = {
    **_SCALARS,
    **{
        name: GraphQLEnumType(name, {value: value for value in values})
        for name, values in ENUMS.items()
    },
    **{name: _input_object(name) for name in INPUT_OBJECTS},
}

LINK = GraphQLObjectType(
    "qa_ai_links",
    {
        "url": GraphQLField(GraphQLNonNull(GraphQLString)),
        "title": GraphQLField(GraphQLString),
        "published_at": GraphQLField(
            GraphQLNonNull(GraphQLString), description="RFC 3339, in UTC."
        ),
    },
    description="A link that a reader submitted for an article's page.",
)
ARTICLE = GraphQLObjectType(
    "qa_ai",
    {
        **{column.name_in_rows: GraphQLField(_shown_type(column)) for column in COLUMNS},
        "links": GraphQLField(
            GraphQLNonNull(GraphQLList(GraphQLNonNull(LINK))),
            description="The page's published links, in order of submission.",
        ),
    },
    description="A published article.",
)
QUERY = GraphQLObjectType(
    "query_root",
    {
        "qa_ai": GraphQLField(
            GraphQLNonNull(GraphQLList(GraphQLNonNull(ARTICLE))),
            {
                "distinct_on": GraphQLArgument(
                    _input_type("[qa_ai_select_column!]"), description=_NOT_SUPPORTED
                ),
                "limit": GraphQLArgument(GraphQLInt),
                "offset": GraphQLArgument(GraphQLInt),
                "order_by": GraphQLArgument(_input_type("[qa_ai_order_by!]")),
                "where": GraphQLArgument(_input_type("qa_ai_bool_exp")),
            },
        ),
        "qa_ai_by_pk": GraphQLField(ARTICLE, {"id": GraphQLArgument(GraphQLNonNull(GraphQLInt))}),
    },
)
_CACHED = GraphQLDirective(
    "cached",
    [DirectiveLocation.QUERY],
    {
        "ttl": GraphQLArgument(GraphQLNonNull(GraphQLInt), default_value=60),
        "refresh": GraphQLArgument(GraphQLNonNull(GraphQLBoolean), default_value=False),
    },
    description="Has no effect; clients of Hasura send it.",
)
SCHEMA = GraphQLSchema(QUERY, directives=[*specified_directives, _CACHED])
