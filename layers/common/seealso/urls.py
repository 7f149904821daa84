"""The URL rules for submitted links: which are accepted, and when two of them are the same.

docs/url-equivalence.md shows the same rules with examples; its tables are the data of the tests.
Sources: the WHATWG URL Standard for parsing (by ada-url), RFC 3986 section 2 for percent-escapes,
RFC 1035 section 2.3.4 for the lengths of host names.
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from ada_url import URL, HostType, idna

from seealso.limits import MAX_URL_BYTES

KEY_VERSION: Final = 1
MAX_LABELS: Final = 20

# In the order of the checks: the first that applies is reported.
REFUSALS: Final = {
    "too-long": "The URL is longer than 2,048 bytes.",
    "control-character": "The URL contains a control character.",
    "not-parseable": "This is not a valid URL. Enter the whole address, such as https://example.com/page.",
    "scheme": "The URL must begin with http:// or https://.",
    "credentials": "The URL must not contain a user name or password (an @ before the host).",
    "port": "The URL must use its scheme's default port (80 for http, 443 for https).",
    "ip-address": "The URL must have a host name; IP addresses are not accepted.",
    "empty-label": "The host has an empty part: two dots in a row, or a leading dot.",
    "long-label": "A part of the host is longer than 63 characters.",
    "long-host": "The host is longer than 253 characters.",
    "hyphen": "A part of the host begins or ends with a hyphen.",
    "a-label": "A part of the host begins with xn-- and is not a valid internationalized name.",
    "single-label": "The host has only one part; a public host has at least two.",
    "many-labels": "The host has more than 20 parts.",
    "reserved-name": "The host ends in a reserved name, which is not on the public internet.",
    "blocked": "Links to this host are not accepted.",
    "own-page": "This is the URL of the article itself.",
}

# RFC 6761 (localhost, test, example, invalid), RFC 6762 with its appendix G (local, internal,
# intranet, private, corp, home, lan), RFC 8375 (home.arpa), RFC 7686 (onion), RFC 9476 (alt);
# localdomain is what many systems assign to a machine without a domain.
# fmt: off
RESERVED_NAMES: Final = frozenset({
    "local", "localhost", "internal", "localdomain", "intranet", "private", "corp", "home", "lan",
    "home.arpa", "test", "example", "invalid", "onion", "alt",
})
# fmt: on

# Without tab, LF and CR, which the WHATWG parser removes.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# As the WHATWG parser reads http and https URLs: after the scheme it skips slashes and backslashes,
# with tabs and line ends anywhere between them; the authority ends at the next slash.
_CREDENTIALS = re.compile(r"[^:]*:[/\\\t\n\r]*[^/\\?#]*@")
_IDS = re.compile(r"(?<![0-9])[1-9][0-9]{0,9}(?![0-9])")
_MAX_NUMBERS: Final = 20  # of a URL that are looked at as ids
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

    `code` is a key of `REFUSALS`, for programs, and never changes; `reason` is its sentence, for
    people. Neither repeats anything that was sent.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.reason = REFUSALS[code]


def accept(sent: str) -> str:
    """The WHATWG serialization of a submitted URL, in ASCII; this is what is stored and shown.

    Raises UrlNotAcceptable, and no other exception, if the URL could be accepted for no article.
    `check_allowed` checks what depends on the article.
    """
    try:
        size = len(sent.encode())
    except UnicodeEncodeError:  # a lone surrogate
        raise UrlNotAcceptable("not-parseable") from None
    if size > MAX_URL_BYTES:
        raise UrlNotAcceptable("too-long")
    sent = _trimmed(sent)
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
    serialized = url.href
    if len(serialized) > MAX_URL_BYTES:
        raise UrlNotAcceptable("too-long")
    if url.host_type is not HostType.DEFAULT:
        raise UrlNotAcceptable("ip-address")
    _check_host(url.hostname)
    return serialized


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


def article_urls(pattern: str | None, hosts: Iterable[str], article_id: int) -> list[str]:
    """An article's own addresses: its site's pattern as it is, and on each host of the site."""
    if not pattern:
        return []
    own = URL(pattern.replace("{id}", str(article_id)))
    urls = [own.href]
    for host in hosts:
        own.hostname = host
        urls.append(own.href)
    return urls


def article_id_at(url: str, pattern: str, hosts: Iterable[str]) -> int | None:
    """The id of the article of which an http or https URL is an address; None if it is of none.

    A pattern whose key is the same for every article, such as one with the id in its fragment,
    finds none. Raises ValueError if `url` is not an http or https URL.
    """
    key, hosts = url_key(url), list(hosts)

    def is_address(article_id: int) -> bool:
        return any(url_key(own) == key for own in article_urls(pattern, hosts, article_id))

    for article_id in map(int, list(dict.fromkeys(_IDS.findall(key)))[:_MAX_NUMBERS]):
        if is_address(article_id) and not is_address(article_id + 1):
            return article_id
    return None


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
    """The form in which a blocked host is stored and compared: as in the URL key, without www.

    Raises UrlNotAcceptable if `host` is not a host, or one that no link could have.
    """
    url = URL(accept(f"https://{host}/"))
    if url.href != f"https://{url.hostname}/":
        raise UrlNotAcceptable("not-parseable")
    return _key_host(url.hostname)


# A submission asks three times for the key of its URL, which would be a tenth of its own CPU.
@lru_cache(maxsize=8)
def url_key(url: str, version: int = KEY_VERSION) -> str:
    """The key of what `accept` returned: two URLs are the same when their keys are equal.

    The key is itself a URL, and is its own key: its scheme is http, and its path always ends in a
    slash. Raises ValueError for an unknown version, and if `url` is not an http or https URL.
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
    folder, last_segment = path.rsplit("/", 1)
    if last_segment and not _INDEX_PAGE.fullmatch(last_segment):
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
    # The URL Standard does not check what follows xn-- in ASCII names (whatwg/url#914). idna.decode
    # leaves a label that it cannot decode unchanged. The name is encoded again because `xn---l2w`
    # decodes to the same letter as `xn--l2w`, and a host must not have two spellings.
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
    # Only one `www.` is dropped. If another follows, one is put in front again, so that the key of
    # this key, which drops one too, is the same.
    return f"www.{rest}" if _WWW.match(rest) else rest


def _key_escapes(path_or_query: str) -> str:
    return _ESCAPE_OR_ILLEGAL.sub(_key_escape, path_or_query)


def _key_escape(match: re.Match[str]) -> str:
    escape = match.group()
    if len(escape) == 1:  # no escape, but an illegal character
        return f"%{ord(escape):02X}"
    character = chr(int(escape[1:], 16))
    return character if character in _UNRESERVED else escape.upper()


def _key_query(query: str) -> str:
    parameters = []
    for parameter in query.split("&"):
        name = parameter.partition("=")[0]
        is_tracking = name in _TRACKING_NAMES or name.startswith(_TRACKING_PREFIXES)
        if parameter and not is_tracking:
            parameters.append((name, parameter))
    parameters.sort(key=lambda pair: pair[0])
    return "&".join(parameter for _, parameter in parameters)
