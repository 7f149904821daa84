"""For search engines: robots.txt, and the sitemaps (sitemaps.org) of sites whose pages are ours.

A sitemap's part has the published articles of a site among 2,000 consecutive ids: one query, which
reads nothing of other sites. Which ids have articles is not known without reading them, so the
index names each part between the lowest and the highest id; a part without any article shows the
site's page, since a sitemap must have a URL.
"""

from seealso.errors import Refusal, site_not_found
from seealso.http.compression import document_response
from seealso.http.requests import Request
from seealso.http.responses import Response, document
from seealso.reading.lists import SiteList, read_site_list
from seealso.store.batching import read_one
from seealso.store.tables import Store
from seealso.tables.indexes import Ids, read_domain
from seealso.tables.sites import list_sites
from seealso.times import moment_of, names_a_day, rfc3339
from seealso.web.links import site_domain, site_href
from seealso.web.xml_text import xml_text

_DAY = 86400  # seconds for which answers may be cached
_IDS = 2000  # of a part
_MAX_PARTS = 50_000  # of an index (sitemaps.org)
# Lambda answers with 6 MB at most (AWS "Lambda quotas"), JSON around the body included.
_MAX_INDEX_BYTES = 5_000_000
# Crawlers must read as much (RFC 9309, 2.5), and may stop there.
_MAX_ROBOTS_BYTES = 500 * 1024
_RULES = """\
User-agent: *
Disallow: /admin/
Disallow: /desk/
Disallow: /l/
Disallow: /a/*/links
"""


def robots(store: Store, request: Request) -> Response:
    """What crawlers may read, and the sitemap of each site whose pages are ours."""
    line = f"Sitemap: {request.base_url}{_path(0)}\n"
    # A domain has at most 10 digits.
    most = (_MAX_ROBOTS_BYTES - len(_RULES)) // (len(line.encode()) + 9)
    lines = [
        f"Sitemap: {request.base_url}{_path(site.domain)}\n"
        for site in list_sites(store, most)
        if not site.article_url
    ]
    return _response(request, _RULES + "".join(["\n", *lines]), "text/plain; charset=utf-8")


def sitemap_index(store: Store, request: Request) -> Response:
    """The sitemap index of a site. Raises Refusal `not-found`."""
    found = _read_site(store, request)
    domain = found.site.domain
    newest = found.articles[0]["id"] // _IDS if found.articles else 0
    oldest = _oldest_part(store, domain)
    prefix = xml_text(f"{request.base_url}{_path(domain)}")
    most = _MAX_INDEX_BYTES // len(_located("sitemap", f"{prefix}/{newest}").encode())
    oldest = max(oldest, newest - min(_MAX_PARTS, most) + 1)
    entries = [_located("sitemap", f"{prefix}/{part}") for part in range(oldest, newest + 1)]
    return _xml_response(request, "sitemapindex", entries)


def sitemap_part(store: Store, request: Request) -> Response:
    """The sitemap of a site's articles among 2,000 ids. Raises Refusal `not-found`."""
    try:
        part = request.path_integer("part", minimum=0)
    except Refusal:
        raise _part_not_found() from None
    found = _read_site(store, request)
    domain = found.site.domain
    newest = found.articles[0]["id"] // _IDS if found.articles else 0
    if part > newest:
        raise _part_not_found()
    ids = Ids(part * _IDS, part * _IDS + _IDS - 1)
    articles = read_one(store, read_domain(store, domain, _IDS, ids, descending=False))
    if not articles and part < _oldest_part(store, domain):
        raise _part_not_found()
    base_url = xml_text(request.base_url)
    entries = [
        _located("url", f"{base_url}/a/{article['id']}", article["date"]) for article in articles
    ]
    return _xml_response(
        request, "urlset", entries or [_located("url", base_url + site_href(domain))]
    )


def _read_site(store: Store, request: Request) -> SiteList:
    """A site whose pages are ours, and its newest article."""
    found = read_site_list(store, site_domain(request), 1)
    if found is None or found.site.article_url:
        raise site_not_found()
    return found


def _oldest_part(store: Store, domain: int) -> int:
    found = read_one(store, read_domain(store, domain, 1, descending=False))
    return int(found[0]["id"]) // _IDS if found else 0


def _part_not_found() -> Refusal:
    return Refusal("not-found", "There is no such part of this site's sitemap.")


def _path(domain: int) -> str:
    return f"/sitemaps/{domain}"


def _located(element: str, escaped_url: str, date: str | None = None) -> str:
    modified = ""
    if date is not None:
        shown = date if names_a_day(date) else rfc3339(moment_of(date))
        modified = f"<lastmod>{shown}</lastmod>"
    return f"<{element}><loc>{escaped_url}</loc>{modified}</{element}>\n"


def _xml_response(request: Request, root: str, entries: list[str]) -> Response:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{''.join(entries)}</{root}>\n"
    )
    return _response(request, text, "application/xml; charset=utf-8")


def _response(request: Request, text: str, content_type: str) -> Response:
    headers = {"content-type": content_type}
    return document_response(request, document(text), _DAY, headers)
