"""The OpenAPI 3.1 document of the operations."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from seealso.contract import admin, graphql, reading, submitting
from seealso.contract.operations import Operation, Tag
from seealso.contract.refusals import GatewayMessage, Problem
from seealso.http.problems import PROBLEMS
from seealso.http.responses import CACHED

type Json = dict[str, Any]

OPERATIONS = (
    *reading.OPERATIONS,
    *graphql.OPERATIONS,
    *submitting.OPERATIONS,
    *admin.OPERATIONS,
)

_TAGS: dict[Tag, str] = {
    "public": "Reading, for anybody: articles, their related lists, the sites, GraphQL queries, "
    "and this description.",
    "submitting": "For anybody who submits a link to an article's page: the submission, the link's "
    "status, and its withdrawal.",
    "admin": "For signed-in editors and admins: articles, the queue of links, sites, blocked "
    "hosts, and the audit.",
}

# The gateway's own answers, which it can give to any request.
_GATEWAY = {
    404: "No route has this method and path",
    413: "The request exceeds the gateway's size limit",
    429: "Too many requests",
    500: "The function failed",
    503: "The function timed out, or none was available",
}

# The answers of the gateway's authorizer to requests of the admin endpoint.
_AUTHORIZER = {
    401: "The token is missing or invalid",
    403: "The token does not allow this operation",
}

# Component: (header, its OpenAPI object). Required are only headers of statuses that the gateway
# never answers itself, because its own answers lack them.
_HEADERS: dict[str, tuple[str, Json]] = {
    "ETag": (
        "ETag",
        {
            "description": "A strong ETag of the body (RFC 9110).",
            "required": True,
            "schema": {"type": "string", "pattern": '^"[0-9a-f]+"$'},
        },
    ),
    "VersionTag": (
        "ETag",
        {
            "description": "The version in quotes. Send it in If-Match to make a change.",
            "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        },
    ),
    "DataTag": (
        "ETag",
        {
            "description": "A strong ETag of the body (RFC 9110). Absent if the answer has "
            "errors or a cost.",
            "schema": {"type": "string", "pattern": '^"[0-9a-f]+"$'},
        },
    ),
    "Cached": ("Cache-Control", {"required": True, "schema": {"const": CACHED}}),
    "CachedLonger": (
        "Cache-Control",
        {"required": True, "schema": {"const": "public, max-age=300"}},
    ),
    "DataCached": (
        "Cache-Control",
        {
            "description": "`no-store` if the answer has errors or a cost.",
            "required": True,
            "schema": {"enum": [CACHED, "no-store"]},
        },
    ),
    "Allow": ("Allow", {"required": True, "schema": {"const": "POST"}}),
    "Location": (
        "Location",
        {
            "description": "The URL of the new resource.",
            "schema": {"type": "string", "format": "uri"},
        },
    ),
    "NotCached": ("Cache-Control", {"schema": {"const": "no-store"}}),
    "NoSniff": ("X-Content-Type-Options", {"schema": {"const": "nosniff"}}),
    "Vary": ("Vary", {"schema": {"const": "Accept"}}),
    "VaryEncoding": ("Vary", {"required": True, "schema": {"const": "Accept-Encoding"}}),
    "ContentEncoding": (
        "Content-Encoding",
        {
            "description": "Present when `Accept-Encoding` allows gzip. Each encoding has its own "
            "ETag.",
            "schema": {"const": "gzip"},
        },
    ),
    "RetryAfter": (
        "Retry-After",
        {
            "description": "Seconds to wait before retrying.",
            "schema": {"type": "integer", "minimum": 1},
        },
    ),
    "ServerTiming": (
        "Server-Timing",
        {
            "description": "Duration and database requests, if enabled for the deployment.",
            "schema": {"type": "string"},
        },
    ),
}


class _Schemas(GenerateJsonSchema):
    """JSON Schema without titles of members, which would only repeat their names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 the base class's signature
        return False

    def default_schema(self, schema: Any) -> Json:
        """Without null as a default: an optional member that may be null says as much.

        Generators of clients take a member with a default for one that is always there.
        """
        json_schema = super().default_schema(schema)
        if json_schema.get("default", ...) is None:
            del json_schema["default"]
        return json_schema


def document(operations: Sequence[Operation] = OPERATIONS) -> Json:
    """The OpenAPI 3.1 document of the operations."""
    types: list[Any] = [Problem, GatewayMessage]
    for operation in operations:
        types += [parameter.type for parameter in operation.parameters]
        types += [reply.body for reply in operation.replies if reply.body is not None]
        types += [operation.request] if operation.request else []
    adapters = {repr(kind): TypeAdapter(kind) for kind in types}
    schemas, shared = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in adapters.items()],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    schema_of = {name: schema for (name, _), schema in schemas.items()}
    paths: dict[str, Json] = {}
    responses: dict[str, Json] = {}
    for operation in operations:
        operation_object = _operation(operation, schema_of, responses)
        paths.setdefault(operation.path, {})[operation.method.lower()] = operation_object
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "seealso",
            "version": version("seealso"),
            "summary": "Articles with related articles and links submitted by other site owners.",
            "description": "Members may be added to any object: clients must ignore unknown ones. "
            "Unknown query parameters are ignored.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": text} for tag, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": shared["$defs"],
            "responses": responses,
            "headers": {component: header for component, (_, header) in _HEADERS.items()},
            "securitySchemes": {
                "withdraw_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The `withdraw_token` from the link's receipt.",
                },
                "editor": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token from the deployment's issuer (by default its "
                    "Amazon Cognito user pool), whose groups include `editors` or `admins`.",
                },
            },
        },
    }


def _operation(operation: Operation, schema_of: Json, shared: dict[str, Json]) -> Json:
    """The operation's object; its refusals, which others have too, go to `shared`."""
    answers: dict[int, Json] = {}
    for reply in operation.replies:
        answers[reply.status] = {
            "description": reply.description,
            "headers": _headers(reply.headers),
        }
        if reply.body is not None:
            content = {"schema": schema_of[repr(reply.body)]}
            answers[reply.status]["content"] = dict.fromkeys(reply.media_types, content)
    names = (*operation.problems, "internal") if operation.has_problems else ()
    for status in sorted({PROBLEMS[name].status for name in names}):
        answers[status] = _problems([name for name in names if PROBLEMS[name].status == status])
    gateway = _GATEWAY | (_AUTHORIZER if operation.bearer == "editor" else {})
    for status, meaning in gateway.items():
        answer = answers.setdefault(status, {"description": "", "content": {}})
        description = f"{meaning} (the gateway's own answer)."
        answer["description"] = f"{answer['description']} {description}".strip()
        schema = schema_of[repr(GatewayMessage)]
        if function_content := answer["content"].get("application/json"):
            schema = {"anyOf": [function_content["schema"], schema]}
        answer["content"]["application/json"] = {"schema": schema}
    for status in sorted(answers.keys() - {reply.status for reply in operation.replies}):
        problems = [name for name in names if PROBLEMS[name].status == status]
        by_gateway = ["gateway"] if status in gateway else []
        component = "-".join([str(status), *problems, *by_gateway])
        shared[component] = answers[status]
        answers[status] = {"$ref": f"#/components/responses/{component}"}
    operation_object: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [
            {
                "name": parameter.name,
                "in": parameter.place,
                "required": parameter.required or parameter.place == "path",
                "description": parameter.description,
                "schema": schema_of[repr(parameter.type)],
            }
            for parameter in operation.parameters
        ],
        "responses": {str(status): answers[status] for status in sorted(answers)},
    }
    if operation.request:
        content = {"schema": schema_of[repr(operation.request)]}
        operation_object["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(operation.media_types, content),
        }
    if operation.bearer:
        operation_object["security"] = [{operation.bearer: []}]
    return operation_object


def _problems(names: Sequence[str]) -> Json:
    """The OpenAPI response of one status, with the problems that have it."""
    status = PROBLEMS[names[0]].status
    headers = ("NotCached", "NoSniff", *(("RetryAfter",) if status in (429, 503) else ()))
    schema = {
        "$ref": "#/components/schemas/Problem",
        "properties": {
            "type": {"enum": [f"/problems/{name}" for name in names]},
            "status": {"const": status},
        },
    }
    return {
        "description": " ".join(f"{PROBLEMS[name].title} (`{name}`)." for name in names),
        "headers": _headers(headers),
        "content": {"application/problem+json": {"schema": schema}},
    }


def _headers(components: Iterable[str]) -> Json:
    return {
        _HEADERS[component][0]: {"$ref": f"#/components/headers/{component}"}
        for component in components
    }
