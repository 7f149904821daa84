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
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    specified_directives,
)

from seealso.columns import COLUMNS, Column

_NOT_SUPPORTED = "Not supported."
_COLUMNS = {
    column.name_in_rows: GraphQLInt if column.kind == "integer" else GraphQLString
    for column in COLUMNS
}
_PATTERNS = ["_ilike", "_iregex", "_like", "_nilike", "_niregex", "_nlike", "_nregex"]
_PATTERNS += ["_nsimilar", "_regex", "_similar"]


def _shown_type(column: Column) -> GraphQLScalarType | GraphQLNonNull[GraphQLScalarType]:
    kind = _COLUMNS[column.name_in_rows]
    return GraphQLNonNull(kind) if column.never_null else kind


def _some(
    of: GraphQLScalarType | GraphQLEnumType | GraphQLInputObjectType,
) -> GraphQLList[Any]:
    return GraphQLList(GraphQLNonNull(of))


def _enum(name: str, values: list[str]) -> GraphQLEnumType:
    return GraphQLEnumType(name, {value: value for value in values})


def _comparisons(scalar: GraphQLScalarType, patterns: list[str]) -> GraphQLInputObjectType:
    one = ["_eq", "_gt", "_gte", "_lt", "_lte", "_neq", *patterns]
    return GraphQLInputObjectType(
        f"{scalar.name}_comparison_exp",
        {
            **{name: GraphQLInputField(scalar) for name in one},
            **{name: GraphQLInputField(_some(scalar)) for name in ("_in", "_nin")},
            "_is_null": GraphQLInputField(GraphQLBoolean, description=_NOT_SUPPORTED),
        },
    )


_COMPARISONS = {
    GraphQLInt: _comparisons(GraphQLInt, []),
    GraphQLString: _comparisons(GraphQLString, _PATTERNS),
}

_WHERE: GraphQLInputObjectType = GraphQLInputObjectType(
    "qa_ai_bool_exp",
    lambda: {
        "_and": GraphQLInputField(_some(_WHERE)),
        "_not": GraphQLInputField(_WHERE, description=_NOT_SUPPORTED),
        "_or": GraphQLInputField(_some(_WHERE), description=_NOT_SUPPORTED),
        **{
            name: GraphQLInputField(
                _COMPARISONS[kind],
                description=None if name in ("id", "domain") else _NOT_SUPPORTED,
            )
            for name, kind in _COLUMNS.items()
        },
    },
    description="All conditions must hold; without any, every article matches.",
)

_DIRECTION = _enum(
    "order_by",
    ["asc", "asc_nulls_first", "asc_nulls_last", "desc", "desc_nulls_first", "desc_nulls_last"],
)
_ORDER = GraphQLInputObjectType(
    "qa_ai_order_by",
    {
        name: GraphQLInputField(_DIRECTION, description=None if name == "id" else _NOT_SUPPORTED)
        for name in _COLUMNS
    },
)
_SELECT_COLUMN = _enum("qa_ai_select_column", [*_COLUMNS])

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
                "distinct_on": GraphQLArgument(_some(_SELECT_COLUMN), description=_NOT_SUPPORTED),
                "limit": GraphQLArgument(GraphQLInt),
                "offset": GraphQLArgument(GraphQLInt),
                "order_by": GraphQLArgument(_some(_ORDER)),
                "where": GraphQLArgument(_WHERE),
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
