"""Reading: an article's page, its related lists, a domain's articles, and this description."""

from typing import Annotated, Any

from pydantic import Field

from seealso.contract.members import (
    ArticleId,
    ArticleUrl,
    Body,
    Date,
    Domain,
    Language,
    Time,
    Title,
)
from seealso.contract.operations import (
    ARTICLE_ID,
    IF_NONE_MATCH,
    Operation,
    Parameter,
    read_replies,
)
from seealso.limits import MAX_CAP, MAX_ID, MAX_LINK_TITLE, MAX_LISTED, OTHER_DOMAINS, SAME_DOMAIN


class Article(Body):
    """A published article."""

    id: ArticleId
    domain: Domain = Field(description="The number of the site that the article belongs to.")
    title: Title
    text: str = Field(description="At most 300 KB of UTF-8; may be empty.")
    date: Date
    source_id: ArticleId | None = Field(
        description="The article that this one came from; null if there is none or it is not "
        "published."
    )


class SameDomainArticle(Body):
    """An article of the same domain."""

    id: ArticleId
    title: Title


class OtherDomainArticle(Body):
    """An article of another domain, or the source, which may be of any."""

    id: ArticleId
    domain: Domain
    title: Title


class PageLink(Body):
    """A published link that was submitted for the page."""

    link_id: str
    url: str = Field(json_schema_extra={"format": "uri"})
    title: Annotated[str, Field(min_length=1, max_length=MAX_LINK_TITLE)] | None
    published_at: Time


class RelatedLists(Body):
    """Articles related to an article."""

    same_domain: list[SameDomainArticle] = Field(
        max_length=SAME_DOMAIN,
        description="The articles with the highest ids of the same domain, without the article "
        "itself; highest id first.",
    )
    other_domains: list[OtherDomainArticle] = Field(
        max_length=OTHER_DOMAINS,
        description="The articles with the highest ids below this one's of any other domain; "
        "highest id first.",
    )
    source: OtherDomainArticle | None = Field(
        description="The article that this one came from; null if there is none or it is not "
        "published."
    )


class Page(RelatedLists):
    """An article with everything that its page shows."""

    article: Article
    links: list[PageLink] = Field(description="In order of submission.")
    places_left: int = Field(ge=0, le=MAX_CAP, description="How many more links the page can show.")


class ListedArticle(Body):
    """An article in its domain's list."""

    id: ArticleId
    title: Title
    date: Date


class DomainArticles(Body):
    """A page of a domain's articles, highest ids first."""

    articles: list[ListedArticle] = Field(max_length=MAX_LISTED)
    next_cursor: str | None = Field(
        description="Pass as `cursor` to get the next page; null on the last page."
    )


class PublicSite(Body):
    """A site, with what a client needs to link to its articles."""

    domain: Domain
    name: str
    hosts: list[str] = Field(description="The site's host names, in lowercase.")
    article_url: ArticleUrl
    language: Language


class PublicSites(Body):
    """A page of the sites, by domain."""

    sites: list[PublicSite] = Field(max_length=MAX_LISTED)
    next_cursor: str | None = Field(
        description="Pass as `cursor` to get the next page; null on the last page."
    )


OPERATIONS = (
    Operation(
        "GET",
        "/articles/{id}",
        "getArticle",
        "Get an article with everything that its page shows",
        (
            ARTICLE_ID,
            Parameter(
                "domain",
                "query",
                Domain,
                "Optional hint: the article's domain. A wrong value makes the request slower "
                "but does not change the result.",
            ),
            Parameter(
                "source",
                "query",
                Annotated[int, Field(ge=0, le=MAX_ID)],
                "Optional hint like `domain`: the id of the article's source, 0 for none.",
            ),
            IF_NONE_MATCH,
        ),
        read_replies("The article's page.", Page),
        ("invalid-id", "malformed-request", "not-found", "unavailable"),
    ),
    Operation(
        "GET",
        "/articles/{id}/related",
        "getRelatedLists",
        "Get an article's related lists",
        (ARTICLE_ID, IF_NONE_MATCH),
        read_replies("The article's related lists and its source.", RelatedLists),
        ("invalid-id", "not-found", "unavailable"),
    ),
    Operation(
        "GET",
        "/domains/{domain}/articles",
        "listDomainArticles",
        "List a domain's published articles, highest ids first",
        (
            Parameter("domain", "path", Domain, "The domain; the list of an unknown one is empty."),
            Parameter(
                "limit",
                "query",
                Annotated[int, Field(ge=1, le=MAX_LISTED, json_schema_extra={"default": 20})],
                "Maximum number of articles.",
            ),
            Parameter(
                "cursor",
                "query",
                str,
                "The `next_cursor` of the previous page of the same domain's list.",
            ),
            IF_NONE_MATCH,
        ),
        read_replies("A page of the list.", DomainArticles),
        ("invalid-id", "malformed-request", "unavailable"),
    ),
    Operation(
        "GET",
        "/sites",
        "listPublicSites",
        "List the sites, or those of some domains, by domain",
        (
            Parameter(
                "domain",
                "query",
                Annotated[
                    str,
                    Field(
                        pattern="^(0|[1-9][0-9]{0,9})(,(0|[1-9][0-9]{0,9})){0,19}$",
                        examples=["3,7"],
                    ),
                ],
                "At most 20 domains, separated by commas; those without a site are not in the "
                "answer.",
            ),
            Parameter(
                "limit",
                "query",
                Annotated[int, Field(ge=1, le=MAX_LISTED, json_schema_extra={"default": 100})],
                "Maximum number of sites.",
            ),
            Parameter("cursor", "query", str, "The `next_cursor` of the previous page."),
            IF_NONE_MATCH,
        ),
        read_replies("A page of the sites.", PublicSites, "CachedLonger"),
        ("malformed-request", "unavailable"),
    ),
    Operation(
        "GET",
        "/openapi.json",
        "getOpenApi",
        "Get this description",
        (IF_NONE_MATCH,),
        read_replies(
            "An OpenAPI 3.1 document.",
            dict[str, Any],
            "Cached",
            "VaryEncoding",
            "ContentEncoding",
        ),
        (),
    ),
)
