"""http/requests.py on its own: the readers of path, query and headers."""

from typing import Any

import pytest

from seealso.errors import Refusal
from seealso.http.requests import NO_VERSION, Request, request_of
from seealso.limits import MAX_ID
from tests.support.events import event

ROUTE = "GET /articles/{id}"


def request(path: dict[str, str] | None = None, query: str = "", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return request_of(event(ROUTE, path, query, named))


def refusal(read: Any, *arguments: Any, **named: Any) -> tuple[str, list[str]]:
    """The problem's name, and the fields at fault."""
    with pytest.raises(Refusal) as refused:
        read(*arguments, **named)
    return refused.value.name, [error.field for error in refused.value.errors]


def test_reads_what_the_gateway_passes_on() -> None:
    made = event(ROUTE, {"id": "7"}, "a=1", {"Accept": "*/*"}, b"\xff", {"username": "e"})
    read = request_of(made)
    assert (read.method, read.route, read.path, read.query) == ("GET", ROUTE, {"id": "7"}, "a=1")
    assert (read.body, read.is_base64) == ("/w==", True)
    assert read.headers["accept"] == "*/*"
    assert read.base_url == "https://api.example.com"
    assert read.client_address == "192.0.2.7"
    assert read.request_id == made["requestContext"]["requestId"]
    assert read.claims == {"username": "e"}


def test_what_the_gateway_leaves_out_is_empty() -> None:
    read = request()
    assert (read.path, read.query, read.body, read.is_base64, read.claims) == (
        {},
        "",
        "",
        False,
        {},
    )


@pytest.mark.parametrize(("digits", "number"), [("1", 1), ("7", 7), (str(MAX_ID), MAX_ID)])
def test_reads_integers(digits: str, number: int) -> None:
    assert request({"id": digits}).path_integer("id", 1) == number
    assert request(query=f"n={digits}").query_integer("n", minimum=1) == number


@pytest.mark.parametrize(
    "digits", ["0", "-1", "+1", "01", "1.0", "1 ", "", "x", "٣", str(MAX_ID + 1)]
)
def test_rejects_other_integers(digits: str) -> None:
    assert refusal(request({"id": digits}).path_integer, "id", 1) == ("invalid-id", ["id"])
    read = request(query=f"n={digits}").query_integer
    assert refusal(read, "n", minimum=1) == ("malformed-request", ["n"])


def test_an_absent_query_parameter_is_none() -> None:
    read = request(query="other=1")
    assert read.query_string("n") is None
    assert read.query_integer("n", minimum=1) is None
    assert read.query_choice("n", ["a"]) is None


def test_query_parameters_are_decoded() -> None:
    assert request(query="q=Caf%C3%A9+%26+bar&empty=").query_string("q") == "Café & bar"
    assert request(query="q=1&empty=").query_string("empty") == ""


def test_rejects_a_repeated_query_parameter() -> None:
    read = request(query="n=1&n=1")
    assert refusal(read.query_string, "n") == ("malformed-request", ["n"])


def test_rejects_other_choices() -> None:
    assert request(query="status=pending").query_choice("status", ["pending"]) == "pending"
    read = request(query="status=Pending")
    assert refusal(read.query_choice, "status", ["pending"]) == ("malformed-request", ["status"])


@pytest.mark.parametrize("link_id", ["", "0" * 31, "0" * 33, "A" * 32, "g" * 32, "0" * 32 + "\n"])
def test_there_is_no_link_with_another_id(link_id: str) -> None:
    assert refusal(request({"link_id": link_id}).path_link_id) == ("not-found", [])


@pytest.mark.parametrize("value", ['"3"', "3", ' "3" '])
def test_reads_the_version_of_if_match(value: str) -> None:
    assert request(if_match=value).if_match() == 3


def test_a_weak_tag_is_a_version_that_never_matches() -> None:
    assert request(if_match='W/"3"').if_match() == NO_VERSION


@pytest.mark.parametrize("value", ["", "*", '"0"', '"03"', '"3', '"3", "4"', "x", '"-1"'])
def test_rejects_another_if_match(value: str) -> None:
    assert refusal(request(if_match=value).if_match) == ("malformed-request", ["If-Match"])


def test_requires_if_match() -> None:
    assert refusal(request().if_match) == ("precondition-required", ["If-Match"])
