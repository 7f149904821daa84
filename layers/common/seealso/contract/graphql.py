"""GraphQL: a query by POST or GET. What there is to query, the schema tells by introspection."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from seealso.contract.members import Body
from seealso.contract.operations import IF_NONE_MATCH, UNCACHED, Operation, Parameter, Reply

_JSON = "application/json"
_RESPONSE = "application/graphql-response+json"

_DOCUMENT = "query Article($id: Int!) { qa_ai_by_pk(id: $id) { id title } }"
_Document = Annotated[str, Field(examples=[_DOCUMENT])]
_Name = Annotated[str, Field(examples=["Article"])]
_NAME = "Which of the document's operations; needed where there are several."
_VARIABLES = "The variables' values, a JSON object."
_EXTENSIONS = (
    'A JSON object: `{"cost": true}` asks what the query has cost; other members are ignored.'
)

Code = Literal["validation-failed", "parse-failed", "not-supported", "too-expensive", "unexpected"]


class Query(BaseModel):
    """A query; members that are not known are ignored."""

    model_config = ConfigDict(strict=True)

    query: _Document
    operation_name: _Name | None = Field(None, alias="operationName", description=_NAME)
    variables: dict[str, Any] | None = Field(
        None, description=_VARIABLES, examples=[{"id": 6646098}]
    )
    extensions: dict[str, Any] | None = Field(
        None, description=_EXTENSIONS, examples=[{"cost": True}]
    )


class QueryCost(Body):
    """What a query has cost."""

    requests: int = Field(ge=0, description="To the store.")
    round_trips: int = Field(ge=0, description="Of requests that were on their way together.")
    read_units: float = Field(ge=0)
    server_ms: float = Field(ge=0)


class QueryDataExtensions(Body):
    """What comes with a query's data."""

    cost: QueryCost


class QueryData(Body):
    """A query's data."""

    data: dict[str, Any] = Field(description="What was asked for, under the query's own keys.")
    extensions: QueryDataExtensions = Field(
        default_factory=QueryDataExtensions.model_construct,
        description="There where the cost was asked for.",
    )


class QueryErrorLocation(Body):
    """A place in the document."""

    line: int = Field(ge=1)
    column: int = Field(ge=1)


class QueryErrorExtensions(Body):
    """What Hasura adds to an error."""

    path: str = Field(pattern=r"^\$", examples=["$.selectionSet.qa_ai.args.limit"])
    code: Code
    request_id: str = Field(
        default_factory=str,
        description="What the request is called in the logs; there where it came to no query.",
    )


class QueryError(Body):
    """One thing that is wrong with a request."""

    message: str = Field(min_length=1, max_length=500)
    locations: list[QueryErrorLocation] = Field(
        default_factory=list, min_length=1, description="There where it is one of the document's."
    )
    extensions: QueryErrorExtensions


class QueryErrors(Body):
    """A refused query: there is no data besides, not even a part of it."""

    errors: list[QueryError] = Field(min_length=1)


def _json_text(example: str) -> Any:
    return Annotated[str, Field(examples=[example], json_schema_extra={"contentMediaType": _JSON})]


def _answer(*headers: str) -> Reply:
    description = (
        f"The data; or, unless the client prefers `{_RESPONSE}`, the errors of a query that is "
        "refused, or the server's."
    )
    headers = (*headers, "NoSniff", "ServerTiming", "Vary", "RetryAfter")
    return Reply(200, description, QueryData | QueryErrors, headers, (_JSON, _RESPONSE))


def _refusal(status: int, description: str, *headers: str) -> Reply:
    # To those who do not prefer the one type, errors of the server's are answered 200.
    media_types = (_RESPONSE,) if status >= 500 else (_JSON, _RESPONSE)
    return Reply(status, description, QueryErrors, (*UNCACHED, "Vary", *headers), media_types)


_PREFERRED = f"and the client prefers `{_RESPONSE}` (others get 200)"
_REFUSALS = (
    _refusal(400, f"The request is malformed; or the query is refused {_PREFERRED}."),
    _refusal(500, f"Something went wrong here {_PREFERRED}."),
    _refusal(503, f"Temporarily unavailable, {_PREFERRED}.", "RetryAfter"),
)

OPERATIONS = (
    Operation(
        "POST",
        "/graphql",
        "queryGraphql",
        "Query articles by GraphQL",
        (),
        (
            _answer("NotCached"),
            _refusal(413, "The body is over 65,536 bytes."),
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
        "Query articles by GraphQL, for answers that caches may keep",
        (
            Parameter("query", "query", _Document, "The document.", required=True),
            Parameter("operationName", "query", _Name, _NAME),
            Parameter("variables", "query", _json_text('{"id": 6646098}'), _VARIABLES),
            Parameter("extensions", "query", _json_text('{"cost": true}'), _EXTENSIONS),
            IF_NONE_MATCH,
        ),
        (
            _answer("DataTag", "DataCached"),
            Reply(
                304,
                "The client has it already: `If-None-Match` names its tag.",
                None,
                ("ETag", "Cached", "NoSniff", "ServerTiming", "Vary"),
            ),
            _refusal(405, "The query is a mutation; no method has any.", "Allow"),
            *_REFUSALS,
        ),
        (),
        has_problems=False,
    ),
)
