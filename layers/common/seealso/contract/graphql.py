"""GraphQL: a query by POST or GET. Introspection describes the schema, this file the HTTP side."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from seealso.contract.members import Body
from seealso.contract.operations import (
    IF_NONE_MATCH,
    NOT_MODIFIED,
    UNCACHED,
    Operation,
    Parameter,
    Reply,
)

_JSON = "application/json"
_RESPONSE = "application/graphql-response+json"

_DOCUMENT = "query Article($id: Int!) { qa_ai_by_pk(id: $id) { id title } }"
_Document = Annotated[str, Field(examples=[_DOCUMENT])]
_Name = Annotated[str, Field(examples=["Article"])]
_NAME = "The operation to execute. Required when the document has more than one."
_VARIABLES = "The values of the variables, as a JSON object."
_EXTENSIONS = (
    'A JSON object. `{"cost": true}` requests the cost of the query. Without a query, Apollo\'s '
    "`persistedQuery` asks for a persisted document by its hash; with one, the hash must be that "
    "of the query, which is then kept for a while. Other members are ignored."
)
_DOCUMENT_OR_HASH = "The GraphQL document. Required without a hash."
_DOCUMENT_ID = (
    "Asks for a persisted document, in place of the query: `sha256:` and the hash of its text. If "
    "it is not known, the error is `PERSISTED_QUERY_NOT_FOUND`."
)
_DocumentId = Annotated[
    str,
    Field(
        pattern="^sha256:[0-9a-f]{64}$",
        examples=["sha256:c06de9e899ac545334f86d098fc8a65b0e69143d1564d0b188985b882b753650"],
    ),
]

Code = Literal[
    "validation-failed",
    "parse-failed",
    "not-supported",
    "too-expensive",
    "unexpected",
    "PERSISTED_QUERY_NOT_FOUND",
    "PERSISTED_QUERY_NOT_SUPPORTED",
]


class Query(BaseModel):
    """A query, its hash, or both. Unknown members are ignored."""

    model_config = ConfigDict(strict=True)

    query: _Document | None = Field(None, description=_DOCUMENT_OR_HASH)
    document_id: _DocumentId | None = Field(None, alias="documentId", description=_DOCUMENT_ID)
    operation_name: _Name | None = Field(None, alias="operationName", description=_NAME)
    variables: dict[str, Any] | None = Field(
        None, description=_VARIABLES, examples=[{"id": 6646098}]
    )
    extensions: dict[str, Any] | None = Field(
        None, description=_EXTENSIONS, examples=[{"cost": True}]
    )


class QueryCost(Body):
    """The cost of a query."""

    requests: int = Field(ge=0, description="Requests to the database.")
    round_trips: int = Field(
        ge=0, description="Requests that were sent together count as one round trip."
    )
    read_units: float = Field(ge=0, description="As DynamoDB charges them.")
    server_ms: float = Field(ge=0, description="Milliseconds from parsing the request to the data.")


class QueryDataExtensions(Body):
    """Additional information about a query."""

    cost: QueryCost


class QueryData(Body):
    """A query's data."""

    data: dict[str, Any] = Field(description="The selected fields, under the keys of the query.")
    extensions: QueryDataExtensions = Field(
        default_factory=QueryDataExtensions.model_construct,
        description="Present when the request asked for the cost.",
    )


class QueryErrorLocation(Body):
    """A position in the document."""

    line: int = Field(ge=1)
    column: int = Field(ge=1)


class QueryErrorExtensions(Body):
    """The members that Hasura adds to an error."""

    path: str = Field(pattern=r"^\$", examples=["$.selectionSet.qa_ai.args.limit"])
    code: Code
    request_id: str = Field(
        default_factory=str,
        description="Identifies the request in the logs; present when the request failed before "
        "the query was run.",
    )


class QueryError(Body):
    """One reason why a request was refused or failed."""

    message: str = Field(min_length=1, max_length=500)
    locations: list[QueryErrorLocation] = Field(
        default_factory=list,
        min_length=1,
        description="Present when the error is at a position in the document.",
    )
    extensions: QueryErrorExtensions


class QueryErrors(Body):
    """The answer to a refused or failed query. It never contains data, not even a part of it."""

    errors: list[QueryError] = Field(min_length=1)


def _json_string(example: str) -> Any:
    return Annotated[str, Field(examples=[example], json_schema_extra={"contentMediaType": _JSON})]


def _answer(*headers: str) -> Reply:
    description = (
        f"The data; or, unless the client prefers `{_RESPONSE}`, the errors of a refused query or "
        "of the server."
    )
    headers = (*headers, "NoSniff", "ServerTiming", "Vary", "RetryAfter")
    return Reply(200, description, QueryData | QueryErrors, headers, (_JSON, _RESPONSE))


def _refusal(status: int, description: str, *headers: str) -> Reply:
    # A client that does not prefer application/graphql-response+json gets a 200 instead of a 5xx.
    media_types = (_RESPONSE,) if status >= 500 else (_JSON, _RESPONSE)
    return Reply(status, description, QueryErrors, (*UNCACHED, "Vary", *headers), media_types)


_PREFERRED = f"and the client prefers `{_RESPONSE}` (otherwise the status is 200)"
_REFUSALS = (
    _refusal(400, f"The request is malformed; or the query is refused {_PREFERRED}."),
    _refusal(500, f"Internal server error, {_PREFERRED}."),
    _refusal(503, f"Temporarily unavailable, {_PREFERRED}.", "RetryAfter"),
)

OPERATIONS = (
    Operation(
        "POST",
        "/graphql",
        "queryGraphql",
        "Query articles with GraphQL",
        (),
        (
            _answer("NotCached"),
            _refusal(413, "The body exceeds the limit of 65,536 bytes."),
            _refusal(415, f"The body is not `{_JSON}`."),
            *_REFUSALS,
        ),
        (),
        request=Query,
        has_problems=False,
    ),
    Operation(
        "GET",
        "/graphql",
        "queryGraphqlByUrl",
        "Query articles with GraphQL; the answer may be cached",
        (
            Parameter(
                "query", "query", _Document, "The GraphQL document. Required without a hash."
            ),
            Parameter("documentId", "query", _DocumentId, _DOCUMENT_ID),
            Parameter("operationName", "query", _Name, _NAME),
            Parameter("variables", "query", _json_string('{"id": 6646098}'), _VARIABLES),
            Parameter("extensions", "query", _json_string('{"cost": true}'), _EXTENSIONS),
            IF_NONE_MATCH,
        ),
        (
            _answer("DataTag", "DataCached"),
            Reply(
                304,
                NOT_MODIFIED,
                None,
                ("ETag", "Cached", "NoSniff", "ServerTiming", "Vary"),
            ),
            _refusal(
                405, "The query is a mutation; these are not supported by any method.", "Allow"
            ),
            *_REFUSALS,
        ),
        (),
        has_problems=False,
    ),
)
