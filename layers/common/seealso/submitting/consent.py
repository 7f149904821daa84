"""The wordings of a submitter's two promises, by version and language, and the one in force.

A link stores the version and language that its submitter agreed to, so old versions stay in
consent.json.
"""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict

from seealso.language_tags import shortened

_ALL = json.loads(Path(__file__).with_name("consent.json").read_text("utf-8"))
_IN_FORCE = _ALL["versions"][str(_ALL["in_force"])]

# A field of the form that people do not see: what fills it in is a program (design.md, "Life of a
# link"). The name is one that such programs like.
HONEYPOT = "company_fax"


class Consent(TypedDict):
    """The body of GET /consent; the rules have {cap} in them, the places of a page."""

    version: int
    language: str
    has_right_to_share: str
    agrees_to_link_back: str
    rule: str
    rule_for_one: str  # of a page with one place


@cache
def languages() -> tuple[str, ...]:
    """The languages of the version in force."""
    return tuple(name for name, wording in _IN_FORCE.items() if isinstance(wording, dict))


def consent_of(tag: str) -> Consent:
    """The wording in force, in the language of a BCP 47 tag; in English where there is none."""
    names = {name.lower(): name for name in languages()}
    language = next((names[each] for each in shortened(tag) if each in names), "en")
    wording = _IN_FORCE[language]
    return {
        "version": _ALL["in_force"],
        "language": language,
        "has_right_to_share": wording["has_right_to_share"],
        "agrees_to_link_back": wording["agrees_to_link_back"],
        "rule": wording["rule"],
        "rule_for_one": wording["rule_for_one"],
    }
