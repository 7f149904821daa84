"""The query of web clients' page views, verbatim, over HTTP on the deployed application.

Each answer is compared with SQL over the sample data and with `GET /articles/{id}`.
"""

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from local.paths import ROOT
from tests.end_to_end.conftest import Deployed

QUERY = (ROOT / "data/page.graphql").read_text("utf-8")
VARIABLES: dict[str, Any] = json.loads((ROOT / "data/page.variables.json").read_text("utf-8"))
WITH_SOURCE = {"id": 6646104, "srcId": 6646098}
NOT_THERE = 6646099
DRAFT = 6646120
# What Hasura makes of the query's fields.
SQL = {
    "self": "SELECT id, title, text, date FROM qa_ai WHERE id = :id ORDER BY id LIMIT 1",
    "linksarticle": "SELECT id, title FROM qa_ai WHERE domain = :domain AND id <> :id "
    "ORDER BY id DESC LIMIT 8",
    "linksbottom": "SELECT id, title, domain FROM qa_ai WHERE domain <> :domain AND id < :id "
    "ORDER BY id DESC LIMIT 3",
    "source": "SELECT id, title FROM qa_ai WHERE id = :srcId ORDER BY id LIMIT 1",
}


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    """The sample data's published articles in SQLite."""
    made = sqlite3.connect(":memory:")
    made.row_factory = sqlite3.Row
    made.execute("CREATE TABLE qa_ai (id, domain, title, text, date, srcId)")
    lines = (ROOT / "data/articles.jsonl").read_text("utf-8").splitlines()
    articles = [{"srcId": 0} | json.loads(line) for line in lines]
    made.executemany(
        "INSERT INTO qa_ai VALUES (:id, :domain, :title, :text, :date, :srcId)",
        [each for each in articles if each.get("state") != "draft"],
    )
    yield made
    made.close()


def ask(deployed: Deployed, query: str, variables: dict[str, Any], **others: Any) -> Any:
    """The body of the answer to a query, which is 200."""
    body = json.dumps({"query": query, "variables": variables, **others}).encode()
    headers = {"Content-Type": "application/json"}
    response = deployed.request("POST", "/graphql", headers=headers, body=body)
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    return response.json()


def by_sql(database: sqlite3.Connection, variables: dict[str, Any]) -> dict[str, Any]:
    """The data that Hasura would answer."""
    excluded = {
        name
        for name, wanted in (("self", "hasSelf"), ("source", "hasSrc"))
        if not variables[wanted]
    }
    return {
        name: [dict(row) for row in database.execute(sql, variables)]
        for name, sql in SQL.items()
        if name not in excluded
    }


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({}, id="as it is"),
        pytest.param({**WITH_SOURCE, "hasSrc": True}, id="with its source"),
        pytest.param({"hasSrc": True}, id="with a source that is none"),
        pytest.param({"hasSelf": False}, id="without itself"),
        pytest.param({"id": NOT_THERE}, id="an id that is not there"),
        pytest.param({"id": DRAFT}, id="an id that is not public"),
        pytest.param({"domain": 3}, id="a foreign domain"),
        pytest.param({"domain": 99}, id="a domain that is not there"),
        pytest.param({"id": 1, "domain": 0}, id="nothing at all"),
    ],
)
def test_the_query_of_a_page_view_is_answered_as_by_sql(
    deployed: Deployed, database: sqlite3.Connection, changed: dict[str, Any]
) -> None:
    variables = VARIABLES | changed
    answer = ask(deployed, QUERY, variables)
    # With the order of the members, which clients may show.
    assert json.dumps(answer) == json.dumps({"data": by_sql(database, variables)})


@pytest.mark.parametrize("article_id", [VARIABLES["id"], WITH_SOURCE["id"], 6642718])
def test_it_shows_what_the_page_shows(deployed: Deployed, article_id: int) -> None:
    page = deployed.get(f"/articles/{article_id}").json()
    article = page["article"]
    variables = {
        "id": article_id,
        "domain": article["domain"],
        "srcId": article["source_id"] or 0,
        "hasSrc": page["source"] is not None,
        "hasSelf": True,
    }
    data = ask(deployed, QUERY, variables)["data"]
    assert data["self"] == [{name: article[name] for name in ("id", "title", "text", "date")}]
    assert data["linksarticle"] == page["same_domain"]
    assert data["linksbottom"] == page["other_domains"]
    source = page["source"] and {name: page["source"][name] for name in ("id", "title")}
    assert data.get("source", [None])[0] == source


def test_the_cost_is_told_who_asks(deployed: Deployed) -> None:
    answer = ask(deployed, QUERY, VARIABLES, extensions={"cost": True})
    cost = answer["extensions"]["cost"]
    assert (cost["requests"], cost["round_trips"]) == (3, 1)
    assert cost["read_units"] > 0
    assert cost["server_ms"] > 0
    assert "extensions" not in ask(deployed, QUERY, VARIABLES)


def test_links_of_the_page_are_in_the_answer(deployed: Deployed) -> None:
    query = "query($id: Int!) { qa_ai_by_pk(id: $id) { links { url title published_at } } }"
    shown = deployed.get(f"/articles/{VARIABLES['id']}").json()["links"]
    data = ask(deployed, query, {"id": VARIABLES["id"]})["data"]
    assert data["qa_ai_by_pk"]["links"] == [
        {name: link[name] for name in ("url", "title", "published_at")} for link in shown
    ]


def test_a_browser_of_any_site_may_post(deployed: Deployed) -> None:
    preflight = deployed.request(
        "OPTIONS",
        "/graphql",
        headers={
            "Origin": "https://reader.example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-hasura-role",
        },
    )
    assert preflight.status == 204
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
    assert "*" in allowed.split(",")
