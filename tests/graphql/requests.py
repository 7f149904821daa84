"""Questions to /graphql, and what may be expected of each answer."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from local.paths import ROOT
from seealso.store.tables import current_store
from tests.support.gateway import Response, request

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
CODES = {"validation-failed", "parse-failed", "not-supported", "too-expensive", "unexpected"}

# What web clients ask at each page view.
PAGE = (ROOT / "data/page.graphql").read_text("utf-8")
PAGE_VARIABLES = {"id": 101, "domain": 7, "srcId": 102, "hasSrc": True, "hasSelf": True}


def ask(
    query: str,
    variables: Mapping[str, Any] | None = None,
    *,
    accept: str | None = None,
    method: str = "POST",
    extensions: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> Response:
    """The answer to a GraphQL request; members that are None are not sent."""
    members = {
        "query": query,
        "variables": variables,
        "extensions": extensions,
        "operationName": operation_name,
    }
    sent = {name: value for name, value in members.items() if value is not None}
    headers = {} if accept is None else {"accept": accept}
    if method == "GET":
        texts = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in sent.items()
        }
        return request("GET", f"/graphql?{urlencode(texts, quote_via=quote)}", headers)
    return post(json.dumps(sent), headers)


def post(body: str | bytes | None, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to this body, sent as JSON unless the headers say something else."""
    return request("POST", "/graphql", {"content-type": JSON, **(headers or {})}, body)


def data(response: Response) -> Any:
    """The data of an answer that must be a success."""
    assert response.status == 200
    answer = response.json()
    assert "errors" not in answer, answer["errors"]
    check_headers(response)
    return answer["data"]


def refused(response: Response) -> list[dict[str, Any]]:
    """The errors of an answer that must be a refusal, whatever its status: they are all there is.

    Each is formed as Hasura forms them.
    """
    check_headers(response)
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers
    answer = response.json()
    assert "data" not in answer
    errors: list[dict[str, Any]] = answer["errors"]
    assert errors
    for error in errors:
        assert isinstance(error["message"], str)
        assert error["message"]
        assert error["extensions"]["code"] in CODES
        assert error["extensions"]["path"].startswith("$")
        for place in error.get("locations", []):
            assert place["line"] >= 1
            assert place["column"] >= 1
    return errors


def codes(response: Response) -> set[str]:
    """The codes of a refusal's errors."""
    return {error["extensions"]["code"] for error in refused(response)}


def check_headers(response: Response) -> None:
    """What holds for every answer that has a body."""
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-type"] in {
        kind + charset for kind in (JSON, GRAPHQL) for charset in ("", "; charset=utf-8")
    }
    response.body.encode()  # fails on half a surrogate pair, as handing it over would


def store_requests() -> int:
    """How many requests to the store the last question has cost."""
    return current_store().client.usage.requests


def timed(asked: Callable[[], Response]) -> tuple[Response, float]:
    """The answer and this process's CPU seconds for it, which other processes do not lengthen."""
    current_store().client.start()  # else the cost of an earlier question might be seen
    begun = time.process_time()
    answer = asked()
    return answer, time.process_time() - begun


def literal(value: Any) -> str:
    """A GraphQL literal; texts are names of enum values."""
    match value:
        case dict():
            return "{" + ", ".join(f"{name}: {literal(each)}" for name, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case str():
            return value
        case _:
            return json.dumps(value)


def call(arguments: Mapping[str, Any], selection: str = "{ id }") -> str:
    """A query of `qa_ai` with its arguments as literals."""
    told = ", ".join(f"{name}: {literal(value)}" for name, value in arguments.items())
    return f"{{ qa_ai{f'({told})' if told else ''} {selection} }}"


# The arguments of `qa_ai` with their types.
ARGUMENTS = {
    "where": "qa_ai_bool_exp",
    "order_by": "[qa_ai_order_by!]",
    "limit": "Int",
    "offset": "Int",
}


def call_by_variables(names: Mapping[str, Any]) -> str:
    """A query of `qa_ai` with these arguments as variables of the same names."""
    declared = ", ".join(f"${name}: {ARGUMENTS[name]}" for name in names)
    given = ", ".join(f"{name}: ${name}" for name in names)
    return f"query ({declared}) {{ qa_ai({given}) {{ id }} }}"


def ids(answered: Any) -> list[int]:
    """The ids of the rows of `qa_ai`."""
    return [row["id"] for row in answered["qa_ai"]]
