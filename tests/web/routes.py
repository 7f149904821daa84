"""Calls of the pages' routes without their function, over a test's tables."""

from collections.abc import Mapping, Sequence

from seealso.http.handler import Route
from seealso.http.requests import request_of
from seealso.http.responses import Response
from seealso.store.tables import Store
from seealso.tables.articles import Article, put_articles
from tests.support.events import event
from tests.support.fake_client import Database, fake_store

BASE_URL = "https://api.example.com"  # as tests/support/events.py has it
BATCH = 100


def call(
    store: Store,
    route: Route,
    path: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A route's answer to a GET with these path parameters. Raises Refusal."""
    parameters = {name: str(value) for name, value in (path or {}).items()}
    return route(store, request_of(event("GET /", parameters, headers=dict(headers or {}))))


def store_of(articles: Sequence[Article]) -> Store:
    """A store in this process with these articles."""
    store = fake_store(Database())
    write(store, articles)
    return store


def write(store: Store, articles: Sequence[Article]) -> None:
    """Write new articles."""
    for start in range(0, len(articles), BATCH):
        batch = articles[start : start + BATCH]
        assert not any(put_articles(store, [(article, None) for article in batch]))


def body_of(response: Response) -> str:
    """The body of a 200."""
    assert response.status == 200
    assert response.body is not None
    return response.body
