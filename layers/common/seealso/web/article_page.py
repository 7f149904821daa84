"""The page of an article: what is read, what is linked, and the form that submits a link.

The page holds nothing that differs between readers, so that a cache may give one copy to all.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from markupsafe import Markup

from seealso.errors import Refusal, article_not_found
from seealso.http.requests import Request
from seealso.http.responses import Response
from seealso.reading.page import (
    OtherDomainArticle,
    Page,
    PageWithSites,
    ShownArticle,
    read_page_with_sites,
)
from seealso.store.tables import Store
from seealso.submitting.consent import HONEYPOT, consent_of
from seealso.tables.sites import Site
from seealso.web.form import EMPTY_FORM, Form
from seealso.web.languages import Language, language_of
from seealso.web.links import absolute_href, article_href, site_href, site_name
from seealso.web.rendering import Head, page_response, private_response, render
from seealso.web.structured_data import json_ld
from seealso.web.texts import article_html

_DESCRIPTION = 160  # characters; search engines cut longer ones
TEMPLATE = "article.html"


def article_page(store: Store, request: Request) -> Response:
    """The page of a published article. Raises Refusal `not-found`."""
    shown = read_article(store, request)
    language = language_of(shown.site.language)
    values = article_values(shown, language, EMPTY_FORM, request.base_url)
    head = article_head(shown, language, request.base_url)
    headers = {"link": f'<{head.webmention}>; rel="webmention"'} if head.webmention else {}
    return page_response(request, TEMPLATE, language, head, values, headers=headers)


def read_article(store: Store, request: Request) -> PageWithSites:
    """A published article with what its page shows. Raises Refusal `not-found`."""
    shown = read_page_with_sites(store, page_article_id(request))
    if shown is None:
        raise article_not_found()
    return shown


def page_article_id(request: Request) -> int:
    """The id in the path of a page. Raises Refusal `not-found` for what no article can have."""
    try:
        return request.path_integer("id", minimum=1)
    except Refusal:
        raise article_not_found() from None


def refused_page(
    request: Request, shown: PageWithSites, status: int, headers: Mapping[str, str], form: Form
) -> Response:
    """The page again, after its form was refused with this status and further headers."""
    language = language_of(shown.site.language)
    values = article_values(shown, language, form, request.base_url)
    head = article_head(shown, language, request.base_url)
    head = head._replace(title=language.gettext("Error: ") + head.title, is_indexed=False)
    return private_response(request, TEMPLATE, language, head, values, status, headers)


def article_head(shown: PageWithSites, language: Language, base_url: str) -> Head:
    """The head of an article's page."""
    site, article = shown.site, shown.page["article"]
    name = site_name(site, language)
    return Head(
        title=f"{article['title']} · {name}",
        canonical=absolute_href(base_url, site, article["id"]),
        feed=f"{site_href(site.domain)}/feed.atom",
        description=_description(article["text"], site.text_format),
        webmention=None if site.webmentions == "off" else f"{base_url}/webmention",
    )


def article_values(
    shown: PageWithSites, language: Language, form: Form, base_url: str
) -> dict[str, Any]:
    """What the template of an article's page shows."""
    page, site = shown.page, shown.site
    article = page["article"]
    consent = consent_of(language.tag)
    return {
        **_text_values(article, page["source"], site),
        "site": site,
        "site_name": site_name(site, language),
        "site_href": site_href(site.domain),
        "same_domain": [
            {"href": article_href(site, other["id"]), "title": other["title"]}
            for other in page["same_domain"]
        ],
        "other_domains": [
            _foreign(other, shown.sites, language) for other in page["other_domains"]
        ],
        "links": page["links"],
        "places_left": page["places_left"],
        "consent": consent,
        "rule": (consent["rule_for_one"] if site.cap == 1 else consent["rule"]).format(
            cap=site.cap
        ),
        "honeypot": HONEYPOT,
        "form": form,
        "query": _query(),
        "variables": _variables(page),
        "structured_data": _structured_data(page, site, language, base_url),
    }


def article_text(article: ShownArticle, source: OtherDomainArticle | None, site: Site) -> Markup:
    """An article as its page shows it, without what is around it: an editor's preview."""
    language = language_of(site.language)
    values = _text_values(article, source, site)
    html = render("article_text.html", language, Head(article["title"]), values)
    return Markup(html)  # noqa: S704 a template escapes


def _text_values(
    article: ShownArticle, source: OtherDomainArticle | None, site: Site
) -> dict[str, Any]:
    return {
        "article": article,
        "text": article_html(article["text"], site.text_format),
        "source": _source(source, site),
    }


def _source(source: OtherDomainArticle | None, site: Site) -> dict[str, Any] | None:
    """The article that this one came from. The site of another domain's is not known here."""
    if source is None:
        return None
    is_own = source["domain"] == site.domain
    return {
        "href": article_href(site if is_own else None, source["id"]),
        "title": source["title"],
        "is_own": is_own,
    }


def _foreign(
    article: OtherDomainArticle, sites: Mapping[int, Site], language: Language
) -> dict[str, Any]:
    site = sites[article["domain"]]
    return {
        "href": article_href(site, article["id"]),
        "title": article["title"],
        "site_name": site_name(site, language),
        "language": language_of(site.language),
    }


def _description(text: str, text_format: str) -> str:
    """The beginning of the text, cut between two words where there are words."""
    beginning = text[: 10 * _DESCRIPTION]
    if text_format == "markdown":
        beginning = article_html(beginning, text_format).striptags()
    start = " ".join(beginning.split())
    if len(start) <= _DESCRIPTION:
        return start
    words, _, last = start[:_DESCRIPTION].rpartition(" ")
    # Some languages have no spaces.
    return f"{words} …" if len(last) < _DESCRIPTION // 2 else f"{start[: _DESCRIPTION - 1]}…"


def _variables(page: Page) -> str:
    """The variables with which the query of web clients reads this page, in JSON."""
    article = page["article"]
    variables = {
        "id": article["id"],
        "domain": article["domain"],
        "srcId": article["source_id"] or 0,
        "hasSrc": article["source_id"] is not None,
        "hasSelf": True,
    }
    # With its `indent`, json.dumps() is many times slower.
    lines = [f'  "{name}": {json.dumps(value)}' for name, value in variables.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


@cache
def _query() -> str:
    return Path(__file__).with_name("page.graphql").read_text("utf-8")


def _structured_data(page: Page, site: Site, language: Language, base_url: str) -> Markup:
    source = _source(page["source"], site)
    return json_ld(
        page["article"],
        site_name=site_name(site, language),
        site_url=base_url + site_href(site.domain),
        url=absolute_href(base_url, site, page["article"]["id"]),
        source_url=urljoin(base_url, source["href"]) if source else None,
        language=site.language,
    )
