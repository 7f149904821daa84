"""The input types, named as Hasura v2 names them, and values coerced to them as graphql-core does.

They are plain values here, so that a document's plan is executed without graphql-core; schema.py
makes graphql-core's types of them. A type is written as in GraphQL: `[Int!]!`.
"""

from collections.abc import Mapping
from typing import Any

from seealso.columns import COLUMNS
from seealso.graphql.plans import Value, Variable

MIN_INT, MAX_INT = -(2**31), 2**31 - 1

# By name, the scalar type of each column.
COLUMN_TYPES = {
    column.name_in_rows: "Int" if column.kind == "integer" else "String" for column in COLUMNS
}
_PATTERNS = ["_ilike", "_iregex", "_like", "_nilike", "_niregex", "_nlike", "_nregex"]
_PATTERNS += ["_nsimilar", "_regex", "_similar"]


def _comparisons(scalar: str, patterns: list[str]) -> dict[str, str]:
    one = ("_eq", "_gt", "_gte", "_lt", "_lte", "_neq", *patterns)
    return {
        **dict.fromkeys(one, scalar),
        **dict.fromkeys(("_in", "_nin"), f"[{scalar}!]"),
        "_is_null": "Boolean",
    }


ENUMS: dict[str, tuple[str, ...]] = {
    "order_by": (
        "asc", "asc_nulls_first", "asc_nulls_last", "desc", "desc_nulls_first", "desc_nulls_last",
    ),
    "qa_ai_select_column": tuple(COLUMN_TYPES),
}  # fmt: skip
# By name, each input object's members and their types. All members are optional and nullable.
INPUT_OBJECTS: dict[str, dict[str, str]] = {
    "Int_comparison_exp": _comparisons("Int", []),
    "String_comparison_exp": _comparisons("String", _PATTERNS),
    "qa_ai_bool_exp": {
        "_and": "[qa_ai_bool_exp!]",
        "_not": "qa_ai_bool_exp",
        "_or": "[qa_ai_bool_exp!]",
        **{name: f"{scalar}_comparison_exp" for name, scalar in COLUMN_TYPES.items()},
    },
    "qa_ai_order_by": dict.fromkeys(COLUMN_TYPES, "order_by"),
}


class InvalidValue(Exception):
    """A variable's value does not fit its type or its place; reference.py says why."""


def variable_values(variables: list[Variable], sent: Mapping[str, Any]) -> dict[str, Any]:
    """The value of each declared variable. Raises InvalidValue.

    In Hasura, a nullable variable that was not sent is null. The specification would omit the
    comparison that uses it instead, and the query would select every article.
    """
    values = {}
    for variable in variables:
        name, of_type = variable["name"], variable["type"]
        if name in sent:
            values[name] = _coerced(sent[name], of_type)
        elif "default" in variable:
            values[name] = variable["default"]
        elif of_type.endswith("!"):
            raise InvalidValue
        else:
            values[name] = None
    return values


def evaluate(value: Value, variables: Mapping[str, Any]) -> Any:
    """The value of an argument. Raises InvalidValue."""
    if "constant" in value:
        return value["constant"]
    if "variable" in value:
        found = variables[value["variable"]]
        if found is None and value["never_null"]:
            raise InvalidValue
        return found
    if "items" in value:
        return [evaluate(item, variables) for item in value["items"]]
    return {name: evaluate(member, variables) for name, member in value["members"].items()}


def _coerced(value: Any, of_type: str) -> Any:
    if of_type.endswith("!"):
        if value is None:
            raise InvalidValue
        of_type = of_type[:-1]
    if value is None:
        return None
    if of_type.startswith("["):
        item_type = of_type[1:-1]
        items = value if isinstance(value, list) else [value]
        return [_coerced(item, item_type) for item in items]
    if of_type in INPUT_OBJECTS:
        return _coerced_object(value, INPUT_OBJECTS[of_type])
    if _is_leaf(value, of_type):
        return int(value) if of_type == "Int" else value
    raise InvalidValue


def _coerced_object(value: Any, members: dict[str, str]) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() <= members.keys():
        raise InvalidValue
    # In the type's order, in which the first of several errors is found.
    return {
        name: _coerced(value[name], of_type) for name, of_type in members.items() if name in value
    }


def _is_leaf(value: Any, of_type: str) -> bool:
    match of_type:
        case "Int":
            is_integer = type(value) is int or (isinstance(value, float) and value.is_integer())
            return is_integer and MIN_INT <= value <= MAX_INT
        case "String":
            return isinstance(value, str)
        case "Boolean":
            return isinstance(value, bool)
    return isinstance(value, str) and value in ENUMS.get(of_type, ())
