"""What the template's parameters say about GraphQL, and its fixed limits."""

from functools import cache
from typing import NamedTuple

from seealso.settings import choice, integer

# How many errors of a document or its variables are reported.
MAX_ERRORS = 5
# Of a request's body; by GET, the gateway allows less.
MAX_REQUEST_BYTES = 65_536
# Lambda's answers end at 6 MB (AWS, "Lambda quotas"), and JSON escapes make strings longer.
MAX_ANSWER_CHARACTERS = 5_000_000


class Settings(NamedTuple):
    """The limits of one request."""

    introspection: bool
    tokens: int
    depth: int
    fields: int
    top_fields: int
    directives: int
    read_units: int


@cache
def settings() -> Settings:
    """The settings of this container, checked when functions/graphql starts.

    Raises SettingsError.
    """
    return Settings(
        introspection=choice("GRAPHQL_INTROSPECTION", "on", "off") == "on",
        tokens=integer("GRAPHQL_TOKENS", 1, 1_000_000),
        depth=integer("GRAPHQL_DEPTH", 1, 1_000),
        fields=integer("GRAPHQL_FIELDS", 1, 100_000),
        top_fields=integer("GRAPHQL_TOP_FIELDS", 1, 10_000),
        directives=integer("GRAPHQL_DIRECTIVES", 0, 100_000),
        read_units=integer("GRAPHQL_READ_UNITS", 1, 1_000_000),
    )
