"""API Gateway's events (HTTP API, payload format 2.0), from one builder."""

import base64
import json
import secrets
from typing import Any
from urllib.parse import unquote

Event = dict[str, Any]


def event(
    route: str,
    path: dict[str, str] | None = None,
    query: str = "",
    headers: dict[str, str] | None = None,
    body: str | bytes | None = None,
    claims: dict[str, str] | None = None,
) -> Event:
    """The event of one request: `route` is the gateway's route key, `path` its decoded parameters.

    `query` is the raw query string. A body in bytes comes in base64, as the gateway hands over
    forms. `claims` are those of the token that the gateway's authorizer has checked.
    """
    method, _, template = route.partition(" ")
    raw_path = template
    for name, value in (path or {}).items():
        raw_path = raw_path.replace(f"{{{name}}}", value)
    made: Event = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": unquote(raw_path),
        "rawQueryString": query,
        "headers": {
            "host": "api.example.com",
            "x-forwarded-proto": "https",
            **{name.lower(): value for name, value in (headers or {}).items()},
        },
        "requestContext": {
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "tests",
            },
            "requestId": secrets.token_hex(8),
            "routeKey": route,
            "stage": "$default",
        },
        "isBase64Encoded": isinstance(body, bytes),
    }
    if claims is not None:
        made["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        made["headers"].setdefault("authorization", f"Bearer {unsigned_token(claims)}")
    if path:
        made["pathParameters"] = path
    if isinstance(body, bytes):
        made["body"] = base64.b64encode(body).decode()
    elif body is not None:
        made["body"] = body
    return made


def unsigned_token(claims: dict[str, Any]) -> str:
    """A token with these claims, of which "[a b]" stands for a list as the gateway writes it."""
    payload = {
        name: value[1:-1].split() if isinstance(value, str) and value[:1] == "[" else value
        for name, value in claims.items()
    }
    parts = [{"alg": "RS256"}, payload]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join(part.rstrip("=") for part in [*encoded, "c2lnbmF0dXJl"])


def body_of(made: Event) -> str | bytes | None:
    """The body that was given to event(), or the text in it that is no base64."""
    body: str | None = made.get("body")
    if body is None or not made["isBase64Encoded"]:
        return body
    try:
        return base64.b64decode(body)
    except ValueError:
        return body
