"""The limits of a GraphQL request: parameters of the template, and fixed ones."""

import sys
from functools import cache
from typing import NamedTuple

from seealso.settings import choice, integer

# Errors reported for one document or its variables.
MAX_ERRORS = 5
# Of a POST body; the gateway's limit for a GET request is lower.
MAX_REQUEST_BYTES = 65_536
# A Lambda response is limited to 6 MB (AWS, "Lambda quotas"), and JSON escapes make strings longer.
MAX_ANSWER_CHARACTERS = 5_000_000


class Settings(NamedTuple):
    """The limits of one request; docs/graphql.md says what each of them counts."""

    introspection: bool
    max_tokens: int
    max_depth: int
    max_fields: int
    max_top_fields: int
    max_directives: int
    max_index_entries: int
    max_read_units: int
    documents: str  # "any", or "known": only those that the stack was built with


# For documents that an operator builds a stack with.
UNLIMITED = Settings(
    introspection=True,
    max_tokens=sys.maxsize,
    max_depth=sys.maxsize,
    max_fields=sys.maxsize,
    max_top_fields=sys.maxsize,
    max_directives=sys.maxsize,
    max_index_entries=sys.maxsize,
    max_read_units=sys.maxsize,
    documents="any",
)


@cache
def settings() -> Settings:
    """The settings of this container, checked when functions/graphql starts.

    Raises SettingsError.
    """
    return Settings(
        introspection=choice("GRAPHQL_INTROSPECTION", "on", "off") == "on",
        max_tokens=integer("GRAPHQL_TOKENS", 1, 1_000_000),
        max_depth=integer("GRAPHQL_DEPTH", 1, 50),
        max_fields=integer("GRAPHQL_FIELDS", 1, 100_000),
        max_top_fields=integer("GRAPHQL_TOP_FIELDS", 1, 10_000),
        max_directives=integer("GRAPHQL_DIRECTIVES", 0, 100_000),
        max_index_entries=integer("GRAPHQL_INDEX_ENTRIES", 1, 1_000_000),
        max_read_units=integer("GRAPHQL_READ_UNITS", 1, 1_000_000),
        documents=choice("GRAPHQL_DOCUMENTS", "any", "known"),
    )
