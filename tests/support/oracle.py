"""What the page view and the lists must show, in plain Python (design.md, "The page view").

A model is all articles there are, whatever their state, by id. Nothing here knows of indexes,
windows or runs' records.
"""

from collections.abc import Mapping

from seealso.limits import OTHER_DOMAINS, SAME_DOMAIN
from seealso.reading.page import (
    ListedArticle,
    OtherDomainArticle,
    Page,
    RelatedLists,
    SameDomainArticle,
)
from seealso.tables.articles import Article

type Model = Mapping[int, Article]


def page(model: Model, article_id: int) -> Page | None:
    """The page of an article on which nobody has submitted a link, of a domain without a site."""
    lists = related(model, article_id)
    if lists is None:
        return None
    article = model[article_id]
    return {
        "article": {
            "id": article.id,
            "domain": article.domain,
            "title": article.title,
            "text": article.text,
            "date": article.date,
            "source_id": lists["source"]["id"] if lists["source"] else None,
        },
        **lists,
        "links": [],
        "places_left": 5,
    }


def related(model: Model, article_id: int) -> RelatedLists | None:
    """The highest ids of the domain but itself, the highest below of other domains, the source."""
    article = model.get(article_id)
    if article is None or article.state != "published":
        return None
    newest_first = _published(model)
    same = [
        each for each in newest_first if each.domain == article.domain and each.id != article_id
    ]
    others = [
        each for each in newest_first if each.domain != article.domain and each.id < article_id
    ]
    return {
        "same_domain": [_titled(each) for each in same[:SAME_DOMAIN]],
        "other_domains": [_with_domain(each) for each in others[:OTHER_DOMAINS]],
        "source": next(
            (_with_domain(each) for each in newest_first if each.id == article.source_id), None
        ),
    }


def domain_list(
    model: Model, domain: int, limit: int, below: int | None = None
) -> list[ListedArticle]:
    """One page of a domain's list, the highest ids first."""
    listed = [
        each
        for each in _published(model)
        if each.domain == domain and (below is None or each.id < below)
    ]
    return [{"id": each.id, "title": each.title, "date": each.date} for each in listed[:limit]]


def _published(model: Model) -> list[Article]:
    newest_first = sorted(model.values(), key=lambda each: -each.id)
    return [each for each in newest_first if each.state == "published"]


def _titled(article: Article) -> SameDomainArticle:
    return {"id": article.id, "title": article.title}


def _with_domain(article: Article) -> OtherDomainArticle:
    return {"id": article.id, "domain": article.domain, "title": article.title}
