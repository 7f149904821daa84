"""Problems as pages: what a reader gets instead of a page, and what each problem means."""

from collections.abc import Mapping
from typing import NamedTuple

from seealso.errors import Message, Refusal, unavailable
from seealso.http.problems import PROBLEMS, refusal_headers
from seealso.http.requests import Request
from seealso.http.responses import Response
from seealso.store.tables import Store
from seealso.web.languages import language_of, preferred_language
from seealso.web.rendering import PRIVATE, Head, page_response, private_response


class _Explanation(NamedTuple):
    """What a problem means, and what its reader can do."""

    meaning: Message
    remedy: Message


_EXPLANATIONS = {
    "malformed-request": _Explanation(
        Message(
            "The server could not read the request: its body, a header or a parameter is malformed."
        ),
        Message("`detail` says which part. Correct it and send the request again."),
    ),
    "webmention-refused": _Explanation(
        Message("A webmention was sent that cannot become a link: its source or target is wrong."),
        Message(
            "`detail` says what is wrong. The source is the page that has the link, the target an "
            "article of this network."
        ),
    ),
    "invalid-id": _Explanation(
        Message("An id in the path is not a number that an article or a site can have."),
        Message("Write ids in plain decimal digits: no sign, no leading zero."),
    ),
    "unauthorized": _Explanation(
        Message("The request needs a token, and it had none or an invalid one."),
        Message("Sign in again, or send the token in the header Authorization: Bearer."),
    ),
    "forbidden": _Explanation(
        Message("The token is valid, but it does not allow this."),
        Message("Use the token that belongs to this link, or ask an admin."),
    ),
    "foreign-origin": _Explanation(
        Message("The form was sent from a page that is not one of this network's."),
        Message("Submit the link from the article's own page. Programs send no Origin header."),
    ),
    "not-found": _Explanation(
        Message("There is nothing at this address, or it is not public."),
        Message("Check the address. An article may have been withdrawn from publication."),
    ),
    "duplicate-link": _Explanation(
        Message(
            "Each page can be submitted once, and this one already was. Addresses that differ only "
            "in http or https, www., a slash at the end or tracking parameters are the same."
        ),
        Message(
            "Submit another page. Your own link can be withdrawn at its status page, and then be "
            "submitted again."
        ),
    ),
    "page-full": _Explanation(
        Message("All places for related links on this article's page are taken."),
        Message("Choose another article, or try again when a link has been withdrawn or removed."),
    ),
    "queue-full": _Explanation(
        Message("As many links as allowed are waiting for a decision about this page."),
        Message("Try again in a few days."),
    ),
    "conflict": _Explanation(
        Message("The request does not fit the current state of the article or link."),
        Message("Read it again, and decide anew."),
    ),
    "precondition-failed": _Explanation(
        Message("Someone else changed this after you had read it."),
        Message("Look at `current`, and send your change again with its ETag."),
    ),
    "too-large": _Explanation(
        Message("The body of the request is larger than allowed."),
        Message("`detail` names the limit. Send less."),
    ),
    "unsupported-media-type": _Explanation(
        Message("The server does not read bodies of this Content-Type here."),
        Message("`detail` names the types that it reads."),
    ),
    "invalid-fields": _Explanation(
        Message("One or more fields are invalid."),
        Message("`errors` names each field and what is wrong with it."),
    ),
    "consent-missing": _Explanation(
        Message(
            "A link is accepted only from someone who may share it and will link back to the "
            "article."
        ),
        Message("Confirm both sentences of the form."),
    ),
    "url-not-acceptable": _Explanation(
        Message("This address cannot be linked from an article's page."),
        Message(
            "`detail` says why. Submit the public address of a page, beginning with https:// or "
            "http://."
        ),
    ),
    "idempotency-key-reused": _Explanation(
        Message("The Idempotency-Key belongs to an earlier submission of another link."),
        Message("Make a new key for each submission, and keep it only to repeat the same one."),
    ),
    "precondition-required": _Explanation(
        Message("A change must say which version it is based on."),
        Message("Send the ETag that you received in the header If-Match."),
    ),
    "rate-limited": _Explanation(
        Message("Too many requests came from the same address in a short time."),
        Message("Wait for as many seconds as the header Retry-After says."),
    ),
    "internal": _Explanation(
        Message("An unexpected error occurred. It has been recorded."),
        Message("Try again. If it happens again, report it with the request id."),
    ),
    "unavailable": _Explanation(
        Message("The service cannot answer at the moment."),
        Message("Try again after as many seconds as the header Retry-After says."),
    ),
}


def problem_page(_store: Store, request: Request) -> Response:
    """GET /problems/{name}. Raises Refusal `not-found`."""
    name = request.path["name"]
    if name not in _EXPLANATIONS:
        raise Refusal("not-found", "There is no problem with this name.")
    language = language_of("en")
    kind, explanation = PROBLEMS[name], _EXPLANATIONS[name]
    values = {
        "name": name,
        "status": kind.status,
        "headline": language.gettext(kind.title),
        "meaning": language.text(explanation.meaning),
        "remedy": language.text(explanation.remedy),
    }
    head = Head(title=language.gettext(kind.title), canonical=f"{request.base_url}/problems/{name}")
    return page_response(request, "problem_kind.html", language, head, values, max_age=3600)


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
    }
    head = Head(title=language.gettext(kind.title), is_indexed=False)
    headers = refusal_headers(refusal)
    if request.route.partition(" ")[2].startswith("/l/"):
        headers |= PRIVATE  # its address may have a token
    return private_response(
        request, "problem.html", language, head, values, kind.status, headers=headers
    )
