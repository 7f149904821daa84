"""The form of an article: what its fields hold, what was changed in it, and what is wrong with it.

A form of a browser changes what it only shows: it ends lines with CR LF and has no control
characters. So the form tells by a digest what each field held at first, and only a field that has
changed is written.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from markupsafe import Markup

from seealso.columns import EDITABLE
from seealso.desk.access import Form
from seealso.desk.pages import for_people
from seealso.errors import FieldError, Message, Refusal
from seealso.fields import SOME_FIELDS_INVALID
from seealso.http.requests import is_id
from seealso.members import Members
from seealso.tables.articles import Article
from seealso.web.form import described
from seealso.web.texts import NOT_IN_HTML

FIELDS = tuple(column.name for column in EDITABLE)
LABELS = {
    "id": "Id",
    "domain": "Site's number",
    "title": "Title",
    "text": "Text",
    "date": "Date",
    "source_id": "Source's id",
}
MINE, THEIRS = "mine", "theirs"
_NUMBERS = ("id", "domain", "source_id")
# All that str.splitlines() takes for the end of a line, as the page does.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


class Written(NamedTuple):
    """What an editor has sent; a field that was not sent is not changed.

    `read` are the digests of what the fields held at first. `choices` are the versions that were
    chosen after a conflict, by field: MINE, THEIRS, or empty where the editor has not chosen.
    """

    typed: Mapping[str, str]
    version: int
    read: Mapping[str, str]
    choices: Mapping[str, str]

    @property
    def changed(self) -> list[str]:
        """The fields to be written."""
        return [
            name
            for name in FIELDS
            if name in self.typed
            and self.choices.get(name) != THEIRS
            and digest(self.typed[name]) != self.read.get(name)
        ]

    def members(self, names: Collection[str]) -> Members:
        """Some fields as the members of a body of the admin endpoint."""
        return Members({name: _member(name, self.typed.get(name, "")) for name in names})


def written(form: Form) -> Written:
    """What a form holds."""
    sent = [name for name in ("id", *FIELDS) if name in form.fields]
    return Written(
        {name: field_value(name, form.one(name)) for name in sent},
        version_of(form),
        {name: form.one(f"read_{name}") for name in sent},
        {name: form.one(f"keep_{name}") for name in form.all("conflict") if name in FIELDS},
    )


def version_of(form: Form) -> int:
    """The version that the form's page has shown; 0, which nothing has, where it names none."""
    version = form.one("version")
    return int(version) if is_id(version) else 0


def unchanged(article: Article) -> Written:
    """The form of an article as it was read."""
    values = field_values(article)
    return Written(values, article.version, {name: digest(values[name]) for name in FIELDS}, {})


def field_values(article: Article) -> dict[str, str]:
    """What the fields hold for an article."""
    return {name: field_value(name, getattr(article, name)) for name in ("id", *FIELDS)}


def field_value(name: str, value: str | int | None) -> str:
    """A column's value as the form shows it and as a browser sends it back."""
    if value is None:
        return ""
    if name == "text":
        return _LINE_END.sub("\n", str(value)).translate(NOT_IN_HTML)
    return str(value).replace("\r", "").replace("\n", "").translate(NOT_IN_HTML)


def digest(value: str) -> str:
    """What tells whether a field has changed."""
    return sha256(value.encode()).hexdigest()[:16]


def _member(name: str, typed: str) -> Any:
    if name not in _NUMBERS:
        return typed.strip() if name == "date" else typed
    digits = typed.strip()
    if not digits:
        return None
    return int(digits) if is_id(digits) else digits


# ---- what is wrong ---------------------------------------------------------------------------


def refuse_open_choices(choices: Mapping[str, str]) -> None:
    """Raises Refusal `invalid-fields` for fields of a conflict without a choice."""
    errors = [
        FieldError(
            name, Message("Choose which version of this field to keep: {field}.", field=name)
        )
        for name, choice in choices.items()
        if choice not in (MINE, THEIRS)
    ]
    if errors:
        raise Refusal("invalid-fields", SOME_FIELDS_INVALID, errors)


class FormState(NamedTuple):
    """What the template of a form shows, as web/form.py's Form does for submitters."""

    typed: Mapping[str, str]
    read: Mapping[str, str]
    version: int
    summary: Sequence[tuple[str, str]]  # pairs of an element's id and its error
    errors: Mapping[str, str]
    described: Mapping[str, Markup]


def form_state(
    typed: Mapping[str, str],
    read: Mapping[str, str],
    version: int,
    refusal: Refusal | None = None,
) -> FormState:
    """The form with what was typed, and with what was wrong with it."""
    summary = _summary(refusal) if refusal else []
    blank = dict.fromkeys(LABELS, "")
    errors = blank | dict(summary)
    about = {name: described(name, errors[name], f"{name}-hint") for name in LABELS}
    return FormState({**blank, **typed}, {**blank, **read}, version, summary, errors, about)


def _summary(refusal: Refusal) -> list[tuple[str, str]]:
    """What is wrong by field; what is no field's fault is said of the button."""
    errors = refusal.errors or [FieldError("save", refusal.detail)]
    shown = (
        (error.field if error.field in LABELS else "save", for_people(error.detail, LABELS))
        for error in errors
    )
    return list(dict.fromkeys(shown))
