"""Refused queries: errors in Hasura's shape, with a code and a path in their extensions."""

from collections.abc import Sequence
from typing import Any, Literal

from seealso.graphql.plans import Location

type Code = Literal[
    "validation-failed",
    "parse-failed",
    "not-supported",
    "too-expensive",
    "unexpected",
    "PERSISTED_QUERY_NOT_FOUND",
    "PERSISTED_QUERY_NOT_SUPPORTED",
]

# The library's messages quote the document, which may be long.
_MAX_MESSAGE = 500


class QueryRefused(Exception):
    """A request whose answer has errors and no data."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors


class MutationRefused(QueryRefused):
    """The document contains a mutation."""


class AutomaticQueryRefused(QueryRefused):
    """A document that was asked for, or sent, with Apollo's `persistedQuery` is not available."""


def error(
    code: Code, message: str, path: str = "$", locations: Sequence[Location] = ()
) -> dict[str, Any]:
    """One error of an answer, as its JSON object."""
    formatted: dict[str, Any] = {"message": message[:_MAX_MESSAGE]}
    if locations:
        formatted["locations"] = [*locations]
    formatted["extensions"] = {"path": path, "code": code}
    return formatted


def refused(
    code: Code, message: str, path: str = "$", locations: Sequence[Location] = ()
) -> QueryRefused:
    """A refusal with one error."""
    return QueryRefused([error(code, message, path, locations)])
