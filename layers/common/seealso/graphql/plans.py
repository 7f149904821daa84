"""Plans: valid documents as JSON values, which answering.py executes without graphql-core.

compiling.py makes a plan from a parsed document. Plans of known documents are files of JSON, so
nothing here has methods.
"""

from typing import Any, TypedDict


class Location(TypedDict):
    """A place in a document's text, as errors name it; both count from 1."""

    line: int
    column: int


class Value(TypedDict, total=False):
    """An argument's value: a constant, a variable, or a list or object that contains variables."""

    constant: Any
    variable: str
    never_null: bool  # with `variable`
    items: "list[Value]"
    members: "dict[str, Value]"


class Condition(TypedDict):
    """`@include(if:)` or `@skip(if:)`; the selection counts if the value is `wanted`."""

    value: Value
    wanted: bool


class Selection(TypedDict, total=False):
    """One entry of a selection set: a field, an inline fragment or the name of a fragment.

    A field has a key, its name, location and arguments, and `selections` if it is an object. An
    inline fragment has `selections` alone.
    """

    key: str
    name: str
    location: Location
    arguments: dict[str, Value]
    selections: "list[Selection]"
    fragment: str
    conditions: list[Condition]


class Variable(TypedDict, total=False):
    """A declared variable; its type as it is written, such as `[Int!]!`."""

    name: str
    type: str
    default: Any


class Operation(TypedDict):
    variables: list[Variable]
    selections: list[Selection]


class Plan(TypedDict):
    """A document's operations by name, "" for one without, and its fragments."""

    operations: dict[str, Operation]
    fragments: dict[str, list[Selection]]
