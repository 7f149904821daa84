"""HTML answers: the templates, and the headers that all pages have.

Every template gets `language` (languages.py), its words by `_("...")` and `ngettext()`, `head`,
`contact_url` and `privacy_url`, the attributes `words_lang` and `content_lang`, the function
`asset()` and the filters `host`, `report_url` and `short_url`; and values of its own.
"""

import os
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    ModuleLoader,
    StrictUndefined,
)
from markupsafe import Markup

from seealso.http.compression import compressed, document_response
from seealso.http.requests import Request
from seealso.http.responses import NOT_STORED, Response, document
from seealso.web.assets import asset_path
from seealso.web.languages import Language
from seealso.web.texts import NOT_IN_HTML, short_url

_SOURCES = Path(__file__).with_name("templates")
COMPILED = Path(__file__).with_name("compiled_templates")  # by local/templates.py
# Nothing but the page's own files runs, is loaded or receives the form, whatever gets into a page.
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # Browsers ignore it on http, as in the local run (RFC 6797, section 8.1).
    "strict-transport-security": "max-age=63072000",
}
# A form that is sent without a script must have its page's Origin: under no-referrer it is null.
_REFERRER = {"referrer-policy": "strict-origin-when-cross-origin"}
# For addresses that hold a withdraw token.
PRIVATE = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex"}


class Head(NamedTuple):
    """What a page says of itself; URLs are absolute, None where there is none."""

    title: str
    canonical: str | None = None
    feed: str | None = None
    description: str = ""
    is_indexed: bool = True
    webmention: str | None = None  # where a page that links to this one may say so


def page_response(
    request: Request,
    template: str,
    language: Language,
    head: Head,
    values: Mapping[str, Any],
    max_age: int = 30,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A public page: 200 with an entity tag, or 304 if the client has it."""
    text = render(template, language, head, values)
    all_headers = {**_HEADERS, **_REFERRER, **(headers or {})}
    return document_response(request, document(text), max_age, all_headers)


def private_response(
    request: Request,
    template: str,
    language: Language,
    head: Head,
    values: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page that is not to be stored: an answer to a form, an error, or one with a token."""
    text = render(template, language, head, values)
    all_headers = {**_HEADERS, **_REFERRER, **NOT_STORED, **(headers or {})}
    return compressed(request, Response(status, all_headers, text))


def see_other(location: str, headers: Mapping[str, str]) -> Response:
    """A 303: a form was accepted, and reloading what is shown next sends nothing again."""
    return Response(303, {**NOT_STORED, **headers, "location": location})


def render(template: str, language: Language, head: Head, values: Mapping[str, Any]) -> str:
    """A template as HTML."""
    return (
        environment()
        .get_template(template)
        .render(
            values,
            _=partial(_gettext, language),
            ngettext=partial(_ngettext, language),
            language=language,
            head=head,
            words_lang=_words_lang(language),
            content_lang=_content_lang(language),
            contact_url=os.environ.get("CONTACT_URL"),
            privacy_url=os.environ.get("PRIVACY_URL"),
        )
    )


def _words_lang(language: Language) -> Markup:
    """The attributes of the interface's words where the page's language has no catalog."""
    return Markup("") if _has_words(language) else Markup(' lang="en" dir="ltr"')


def _content_lang(language: Language) -> Markup:
    """The attributes of what the site wrote, within such words."""
    if _has_words(language):
        return Markup("")
    return Markup(' lang="{}" dir="{}"').format(language.tag, language.direction)


def _has_words(language: Language) -> bool:
    return language.tag.lower().split("-")[0] == language.words.lower().split("-")[0]


def _without_controls(value: object) -> object:
    """What is shown, without characters that HTML does not allow; titles may have some."""
    if type(value) is str and not value.isprintable():
        return value.translate(NOT_IN_HTML)
    return value


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _report_url(contact_url: str, link_id: str) -> str:
    """Where a reader reports a link: the contact address, which is told the link's id."""
    about = quote(f"Link {link_id}")
    parameter = f"subject={about}" if contact_url.startswith("mailto:") else f"link={link_id}"
    address, hash_sign, fragment = contact_url.partition("#")
    path, _, query = address.partition("?")
    # A mail has one subject (RFC 6068).
    others = [each for each in query.split("&") if each and not each.startswith("subject=")]
    return f"{path}?{'&'.join([*others, parameter])}{hash_sign}{fragment}"


@cache
def environment() -> Environment:
    """The templates: compiled ones where the build has put them, or those of the checkout."""
    loader: BaseLoader = ModuleLoader(COMPILED) if COMPILED.is_dir() else FileSystemLoader(_SOURCES)
    jinja = Environment(
        autoescape=True,
        finalize=_without_controls,
        loader=loader,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    jinja.globals["asset"] = asset_path
    jinja.filters |= {"host": _host, "report_url": _report_url, "short_url": short_url}
    return jinja


# Jinja2's own gettext makes each message a Markup and formats it, which took a third of the time of
# a page. As strings, messages and their values are escaped like all else.
def _gettext(language: Language, message: str, **values: object) -> str:
    text = language.gettext(message)
    return text % values if values else text


def _ngettext(language: Language, singular: str, plural: str, number: int) -> str:
    return language.ngettext(singular, plural, number) % {"num": number}
