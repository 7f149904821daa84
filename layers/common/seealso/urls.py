"""The URL rules of submitted links: what is accepted, and when two URLs are the same.

docs/url-equivalence.md shows the same rules with examples; its tables are what the tests check.
Sources: the WHATWG URL Standard for parsing (by ada-url), RFC 3986 section 2 for percent-escapes,
RFC 1035 section 2.3.4 for the lengths of host names.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ada_url import URL, HostType, idna

KEY_VERSION: Final = 1
MAX_BYTES: Final = 2048
MAX_LABELS: Final = 20

# In the order of the checks: the first that applies is the one that is told.
REFUSALS: Final = {
    "too-long": "The URL is longer than 2,048 bytes.",
    "control-character": "The URL contains a control character.",
    "not-parseable": "This is not a URL. Give the whole address, as in https://example.com/page.",
    "scheme": "The URL must begin with http:// or https://.",
    "credentials": "The URL must not contain a user name or password (an @ before the host).",
    "port": "The URL must not name a port other than its scheme's (80 for http, 443 for https).",
    "ip-address": "The URL must name its host; an IP address is not accepted.",
    "empty-label": "The host has an empty part: two dots in a row, or a dot in front.",
    "long-label": "A part of the host is longer than 63 characters.",
    "long-host": "The host is longer than 253 characters.",
    "hyphen": "A part of the host begins or ends with a hyphen.",
    "a-label": "A part of the host begins with xn-- and is not a valid internationalised name.",
    "single-label": "The host has only one part; a public host has at least two.",
    "many-labels": "The host has more than 20 parts.",
    "reserved-name": "The host ends in a name that is not on the public internet.",
    "blocked": "Links to this host are not accepted.",
    "own-page": "This is the address of the article itself.",
}

# RFC 6761 (localhost, test, example, invalid), RFC 6762 with its appendix G (local, internal,
# intranet, private, corp, home, lan), RFC 8375 (home.arpa), RFC 7686 (onion), RFC 9476 (alt);
# localdomain is what many systems give a machine that has no domain.
# fmt: off
RESERVED_NAMES: Final = frozenset({
    "local", "localhost", "internal", "localdomain", "intranet", "private", "corp", "home", "lan",
    "home.arpa", "test", "example", "invalid", "onion", "alt",
})
# fmt: on

# Tab, LF and CR are left to the WHATWG parser, which drops them.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# What the WHATWG parser does with http and https: slashes of either kind are skipped after the
# scheme, wherever tabs and line ends stand between them, and the authority ends at the next one.
_CREDENTIALS = re.compile(r"[^:]*:[/\\\t\n\r]*[^/\\?#]*@")
_WWW = re.compile(r"www[0-9]*\.(?=.*\.)")
_ESCAPE_OR_ILLEGAL = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?]")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_INDEX_PAGE = re.compile(
    r"index\.(html|htm|xhtml|shtml|php|asp|aspx|jsp|cgi)|default\.(html|htm|asp|aspx)",
    re.IGNORECASE,
)
_TRACKING = json.loads(Path(__file__).with_name("tracking_parameters.json").read_text("utf-8"))
_TRACKING_NAMES = frozenset(_TRACKING["names"])
_TRACKING_PREFIXES = tuple(_TRACKING["prefixes"])


class UrlNotAcceptable(Exception):
    """A URL that cannot be submitted.

    `code` is a key of `REFUSALS` and stays as it is; `reason` is the sentence for people.
    Neither holds any of what was sent.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = REFUSALS[code]


def accept(sent: str) -> str:
    """The WHATWG serialisation of a submitted URL: ASCII, what is stored and shown.

    Raises UrlNotAcceptable for what the URL itself shows, and nothing else, whatever was sent.
    Whether an article may have it is for `check_allowed` to say.
    """
    sent = _trimmed(sent)
    try:
        size = len(sent.encode())
    except UnicodeEncodeError:  # a lone surrogate
        raise UrlNotAcceptable("not-parseable") from None
    if size > MAX_BYTES:
        raise UrlNotAcceptable("too-long")
    if _CONTROL.search(sent):
        raise UrlNotAcceptable("control-character")
    try:
        url = URL(sent)
    except ValueError:
        raise UrlNotAcceptable("not-parseable") from None
    if url.protocol not in ("http:", "https:"):
        raise UrlNotAcceptable("scheme")
    # An empty user name leaves no trace in the parsed URL.
    if _CREDENTIALS.match(sent):
        raise UrlNotAcceptable("credentials")
    if url.port:
        raise UrlNotAcceptable("port")
    serialised = url.href
    if len(serialised) > MAX_BYTES:
        raise UrlNotAcceptable("too-long")
    if url.host_type is not HostType.DEFAULT:
        raise UrlNotAcceptable("ip-address")
    _check_host(url.hostname)
    return serialised


def _trimmed(sent: str) -> str:
    """What was sent without the invisible characters that copying puts around a URL."""
    first, last = 0, len(sent)
    while first < last and _is_invisible(sent[first]):
        first += 1
    while first < last and _is_invisible(sent[last - 1]):
        last -= 1
    return sent[first:last]


def _is_invisible(character: str) -> bool:
    # Spaces of all kinds, zero-width and direction marks; of control characters tab, LF and CR.
    return character in "\t\n\r" or unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cf")


def host_suffixes(url: str) -> list[str]:
    """What `accept` returned may be blocked by: its host and the domains above, in key form.

    Such as a.b.example.com, b.example.com and example.com: each has at least two labels.
    """
    labels = _key_host(URL(url).hostname).split(".")
    return [".".join(labels[first:]) for first in range(len(labels) - 1)]


def article_urls(pattern: str, hosts: Iterable[str], article_id: int) -> list[str]:
    """An article's own addresses: its site's pattern as it is, and on each host of the site."""
    if not pattern:
        return []
    own = URL(pattern.replace("{id}", str(article_id)))
    urls = [own.href]
    for host in hosts:
        own.hostname = host
        urls.append(own.href)
    return urls


def check_allowed(url: str, own_urls: Iterable[str], *, is_blocked: bool) -> None:
    """Refuse what `accept` returned if its host is blocked or if it is the article's own page.

    `own_urls` are the addresses of the article that the link is submitted to.
    Raises UrlNotAcceptable; ValueError if one of `own_urls` is not an http or https URL, which is
    a mistake in the site's settings.
    """
    if is_blocked:
        raise UrlNotAcceptable("blocked")
    key = url_key(url)
    if any(url_key(own) == key for own in own_urls):
        raise UrlNotAcceptable("own-page")


def host_key(host: str) -> str:
    """The form in which a host is blocked: as in the URL key, so www.example.com is example.com.

    Raises UrlNotAcceptable if `host` is not a host, or none that a link could have.
    """
    url = URL(accept(f"https://{host}/"))
    if url.href != f"https://{url.hostname}/":
        raise UrlNotAcceptable("not-parseable")
    return _key_host(url.hostname)


def url_key(url: str, version: int = KEY_VERSION) -> str:
    """The key of what `accept` returned: two URLs are the same when their keys are.

    The key is itself a URL, written so that its own key is no other: the scheme is http, and the
    path always ends in a slash. Raises ValueError for an unknown version and for what is not an
    http or https URL.
    """
    if version != KEY_VERSION:
        raise ValueError(f"there is no version {version} of the URL key")
    parsed = URL(url)
    if parsed.protocol not in ("http:", "https:"):
        raise ValueError("only http and https URLs have a key")
    origin = f"http://{_key_host(parsed.hostname)}"
    if parsed.port:  # never in an accepted URL; an article's own page may have one
        origin = f"{parsed.protocol}//{_key_host(parsed.hostname)}:{parsed.port}"
    path = _key_escapes(parsed.pathname)
    folder, last = path.rsplit("/", 1)
    if last and not _INDEX_PAGE.fullmatch(last):
        folder = path
    query = _key_query(_key_escapes(parsed.search[1:]))
    return f"{origin}{folder}/{'?' if query else ''}{query}"


def _check_host(host: str) -> None:
    name = host.removesuffix(".")
    labels = name.split(".")
    if "" in labels:
        raise UrlNotAcceptable("empty-label")
    if any(len(label) > 63 for label in labels):
        raise UrlNotAcceptable("long-label")
    if len(name) > 253:
        raise UrlNotAcceptable("long-host")
    decoded = idna.decode(name) if "xn--" in name else name
    if any("-" in (label[0], label[-1]) for label in labels + decoded.split(".")):
        raise UrlNotAcceptable("hyphen")
    # The URL Standard takes ASCII names as they are, whatever follows xn-- (whatwg/url#914). A
    # label that idna cannot decode stays as it was. It is encoded again because `xn---l2w`
    # decodes to the same letter as `xn--l2w`, and one host must not have two spellings.
    if decoded.startswith("xn--") or ".xn--" in decoded or idna.encode(decoded) != name.encode():
        raise UrlNotAcceptable("a-label")
    if len(labels) == 1:
        raise UrlNotAcceptable("single-label")
    # Each is looked up among the blocked hosts.
    if len(labels) > MAX_LABELS:
        raise UrlNotAcceptable("many-labels")
    if labels[-1] in RESERVED_NAMES or ".".join(labels[-2:]) in RESERVED_NAMES:
        raise UrlNotAcceptable("reserved-name")


def _key_host(host: str) -> str:
    host = host.removesuffix(".")
    www = _WWW.match(host)
    if not www:
        return host
    rest = host[www.end() :]
    # One `www` is dropped, not two: what begins with another keeps one in front to be dropped.
    return f"www.{rest}" if _WWW.match(rest) else rest


def _key_escapes(text: str) -> str:
    return _ESCAPE_OR_ILLEGAL.sub(_key_escape, text)


def _key_escape(match: re.Match[str]) -> str:
    found = match.group()
    if len(found) == 1:
        return f"%{ord(found):02X}"
    character = chr(int(found[1:], 16))
    return character if character in _UNRESERVED else found.upper()


def _key_query(query: str) -> str:
    kept = []
    for part in query.split("&"):
        name = part.partition("=")[0]
        if part and name not in _TRACKING_NAMES and not name.startswith(_TRACKING_PREFIXES):
            kept.append((name, part))
    kept.sort(key=lambda pair: pair[0])
    return "&".join(part for _, part in kept)
