"""Probes of a stack or of new versions of its functions: what readers and submitters do most.

They only read, except that a preview is counted for the rate limit. How a request is sent is up to
the caller, so the same probes ask a stack over HTTP and functions by invoking them.
"""

import json
import statistics
from collections.abc import Callable, Mapping, Set
from typing import Any, NamedTuple

ARTICLES = 20
SLOWEST_SECONDS = 3.0  # a first request waits for a container to start
MEDIAN_SECONDS = 0.5  # of the page views
# Refusals of a valid preview: what has been submitted before, and how often this client asked.
_REFUSALS = {"duplicate-link", "page-full", "queue-full", "rate-limited"}
_SUBMITTED = "https://probe.example.net/related"


class Request(NamedTuple):
    """A request; `route` is the gateway's route key, such as `GET /articles/{id}`."""

    route: str
    path: Mapping[str, str] = {}
    query: str = ""
    body: Any = None  # sent as JSON


class Answer(NamedTuple):
    """An answer, and the seconds for which the caller waited."""

    status: int
    body: str
    seconds: float


class ProbeFailed(Exception):
    """The message says which request failed, and how."""


# Raises ProbeFailed if there is no answer.
type Ask = Callable[[Request], Answer]


def probe(ask: Ask, query: str) -> list[str]:
    """Asks all, and returns a line for each probe. Raises ProbeFailed at the first wrong answer.

    `query` is the text of data/page.graphql, the query that the sites of the network send.
    """
    try:
        return _probe(ask, query)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ProbeFailed(f"An answer lacks what it must have: {error!r}") from error


def _probe(ask: Ask, query: str) -> list[str]:
    listed = _newest_articles(ask)
    lines = [_home_page(ask), _editors_route(ask), _desk(ask)]
    if not listed:
        return [*lines, "no articles: there is nothing to read, query or submit to"]
    return [
        *lines,
        _articles(ask, listed),
        _network_query(ask, *listed[-1], query),
        _preview(ask, listed[-1][0]),
    ]


def _newest_articles(ask: Ask) -> list[tuple[int, int]]:
    """Ids and domains of up to 20 articles, the newest of the first sites that have some."""
    found: list[tuple[int, int]] = []
    for site in _json(_asked(ask, Request("GET /sites", query="limit=100")))["sites"]:
        left = ARTICLES - len(found)
        if not left:
            break
        request = Request(
            "GET /domains/{domain}/articles", {"domain": str(site["domain"])}, f"limit={left}"
        )
        articles = _json(_asked(ask, request))["articles"]
        found += [(article["id"], site["domain"]) for article in articles]
    return found


def _articles(ask: Ask, listed: list[tuple[int, int]]) -> str:
    seconds = []
    for article_id, domain in listed:
        answer = _asked(ask, Request("GET /articles/{id}", {"id": str(article_id)}))
        page = _json(answer)
        found = page["article"]["id"], page["article"]["domain"]
        if found != (article_id, domain):
            raise ProbeFailed(
                f"GET /articles/{article_id} answered with article {found[0]} of domain {found[1]},"
                f" not of domain {domain}."
            )
        seconds.append(answer.seconds)
    median = statistics.median(seconds)
    if median > MEDIAN_SECONDS:
        raise ProbeFailed(
            f"GET /articles/{{id}} took {median:.2f} s, the median of {len(seconds)}."
            f" The limit is {MEDIAN_SECONDS} s."
        )
    return f"{len(seconds)} articles: median {_ms(median)}, slowest {_ms(max(seconds))}"


def _network_query(ask: Ask, article_id: int, domain: int, query: str) -> str:
    """Compares the answer to the network's query with the page view, which other code makes."""
    variables = {"id": article_id, "domain": domain, "srcId": 0, "hasSrc": False, "hasSelf": True}
    request = Request("POST /graphql", body={"query": query, "variables": variables})
    for attempt in (1, 2):
        answer = _asked(ask, request)
        data = _json(answer).get("data")
        if not data:
            raise ProbeFailed(f"POST /graphql answered with errors: {answer.body[:300]}")
        page = _json(_asked(ask, Request("GET /articles/{id}", {"id": str(article_id)})))
        queried, shown = (
            [[each["id"] for each in lists] for lists in both]
            for both in (
                (data["self"], data["linksarticle"], data["linksbottom"]),
                ([page["article"]], page["same_domain"], page["other_domains"]),
            )
        )
        if queried == shown:
            return f"the network's query, as article {article_id} shows it: {_ms(answer.seconds)}"
        if attempt == 1:
            continue  # an article may have been published between the two
    raise ProbeFailed(
        f"POST /graphql found {queried} for article {article_id}, whose page has {shown}."
    )


def _preview(ask: Ask, article_id: int) -> str:
    body = {"url": _SUBMITTED, "title": "A probe"}
    request = Request("POST /articles/{id}/links/preview", {"id": str(article_id)}, body=body)
    answer = _asked(ask, request, {200, 409, 429})
    found = _json(answer)
    if answer.status == 200:
        outcome = found["status"]
        is_right = found["url"] == _SUBMITTED and outcome in ("pending", "published")
    else:
        outcome = found["type"].rpartition("/")[2]
        is_right = outcome in _REFUSALS
    if not is_right:
        raise ProbeFailed(f"{request.route} answered {answer.status}: {answer.body[:300]}")
    return f"preview of a submission ({outcome}): {_ms(answer.seconds)}"


def _home_page(ask: Ask) -> str:
    answer = _asked(ask, Request("GET /"))
    if "</html>" not in answer.body:
        raise ProbeFailed(f"GET / answered with no complete page: {answer.body[:300]}")
    return f"home page: {_ms(answer.seconds)}"


def _editors_route(ask: Ask) -> str:
    answer = _asked(ask, Request("GET /admin/articles"), {401})
    return f"editors' routes, closed to others: {_ms(answer.seconds)}"


def _desk(ask: Ask) -> str:
    # Whoever does not ask for HTML is answered as a script.
    answer = _asked(ask, Request("GET /desk"), {401})
    return f"the desk, closed to others: {_ms(answer.seconds)}"


def _asked(ask: Ask, request: Request, expected: Set[int] = frozenset({200})) -> Answer:
    answer = ask(request)
    place = request.route.format(**request.path)
    if answer.status not in expected:
        raise ProbeFailed(f"{place} answered {answer.status}: {answer.body[:300]}")
    if answer.seconds > SLOWEST_SECONDS:
        raise ProbeFailed(f"{place} took {answer.seconds:.1f} s. The limit is {SLOWEST_SECONDS} s.")
    return answer


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        raise ProbeFailed(f"An answer is not JSON: {answer.body[:300]}") from None


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
