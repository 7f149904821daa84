"""What a submitter sends, checked field by field.

Which refusal comes first when several apply is contract.md's order under "Problems".
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from seealso.errors import FieldError, Message, Refusal
from seealso.fields import SOME_FIELDS_INVALID, is_blank, unknown_members
from seealso.limits import MAX_LINK_TITLE
from seealso.members import Members
from seealso.submitting.consent import HONEYPOT
from seealso.urls import UrlNotAcceptable, accept

_CONSENTS = ("has_right_to_share", "agrees_to_link_back")
_FIELDS = ("url", "title", *_CONSENTS)
_FORM_BOOLEANS = {"true": True, "on": True, "false": False, "": False}
# A key is the client's own random string: contract.md, "Submitting".
IDEMPOTENCY_KEY = "[A-Za-z0-9_-]{16,128}"
# Embeddings, overrides and isolates (UAX #9): they can make a title read as something else.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


class SubmissionError(NamedTuple):
    """A field at fault, and the problem's name if it is the only cause."""

    problem: str
    error: FieldError


class Submission(NamedTuple):
    """What a submitter sends: an acceptable URL, and a title or None.

    `errors` are those of the other fields. They are kept until it is known whether the page may
    show the URL, so that all fields at fault are reported together. Without errors, both consents
    are given. `needs_editor` is why only an editor may publish it, None if nothing speaks for that.
    """

    url: str
    title: str | None
    errors: tuple[SubmissionError, ...] = ()
    needs_editor: str | None = None


def parse_form(members: Members) -> Submission:
    """The submission in a form, whose checkboxes are strings and which has the honeypot.

    Raises what parse_submission() raises.
    """
    is_trapped = not is_blank(members.pop(HONEYPOT, ""))
    _allow_repeated(members, HONEYPOT)
    for field in _CONSENTS:
        value = members.get(field)
        if value in _FORM_BOOLEANS:
            members[field] = _FORM_BOOLEANS[value]
    submission = parse_submission(members)
    return submission._replace(needs_editor="honeypot" if is_trapped else None)


def give_consents(members: Members) -> None:
    """Give both consents in the members of a preview, which does not look at them."""
    members.update(dict.fromkeys(_CONSENTS, True))
    _allow_repeated(members, *_CONSENTS)


def parse_submission(members: Members) -> Submission:
    """The submission in a body's members.

    Raises Refusal `url-not-acceptable` or `invalid-fields` if no page can show its URL.
    """
    errors = [
        SubmissionError("invalid-fields", error) for error in unknown_members(members, _FIELDS)
    ]
    url, url_error = _url(members.get("url"))
    title, title_error = _title(members.get("title"))
    errors += [error for error in (url_error, title_error) if error]
    errors += _consent_errors(members)
    if url_error:
        raise refusal_of(errors)
    return Submission(url, title, tuple(errors))


def _allow_repeated(members: Members, *names: str) -> None:
    members.repeated = tuple(name for name in members.repeated if name not in names)


def refusal_of(errors: Sequence[SubmissionError]) -> Refusal:
    """One refusal for all fields at fault: with one cause that cause's, else invalid-fields."""
    names = {error.problem for error in errors}
    name = names.pop() if len(names) == 1 else "invalid-fields"
    detail = errors[0].error.detail if len(errors) == 1 else SOME_FIELDS_INVALID
    return Refusal(name, detail, [error.error for error in errors])


def url_error(refused: UrlNotAcceptable) -> SubmissionError:
    """The error of a URL that is not acceptable."""
    return _error("url-not-acceptable", "url", refused.reason)


def _url(value: Any) -> tuple[str, SubmissionError | None]:
    if not isinstance(value, str):
        return "", _error("invalid-fields", "url", "url is required and must be a string.")
    try:
        return accept(value), None
    except UrlNotAcceptable as refused:
        return "", url_error(refused)


def _title(value: Any) -> tuple[str | None, SubmissionError | None]:
    if value is None:
        return None, None
    if not isinstance(value, str):
        detail = "title must be a string, or be omitted."
        return None, _error("invalid-fields", "title", detail)
    title = value.strip()
    if len(title) > MAX_LINK_TITLE:
        too_long = Message("The title exceeds {max} characters.", max=MAX_LINK_TITLE)
        return None, _error("invalid-fields", "title", too_long)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in title):
        detail = "The title contains control characters."
        return None, _error("invalid-fields", "title", detail)
    if _BIDI.search(title):
        detail = "The title contains bidirectional control characters."
        return None, _error("invalid-fields", "title", detail)
    # A title of zero-width characters alone would be a link that nobody can see.
    return (None if is_blank(title) else title), None


def _consent_errors(members: Members) -> Iterator[SubmissionError]:
    for field in _CONSENTS:
        consent = members.get(field, False)
        if consent is False:
            detail = "You must confirm this to submit a link: set it to true."
            yield _error("consent-missing", field, detail)
        elif consent is not True:
            yield _error("invalid-fields", field, Message("{field} must be true.", field=field))


def _error(problem: str, field: str, detail: Message | str) -> SubmissionError:
    message = detail if isinstance(detail, Message) else Message(detail)
    return SubmissionError(problem, FieldError(field, message))
