"""A request of API Gateway (payload format 2.0), and the readers of its path, query and headers."""

import os
import re
from collections.abc import Collection, Mapping
from hmac import compare_digest
from typing import Any, NamedTuple

from seealso.errors import Message, Refusal, link_not_found
from seealso.limits import MAX_ID

type Event = dict[str, Any]

LINK_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_VERSION = re.compile(r'("?)([1-9][0-9]{0,9})\1', re.ASCII)
_WEAK_TAG = re.compile(r'W/"[^"]*"')
NO_VERSION = -1


class Request(NamedTuple):
    """What the gateway passes on (AWS "Create Lambda proxy integrations for HTTP APIs").

    `headers` have lower-case names; `body` is as the gateway hands it over, base64 where
    `is_base64` (http/bodies.py reads it); `claims` are those of the token that the gateway's
    authorizer has checked, {} on public routes.
    """

    route: str  # such as "GET /articles/{id}", also for a HEAD
    is_head: bool
    path: Mapping[str, str]
    query: str
    headers: Mapping[str, str]
    body: str
    is_base64: bool
    client_address: str
    request_id: str
    claims: Mapping[str, Any]

    @property
    def method(self) -> str:
        """The method of the route: GET for a HEAD too, which is answered alike."""
        return self.route.partition(" ")[0]

    @property
    def bearer_token(self) -> str | None:
        """The token of `Authorization: Bearer <token>` (RFC 6750, 2.1); None if there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None

    @property
    def base_url(self) -> str:
        """What absolute URLs begin with: PublicUrl, or the address that the request was sent to."""
        # The gateway routes by Host, so a Host that is not its own never arrives here.
        # As browsers write it in Origin, without the port of https.
        public_url = os.environ.get("PUBLIC_URL", "").removesuffix(":443")
        return (
            public_url
            or f"{self.headers.get('x-forwarded-proto', 'http')}://{self.headers['host']}"
        )

    def path_integer(self, name: str, minimum: int) -> int:
        """The number in the path. Raises Refusal `invalid-id` for anything but plain decimal."""
        number = _integer(self.path[name])
        if number is None or number < minimum:
            raise Refusal.of_field("invalid-id", name, _must_be_integer(name, minimum, MAX_ID))
        return number

    def path_link_id(self) -> str:
        """The link's id in the path. Raises Refusal `not-found` for what no link can have."""
        link_id = self.path["link_id"]
        if not LINK_ID.fullmatch(link_id):
            raise link_not_found()
        return link_id

    def query_string(self, name: str) -> str | None:
        """The query parameter; None if it is absent. Raises Refusal if it is repeated."""
        values = [value for parameter, value in _parameters(self.query) if parameter == name]
        if len(values) > 1:
            raise _malformed(name, Message("{name} must not be repeated.", name=name))
        return values[0] if values else None

    def query_integer(self, name: str, minimum: int, maximum: int = MAX_ID) -> int | None:
        """The number in a query parameter; None if it is absent. Raises Refusal."""
        value = self.query_string(name)
        if value is None:
            return None
        number = _integer(value)
        if number is None or not minimum <= number <= maximum:
            raise _malformed(name, _must_be_integer(name, minimum, maximum))
        return number

    def query_choice(self, name: str, choices: Collection[str]) -> str | None:
        """The one of the choices in a query parameter; None if it is absent. Raises Refusal."""
        value = self.query_string(name)
        if value is not None and value not in choices:
            message = Message(
                "{name} must be one of: {choices}.", name=name, choices=", ".join(choices)
            )
            raise _malformed(name, message)
        return value

    def if_match(self) -> int:
        """The version that If-Match names, quoted or bare; NO_VERSION for a weak tag.

        If-Match compares strongly, so that a weak tag matches nothing (RFC 9110, 13.1.1). One
        version alone: a list, or `*`, would overwrite what the sender has not seen. Raises Refusal.
        """
        value = self.headers.get("if-match")
        if value is None:
            raise Refusal.of_field(
                "precondition-required",
                "If-Match",
                "If-Match is required: send the ETag you received when you read this resource.",
            )
        if _WEAK_TAG.fullmatch(value.strip()):
            return NO_VERSION
        match = _VERSION.fullmatch(value.strip())
        if match is None:
            detail = Message('If-Match must be a single ETag, such as "3".')
            raise _malformed("If-Match", detail)
        return int(match[2])


def request_of(event: Event) -> Request:
    """The request of a gateway event."""
    context = event["requestContext"]
    method, _, path = event["routeKey"].partition(" ")
    authorizer = context.get("authorizer") or {}
    return Request(
        route=f"{'GET' if method == 'HEAD' else method} {path}",
        is_head=method == "HEAD",
        path=event.get("pathParameters") or {},
        query=event.get("rawQueryString", ""),
        headers=event["headers"],
        body=event.get("body") or "",
        is_base64=bool(event.get("isBase64Encoded")),
        client_address=context["http"]["sourceIp"],
        request_id=context["requestId"],
        claims=(authorizer.get("jwt") or {}).get("claims") or {},
    )


def with_viewer_address(request: Request, secrets: Collection[str]) -> Request:
    """A request that comes through the CDN, with the address of the CDN's viewer.

    The CDN shows an origin secret (of which there are two while one replaces the other), and only
    beside it is an address believed. Raises Refusal `forbidden` for requests past the CDN.
    """
    shown = request.headers.get("x-origin-secret", "").encode()
    if not any(compare_digest(shown, secret.encode()) for secret in secrets):
        raise Refusal("forbidden", "This address is not public. Use the API's public address.")
    # The CDN does not tell it where it may answer from its cache, which needs no address.
    address = request.headers.get("x-viewer-address", request.client_address)
    return request._replace(client_address=address)


def _parameters(query: str) -> list[tuple[str, str]]:
    """The names and values of a query string.

    From the raw string: the gateway's queryStringParameters join repeated names by commas. Where
    nothing is escaped, as in the query of a page view, urllib.parse is not needed, which is a
    twentieth of a read function's start.
    """
    if "%" in query or "+" in query:
        from urllib.parse import parse_qsl

        return parse_qsl(query, keep_blank_values=True)
    pairs = (part.partition("=") for part in query.split("&") if part)
    return [(name, value) for name, _, value in pairs]


def is_id(digits: str) -> bool:
    """Whether a string is an id in plain decimal, 0 included."""
    return _integer(digits) is not None


def _integer(digits: str) -> int | None:
    number = int(digits) if _NUMBER.fullmatch(digits) else None
    return None if number is None or number > MAX_ID else number


def _must_be_integer(name: str, minimum: int, maximum: int) -> Message:
    return Message(
        "{name} must be an integer from {minimum} to {maximum}, written in decimal digits.",
        name=name,
        minimum=minimum,
        maximum=maximum,
    )


def _malformed(field: str, detail: Message) -> Refusal:
    return Refusal.of_field("malformed-request", field, detail)
