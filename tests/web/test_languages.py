"""The words, dates and directions of pages, and whether every catalog is complete."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.dates import format_date
from babel.localedata import locale_identifiers
from babel.messages import pofile

from local import catalogs
from seealso.errors import Message, Refusal
from seealso.language_tags import shortened
from seealso.urls import UrlNotAcceptable, accept
from seealso.web import languages
from seealso.web.languages import LOCALES, language_of, read_catalog, script_messages, words_of

FILES = sorted(LOCALES.glob("*.po"))
WITH_WORDS = ["en", *(path.stem for path in FILES)]


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Adds a catalog to a folder that has no others."""

    caches = languages._with_catalog, languages._catalog, language_of

    def add(name: str, *entries: str, header: str = "") -> None:
        start = f'# A comment.\nmsgid ""\nmsgstr ""\n{header}'.rstrip()
        text = "\n\n".join([start, *entries])
        (tmp_path / f"{name}.po").write_text(f"{text}\n", "utf-8")
        monkeypatch.setattr(languages, "LOCALES", tmp_path)
        for each in caches:
            each.cache_clear()

    yield add
    monkeypatch.undo()
    for each in caches:
        each.cache_clear()


# ---- which language --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE-Latn-at", "de"),
        ("de-x-en", "de"),
        ("en", "en"),
        ("en-GB", "en"),
        ("den", "en"),
        ("ar", "en"),
        ("tlh", "en"),
        ("../locales/de", "en"),
        ("", "en"),
    ],
)
def test_finds_the_words_of_a_tag(tag: str, words: str) -> None:
    language = language_of(tag)
    assert (language.tag, language.words) == (tag, words)


def test_prefers_the_catalog_of_the_exact_tag(added: Any) -> None:
    added("de", 'msgid "Title"\nmsgstr "Titel"')
    added("de-CH", 'msgid "Title"\nmsgstr "Überschrift"')
    assert language_of("de-ch").gettext("Title") == "Überschrift"
    assert language_of("de-ch").words == "de-CH"
    assert language_of("de-LI").gettext("Title") == "Titel"


@pytest.mark.parametrize(
    ("tag", "direction"),
    [
        ("de", "ltr"),
        ("he", "rtl"),
        ("ar-EG", "rtl"),
        ("AR-eg", "rtl"),
        ("az", "ltr"),
        ("az-Arab", "rtl"),
        ("az-Arab-IR", "rtl"),
        ("ug-Latn", "ltr"),
        ("yi-Latn-US", "ltr"),
        ("zh-yue-Hant", "ltr"),
        ("ms-Arab", "rtl"),
        ("en-x-arab", "ltr"),
        ("ff-Adlm", "rtl"),
        ("dv", "rtl"),
        ("ckb-IQ", "rtl"),
    ],
)
def test_direction_follows_the_script_then_the_language(tag: str, direction: str) -> None:
    assert language_of(tag).direction == direction


def test_direction_is_that_of_every_language_in_cldr() -> None:
    tags = [name for name in locale_identifiers() if "_" not in name]
    assert len(tags) > 200
    directions = {tag: language_of(tag).direction for tag in tags}
    assert directions == {tag: Locale.parse(tag).text_direction for tag in tags}


# ---- words -----------------------------------------------------------------------------------


def test_translates_messages() -> None:
    german = language_of("de")
    assert german.gettext("Not found") == "Nicht gefunden"
    assert german.gettext("No such message") == "No such message"
    assert german.gettext("") == ""
    assert german.text("Not found") == "Nicht gefunden"
    assert german.text(Message("{field} must be true.", field="x")) == "x muss true sein."
    assert language_of("en").text(Message("{field} must be true.", field="x")) == "x must be true."


def test_keeps_braces_of_a_message_without_values() -> None:
    assert language_of("de").text(Message("a {cap} b")) == "a {cap} b"


def test_translates_messages_within_messages() -> None:
    message = Message("{field} is required.", field=Message("Not found"))
    assert language_of("de").text(message).startswith("Nicht gefunden ")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com", "Die URL muss mit http:// "),
        ("https://127.0.0.1/", "Die URL muss einen Hostnamen enthalten;"),
    ],
)
def test_translates_why_a_url_is_not_acceptable(url: str, reason: str) -> None:
    with pytest.raises(UrlNotAcceptable) as refused:
        accept(url)
    refusal = Refusal.of_field("url-not-acceptable", "url", refused.value.reason)
    assert language_of("de").text(refusal.detail).startswith(reason)


def test_chooses_the_plural(added: Any) -> None:
    added(
        "pl",
        'msgid "%(num)s link"\nmsgid_plural "%(num)s links"\n'
        'msgstr[0] "%(num)s odnośnik"\nmsgstr[1] "%(num)s odnośniki"\n'
        'msgstr[2] "%(num)s odnośników"',
        header=(
            '"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || "\n'
            '"n%100>14) ? 1 : 2);\\n"'
        ),
    )
    forms = [
        language_of("pl").ngettext("%(num)s link", "%(num)s links", number)
        for number in (0, 1, 2, 5, 12, 22)
    ]
    endings = [form.removeprefix("%(num)s odnośnik") for form in forms]
    assert endings == ["ów", "", "i", "ów", "ów", "i"]
    english = language_of("en")
    assert [english.ngettext("link", "links", number) for number in (0, 1, 2)] == [
        "links",
        "link",
        "links",
    ]


def test_finds_the_words_of_scripts() -> None:
    script = 'h2.textContent = _("Not found"); _( "Say \\"hi\\"" ); x_("no"); _(`no`); y = "no"'
    assert script_messages(script) == ["Not found", 'Say "hi"']
    assert words_of(script_messages(script))["de"] == {
        "Not found": "Nicht gefunden",
        'Say "hi"': 'Say "hi"',
    }


# ---- dates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", WITH_WORDS)
def test_dates_are_those_of_cldr(tag: str) -> None:
    language = language_of(tag)
    locale = Locale.parse(tag, sep="-")
    for month in range(1, 13):
        for year, day in ((2026, 1), (1999, 28)):
            expected = format_date(date(year, month, day), "long", locale)
            assert language.date(f"{year}-{month:02}-{day:02}") == expected


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-25",
        "2026-02-25T23:59:59Z",
        "2026-02-25 00:00",
        "2026-02-25T00:30:00+14:00",
        "2026-02-25T23:30:00-11:00",
        "2026-02-25T10:00:00,123456789+0530",
    ],
)
def test_shows_the_calendar_day_that_was_written(value: str) -> None:
    assert language_of("en").date(value) == "February 25, 2026"
    assert language_of("de").date(value) == "25. Februar 2026"  # codespell:ignore


def test_shows_times_in_utc() -> None:
    assert language_of("en").time("2026-03-01T10:00:00.000Z") == "March 1, 2026, 10:00 UTC"
    assert language_of("de").time("2026-03-01T09:05:00.000Z") == "1. März 2026, 09:05 Uhr (UTC)"


# ---- catalogs --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_catalogs_are_complete_and_up_to_date(path: Path) -> None:
    text, current = path.read_text("utf-8"), catalogs.messages()
    assert list(catalogs.faults(text, path.stem, current)) == []
    assert catalogs.updated(text, path.stem, current) == text, "run `make catalogs`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_reads_catalogs_as_babel_does(path: Path) -> None:
    with path.open("rb") as file:
        expected = pofile.read_po(file, locale=Locale.parse(path.stem, sep="-"))
    catalog = read_catalog(path)
    assert catalog.messages == {
        catalogs.key_of(message)[0]: catalogs.strings_of(message)
        for message in expected
        if message.id and all(catalogs.strings_of(message))
    }
    plural = Locale.parse(path.stem, sep="-").plural_form
    # Each of its forms is one of babel's, and the other way round.
    pairs = {(catalog.plural(number), plural(number)) for number in range(200)}
    assert len(pairs) == len({own for own, _ in pairs}) == len({babels for _, babels in pairs})


HEAD = '# By hand.\nmsgid ""\nmsgstr ""\n"Language: de\\n"'


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ("", "missing: One {n}"),
        ('msgid "One {n}"\nmsgstr ""', "not translated: One {n}"),
        ('msgid "One {n}"\nmsgstr "Eins"', "other placeholders: One {n}"),
        ('msgid "One {n}"\nmsgstr "Eins {m}"', "other placeholders: One {n}"),
        ('#, fuzzy\nmsgid "One {n}"\nmsgstr "Eins {n}"', "fuzzy: One {n}"),
        ('msgid "One {n}"\nmsgstr "Eins {n}"\n\nmsgid "Two"\nmsgstr "Zwei"', "obsolete: Two"),
        ('msgid "One {n}"\nmsgstr "Eins {n}"\n\n#~ msgid "Two"\n#~ msgstr "Zwei"', "obsolete: Two"),
        (
            'msgid "One {n}"\nmsgid_plural "Ones"\nmsgstr[0] "Eins {n}"\nmsgstr[1] "Einsen"',
            "has another plural: One {n}",
        ),
    ],
)
def test_names_what_is_wrong_with_a_catalog(entry: str, fault: str) -> None:
    faults = list(catalogs.faults(f"{HEAD}\n\n{entry}\n", "de", {"One {n}": None}))
    assert faults == [fault]


def test_a_plural_may_leave_its_number_out() -> None:
    entry = (
        'msgid "one link"\nmsgid_plural "{n} links"\nmsgstr[0] "ein Link"\nmsgstr[1] "{n} Links"'
    )
    assert not list(catalogs.faults(f"{HEAD}\n\n{entry}\n", "de", {"one link": "{n} links"}))


def test_an_update_keeps_translations_and_header_and_drops_the_obsolete() -> None:
    old = f'{HEAD}\n\n# Why.\nmsgid "Old"\nmsgstr "Alt"\n\nmsgid "Gone"\nmsgstr "Weg"\n'
    new = catalogs.updated(old, "de", {"Old": None, "New": None})
    assert new == f'{HEAD}\n\nmsgid "New"\nmsgstr ""\n\n# Why.\nmsgid "Old"\nmsgstr "Alt"\n'
    assert catalogs.updated(new, "de", {"Old": None, "New": None}) == new


def test_an_empty_file_becomes_the_catalog_of_a_new_language() -> None:
    text = catalogs.updated("", "pl", {"{n} link": "{n} links"})
    assert '"Language: pl\\n"' in text
    assert '"Plural-Forms: nplurals=4;' in text or '"Plural-Forms: nplurals=3;' in text
    assert text.count("\nmsgstr[") >= 3


def test_a_catalog_may_be_of_a_country() -> None:
    text = catalogs.updated("", "pt-BR", {"Not found": None})
    assert '"Language: pt_BR\\n"' in text
    assert list(catalogs.faults(text, "pt-BR", {"Not found": None})) == [
        "not translated: Not found"
    ]


@pytest.mark.parametrize(
    ("tag", "shorter"),
    [("en", ["en"]), ("de-AT", ["de-at", "de"]), ("zh-Hant-TW", ["zh-hant-tw", "zh-hant", "zh"])],
)
def test_a_tag_is_shortened_from_its_end(tag: str, shorter: list[str]) -> None:
    assert list(shortened(tag)) == shorter


def test_finds_messages_in_python() -> None:
    source = """
detail = "A detail."
raise Refusal("conflict", "In a "
    "refusal.")
Refusal.of_field("conflict", "url", "Of a field.")
language.ngettext("{n} link", "{n} links", 3)
Message("With {value}.", value=1)
Refusal("conflict", detail)
print("Nothing.")
text(12)
"""
    assert catalogs.python_messages(source, "x.py") == {
        "A detail.": None,
        "In a refusal.": None,
        "Of a field.": None,
        "{n} link": "{n} links",
        "With {value}.": None,
    }


@pytest.mark.parametrize(
    "source",
    [
        'Refusal("conflict", f"The link is {status}.")',
        'Message("The link is " + status)',
        'Message("The link is %s." % status)',
        'detail = f"The link is {status}."',
    ],
)
def test_refuses_texts_that_no_catalog_can_have(source: str) -> None:
    with pytest.raises(ValueError, match=r"x\.py:2: make this text a Message"):
        catalogs.python_messages(f"\n{source}\n", "x.py")


def test_finds_messages_in_templates() -> None:
    source = """
<p title="{{ _('A title') }}"></p>
{{ ngettext("%(num)s place", "%(num)s places", left) }}
{{ _("Hello %(name)s", name=name) }}{{ _(variable) }}
"""
    assert catalogs.template_messages(source) == {
        "A title": None,
        "%(num)s place": "%(num)s places",
        "Hello %(name)s": None,
    }


def test_pages_in_english_read_no_catalog() -> None:
    """And import nothing for it: the start of the page function has a budget."""
    program = (
        "import sys; from seealso.web import languages;"
        "languages.language_of('en').date('2026-02-25');"
        "print('gettext' in sys.modules, languages._catalog.cache_info().misses)"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    assert output.split() == [b"False", b"0"]
