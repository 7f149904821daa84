"""What to read next: an article's related lists, a domain's articles; and the API's description."""

import json
from pathlib import Path

from seealso import dynamodb
from seealso.cursors import cursor_of, position_in
from seealso.http import Answer, Event, answer_read, path_number, query_number, query_text, serve
from seealso.pages import read_domain_articles, read_related
from seealso.problems import article_not_found

MOST_LISTED = 100


def related(event: Event) -> Answer:
    lists = read_related(dynamodb.store(), path_number(event, "id", least=1))
    if lists is None:
        raise article_not_found()
    return answer_read(event, lists)


def domain_articles(event: Event) -> Answer:
    domain = path_number(event, "domain", least=0)
    limit = query_number(event, "limit", least=1, most=MOST_LISTED) or 20
    list_name = f"domain-{domain}"
    below = position_in(list_name, query_text(event, "cursor"))
    found = read_domain_articles(dynamodb.store(), domain, limit, below)
    return answer_read(
        event,
        {"articles": found.articles, "next_cursor": cursor_of(list_name, found.next_below)},
    )


def openapi(event: Event) -> Answer:
    return answer_read(event, json.loads(Path(__file__).with_name("openapi.json").read_bytes()))


handler = serve(
    {
        "GET /articles/{id}/related": related,
        "GET /domains/{domain}/articles": domain_articles,
        "GET /openapi.json": openapi,
    }
)
