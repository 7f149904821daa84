"""Submitting a link to an article's page, by whoever made it or by webmention; its status.

Programs send JSON, browsers the forms of pages. What only pages need is imported where it is used:
it takes as long to start as all else.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from seealso.errors import Refusal, link_not_found
from seealso.http.bodies import (
    FORM,
    JSON,
    form_body,
    form_members,
    json_members,
    media_type,
    read_body,
    unsupported_media_type,
)
from seealso.http.handler import serve
from seealso.http.problems import problem_response
from seealso.http.requests import Request
from seealso.http.responses import (
    NOT_STORED,
    Response,
    empty_response,
    json_response,
    read_response,
)
from seealso.limits import MIN_AUDIT_DAYS
from seealso.members import Members
from seealso.settings import choice, integer
from seealso.store.tables import Store
from seealso.submitting.consent import consent_of
from seealso.submitting.deciding import Attempt, Rules
from seealso.submitting.origins import check_origin
from seealso.submitting.parsing import (
    IDEMPOTENCY_KEY,
    Submission,
    give_consents,
    parse_form,
    parse_submission,
)
from seealso.submitting.submitting import Receipt, preview, submit
from seealso.submitting.withdrawing import (
    is_token_of,
    reason_for_submitter,
    request_check,
    withdraw,
)
from seealso.tables.audit import ChangeContext
from seealso.tables.links import BY_SUBMITTER, get_checked_link
from seealso.verifying.explanations import explanation, found_link

RULES = Rules(
    per_ten_minutes=integer("SUBMITS_PER_TEN_MINUTES", 0, 1_000_000),
    duplicate_scope=choice("DUPLICATE_SCOPE", "network", "page"),
)

# The wording changes seldom, and who agrees to an older one has agreed to that one.
CONSENT_SECONDS = 300

# Bare, or in the double quotes of a structured field (IETF draft "The Idempotency-Key HTTP Header
# Field"): the same key.
_KEY_HEADER = re.compile(rf'("?)({IDEMPOTENCY_KEY})\1')


def post_link(store: Store, request: Request) -> Response:
    data = read_body(request)
    request.path_integer("id", minimum=1)
    key = _idempotency_key(request)
    members, parse = _members(request, data)
    receipt = submit(store, _attempt(store, request, members, parse), key, RULES)
    status_url = f"{request.base_url}/links/{receipt.link.link_id}"
    body = {
        "link_id": receipt.link.link_id,
        "article_id": receipt.link.article_id,
        "status": receipt.link.status,
        "status_url": status_url,
        "withdraw_token": receipt.withdraw_token,
        "places_left": receipt.places_left,
    }
    return json_response(201, body, NOT_STORED | {"location": status_url})


def _attempt(
    store: Store, request: Request, members: Members, parse: Callable[[Members], Submission]
) -> Attempt:
    """What is to be submitted, or previewed. Raises Refusal."""
    check_origin(store, request.headers.get("origin"), request.base_url)
    return Attempt(
        request.path_integer("id", minimum=1),
        parse(members),
        request.client_address,
        datetime.now(UTC),
        request.base_url,
    )


def post_preview(store: Store, request: Request) -> Response:
    data = read_body(request)
    request.path_integer("id", minimum=1)
    members, parse = _members(request, data)
    give_consents(members)
    found = preview(store, _attempt(store, request, members, parse), RULES)
    return json_response(200, found._asdict())


def get_status(store: Store, request: Request) -> Response:
    link, checks = get_checked_link(store, request.path_link_id())
    if link is None:
        raise link_not_found()
    last = checks.last
    body = {
        "link_id": link.link_id,
        "article_id": link.article_id,
        "url": link.url,
        "title": link.title,
        "status": link.status,
        "link_back": link.link_back,
        "submitted_at": link.submitted_at,
        "published_at": link.published_at,
        "expires_at": link.expires_at,
        "checked_at": last and last["at"],
        "next_check_at": link.check_at or checks.next_at,
        "found": found_link(checks),
        "explanation": " ".join(map(str, explanation(link, checks))),
    }
    if is_token_of(link, request.bearer_token):
        body["reason"] = reason_for_submitter(link)
    return json_response(200, body)


def post_check(store: Store, request: Request) -> Response:
    link_id, token = request.path_link_id(), _withdraw_token(request)
    due_at = request_check(store, link_id, token, datetime.now(UTC))
    return json_response(202, {"link_id": link_id, "next_check_at": due_at}, NOT_STORED)


def post_webmention(store: Store, request: Request) -> Response:
    from seealso.submitting.webmention import parse_webmention, receive

    sent = parse_webmention(form_body(request))
    now, base_url = datetime.now(UTC), request.base_url
    link = receive(store, sent, request.client_address, now, base_url, RULES)
    status_url = f"{base_url}/l/{link.link_id}"
    body = {
        "link_id": link.link_id,
        "article_id": link.article_id,
        "status": link.status,
        "status_url": status_url,
    }
    return json_response(201, body, NOT_STORED | {"location": status_url})


def get_consent(_store: Store, request: Request) -> Response:
    consent = consent_of(request.query_string("language") or "en")
    return read_response(request, consent, CONSENT_SECONDS)


def delete_link(store: Store, request: Request) -> Response:
    token = _withdraw_token(request)
    withdraw(store, _withdrawal(request), request.path_link_id(), token)
    return empty_response()


def _withdrawal(request: Request) -> ChangeContext:
    # Its entry is for recoveries alone, and kept for as long as they need it.
    return ChangeContext(BY_SUBMITTER, datetime.now(UTC), request.request_id, MIN_AUDIT_DAYS)


def _withdraw_token(request: Request) -> str:
    token = request.bearer_token
    if token is None:
        detail = "Send the withdraw token: Authorization: Bearer <withdraw_token>."
        raise Refusal("unauthorized", detail)
    return token


def _idempotency_key(request: Request) -> str | None:
    header = request.headers.get("idempotency-key")
    if header is None:
        return None
    match = _KEY_HEADER.fullmatch(header.strip(" \t"))
    if match is None:
        detail = "Idempotency-Key must be 16 to 128 characters from A-Z, a-z, 0-9, _ and -."
        raise Refusal.of_field("malformed-request", "Idempotency-Key", detail)
    return match[2]


def _members(request: Request, data: bytes) -> tuple[Members, Callable[[Members], Submission]]:
    """The body's members, and what makes a submission of them."""
    if media_type(request) == JSON:
        return json_members(data), parse_submission
    if media_type(request) == FORM:
        return form_members(data), parse_form
    raise unsupported_media_type(JSON, FORM)


# ---- pages -----------------------------------------------------------------------------------


def post_form(store: Store, request: Request) -> Response:
    from seealso.web import submission_form

    return submission_form.post_form(store, request, _submit_form)


def _submit_form(store: Store, request: Request, members: Members, key: str) -> Receipt:
    return submit(store, _attempt(store, request, members, parse_form), key, RULES)


def leave_form(store: Store, request: Request) -> Response:
    from seealso.web import submission_form

    return submission_form.leave_form(store, request)


def leave_status_form(store: Store, request: Request) -> Response:
    from seealso.web import status_page as page

    return page.leave_form(store, request)


def status_page(store: Store, request: Request) -> Response:
    from seealso.web import status_page as page

    return page.status_page(store, request)


def withdraw_form(store: Store, request: Request) -> Response:
    from seealso.web import status_page as page

    return page.withdraw_link(store, request, _withdrawal(request))


def check_form(store: Store, request: Request) -> Response:
    from seealso.web import status_page as page

    return page.check_link(store, request)


# ---- refusals --------------------------------------------------------------------------------


def refused(request: Request, refusal: Refusal) -> Response:
    """A page for who sent a form, else a problem; in the language that `?language=` names."""
    if request.route.partition(" ")[2].startswith(("/a/", "/l/")):
        from seealso.web.problem_pages import refusal_page

        return refusal_page(request, refusal)
    language = dict(parse_qsl(request.query)).get("language")
    if language is None:
        return problem_response(request, refusal)
    from seealso.web.languages import language_of

    return problem_response(request, refusal, language_of(language).text)


handler = serve(
    {
        "POST /articles/{id}/links": post_link,
        "POST /articles/{id}/links/preview": post_preview,
        "GET /links/{link_id}": get_status,
        "DELETE /links/{link_id}": delete_link,
        "POST /links/{link_id}/check": post_check,
        "POST /webmention": post_webmention,
        "GET /consent": get_consent,
        "POST /a/{id}/links": post_form,
        "GET /a/{id}/links": leave_form,
        "GET /l/{link_id}": status_page,
        "POST /l/{link_id}/withdraw": withdraw_form,
        "GET /l/{link_id}/withdraw": leave_status_form,
        "POST /l/{link_id}/check": check_form,
        "GET /l/{link_id}/check": leave_status_form,
    },
    refused,
)
