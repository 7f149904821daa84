"""GET /articles/{id}: an article with everything that its page shows."""

from seealso import dynamodb
from seealso.http import Answer, Event, answer_read, path_number, query_number, serve
from seealso.pages import read_page
from seealso.problems import article_not_found


def get_article(event: Event) -> Answer:
    page = read_page(
        dynamodb.store(),
        path_number(event, "id", least=1),
        domain=query_number(event, "domain", least=0),
        source_id=query_number(event, "source", least=0),
    )
    if page is None:
        raise article_not_found()
    return answer_read(event, page)


handler = serve({"GET /articles/{id}": get_article})
