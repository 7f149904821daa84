"""The OpenAPI 3.1 document of the operations."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from seealso.contract import admin, graphql, reading, submitting
from seealso.contract.operations import Operation
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

# Statuses of the gateway's own answers, which it can give instead of any operation's.
_GATEWAY = {
    404: "No route has this method and path",
    413: "The request is larger than the gateway takes",
    429: "Too many requests just now",
    500: "A function came to no answer",
    503: "A function took too long, or none was free",
}

# Those of the gateway's authorizer, before an operation of the admin endpoint.
_AUTHORIZER = {
    401: "There is no valid token",
    403: "The token may not do this",
}

# Component: (header, its OpenAPI object). Required are those of answers that no gateway shares.
_HEADERS: dict[str, tuple[str, Json]] = {
    "ETag": (
        "ETag",
        {
            "description": "A strong tag over the body (RFC 9110).",
            "required": True,
            "schema": {"type": "string", "pattern": '^"[0-9a-f]+"$'},
        },
    ),
    "VersionTag": (
        "ETag",
        {
            "description": "The version, quoted: what If-Match must name to change it.",
            "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        },
    ),
    "DataTag": (
        "ETag",
        {
            "description": "A strong tag over the body (RFC 9110); of data without its cost only.",
            "schema": {"type": "string", "pattern": '^"[0-9a-f]+"$'},
        },
    ),
    "Cached": ("Cache-Control", {"required": True, "schema": {"const": CACHED}}),
    "DataCached": (
        "Cache-Control",
        {
            "description": "`no-store` for all but data without its cost.",
            "required": True,
            "schema": {"enum": [CACHED, "no-store"]},
        },
    ),
    "Allow": ("Allow", {"required": True, "schema": {"const": "POST"}}),
    "Location": (
        "Location",
        {
            "description": "Where what was made can be read.",
            "schema": {"type": "string", "format": "uri"},
        },
    ),
    "NotCached": ("Cache-Control", {"schema": {"const": "no-store"}}),
    "NoSniff": ("X-Content-Type-Options", {"schema": {"const": "nosniff"}}),
    "Vary": ("Vary", {"schema": {"const": "Accept"}}),
    "RetryAfter": (
        "Retry-After",
        {
            "description": "After how many seconds to try again.",
            "schema": {"type": "integer", "minimum": 1},
        },
    ),
    "ServerTiming": (
        "Server-Timing",
        {
            "description": "Duration and store requests; only where the deployment says so.",
            "schema": {"type": "string"},
        },
    ),
}


class _Schemas(GenerateJsonSchema):
    """JSON Schema without a title for each member: they would only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 pydantic calls it so
        return False


def document(operations: Sequence[Operation] = OPERATIONS) -> Json:
    """The OpenAPI 3.1 document of the operations."""
    types: list[Any] = [Problem, GatewayMessage]
    for operation in operations:
        types += [parameter.type for parameter in operation.parameters]
        types += [reply.body for reply in operation.replies if reply.body is not None]
        types += [operation.request] if operation.request else []
    adapters = {repr(each): TypeAdapter(each) for each in types}
    schemas, shared = TypeAdapter.json_schemas(
        [(name, "validation", adapter) for name, adapter in adapters.items()],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    schema_of = {name: schema for (name, _), schema in schemas.items()}
    paths: dict[str, Json] = {}
    for operation in operations:
        described = _operation(operation, schema_of)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "seealso",
            "version": version("seealso"),
            "summary": "Articles with what to read next and the links that readers submit.",
            "description": "Members may be added to any object: ignore those that you do not know. "
            "Unknown query parameters are ignored.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": shared["$defs"],
            "headers": {component: header for component, (_, header) in _HEADERS.items()},
            "securitySchemes": {
                "withdraw_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The withdraw_token of the link's receipt.",
                },
                "editor": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "An access token of the deployment's issuer (by default its "
                    "Amazon Cognito user pool), whose groups hold `editors` or `admins`.",
                },
            },
        },
    }


def _operation(operation: Operation, schema_of: Json) -> Json:
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
    for status in sorted({PROBLEMS[name][0] for name in names}):
        answers[status] = _problems([name for name in names if PROBLEMS[name][0] == status])
    gateway = _GATEWAY | (_AUTHORIZER if operation.bearer == "editor" else {})
    for status, meaning in gateway.items():
        answer = answers.setdefault(status, {"description": "", "content": {}})
        said = f"{meaning} (the gateway's own answer)."
        answer["description"] = f"{answer['description']} {said}".strip()
        schema = schema_of[repr(GatewayMessage)]
        if own := answer["content"].get("application/json"):
            schema = {"anyOf": [own["schema"], schema]}
        answer["content"]["application/json"] = {"schema": schema}
    described: Json = {
        "operationId": operation.name,
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
        types = ["application/json"]
        types += ["application/x-www-form-urlencoded"] if operation.forms else []
        described["requestBody"] = {"required": True, "content": dict.fromkeys(types, content)}
    if operation.bearer:
        described["security"] = [{operation.bearer: []}]
    return described


def _problems(names: Sequence[str]) -> Json:
    """The answer of one status with the problems that it can be."""
    status = PROBLEMS[names[0]][0]
    headers = ("NotCached", "NoSniff", *(("RetryAfter",) if status in (429, 503) else ()))
    schema = {
        "$ref": "#/components/schemas/Problem",
        "properties": {
            "type": {"enum": [f"/problems/{name}" for name in names]},
            "status": {"const": status},
        },
    }
    return {
        "description": " ".join(f"{PROBLEMS[name][1]} (`{name}`)." for name in names),
        "headers": _headers(headers),
        "content": {"application/problem+json": {"schema": schema}},
    }


def _headers(components: Iterable[str]) -> Json:
    return {
        _HEADERS[component][0]: {"$ref": f"#/components/headers/{component}"}
        for component in components
    }
