"""The form of a site: its fields in words, what was typed, and what is wrong with it.

A site's blocked hosts are on the screen for blocked hosts (blocks.py): there can be thousands, and
a form that sent all of them back would undo a block that was added meanwhile.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from seealso.desk.access import Form
from seealso.errors import FieldError
from seealso.http.requests import is_id
from seealso.members import Members

MAX_SHOWN_HOSTS = 20  # of a list, where two states are compared


class Choice(NamedTuple):
    """One of the values of a field; `means` says what changing to it does to pending links."""

    value: str
    label: str
    hint: str
    means: str = ""


class Field(NamedTuple):
    """A column of a site in the form; `kind` is text, number, lines or choice."""

    name: str
    label: str
    kind: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()


FIELDS = (
    Field("name", "Name", "text", "As readers see it."),
    Field(
        "hosts",
        "Host names",
        "lines",
        "One a line. Scripts on these hosts may submit links, and checks look for links to the "
        "site's articles on each of them: when one is removed, links from pages that link to "
        "articles there lapse.",
    ),
    Field(
        "article_url",
        "Address of articles",
        "text",
        "With {id} in the place of the article's number, such as https://example.com/{id}. Empty: "
        "articles are read on this network's own pages. Checks look for links to this address and "
        "to this network's page of the article: after a change, links from pages that link to the "
        "old address lapse.",
    ),
    Field(
        "publish",
        "Policy",
        "choice",
        choices=(
            Choice(
                "approved",
                "After approval",
                "An editor approves each link before it is shown.",
                "Links submitted from then on wait for an editor. Pending ones that were submitted "
                "under “When the page links back” are still published by their checks.",
            ),
            Choice(
                "verified",
                "When the page links back",
                "A check publishes each link as soon as it sees that the page links to the "
                "article; what is suspicious waits for an editor.",
                "Checks publish only links submitted from then on. Those pending now wait for an "
                "editor, unless they were submitted under this same policy.",
            ),
            Choice(
                "at_once",
                "At once",
                "A link is shown when it is submitted; what is suspicious waits for an editor.",
                "Links submitted from then on are shown at once. Those pending now are not "
                "published by the change: approve them in the queue.",
            ),
        ),
    ),
    Field(
        "cap",
        "Published links on a page, at most",
        "number",
        "0 to 20. Lowering it removes no link. While a page is full, its pending links cannot be "
        "approved and it takes no new ones; 0 closes the site to links.",
    ),
    Field(
        "pending_cap",
        "Pending links on a page, at most",
        "number",
        "Lowering it rejects none; the page takes new ones when fewer are pending.",
    ),
    Field(
        "pending_days",
        "Days that a link may stay pending",
        "number",
        "Then it expires. Links that are pending now keep the day that they have.",
    ),
    Field(
        "recheck_days",
        "Days until a published link is checked again",
        "number",
        "1 to 90. Each link's next check keeps its day; the one after it follows this.",
    ),
    Field(
        "webmentions",
        "Webmentions",
        "choice",
        "Notices that other sites send when they link to an article. A change is for those that "
        "arrive from then on.",
        (
            Choice("off", "Off", "None are taken."),
            Choice("review", "Review", "They become pending links, for an editor to decide."),
            Choice("verified", "Verified", "They are published when their page links back."),
        ),
    ),
    Field("language", "Language", "text", "A language tag such as en or de-AT."),
    Field(
        "text_format",
        "Texts of articles",
        "choice",
        "How texts are read, those that are there already included.",
        (
            Choice("plain", "Plain text", "As it is; a blank line begins a paragraph."),
            Choice("markdown", "Markdown", "Without HTML and images."),
        ),
    ),
)
LABELS = {"domain": "Number", **{field.name: field.label for field in FIELDS}}


def typed_of(members: Mapping[str, Any]) -> dict[str, str]:
    """The values of a site as the form's fields have them."""
    return {field.name: _typed(members[field.name]) for field in FIELDS}


def _typed(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(value)
    return "" if value is None else str(value)


def typed_in(form: Form) -> dict[str, str]:
    """What was typed into a form that was sent."""
    return {field.name: form.one(field.name) for field in FIELDS}


def members_of(typed: Mapping[str, str]) -> Members:
    """The members of a site for editing.parse_site(), which says what is wrong with them."""
    return Members({field.name: _member(field.kind, typed[field.name]) for field in FIELDS})


def _member(kind: str, text: str) -> Any:
    text = text.strip()
    match kind:
        case "number":
            return int(text) if is_id(text) else text
        case "lines":
            return [line.strip().lower() for line in text.splitlines() if line.strip()]
    return text


def in_words(error: FieldError) -> str:
    """What is wrong with a field, which is named as the form names it."""
    label = LABELS.get(error.field)
    problem = error.detail.values.get("problem")
    return f"{label} {problem}." if label and problem else str(error.detail)


class Difference(NamedTuple):
    """A field that two states do not have in common."""

    label: str
    mine: str
    theirs: str


def differences(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[Difference]:
    """The fields in which a site that was typed is not the one that is stored."""
    return [
        Difference(field.label, _shown(field, mine), _shown(field, theirs))
        for field in FIELDS
        if mine[field.name] != theirs[field.name]
    ]


def _shown(field: Field, members: Mapping[str, Any]) -> str:
    value = members[field.name]
    if isinstance(value, list):
        more = f" and {len(value) - MAX_SHOWN_HOSTS} more" if len(value) > MAX_SHOWN_HOSTS else ""
        return ", ".join(value[:MAX_SHOWN_HOSTS]) + more
    labels = {choice.value: choice.label for choice in field.choices}
    return labels.get(value, _typed(value))
