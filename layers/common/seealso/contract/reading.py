"""Reading: an article's page, its related lists, a domain's articles, and this description."""

from typing import Annotated, Any

from pydantic import Field

from seealso.contract.members import ArticleId, Body, Date, Domain, Time, Title
from seealso.contract.operations import (
    ARTICLE_ID,
    IF_NONE_MATCH,
    Operation,
    Parameter,
    read_replies,
)
from seealso.limits import MAX_ID


class Article(Body):
    """A published article."""

    id: ArticleId
    domain: Domain = Field(description="The number of the site that the article belongs to.")
    title: Title
    text: str = Field(description="At most 300 KB of UTF-8; may be empty.")
    date: Date
    source_id: ArticleId | None = Field(
        description="The article that this one came from; null where there is none or it is not "
        "published."
    )


class SameDomainArticle(Body):
    """An article by its title."""

    id: ArticleId
    title: Title


class OtherDomainArticle(Body):
    """An article of another domain by its title."""

    id: ArticleId
    domain: Domain
    title: Title


class PageLink(Body):
    """A link that was submitted for the page and is published."""

    link_id: str
    url: str = Field(json_schema_extra={"format": "uri"})
    title: Annotated[str, Field(min_length=1, max_length=200)] | None
    published_at: Time


class RelatedLists(Body):
    """What to read next."""

    same_domain: list[SameDomainArticle] = Field(
        max_length=8,
        description="The highest ids of the article's domain, without the article itself; "
        "the highest first.",
    )
    other_domains: list[OtherDomainArticle] = Field(
        max_length=3,
        description="The highest ids below the article's of any other domain; the highest first.",
    )
    source: SameDomainArticle | None = Field(
        description="The article that this one came from; null where there is none or it is not "
        "published."
    )


class Page(RelatedLists):
    """An article with everything that its page shows."""

    article: Article
    links: list[PageLink] = Field(description="In order of submission.")
    places_left: int = Field(ge=0, le=20, description="How many more links the page can show.")


class ListedArticle(Body):
    """An article in its domain's list."""

    id: ArticleId
    title: Title
    date: Date


class DomainArticles(Body):
    """A part of a domain's list, the highest ids first."""

    articles: list[ListedArticle] = Field(max_length=100)
    next_cursor: str | None = Field(description="What the next part is asked for by; null: none.")


OPERATIONS = (
    Operation(
        "GET",
        "/articles/{id}",
        "getArticle",
        "An article with everything that its page shows",
        (
            ARTICLE_ID,
            Parameter(
                "domain",
                "query",
                Domain,
                "A hint: the article's domain, where the client knows it. "
                "A wrong one costs time, never a wrong page.",
            ),
            Parameter(
                "source",
                "query",
                Annotated[int, Field(ge=0, le=MAX_ID)],
                "A hint like `domain`: the id of the article's source, 0 for none.",
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
        "What to read next to an article",
        (ARTICLE_ID, IF_NONE_MATCH),
        read_replies("The article's related lists and its source.", RelatedLists),
        ("invalid-id", "not-found", "unavailable"),
    ),
    Operation(
        "GET",
        "/domains/{domain}/articles",
        "listDomainArticles",
        "A domain's published articles, the highest ids first",
        (
            Parameter("domain", "path", Domain, "The domain; an unknown one has an empty list."),
            Parameter(
                "limit",
                "query",
                Annotated[int, Field(ge=1, le=100, json_schema_extra={"default": 20})],
                "How many articles at most.",
            ),
            Parameter(
                "cursor",
                "query",
                str,
                "The `next_cursor` of the part before; of this domain's list, not of another's.",
            ),
            IF_NONE_MATCH,
        ),
        read_replies("A part of the list.", DomainArticles),
        ("invalid-id", "malformed-request", "unavailable"),
    ),
    Operation(
        "GET",
        "/openapi.json",
        "getOpenApi",
        "This description",
        (IF_NONE_MATCH,),
        read_replies("An OpenAPI 3.1 document.", dict[str, Any]),
        (),
    ),
)
