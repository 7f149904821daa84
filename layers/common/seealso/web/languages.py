"""The languages of pages: which words they use, how dates read, in which direction they run.

English is the language of the messages themselves. Each other language is one gettext catalog,
locales/<language>.po, which is read as it is: that takes a millisecond, once in a container, and
the local run and the deployed functions need no compiled copies. Month names and date patterns are
messages, too. `make catalogs` brings the catalogs up to date (local/catalogs.py).
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from seealso.errors import Message
from seealso.language_tags import shortened

LOCALES = Path(__file__).with_name("locales")
ENGLISH = "en"

# What is written from right to left: by its script where the tag names one, else by its language
# (Unicode CLDR, scriptMetadata and likelySubtags).
# fmt: off
_RTL_SCRIPTS = frozenset({
    "adlm", "arab", "aran", "hebr", "mand", "mend", "nkoo", "rohg", "samr", "syrc", "thaa", "yezi",
})
_RTL_LANGUAGES = frozenset({
    "acm", "aeb", "ajp", "apc", "ar", "arc", "ars", "ary", "arz", "azb", "bal", "bej", "bgn", "bqi",
    "brh", "ckb", "dv", "fa", "glk", "he", "iw", "khw", "ks", "lrc", "luz", "mzn", "nqo", "pnb",
    "prs", "ps", "rhg", "sam", "sd", "sdh", "skr", "syr", "trw", "ug", "ur", "yi",
})
# fmt: on

_MONTHS = (
    Message("January"),
    Message("February"),
    Message("March"),
    Message("April"),
    Message("May"),
    Message("June"),
    Message("July"),
    Message("August"),
    Message("September"),
    Message("October"),
    Message("November"),
    Message("December"),
)

# A keyword of a catalog with its strings, each in quotes and most on a line of their own. Not
# compiled here: that costs more than the rest of this module, and English does not need it.
_FIELD = r'(?m)^(msgid|msgid_plural|msgstr)(?:\[\d\])? ((?:".*"\n?)+)'


class Catalog:
    """The translations of a language by their English message; one for each plural form.

    `plural` says which form goes with a number.
    """

    def __init__(
        self, messages: Mapping[str, list[str]], plural: Callable[[int], int] = int
    ) -> None:
        self.messages = messages
        self.plural = plural


class Language(NamedTuple):
    """A site's language: `tag` is the site's own (BCP 47), for `lang="..."` of its content.

    `words` is the language of the interface on its pages: English where there is no catalog.
    """

    tag: str
    direction: Literal["ltr", "rtl"]  # of `tag`
    words: str
    catalog: Catalog

    def gettext(self, message: str) -> str:
        """The message in this language, or in English."""
        forms = self.catalog.messages.get(message)
        return forms[0] if forms else message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The form of a message that goes with a number."""
        forms = self.catalog.messages.get(singular)
        if forms is None:
            return singular if number == 1 else plural
        return forms[self.catalog.plural(number)]

    def text(self, message: Message | str) -> str:
        """A message in this language, filled in; its values may be messages themselves."""
        if isinstance(message, str):
            return self.gettext(message)
        values = {
            name: self.text(value) if isinstance(value, Message) else value
            for name, value in message.values.items()
        }
        template = self.gettext(message.id)
        return template.format(**values) if values else template

    def date(self, value: str) -> str:
        """An article's date for people, such as "February 25, 2026".

        `value` is an ISO 8601 date or date-time; its calendar day is shown as it was written.
        """
        year, month, day = map(int, value[:10].split("-"))
        name = self.text(_MONTHS[month - 1])
        return self.text(Message("{month} {day}, {year}", month=name, day=day, year=year))

    def time(self, value: str) -> str:
        """A time in RFC 3339 and UTC for people, such as "March 1, 2026, 10:00 UTC"."""
        hour, minute = value[11:13], value[14:16]
        date = self.date(value)
        return self.text(
            Message("{date}, {hour}:{minute} UTC", date=date, hour=hour, minute=minute)
        )


@lru_cache(maxsize=256)  # tags may come from requests
def language_of(tag: str) -> Language:
    """The language with this tag: the catalog of de-AT is that of de, if it has none of its own."""
    direction = _direction(tag.lower().split("-"))
    for each in shortened(tag):
        if words := _with_catalog().get(each):
            return Language(tag, direction, words, _catalog(words))
    return Language(tag, direction, ENGLISH, Catalog({}))


def preferred_language(accept_language: str) -> Language:
    """The first language with a catalog of an Accept-Language header (RFC 9110, 12.5.4)."""
    weighted = []
    for entry in accept_language.split(","):
        tag, _, weight = entry.partition(";")
        quality = re.fullmatch(r"q=([01](?:\.[0-9]{0,3})?)", weight.replace(" ", ""))
        weighted.append((float(quality[1]) if quality else 1.0, tag.strip()))
    weighted.sort(key=lambda pair: -pair[0])
    for quality_of_tag, tag in weighted:
        language = language_of(tag)
        is_english = tag.lower().split("-")[0] == ENGLISH
        if quality_of_tag and (is_english or language.words != ENGLISH):
            return language_of(language.words)
    return language_of(ENGLISH)


def script_messages(script: str) -> list[str]:
    """The messages of a script, each written as `_("...")` in double quotes."""
    literals = re.findall(r'\b_\(\s*("(?:[^"\\\n]|\\.)*")', script)
    return [json.loads(literal) for literal in literals]


def words_of(messages: Iterable[str]) -> dict[str, dict[str, str]]:
    """The translations of some messages by language, for scripts that choose one themselves."""
    messages = list(messages)
    return {
        words: {message: language_of(words).gettext(message) for message in messages}
        for words in _with_catalog().values()
    }


@cache
def _with_catalog() -> dict[str, str]:
    """The languages that have a catalog, by their tags in lower case."""
    return {path.stem.lower(): path.stem for path in sorted(LOCALES.glob("*.po"))}


@cache
def _catalog(words: str) -> Catalog:
    return read_catalog(LOCALES / f"{words}.po")


def read_catalog(path: Path) -> Catalog:
    """The catalog in a file as local/catalogs.py writes it."""
    from gettext import c2py  # only pages in other languages than English need it

    messages = {}
    for entry in path.read_text("utf-8").split("\n\n"):
        fields: dict[str, list[str]] = {}
        for keyword, lines in re.findall(_FIELD, entry):
            # The escapes that catalogs have (\\ \" \n \r \t) mean the same in JSON.
            text = "".join(json.loads(line) for line in lines.splitlines())
            fields.setdefault(keyword, []).append(text)
        if all(fields.get("msgstr", [""])):
            messages[fields["msgid"][0]] = fields["msgstr"]
    header = messages.pop("", [""])[0]
    rule = re.search(r"plural=([^;\n]+)", header)
    return Catalog(messages, c2py(rule[1] if rule else "n != 1"))


def _direction(subtags: list[str]) -> Literal["ltr", "rtl"]:
    # A script has four letters and comes right after the language (RFC 5646, section 2.1).
    for subtag in subtags[1:]:
        if len(subtag) == 4 and subtag.isalpha():
            return "rtl" if subtag in _RTL_SCRIPTS else "ltr"
        if len(subtag) != 3:
            break
    return "rtl" if subtags[0] in _RTL_LANGUAGES else "ltr"
