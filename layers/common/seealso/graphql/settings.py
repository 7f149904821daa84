"""What the template's parameters say about GraphQL."""

import os
from functools import cache
from typing import NamedTuple

# Of what is wrong with a document or its variables, so many are told.
MOST_ERRORS = 5
# What a request's body may be long, in bytes; by GET, the gateway allows less.
LARGEST_REQUEST = 65_536
# Lambda's answers end at 6 MB (AWS, Lambda quotas), and JSON escapes make text longer.
LARGEST_ANSWER = 5_000_000


class Settings(NamedTuple):
    """The limits of one request."""

    introspection: bool
    tokens: int
    depth: int
    fields: int
    top_fields: int
    directives: int
    read_units: float


@cache
def settings() -> Settings:
    """The settings of this container."""
    environ = os.environ
    return Settings(
        introspection=environ["GRAPHQL_INTROSPECTION"] == "on",
        tokens=int(environ["GRAPHQL_TOKENS"]),
        depth=int(environ["GRAPHQL_DEPTH"]),
        fields=int(environ["GRAPHQL_FIELDS"]),
        top_fields=int(environ["GRAPHQL_TOP_FIELDS"]),
        directives=int(environ["GRAPHQL_DIRECTIVES"]),
        read_units=float(environ["GRAPHQL_READ_UNITS"]),
    )
