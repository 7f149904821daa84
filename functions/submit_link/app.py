"""Submitting a link to an article's page, looking after it, and withdrawing it."""

import os
import re
from datetime import UTC, datetime

from seealso import dynamodb, sites
from seealso.bodies import form_members, json_members, media_type, read_body
from seealso.http import (
    NOT_STORED,
    Answer,
    Event,
    answer_json,
    base_url,
    path_link_id,
    path_number,
    serve,
)
from seealso.links import Link, get_link
from seealso.problems import Problem, link_not_found
from seealso.submissions import (
    Submission,
    read_submission,
    submit,
    with_form_consents,
    withdraw,
)

_IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{16,128}", re.ASCII)


def post_link(event: Event) -> Answer:
    data = read_body(event)
    article_id = path_number(event, "id", least=1)
    key = _idempotency_key(event)
    submission = _submission(event, data)
    receipt = submit(
        dynamodb.store(),
        article_id,
        submission,
        key,
        event["requestContext"]["http"]["sourceIp"],
        datetime.now(UTC),
        per_window=int(os.environ["SUBMITS_PER_TEN_MINUTES"]),
        scope=os.environ["DUPLICATE_SCOPE"],
    )
    status_url = f"{base_url(event)}/links/{receipt.link.link_id}"
    return answer_json(
        201,
        {
            "link_id": receipt.link.link_id,
            "article_id": article_id,
            "status": receipt.link.status,
            "status_url": status_url,
            "withdraw_token": receipt.withdraw_token,
            "places_left": receipt.places_left,
        },
        NOT_STORED | {"location": status_url},
    )


def read_link(event: Event) -> Answer:
    link = _link(event)
    return answer_json(
        200,
        {
            "link_id": link.link_id,
            "article_id": link.article_id,
            "url": link.url,
            "title": link.title,
            "status": link.status,
            "link_back": link.link_back,
            "submitted_at": link.submitted_at,
            "published_at": link.published_at,
        },
        NOT_STORED,
    )


def delete_link(event: Event) -> Answer:
    scheme, _, token = event["headers"].get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        detail = "Send the withdraw token: Authorization: Bearer <withdraw_token>."
        raise Problem("unauthorized", detail, headers={"www-authenticate": "Bearer"})
    withdraw(dynamodb.store(), path_link_id(event), token.strip(), datetime.now(UTC))
    return {"statusCode": 204, "headers": dict(NOT_STORED)}


def _idempotency_key(event: Event) -> str | None:
    key: str | None = event["headers"].get("idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        detail = "Idempotency-Key must be 16 to 128 of A-Z, a-z, 0-9, _ and -."
        raise Problem("malformed-request", detail, [("Idempotency-Key", detail)])
    return key


def _submission(event: Event, data: bytes) -> Submission:
    match media_type(event):
        case "application/json":
            members = json_members(data)
        case "application/x-www-form-urlencoded":
            members = with_form_consents(form_members(data))
        case _:
            detail = "Send application/json or application/x-www-form-urlencoded."
            raise Problem("unsupported-media-type", detail, [("Content-Type", detail)])
    _check_origin(event)
    return read_submission(members)


def _check_origin(event: Event) -> None:
    """Pages elsewhere must not make their readers submit; what sends no Origin is no page."""
    origin = event["headers"].get("origin")
    if origin is None:
        return
    # An origin is a scheme and a host (RFC 6454, section 6.1); what else is sent has no such host.
    host = origin.lower().partition("://")[2]
    if host != event["headers"]["host"].lower() and not sites.network(dynamodb.store()).has_host(
        host
    ):
        raise Problem("foreign-origin", "Links are submitted from the network's own pages.")


def _link(event: Event) -> Link:
    link = get_link(dynamodb.store(), path_link_id(event))
    if link is None:
        raise link_not_found()
    return link


handler = serve(
    {
        "POST /articles/{id}/links": post_link,
        "GET /links/{link_id}": read_link,
        "DELETE /links/{link_id}": delete_link,
    }
)
