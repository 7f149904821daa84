"""The form of an article's page: POST /a/{id}/links.

It does what POST /articles/{id}/links does, and answers with a page: 303 to the link's status, or
the article's page again with what was wrong and all that was typed.
"""

import os
import re
from collections.abc import Callable, Mapping

from seealso.errors import FieldError, Message, Refusal, StoreUnavailable
from seealso.http.bodies import form_body
from seealso.http.problems import PROBLEMS, refusal_headers
from seealso.http.requests import Request
from seealso.http.responses import Response
from seealso.limits import MAX_FORM_BYTES
from seealso.members import Members
from seealso.store.tables import Store
from seealso.submitting.parsing import IDEMPOTENCY_KEY
from seealso.submitting.submitting import Receipt
from seealso.web.article_page import (
    page_article_id,
    read_article,
    refused_page,
)
from seealso.web.form import FIELDS, form_with
from seealso.web.languages import Language, language_of
from seealso.web.links import status_path
from seealso.web.problem_pages import retry_page
from seealso.web.rendering import PRIVATE, see_other

type Submit = Callable[[Store, Request, Members, str], Receipt]

_KEY = "idempotency_key"
_UNCONFIRMED = {
    "has_right_to_share": Message("Confirm that you have the right to share the link."),
    "agrees_to_link_back": Message("Confirm that your page will link back to the article."),
}
# Refusals that the page can show beside its form; all others have a page of their own.
_SHOWN = {
    "consent-missing",
    "duplicate-link",
    "foreign-origin",
    "idempotency-key-reused",
    "invalid-fields",
    "page-full",
    "queue-full",
    "rate-limited",
    "url-not-acceptable",
}


def post_form(store: Store, request: Request, submit: Submit) -> Response:
    """Submits the form's link.

    `submit` gets the form's members and its key. Raises Refusal where there is no page to show the
    form on.
    """
    members = form_body(request, MAX_FORM_BYTES)
    page_article_id(request)
    typed = {field: members.get(field, "") for field in FIELDS}
    key = members.pop(_KEY, "")
    if not re.fullmatch(IDEMPOTENCY_KEY, key):
        key = _new_key()
    try:
        receipt = submit(store, request, members, key)
    except StoreUnavailable as failure:
        # It may have been submitted: with its key, sending it again is still one submission.
        return retry_page(request, {**typed, _KEY: key})._replace(error=failure)
    except Refusal as refusal:
        if refusal.name not in _SHOWN:
            raise
        return _form_again(store, request, typed, refusal)
    return see_other(status_path(receipt.link.link_id, receipt.withdraw_token), PRIVATE)


def leave_form(_store: Store, request: Request) -> Response:
    """GET of the form's address, as a browser sends when it is entered again."""
    return see_other(f"/a/{page_article_id(request)}", {})


def _form_again(
    store: Store, request: Request, typed: Mapping[str, str], refusal: Refusal
) -> Response:
    shown = read_article(store, request)
    language = language_of(shown.site.language)
    errors = _errors(refusal, typed, language)
    # With the key, a second click on the corrected form meets its own submission.
    form = form_with(typed, errors, _new_key())
    status = PROBLEMS[refusal.name].status
    return refused_page(request, shown, status, refusal_headers(refusal), form)


def _new_key() -> str:
    return os.urandom(16).hex()


def _errors(
    refusal: Refusal, typed: Mapping[str, str], language: Language
) -> list[tuple[str, str]]:
    """Pairs of a field and its error; what is no field's fault is said of the URL."""
    errors = refusal.errors or [FieldError("url", refusal.detail)]
    shown = (
        (error.field if error.field in FIELDS else "url", language.text(_for_people(error, typed)))
        for error in errors
    )
    return list(dict.fromkeys(shown))


def _for_people(error: FieldError, typed: Mapping[str, str]) -> Message:
    """The error of a field in the words of the form; programs are told of types and values."""
    if error.field in _UNCONFIRMED and not typed[error.field]:
        return _UNCONFIRMED[error.field]
    if error.field == "url" and not typed["url"].strip():
        return Message("Enter the address of your page.")
    return error.detail
