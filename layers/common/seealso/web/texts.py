"""What editors and submitters wrote, as HTML: articles' texts, and URLs as link texts.

Nothing that was typed becomes markup, except for what Markdown has for it: no raw HTML, no images
(a reader's browser loads nothing from third parties), no scheme but http, https and mailto.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

MAX_SHORT_URL = 60
# Lines, brackets and other characters that take long to render. No article has that many of them,
# and 300 KB of nothing else would take seconds; a text with more is shown as plain text.
MARKUP = "\n[*_<"
MAX_MARKUP = 50_000

# What HTML allows in no text (HTML Standard, 13.1.4 and 13.2.3.5): control characters but tab and
# the line ends, and noncharacters.
NOT_IN_HTML = dict.fromkeys(
    [
        *(code for code in range(0x20) if chr(code) not in "\t\n\r"),
        *range(0x7F, 0xA0),
        *range(0xFDD0, 0xFDF0),
        *(plane + last for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)),
    ]
)
# Characters that are drawn as nothing: a line of them is blank, like one of spaces.
_INVISIBLE = re.compile("[\\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]*")
_SCHEME = re.compile(r"([^/?#]*):")
_SCHEMES = frozenset({"http", "https", "mailto"})


def article_html(text: str, text_format: str) -> Markup:
    """An article's text as HTML, by its site's format: `plain` or `markdown`."""
    lines = [line.translate(NOT_IN_HTML) for line in text.splitlines()]
    if text_format == "markdown" and sum(map(text.count, MARKUP)) <= MAX_MARKUP:
        return _markdown(lines)
    return _plain(lines)


def short_url(url: str) -> str:
    """A link's URL for people: its host and path, cut at MAX_SHORT_URL characters."""
    short = re.split("[?#]", url.partition("://")[2] or url, maxsplit=1)[0].rstrip("/")
    return short if len(short) <= MAX_SHORT_URL else f"{short[: MAX_SHORT_URL - 1]}…"


def _plain(lines: list[str]) -> Markup:
    """Blank lines make paragraphs; other line ends stay where they are."""
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if not _INVISIBLE.fullmatch(line):
            paragraphs[-1].append(escape(line.strip()))
        elif paragraphs[-1]:
            paragraphs.append([])
    html = (f"<p>{'<br>\n'.join(paragraph)}</p>" for paragraph in paragraphs if paragraph)
    return Markup("\n".join(html))  # noqa: S704 every line is escaped


def _markdown(lines: list[str]) -> Markup:
    return Markup(_renderer().render("\n".join(lines)))  # noqa: S704 the renderer escapes


@cache
def _renderer() -> "MarkdownIt":
    """CommonMark without raw HTML."""
    from markdown_it import MarkdownIt  # costly, and few sites need it

    renderer = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False})
    # The library documents replacing this method; its own check lets more schemes through.
    renderer.validateLink = _is_safe_link  # type: ignore[method-assign]
    renderer.core.ruler.push("page", _fit_into_page)
    return renderer


def _is_safe_link(url: str) -> bool:
    """Whether a link is relative, or has one of the schemes.

    Markdown's escapes are resolved and control characters percent-encoded by now, so nothing that
    a browser would skip can hide in a scheme.
    """
    scheme = _SCHEME.match(url)
    return scheme is None or scheme[1].lower() in _SCHEMES


def _fit_into_page(state: "StateCore") -> None:
    """Headings go below the page's h1; images become links; links get their `rel`."""
    above: list[int] = []  # the levels of a heading and of those that it is below
    for token in state.tokens:
        if token.type == "heading_open":
            level = int(token.tag[1:])
            above = [*(each for each in above if each < level), level]
        if token.type in ("heading_open", "heading_close"):
            # One level below the heading above it, also where the author skipped some.
            token.tag = f"h{min(len(above) + 1, 6)}"
        elif token.type == "fence":
            token.info = ""  # would become a class
        elif token.children:
            token.children = _inline(token.children)
    state.tokens = _without_empty_headings(state.tokens)


def _without_empty_headings(tokens: "list[Token]") -> "list[Token]":
    # A heading is three tokens: its start, its text, and its end.
    empty = {
        index + part
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and not tokens[index + 1].children
        for part in range(3)
    }
    return [token for index, token in enumerate(tokens) if index not in empty]


def _inline(tokens: "list[Token]") -> "list[Token]":
    from markdown_it.token import Token

    fitted: list[Token] = []
    is_in_link = False
    for token in tokens:
        if token.type == "link_close" and fitted[-1].type == "link_open":
            fitted.pop()  # nobody could see or name a link without text
            is_in_link = False
        elif token.type == "image":
            source = str(token.attrs["src"])
            alt = "".join(child.content for child in token.children or []).strip()
            image = [Token("text", "", 0, content=alt or short_url(source))]
            if not is_in_link:  # a link within a link is not HTML
                link = Token("link_open", "a", 1, {"href": source, "rel": "noopener"})
                image = [link, *image, Token("link_close", "a", -1)]
            if alt or source:
                fitted += image
        else:
            fitted.append(token)
            if token.type == "link_open":
                token.attrSet("rel", "noopener")
            if token.type.startswith("link_"):
                is_in_link = token.type == "link_open"
    return fitted
