"""The pages that list articles: a site's, and those of the whole network."""

from seealso.errors import Message, site_not_found
from seealso.http.cursors import cursor_of, list_page
from seealso.http.requests import Request
from seealso.http.responses import Response
from seealso.limits import MAX_LISTED
from seealso.reading.lists import Home, read_home, read_site_list
from seealso.store.tables import Store
from seealso.web.languages import Language, language_of
from seealso.web.links import article_href, site_domain, site_href, site_name
from seealso.web.rendering import Head, page_response

_ARTICLES = 30  # on a page of a site's list, and of the network's


def site_page(store: Store, request: Request) -> Response:
    """A site's articles, newest first. Raises Refusal `not-found`."""
    domain = site_domain(request)
    page = list_page(request, f"site-{domain}", limit=_ARTICLES)
    shown = read_site_list(store, domain, page.limit + 1, int(page.after) if page.after else None)
    if shown is None:
        raise site_not_found()
    site, articles = shown.site, shown.articles[: page.limit]
    language = language_of(site.language)
    name = site_name(site, language)
    path = site_href(domain)
    older = None
    if len(shown.articles) > page.limit:
        older = f"{path}?cursor={cursor_of(page.list_name, articles[-1]['id'])}"
    values = {
        "site": site,
        "name": name,
        "articles": [
            {**article, "href": article_href(site, article["id"])} for article in articles
        ],
        "first": path,
        "older": older,
        "is_older": page.after is not None,
    }
    head = Head(
        title=name,
        canonical=None if page.after else request.base_url + path,
        feed=f"{path}/feed.atom",
        description=language.text(Message("The newest articles of {site}.", site=name)),
        is_indexed=page.after is None,
    )
    return page_response(request, "site.html", language, head, values)


def home_page(store: Store, request: Request) -> Response:
    """The network's newest articles and its sites."""
    page = list_page(request, "home", "[0-9]{1,10}", limit=MAX_LISTED)
    above = -1 if page.after is None else int(page.after)
    home = read_home(store, _ARTICLES, page.limit + 1, above)
    listed = home.listed_sites[: page.limit]
    language = _language(home)
    more = None
    if len(home.listed_sites) > page.limit:
        more = f"/?cursor={cursor_of(page.list_name, listed[-1].domain)}"
    values = {
        "articles": [
            {
                **article,
                "href": article_href(home.sites[article["domain"]], article["id"]),
                "site_href": site_href(article["domain"]),
                "site_name": site_name(home.sites[article["domain"]], language),
                "language": language_of(home.sites[article["domain"]].language),
            }
            for article in home.articles
        ],
        "sites": [
            {
                "href": site_href(site.domain),
                "name": site_name(site, language),
                "language": language_of(site.language),
            }
            for site in listed
        ],
        "more": more,
        "is_further": page.after is not None,
    }
    head = Head(
        title=language.gettext("Articles and what to read next"),
        canonical=None if page.after else f"{request.base_url}/",
        feed="/feed.atom",
        description=language.gettext("The newest articles of a network of sites."),
        is_indexed=page.after is None,
    )
    return page_response(request, "home.html", language, head, values)


def _language(home: Home) -> Language:
    """The language of all sites, if they have one in common; else English."""
    tags = {site.language for site in home.sites.values()}
    return language_of(tags.pop() if len(tags) == 1 else "en")
