"""The form of an article's page: empty, or as it was sent with what was wrong."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from seealso.submitting.consent import HONEYPOT

# What the form sends: the fields of a submission, and one that people do not see.
FIELDS = ("url", "title", "has_right_to_share", "agrees_to_link_back", HONEYPOT)


class Form(NamedTuple):
    """What the form shows."""

    typed: Mapping[str, str]  # by field
    summary: Sequence[tuple[str, str]]  # pairs of a field and its error
    key: str  # for the next try; empty where the script makes one
    errors: Mapping[str, str]  # by field; empty where there is none
    described: Mapping[str, Markup]  # by field: the attributes that tie it to its hint and error


def form_with(typed: Mapping[str, str], summary: Sequence[tuple[str, str]], key: str) -> Form:
    """The form as it was sent, with what was wrong."""
    errors = dict.fromkeys(FIELDS, "") | dict(summary)
    return Form(
        typed,
        summary,
        key,
        errors,
        {
            field: described(field, errors[field], "rule" if field == "url" else "")
            for field in FIELDS
        },
    )


def described(field: str, error: str, hint: str) -> Markup:
    """The attributes that tie a field to its error, and to the hint with this id, if any."""
    if error:
        ids = f"{hint} {field}-error".strip()
        return Markup(' aria-describedby="{}" aria-invalid="true"').format(ids)
    return Markup(' aria-describedby="{}"').format(hint) if hint else Markup("")


EMPTY_FORM = form_with(dict.fromkeys(FIELDS, ""), (), "")
