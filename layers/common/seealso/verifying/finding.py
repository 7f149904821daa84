"""What counts as a link back to an article: from a page's links to a finding.

A hyperlink counts: an HTML `a` or `area` with an href that, resolved as a browser does, has the
same key (urls.py) as one of the article's URLs. `nofollow` and other values of `rel` make no
difference, since what was promised is a link. Other elements that name the article are mentions:
`link`, `img`, `video`, `audio`, and the `a` of SVG and MathML, which few programs take for a link.
A meta refresh is not followed.

Nothing here decides what becomes of a submitted link.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from ada_url import URL

from seealso.fields import is_blank
from seealso.limits import MAX_LINK_TITLE
from seealso.urls import article_urls, url_key

MAX_URL_SHOWN: Final = 512  # bytes of a URL in a finding
MAX_REL_SHOWN: Final = 100  # code points
# Code points of an href or of a base that are judged. Nobody links to an article (2,048 bytes) with
# more, and each href costs the length of its base.
_MAX_HREF: Final = 4096

type Kind = Literal["seen", "missing", "wall", "other"]

# Why a finding is not `seen`, for programs: pages say it in their language. Of `wall`, the code is
# the wall's name (walls.py).
MISSING: Final = (
    "own-page",  # the final URL is the article's own
    "not-html",
    "other-article",  # there is a link to another article of the site (`href`)
    "near-miss",  # there is a link to the site (`href`)
    "mention-only",  # the article's URL is in an element that is not a hyperlink (`href`)
    "meta-refresh",  # the page sends browsers elsewhere, which is not followed
    "cut-off",  # only the beginning of the page was read
    "no-link",
)
OTHER: Final = (
    "status",  # the response is not a page: its status is not 200
    "too-complex",  # reading the page took too much CPU, memory or time
    "crashed",  # reading the page failed otherwise
)


class Finding(NamedTuple):
    """What a check found on a page.

    `codes` say why it is not `seen`, the most telling one first; those of `seen` are empty. `href`
    is the matching link (of the codes that say so, the one that they are about), resolved and in
    ASCII, cut to MAX_URL_SHOWN bytes; `rel` is that link's. `title` is the page's, fit to be a
    link's; `canonical` the page's rel=canonical where it is another page.
    """

    kind: Kind
    codes: tuple[str, ...] = ()
    href: str | None = None
    rel: str | None = None
    title: str | None = None
    canonical: str | None = None


class Answer(NamedTuple):
    """A response to be judged: `headers` by lowercase name, `url` the final one.

    `body` is without content coding, and `is_cut_off` tells whether there is more of it.
    """

    status: int
    headers: Mapping[str, str]
    url: str
    body: bytes
    is_cut_off: bool = False


class Hyperlink(NamedTuple):
    """An `a` or `area` of HTML with an href, as written."""

    href: str
    rel: str | None


class ParsedPage(NamedTuple):
    """What of a document matters here; URLs as written, lists in document order."""

    base: str | None
    hyperlinks: Sequence[Hyperlink]
    mentions: Sequence[str]
    canonical: str | None
    title: str | None
    refreshes: bool
    wall: str | None


def target_urls(
    pattern: str, hosts: Iterable[str], article_id: int, base_url: str
) -> tuple[str, ...]:
    """The URLs of an article that a hyperlink may point to.

    They are the site's pattern on each of its hosts and, on this API (`base_url`), `/a/{id}`. A
    pattern whose key is the same for every article, such as one with the id in its fragment, is
    left out, since a link to any article would count.
    """
    hosts = list(hosts)
    own, other = (article_urls(pattern, hosts, number) for number in (article_id, article_id + 1))
    urls = [
        url for url, another in zip(own, other, strict=True) if url_key(url) != url_key(another)
    ]
    return (*urls, f"{base_url}/a/{article_id}")


def find(page: ParsedPage, url: str, targets: Iterable[str], *, is_cut_off: bool) -> Finding:
    """The finding of an HTML page that was fetched from `url`.

    `targets` are what `target_urls` returned.
    """
    article = _Article(targets)
    if article.is_at(url):
        return Finding("missing", ("own-page",))
    base = _base(page.base, url)
    codes: dict[str, str | None] = {}  # with the URL that each is about
    title, canonical = clean_title(page.title), _canonical(page.canonical, base, url)
    for link in page.hyperlinks:
        resolved = _resolved(link.href, base)
        if resolved is None or not article.may_be_near(resolved):
            continue
        if article.is_at(resolved.href):
            rel = link.rel[:MAX_REL_SHOWN] if link.rel else None
            return Finding("seen", (), _cut(resolved.href), rel, title, canonical)
        for code in article.nearness(resolved.href):
            codes.setdefault(code, resolved.href)
    if page.wall:
        return Finding("wall", (page.wall,))
    mention = _first_mention(page.mentions, base, article)
    if mention:
        codes["mention-only"] = mention
    if page.refreshes:
        codes["meta-refresh"] = None
    if is_cut_off:
        codes["cut-off"] = None
    if not codes:
        codes["no-link"] = None
    ordered = tuple(code for code in MISSING if code in codes)
    href = codes[ordered[0]]
    return Finding("missing", ordered, _cut(href), None, title, canonical)


def clean_title(text: str | None) -> str | None:
    """A document's title as a link's title: what a submitter could have sent, or None.

    White space is collapsed, control and bidirectional control characters are dropped, and a longer
    one is cut.
    """
    words = " ".join((text or "").split())[: 10 * MAX_LINK_TITLE]
    title = "".join(character for character in words if _is_allowed(character)).strip()
    if len(title) > MAX_LINK_TITLE:
        title = f"{title[: MAX_LINK_TITLE - 1].rstrip()}…"
    return None if is_blank(title) else title


def _is_allowed(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs") and (
        unicodedata.bidirectional(character) not in _BIDI_CONTROLS
    )


# Embeddings, overrides and isolates (UAX #9), which a submitted title must not have either.
_BIDI_CONTROLS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


class _Article:
    """The article's URLs, prepared for comparisons with many others."""

    def __init__(self, targets: Iterable[str]) -> None:
        self._keys = {url_key(target) for target in targets}
        self._hosts = {_key_host(key) for key in self._keys}
        self._shapes = {_shape(key) for key in self._keys}
        # Without its port and `www.`, a key's host is the end of its URLs' host.
        self._host_ends = tuple(
            re.sub(r":[0-9]+$", "", host).removeprefix("www.") for host in self._hosts
        )

    def may_be_near(self, url: URL) -> bool:
        """False for most URLs of other hosts, without the work of making a key."""
        return url.hostname.removesuffix(".").endswith(self._host_ends)

    def is_at(self, url: str) -> bool:
        """Whether an http or https URL is one of the article's."""
        return url_key(url) in self._keys

    def nearness(self, url: str) -> list[str]:
        """The codes of a URL that is not the article's."""
        key = url_key(url)
        if _shape(key) in self._shapes:
            return ["other-article"]
        return ["near-miss"] if _key_host(key) in self._hosts else []


def _key_host(key: str) -> str:
    return key.split("/", 3)[2]


def _shape(key: str) -> str:
    """A key with every number as 0: the same for all articles of a site's pattern."""
    return re.sub(r"[0-9]+", "0", key)


def _base(written: str | None, url: str) -> str | None:
    """What the document's relative URLs are resolved against, as HTML says ("frozen base URL").

    None if it is too long to be judged; then only absolute URLs have a meaning.
    """
    if written is None:
        return url
    if len(written) > _MAX_HREF:
        return None
    try:
        base = URL(written, url)
    except ValueError:
        return url
    return url if base.protocol in ("data:", "javascript:") else base.href


def _resolved(href: str, base: str | None) -> URL | None:
    """The http or https URL that an href means, None where it means none."""
    if len(href) > _MAX_HREF:
        return None
    try:
        url = URL(href) if base is None else URL(href, base)
    except ValueError:
        return None
    return url if url.protocol in ("http:", "https:") else None


def _first_mention(mentions: Iterable[str], base: str | None, article: _Article) -> str | None:
    for mention in mentions:
        url = _resolved(mention, base)
        if url and article.may_be_near(url) and article.is_at(url.href):
            return url.href
    return None


def _canonical(written: str | None, base: str | None, url: str) -> str | None:
    canonical = None if written is None else _resolved(written, base)
    if canonical is None or url_key(canonical.href) == url_key(url):
        return None
    return _cut(canonical.href)


def _cut(url: str | None) -> str | None:
    return None if url is None else url[:MAX_URL_SHOWN]  # a serialized URL is ASCII
