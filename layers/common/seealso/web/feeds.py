"""Atom feeds (RFC 4287): the newest articles of a site, and of the network.

Both validators come from the newest article alone, so that a feed reader that asks whether there is
anything new costs one read unit. The entity tag is weak, because an older entry may change under
it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from seealso.errors import site_not_found
from seealso.http.compression import coded_tag, compressed
from seealso.http.requests import Request
from seealso.http.responses import Response, has_tag
from seealso.reading.lists import NetworkArticle, read_newest, read_site_list
from seealso.settings import SettingsError, string
from seealso.store.tables import Store
from seealso.tables.sites import Site
from seealso.times import moment_of, names_a_day, rfc3339
from seealso.web.languages import ENGLISH, language_of
from seealso.web.links import absolute_href, site_domain, site_href, site_name
from seealso.web.xml_text import xml_text

_SITE_ENTRIES = 20
_NETWORK_ENTRIES = 30
# Feed readers seldom ask more often than every quarter of an hour.
_MAX_AGE = 300
# When a feed without entries was updated: `updated` is required.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class _Feed(NamedTuple):
    """A feed's newest articles with their sites by domain."""

    name: str  # what its permanent id is made of
    page: str  # the path of the page that lists the same articles
    path: str
    title: str
    author: str
    language: str
    articles: Sequence[NetworkArticle]
    sites: Mapping[int, Site]


def stack_uuid() -> UUID:
    """The namespace of permanent ids, which no other stack has.

    It does not change with the host names that a stack is served under. Raises SettingsError.
    """
    value = string("STACK_UUID")
    try:
        return UUID(value)
    except ValueError:
        raise SettingsError("The environment variable STACK_UUID must be a UUID.") from None


def site_feed(store: Store, request: Request) -> Response:
    """The newest articles of a site. Raises Refusal `not-found`."""
    domain = site_domain(request)
    return _response(request, lambda limit: _read_site(store, domain, limit), _SITE_ENTRIES)


def network_feed(store: Store, request: Request) -> Response:
    """The newest articles of all sites."""
    host = urlsplit(request.base_url).netloc
    return _response(request, lambda limit: _read_network(store, host, limit), _NETWORK_ENTRIES)


# ---- reading ---------------------------------------------------------------------------------


def _read_site(store: Store, domain: int, limit: int) -> _Feed:
    found = read_site_list(store, domain, limit)
    if found is None:
        raise site_not_found()
    name = site_name(found.site, language_of(found.site.language))
    path = site_href(domain)
    return _Feed(
        name=f"site/{domain}",
        page=path,
        path=f"{path}/feed.atom",
        title=name,
        author=name,
        language=found.site.language,
        articles=[{**article, "domain": domain} for article in found.articles],
        sites={domain: found.site},
    )


def _read_network(store: Store, host: str, limit: int) -> _Feed:
    articles, sites = read_newest(store, limit)
    return _Feed(
        name="network",
        page="/",
        path="/feed.atom",
        title=f"Newest articles · {host}",
        author=host,
        language=ENGLISH,
        articles=articles,
        sites=sites,
    )


# ---- answering -------------------------------------------------------------------------------


def _response(request: Request, read: Callable[[int], _Feed], limit: int) -> Response:
    """The feed, or 304 if the client has it; `read` takes how many articles are wanted."""
    if "if-none-match" in request.headers or "if-modified-since" in request.headers:
        headers = _validators(request, read(1))
        if _has_current(request, headers):
            return compressed(request, Response(304, headers))
    feed = read(limit)
    headers = _validators(request, feed)
    document = _document(feed, request.base_url)
    return compressed(request, Response(200, headers, document))


def _validators(request: Request, feed: _Feed) -> dict[str, str]:
    newest = feed.articles[0] if feed.articles else None
    site = feed.sites[newest["domain"]] if newest else None
    shown = repr((request.base_url, feed.title, feed.language, newest, site))
    headers = {
        "cache-control": f"public, max-age={_MAX_AGE}",
        "content-type": "application/atom+xml; charset=utf-8",
        "etag": coded_tag(request, f'W/"{sha256(shown.encode()).hexdigest()[:32]}"'),
    }
    if newest:
        headers["last-modified"] = _last_modified(newest["date"])
    return headers


def _last_modified(date: str) -> str:
    """The date of the newest article; now, while the day or second that it names is not over.

    Until then another article may get the same date, and a time to come must not be sent
    (RFC 9110, 8.8.2.1).
    """
    now, moment = datetime.now(UTC), moment_of(date)
    length = timedelta(days=1) if names_a_day(date) else timedelta(seconds=1)
    return format_datetime(moment if now - moment >= length else now, usegmt=True)


def _has_current(request: Request, headers: Mapping[str, str]) -> bool:
    if "if-none-match" in request.headers:  # If-Modified-Since is then ignored (RFC 9110, 13.1.3)
        return has_tag(request, headers["etag"])
    # Not "or later": the article with the highest id may have an older date than the one before.
    return request.headers["if-modified-since"] == headers.get("last-modified")


# ---- Atom ------------------------------------------------------------------------------------


def _document(feed: _Feed, base_url: str) -> str:
    namespace = stack_uuid()
    updated = moment_of(feed.articles[0]["date"]) if feed.articles else _NEVER
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{xml_text(feed.language)}">',
        f"<id>{uuid5(namespace, feed.name).urn}</id>",
        f"<title>{xml_text(feed.title)}</title>",
        f"<updated>{rfc3339(updated)}</updated>",
        _author(feed.author, base_url + feed.page),
        _link("self", "application/atom+xml", base_url + feed.path),
        _link("alternate", "text/html", base_url + feed.page),
        *(
            _entry(article, feed.sites[article["domain"]], namespace, base_url)
            for article in feed.articles
        ),
        "</feed>",
    ]
    return "\n".join(lines) + "\n"


def _entry(article: NetworkArticle, site: Site, namespace: UUID, base_url: str) -> str:
    name = site_name(site, language_of(site.language))
    moment = rfc3339(moment_of(article["date"]))
    return "\n".join(
        [
            f'<entry xml:lang="{xml_text(site.language)}">',
            f"<id>{uuid5(namespace, f'article/{article["id"]}').urn}</id>",
            f"<title>{xml_text(article['title'])}</title>",
            f"<published>{moment}</published>",
            f"<updated>{moment}</updated>",
            _author(name, base_url + site_href(site.domain)),
            _link("alternate", "text/html", absolute_href(base_url, site, article["id"])),
            "</entry>",
        ]
    )


def _author(name: str, uri: str) -> str:
    return f"<author><name>{xml_text(name)}</name><uri>{xml_text(uri)}</uri></author>"


def _link(relation: str, media_type: str, href: str) -> str:
    return f'<link rel="{relation}" type="{media_type}" href="{xml_text(href)}"/>'
