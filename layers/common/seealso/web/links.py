"""Addresses of articles, links and sites, as pages link to them."""

from seealso.errors import Message, Refusal, site_not_found
from seealso.http.requests import Request
from seealso.tables.sites import Site
from seealso.web.languages import Language


def article_href(site: Site | None, article_id: int) -> str:
    """Where people read an article: on its site if that renders itself, else our page of it."""
    if site and site.article_url:
        return site.article_url.replace("{id}", str(article_id))
    return f"/a/{article_id}"


def absolute_href(base_url: str, site: Site | None, article_id: int) -> str:
    """article_href() with our own address before a path."""
    href = article_href(site, article_id)
    return base_url + href if href.startswith("/") else href


def status_path(link_id: str, token: str | None) -> str:
    """The path of a link's status page, for its submitter with the token."""
    return f"/l/{link_id}?token={token}" if token else f"/l/{link_id}"


def site_href(domain: int) -> str:
    """Our page of a site's articles."""
    return f"/s/{domain}"


def site_name(site: Site, language: Language) -> str:
    """The name of a site; a domain without a stored site has none of its own."""
    return site.name or language.text(Message("Site {number}", number=site.domain))


def site_domain(request: Request) -> int:
    """The domain in the path of a site's page. Raises Refusal `not-found`."""
    try:
        return request.path_integer("domain", minimum=0)
    except Refusal:
        raise site_not_found() from None
