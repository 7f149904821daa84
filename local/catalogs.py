"""The message catalogs of the pages' languages: finds the messages, and updates the catalogs.

python -m local.catalogs

A new language is an empty file, web/locales/<language>.po: this fills in its header and messages.
"""

import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel import Locale
from babel.messages import pofile
from babel.messages.catalog import Catalog, Message
from jinja2.ext import extract_from_ast

from local.paths import ROOT
from seealso.http.problems import PROBLEMS
from seealso.urls import REFUSALS
from seealso.web.languages import LOCALES, script_messages
from seealso.web.rendering import environment

PACKAGE = ROOT / "layers/common/seealso"
WEB = PACKAGE / "web"
# Whose texts people can meet on pages; the editors' API is in English.
_PYTHON = (
    *(PACKAGE / name for name in ("errors.py", "fields.py", "http", "submitting", "web")),
    PACKAGE / "tables/checks.py",
    PACKAGE / "verifying/explanations.py",
    *(ROOT / "functions" / name for name in ("page", "submit_link")),
)
# Functions that take a text to translate, and which of their arguments it is.
_TAKE_TEXT = {
    "Message": 0,
    "Refusal": 1,
    "of_field": 2,
    "_error": 2,
    "gettext": 0,
    "ngettext": 0,
    "text": 0,
    "_": 0,
}
# Without the format: German has {max} for English {max:,}.
_PLACEHOLDER = re.compile(r"%\(\w+\)|%%|\{\w+")
_WIDTH = 100

# Messages, and for those that have one, the plural.
type Messages = dict[str, str | None]


def messages() -> Messages:
    """Every message that a catalog has to translate. Raises ValueError for what none could."""
    found: Messages = dict.fromkeys(
        [*REFUSALS.values(), *(kind.title for kind in PROBLEMS.values())]
    )
    for path in _files(_PYTHON, ".py"):
        found |= python_messages(path.read_text("utf-8"), str(path))
    for path in _files([WEB / "templates"], ".html"):
        found |= template_messages(path.read_text("utf-8"))
    for path in _files([WEB / "assets"], ".js"):
        found |= dict.fromkeys(script_messages(path.read_text("utf-8")))
    return found


def python_messages(source: str, file: str) -> Messages:
    """The messages of a Python module: literals that are passed as texts, or called `detail`.

    Raises ValueError for a text that is put together, because no catalog can have it.
    """
    found: Messages = {}
    for node in ast.walk(ast.parse(source)):
        texts = _texts(node)
        composed = [text for text in texts if isinstance(text, ast.JoinedStr | ast.BinOp)]
        if composed:
            place = f"{file}:{composed[0].lineno}"
            raise ValueError(f"{place}: make this text a Message with placeholders.")
        literals = [text.value for text in texts if isinstance(text, ast.Constant)]
        strings = [literal for literal in literals if isinstance(literal, str)]
        if strings:
            found[strings[0]] = strings[1] if len(strings) > 1 else None
    return found


def _texts(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        first = _TAKE_TEXT.get(name, len(node.args))
        return node.args[first : first + (2 if name == "ngettext" else 1)]
    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "detail":
        return [node.value]
    return []


def template_messages(source: str) -> Messages:
    """The messages of a template. Raises jinja2.TemplateSyntaxError."""
    found: Messages = {}
    for _, _, texts in extract_from_ast(environment().parse(source)):
        # With a number, or other arguments, for each of which there is None.
        strings = [texts] if isinstance(texts, str) else [text for text in texts or () if text]
        if strings:
            found[strings[0]] = strings[1] if len(strings) > 1 else None
    return found


def updated(text: str, language: str, current: Messages) -> str:
    """A catalog's text with exactly the current messages, sorted; translations stay.

    The header stays as it is, with the translators' comments above it.
    """
    locale = Locale.parse(language, sep="-")
    old = pofile.read_po(io.StringIO(text), locale=locale)
    new = Catalog(locale=locale)
    for singular, plural in current.items():
        message = new.add((singular, plural) if plural else singular)
        if before := old.get(singular):
            message.user_comments = before.user_comments
            message.flags |= before.flags & {"fuzzy"}
            if before.pluralizable == message.pluralizable:
                message.string = before.string
    body = io.BytesIO()
    pofile.write_po(body, new, width=_WIDTH, no_location=True, omit_header=True, sort_output=True)
    head = text.partition("\n\n")[0].rstrip("\n") or _header(new)
    return f"{head}\n\n{body.getvalue().decode().strip()}\n"


def _header(catalog: Catalog) -> str:
    return (
        f'msgid ""\nmsgstr ""\n"Language: {catalog.locale_identifier}\\n"\n'
        f'"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {catalog.plural_forms}\\n"'
    )


def faults(text: str, language: str, current: Messages) -> Iterator[str]:
    """What is wrong with a catalog, a line for each message."""
    catalog = pofile.read_po(io.StringIO(text), locale=Locale.parse(language, sep="-"))
    entries = {key_of(message)[0]: message for message in catalog if message.id}
    for singular, plural in current.items():
        if singular not in entries:
            yield f"missing: {singular}"
        elif key_of(entries[singular])[1] != plural:
            yield f"has another plural: {singular}"
    obsolete = [key_of(message)[0] for message in catalog.obsolete.values()]
    for singular in obsolete + [singular for singular in entries if singular not in current]:
        yield f"obsolete: {singular}"
    for singular, message in entries.items():
        strings = strings_of(message)
        if message.fuzzy:
            yield f"fuzzy: {singular}"
        if not all(strings):
            yield f"not translated: {singular}"
        elif not all(_placeholders(string) in _allowed(message) for string in strings):
            yield f"other placeholders: {singular}"


def strings_of(message: Message) -> list[str]:
    """The translations: one, or one for each plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def _allowed(message: Message) -> list[set[str]]:
    """The placeholders of a message, or of its singular and plural ("one link", "{n} links")."""
    return [_placeholders(text) for text in key_of(message) if text]


def key_of(message: Message) -> tuple[str, str | None]:
    """The singular and the plural, if there is one."""
    if isinstance(message.id, tuple):
        return message.id[0], message.id[1]
    return str(message.id), None


def _files(paths: Iterable[Path], suffix: str) -> list[Path]:
    found = [path.rglob(f"*{suffix}") if path.is_dir() else [path] for path in paths]
    return sorted(path for each in found for path in each if path.exists())


def main() -> int:
    current = messages()
    for path in sorted(LOCALES.glob("*.po")):
        path.write_text(updated(path.read_text("utf-8"), path.stem, current), "utf-8")
        for fault in faults(path.read_text("utf-8"), path.stem, current):
            print(f"{path.relative_to(ROOT)}: {fault}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
