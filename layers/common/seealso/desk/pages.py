"""How screens are answered: the desk's templates, and the way on after a form.

The desk is in English, as its API and command line are. Every template extends desk/base.html and
gets the visit's `editor_name`, `is_admin` and `form_token`.
"""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from seealso.desk.access import Visit
from seealso.errors import Message, Refusal, unavailable
from seealso.http.problems import PROBLEMS, refusal_headers
from seealso.http.requests import Request
from seealso.http.responses import Response
from seealso.web.languages import ENGLISH, language_of
from seealso.web.rendering import Head, private_response, see_other

# Addresses of the desk are no other site's business, but a form without a script must have its
# page's origin.
HEADERS = {"referrer-policy": "same-origin", "x-robots-tag": "noindex"}

# What a screen says once after a form, by the key that `redirect()` puts into the address.
NOTICES: dict[str, str] = {
    "article-created": "The draft is saved.",
    "article-saved": "Your changes are saved.",
    "article-unchanged": "There was nothing to save: no field had changed.",
    "article-published": "The article is published.",
    "article-unpublished": "The article is a draft again. Readers no longer see it.",
    "article-deleted": "The article is deleted. You can restore it.",
    "article-restored": "The article is restored, as a draft.",
    "article-purged": "The article is purged.",
    "article-changed": "Somebody else has changed the article meanwhile: nothing was done. Look at "
    "it and try again.",
}


def desk_page(
    visit: Visit,
    template: str,
    title: str,
    values: Mapping[str, Any],
    status: int = 200,
) -> Response:
    """A screen; `template` is in templates/desk."""
    notice = NOTICES.get(visit.request.query_string("done") or "")
    shared = {**_of_session(visit), "notice": notice}
    return plain_page(visit.request, template, title, {**shared, **values}, status)


def _of_session(visit: Visit) -> dict[str, Any]:
    return {
        "editor_name": visit.session.editor_name,
        "is_admin": visit.is_admin,
        "form_token": visit.session.form_token,
    }


def plain_page(
    request: Request,
    template: str,
    title: str,
    values: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page of the desk for whoever asks, signed in or not."""
    head = Head(title=title, is_indexed=False)
    language = language_of(ENGLISH)
    # Which item of the navigation this screen is, or is below.
    parts = request.route.split("/")[2:]
    unknown = {
        "editor_name": None,
        "is_admin": False,
        "form_token": None,
        "notice": None,
        "here": parts[0] if parts else "",
        "is_top": len(parts) < 2,
    }
    all_headers = {**HEADERS, **(headers or {})}
    return private_response(
        request, f"desk/{template}", language, head, {**unknown, **values}, status, all_headers
    )


def send_again_page(visit: Visit) -> Response:
    """What a form gets while the store does not answer: its fields, to be sent again."""
    fields = [
        (name, value)
        for name, values in visit.form.fields.items()
        if name != "form_token"
        for value in values
    ]
    refusal = unavailable()
    title = PROBLEMS[refusal.name].title
    answer = desk_page(visit, "send_again.html", title, {"fields": fields}, 503)
    return answer._replace(headers=answer.headers | refusal_headers(refusal))


def for_people(detail: Message, labels: Mapping[str, str]) -> str:
    """A sentence about a field by the name that its label has."""
    label = labels.get(str(detail.values.get("field")))
    return str(Message(detail.id, **{**detail.values, "field": label}) if label else detail)


def redirect(path: str, done: str | None = None) -> Response:
    """The way on after a form, so that a reload sends nothing; `done` is a key of NOTICES."""
    if done is not None:
        path += f"{'&' if '?' in path else '?'}done={done}"
    return see_other(path, HEADERS)


def refusal_page(request: Request, refusal: Refusal, visit: Visit | None = None) -> Response:
    """What an editor gets instead of a screen that was refused; with `visit`, the way on."""
    kind = PROBLEMS[refusal.name]
    values = {
        "status": kind.status,
        "headline": kind.title,
        "detail": str(refusal.detail),
        "errors": [f"{error.field}: {error.detail}" for error in refusal.errors],
        "request_id": request.request_id if kind.status >= 500 else None,
        **(_of_session(visit) if visit else {}),
    }
    headers = refusal_headers(refusal)
    return plain_page(request, "refusal.html", kind.title, values, kind.status, headers)


def sign_in_page(
    request: Request, to: str, form: Literal["kept", "too long"] | None = None
) -> Response:
    """What is shown in place of a screen to somebody without rights, with the way to sign in.

    `to` is where to go on afterwards, `form` what became of a form that was sent.
    """
    values = {"sign_in_url": f"/desk/signin?to={quote(to)}", "form": form}
    return plain_page(request, "sign_in.html", "Sign in", values, 403)


def page_without_group(visit: Visit) -> Response:
    """What somebody sees who has signed in and is in no group: whom to ask, and nothing else."""
    values = {"user_name": visit.session.editor_name, "editor_name": None}
    return desk_page(visit, "no_group.html", "Not an editor yet", values, 403)
