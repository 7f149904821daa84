"""Problems as pages: what a reader gets instead of a page, and what each problem means."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from markupsafe import Markup, escape

from seealso.errors import Refusal, unavailable
from seealso.http.problems import PROBLEMS, refusal_headers
from seealso.http.requests import Request
from seealso.http.responses import Response
from seealso.store.tables import Store
from seealso.web.languages import ENGLISH, language_of, preferred_language
from seealso.web.links import status_path
from seealso.web.rendering import PRIVATE, Head, page_response, private_response


class _Explanation(NamedTuple):
    """What a problem means, and what its reader can do."""

    meaning: str
    remedy: str


_EXPLANATIONS = {
    "malformed-request": _Explanation(
        "The server could not read the request: its body, a header or a parameter is malformed.",
        "`detail` says which part. Correct it and send the request again.",
    ),
    "webmention-refused": _Explanation(
        "A webmention was sent that cannot become a link: its source or target is wrong.",
        "`detail` says what is wrong. The source is the page that has the link, the target an "
        "article of this network.",
    ),
    "invalid-id": _Explanation(
        "An id in the path is not a number that an article or a site can have.",
        "Write ids in plain decimal digits: no sign, no leading zero.",
    ),
    "unauthorized": _Explanation(
        "The request needs a token, and it had none or an invalid one.",
        "Sign in again, or send the token in the header Authorization: Bearer.",
    ),
    "forbidden": _Explanation(
        "The token is valid, but it does not allow this.",
        "Use the token that belongs to this link, or ask an admin.",
    ),
    "foreign-origin": _Explanation(
        "The form was sent from a page that is not one of this network's.",
        "Submit the link from the article's own page. Programs send no Origin header.",
    ),
    "not-found": _Explanation(
        "There is nothing at this address, or it is not public.",
        "Check the address. An article may have been withdrawn from publication.",
    ),
    "duplicate-link": _Explanation(
        "Each page can be submitted once, and this one already was. Addresses that differ only "
        "in http or https, www., a slash at the end or tracking parameters are the same.",
        "Submit another page. Your own link can be withdrawn at its status page, and then be "
        "submitted again.",
    ),
    "page-full": _Explanation(
        "All places for related links on this article's page are taken.",
        "Choose another article, or try again when a link has been withdrawn or removed.",
    ),
    "queue-full": _Explanation(
        "As many links as allowed are waiting for a decision about this page.",
        "Try again in a few days.",
    ),
    "conflict": _Explanation(
        "The request does not fit the current state of the article or link.",
        "Read the current state, and send the request again if it still makes sense.",
    ),
    "precondition-failed": _Explanation(
        "Someone else changed this after you had read it.",
        "Look at `current`, and send your change again with its ETag.",
    ),
    "too-large": _Explanation(
        "The body of the request is larger than allowed.",
        "`detail` names the limit. Send less.",
    ),
    "unsupported-media-type": _Explanation(
        "The server does not read bodies of this Content-Type here.",
        "`detail` names the types that it reads.",
    ),
    "invalid-fields": _Explanation(
        "One or more fields are invalid.",
        "`errors` names each field and what is wrong with it.",
    ),
    "consent-missing": _Explanation(
        "A link is accepted only from someone who may share it and will link back to the article.",
        "Confirm both sentences of the form.",
    ),
    "url-not-acceptable": _Explanation(
        "This address cannot be linked from an article's page.",
        "`detail` says why. Submit the public address of a page, beginning with https:// or "
        "http://.",
    ),
    "idempotency-key-reused": _Explanation(
        "The Idempotency-Key belongs to an earlier submission of another link.",
        "Make a new key for each submission, and keep it only to repeat the same one.",
    ),
    "precondition-required": _Explanation(
        "A change must say which version it is based on.",
        "Send the ETag that you received in the header If-Match.",
    ),
    "rate-limited": _Explanation(
        "Too many requests came from the same address in a short time.",
        "Wait for as many seconds as the header Retry-After says.",
    ),
    "internal": _Explanation(
        "An unexpected error occurred. It has been recorded.",
        "Try again. If it happens again, report it with the request id.",
    ),
    "unavailable": _Explanation(
        "The service cannot answer at the moment.",
        "Try again after as many seconds as the header Retry-After says.",
    ),
}


def problem_page(_store: Store, request: Request) -> Response:
    """GET /problems/{name}. Raises Refusal `not-found`."""
    name = request.path["name"]
    if name not in _EXPLANATIONS:
        raise Refusal("not-found", "There is no problem with this name.")
    language = language_of(ENGLISH)
    kind, explanation = PROBLEMS[name], _EXPLANATIONS[name]
    values = {
        "name": name,
        "status": kind.status,
        "headline": kind.title,
        "meaning": _with_code(explanation.meaning),
        "remedy": _with_code(explanation.remedy),
    }
    head = Head(title=kind.title, canonical=f"{request.base_url}/problems/{name}")
    return page_response(request, "problem.html", language, head, values, max_age=3600)


def _status_path(request: Request) -> str | None:
    """Where a link stands whose form was refused, with the token that was sent."""
    if not request.route.startswith("POST /l/"):
        return None
    # Pages that only read need neither.
    from seealso.http.bodies import form_body
    from seealso.submitting.withdrawing import is_token

    try:
        token = form_body(request).get("token", "")
        return status_path(request.path_link_id(), token if is_token(token) else None)
    except Refusal:
        return None


def _with_code(text: str) -> Markup:
    """A text with the names of members, which stand between backticks, as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S704 it is escaped


def retry_page(request: Request, form: Mapping[str, str]) -> Response:
    """What a submitter gets while the store does not answer: a button that sends the form again."""
    return refusal_page(request, unavailable(), form)


def refusal_page(
    request: Request, refusal: Refusal, form: Mapping[str, str] | None = None
) -> Response:
    """What a reader gets instead of the page that was asked for, in the reader's language.

    It is not stored anywhere, so that it may differ between readers. `form` are the fields of a
    form that can be sent again as it is.
    """
    language = preferred_language(request.headers.get("accept-language", ""))
    kind = PROBLEMS[refusal.name]
    values = {
        "status": kind.status,
        "headline": language.gettext(kind.title),
        "detail": language.text(refusal.detail),
        # To be quoted in a report of a fault; no use otherwise.
        "request_id": request.request_id if kind.status >= 500 else None,
        "form": form,
        "back": _status_path(request),
    }
    head = Head(title=language.gettext(kind.title), is_indexed=False)
    headers = refusal_headers(refusal)
    if request.route.partition(" ")[2].startswith("/l/"):
        headers |= PRIVATE  # its address may have a token
    return private_response(
        request, "refusal.html", language, head, values, kind.status, headers=headers
    )
