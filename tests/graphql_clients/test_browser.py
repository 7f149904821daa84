"""Real clients in Chromium get their data from the deployed /graphql of another origin."""

import pytest

from local.sample_data import ARTICLE
from local.stack import Stack
from tests.graphql_clients import PACKAGES, exchanges_in_browser
from tests.support.browser import needs_chromium

QUERY = "query Article($id: Int!) @cached(ttl: 120) { qa_ai_by_pk(id: $id) { id title } }"
TITLE = "Heat 2: the long wait for Michael Mann's sequel"
CLIENTS = {"Apollo 3", "Apollo 4", "urql", "graphql-request"}
# A page may not send any of these to another origin without a preflight.
ADDED = {"hasura-client-name", "sentry-trace", "traceparent", "x-hasura-role"}


@pytest.mark.slow
@pytest.mark.skipif(
    not PACKAGES.is_available(),
    reason="needs Node 20, npm and their packages, which make test fetches",
)
@needs_chromium
def test_every_client_gets_its_data_after_a_preflight(running_stack: Stack) -> None:
    found = exchanges_in_browser(f"http://127.0.0.1:{running_stack.port}", QUERY, {"id": ARTICLE})
    assert found["answers"].keys() >= CLIENTS
    for client, answers in found["answers"].items():
        assert isinstance(answers, list), (client, answers)
        articles = [data["qa_ai_by_pk"] for data in answers]
        assert [(each["id"], each["title"]) for each in articles] == [(ARTICLE, TITLE)] * 2, client

    posting = set()
    preflight: dict[str, str] = {}
    for request in found["requests"]:
        method, headers = request["method"], request["headers"]
        if method == "OPTIONS":
            preflight = headers
            continue
        # The browser asked for this very request, and sent it after the answer had allowed it.
        assert preflight["access-control-request-method"] == method
        asked = set(preflight["access-control-request-headers"].split(","))
        client = headers["hasura-client-name"]
        assert asked >= ADDED, client
        if client.startswith("Apollo"):
            assert "apollographql-client-name" in asked
        assert asked <= headers.keys()
        assert headers["origin"] == preflight["origin"]
        if method == "POST":
            posting.add(client)
        preflight = {}
    assert posting >= CLIENTS
