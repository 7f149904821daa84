"""Submitting a link to an article's page, reading its status, and withdrawing it."""

import re
from datetime import UTC, datetime

from seealso.errors import Refusal, link_not_found
from seealso.http.bodies import (
    form_members,
    json_members,
    media_type,
    read_body,
    unsupported_media_type,
)
from seealso.http.handler import serve
from seealso.http.requests import Request
from seealso.http.responses import NOT_STORED, Response, empty_response, json_response
from seealso.members import Members
from seealso.settings import choice, integer
from seealso.store.tables import Store
from seealso.submitting.parsing import parse_submission, with_form_consents
from seealso.submitting.submitting import (
    Rules,
    check_origin,
    is_token_of,
    submit,
    told_reason,
    withdraw,
)
from seealso.tables.links import get_link

RULES = Rules(
    per_ten_minutes=integer("SUBMITS_PER_TEN_MINUTES", 0, 1_000_000),
    duplicate_scope=choice("DUPLICATE_SCOPE", "network", "page"),
)

# Bare, or in the double quotes of a structured field (IETF draft "The Idempotency-Key HTTP Header
# Field"): the same key.
_IDEMPOTENCY_KEY = re.compile(r'("?)([A-Za-z0-9_-]{16,128})\1', re.ASCII)


def post_link(store: Store, request: Request) -> Response:
    data = read_body(request)
    article_id = request.path_integer("id", minimum=1)
    key = _idempotency_key(request)
    members = _members(request, data)
    check_origin(store, request.headers.get("origin"), request.base_url)
    submission = parse_submission(members)
    receipt = submit(
        store, article_id, submission, key, request.client_address, datetime.now(UTC), RULES
    )
    status_url = f"{request.base_url}/links/{receipt.link.link_id}"
    body = {
        "link_id": receipt.link.link_id,
        "article_id": article_id,
        "status": receipt.link.status,
        "status_url": status_url,
        "withdraw_token": receipt.withdraw_token,
        "places_left": receipt.places_left,
    }
    return json_response(201, body, NOT_STORED | {"location": status_url})


def get_status(store: Store, request: Request) -> Response:
    link = get_link(store, request.path_link_id())
    if link is None:
        raise link_not_found()
    body = {
        "link_id": link.link_id,
        "article_id": link.article_id,
        "url": link.url,
        "title": link.title,
        "status": link.status,
        "link_back": link.link_back,
        "submitted_at": link.submitted_at,
        "published_at": link.published_at,
        "expires_at": link.due_at,
    }
    if is_token_of(link, request.bearer_token):
        body["reason"] = told_reason(link)
    return json_response(200, body)


def delete_link(store: Store, request: Request) -> Response:
    token = request.bearer_token
    if token is None:
        detail = "Send the withdraw token: Authorization: Bearer <withdraw_token>."
        raise Refusal("unauthorized", detail)
    withdraw(store, request.path_link_id(), token, datetime.now(UTC))
    return empty_response()


def _idempotency_key(request: Request) -> str | None:
    header = request.headers.get("idempotency-key")
    if header is None:
        return None
    match = _IDEMPOTENCY_KEY.fullmatch(header.strip(" \t"))
    if match is None:
        detail = "Idempotency-Key must be 16 to 128 characters from A-Z, a-z, 0-9, _ and -."
        raise Refusal.of_field("malformed-request", "Idempotency-Key", detail)
    return match[2]


def _members(request: Request, data: bytes) -> Members:
    match media_type(request):
        case "application/json":
            return json_members(data)
        case "application/x-www-form-urlencoded":
            return with_form_consents(form_members(data))
    raise unsupported_media_type("application/json", "application/x-www-form-urlencoded")


handler = serve(
    {
        "POST /articles/{id}/links": post_link,
        "GET /links/{link_id}": get_status,
        "DELETE /links/{link_id}": delete_link,
    }
)
