"""From the bytes of an HTML document to its links, title and canonical URL.

Bytes become characters in the order of the HTML and Encoding Standards: the byte order mark, the
Content-Type header, the `meta` among the first 1,024 bytes; then UTF-8 if the bytes are that, else
windows-1252. No character set is guessed from statistics, and there is no UTF-7.

Only the sandbox's child process may import this module: its parser is C code.
"""

import codecs
import re
from typing import Final

import turbohtml

from seealso.verifying import walls
from seealso.verifying.finding import Hyperlink, ParsedPage

_HYPERLINKS: Final = frozenset({"a", "area"})
# Where elements that are not hyperlinks name a URL.
_MENTIONS: Final = {
    "audio": "src",
    "img": "src",
    "link": "href",
    "source": "src",
    "video": "src",
}
# What browsers do not show as a part of the page. HTML makes text of most, XML does not.
_HIDDEN: Final = (
    "template, noscript, iframe, noembed, noframes, script, style, textarea, title > *, xmp"
)
_READ: Final = ", ".join(sorted({"base", "title", *_HYPERLINKS, *_MENTIONS}))
_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+")
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s"';]+)""", re.IGNORECASE)


def is_html(content_type: str) -> bool:
    """Whether a page of this Content-Type is read; one without a type is."""
    return _essence(content_type) in ("", "text/html", "application/xhtml+xml")


def parse_page(body: bytes, content_type: str, *, is_cut_off: bool) -> ParsedPage:
    """What a document has; any bytes are one.

    Comments are not looked into, nor the elements of _HIDDEN. Raises MemoryError.
    """
    document = _document(body, content_type, is_cut_off=is_cut_off)
    wall = _wall(document)
    document.remove(_HIDDEN)
    base = canonical = title = None
    hyperlinks: list[Hyperlink] = []
    mentions: list[str] = []
    for element in document.select(_READ):
        tag = element.tag
        if element.namespace is not turbohtml.Namespace.HTML:
            mentions += filter(None, (element.attr("href"), element.attr("xlink:href")))
        elif tag == "title":
            title = element.text if title is None else title
        elif tag == "base":
            base = element.attr("href") if base is None else base
        elif tag in _HYPERLINKS:
            href = element.attr("href")
            if href is not None:
                hyperlinks.append(Hyperlink(href, element.attr("rel")))
        elif tag in _MENTIONS:
            url = element.attr(_MENTIONS[tag])
            if url:
                mentions.append(url)
            if tag == "link" and "canonical" in (element.attr("rel") or "").lower().split():
                canonical = url if canonical is None else canonical
    return ParsedPage(
        base=base,
        hyperlinks=hyperlinks,
        mentions=mentions,
        canonical=canonical,
        title=title,
        refreshes=_refreshes(document),
        wall=wall,
    )


def _refreshes(document: turbohtml.Document) -> bool:
    """Whether a meta refresh sends browsers elsewhere."""
    try:
        refresh = document.meta_refresh()
    except ValueError:  # it names no URL
        return False
    return refresh is not None and refresh[1] != ""


def _document(body: bytes, content_type: str, *, is_cut_off: bool) -> turbohtml.Document:
    if _essence(content_type) == "application/xhtml+xml":
        try:
            # Every element is taken for HTML's, whatever its namespace.
            return turbohtml.parse_xml(body.removeprefix(codecs.BOM_UTF8).decode())
        except (UnicodeDecodeError, turbohtml.HTMLParseError):
            pass  # by HTML's rules, though `<script/>` then hides what follows it
    if is_cut_off:
        # A character that was cut in two would make UTF-8 look like windows-1252.
        body = body[:-3] + body[-3:].decode("ascii", "ignore").encode()
    charset = _CHARSET.search(content_type)
    try:
        return _parse(body, charset[1] if charset else None)
    except LookupError:  # a character set that browsers don't know, such as utf-7
        return _parse(body, None)


def _parse(body: bytes, charset: str | None) -> turbohtml.Document:
    # As in a browser that runs scripts, noscript is text.
    return turbohtml.parse(
        body,
        encoding=charset,
        positions=False,
        scripting=True,
        allow_declarative_shadow_roots=False,
    )


def _wall(document: turbohtml.Document) -> str | None:
    for title in document.select("title"):
        if title.namespace is turbohtml.Namespace.HTML:
            found = walls.BY_TITLE.get(title.text.strip())
            if found:
                return found
            break
    for selector, wall in walls.BY_SELECTOR.items():
        if document.select_one(selector) is not None:
            return wall
    return None


def _essence(content_type: str) -> str:
    """The last media type in a Content-Type header, which may be repeated; empty if there is none.

    Fetch standard, "extract a MIME type". Browsers look at the body of what has none.
    """
    types = [part.partition(";")[0].strip().lower() for part in content_type.split(",")]
    return next(filter(_TYPE.fullmatch, reversed(types)), "")
