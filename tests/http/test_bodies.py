"""http/bodies.py on its own: reading a body, and its members as strict JSON and as a form.

tests/submitting/test_bodies.py has every malformed body, sent to a route.
"""

from base64 import b64encode

import pytest

from seealso.errors import Refusal
from seealso.http import bodies
from seealso.http.requests import Request, request_of
from seealso.limits import MAX_JSON_DEPTH
from tests.support.events import event


def request(body: str | bytes | None, media_type: str | None = None) -> Request:
    headers = {} if media_type is None else {"Content-Type": media_type}
    return request_of(event("POST /articles/{id}/links", {"id": "1"}, "", headers, body))


@pytest.mark.parametrize("body", ["é", "é".encode()], ids=["plain", "base64"])
def test_reads_a_body_as_the_gateway_hands_it_over(body: str | bytes) -> None:
    assert bodies.read_body(request(body)) == "é".encode()


def test_an_absent_body_is_empty() -> None:
    assert bodies.read_body(request(None)) == b""


@pytest.mark.parametrize(
    ("body", "is_base64", "name"),
    [
        ("x" * 10, False, None),
        ("x" * 11, False, "too-large"),
        ("é" * 6, False, "too-large"),
        (b64encode(b"x" * 10).decode(), True, None),
        (b64encode(b"x" * 11).decode(), True, "too-large"),
        ("no base64!", True, "malformed-request"),
        ("\ud800", False, "malformed-request"),
    ],
)
def test_limits_the_bytes_of_a_body(body: str, is_base64: bool, name: str | None) -> None:
    sent = request(None)._replace(body=body, is_base64=is_base64)
    if name is None:
        assert len(bodies.read_body(sent, max_bytes=10)) == 10
        return
    with pytest.raises(Refusal) as refused:
        bodies.read_body(sent, max_bytes=10)
    assert refused.value.name == name


@pytest.mark.parametrize(
    ("sent", "media_type"),
    [
        (None, ""),
        ("application/json", "application/json"),
        (" Application/JSON ; charset=utf-8", "application/json"),
    ],
)
def test_reads_the_media_type_without_parameters(sent: str | None, media_type: str) -> None:
    assert bodies.media_type(request("{}", sent)) == media_type


def test_requires_the_media_type_of_json() -> None:
    assert bodies.json_body(request('{"a": 1}', "application/json")) == {"a": 1}
    with pytest.raises(Refusal) as refused:
        bodies.json_body(request('{"a": 1}', "text/json"))
    assert refused.value.name == "unsupported-media-type"
    assert [error.field for error in refused.value.errors] == ["Content-Type"]


def test_keeps_the_last_value_of_a_repeated_member() -> None:
    members = bodies.json_members(b'{"a": 1, "b": 2, "a": 3}')
    assert members == {"a": 3, "b": 2}
    assert (members.repeated, members.overwritten) == (("a",), (1,))
    assert bodies.form_members(b"a=1&b=&a=3").repeated == ("a",)


@pytest.mark.parametrize(
    "text", ["", "[]", "1", "{} {}", '{"a": NaN}', '{"a": "\\ud800"}', "{'a': 1}"]
)
def test_rejects_malformed_json(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        bodies.json_members(text.encode())
    assert refused.value.name == "malformed-request"


def test_limits_the_depth_of_json() -> None:
    for levels in (MAX_JSON_DEPTH, MAX_JSON_DEPTH + 1, 100_000):
        inner = b"[" * (levels - 1) + b"]" * (levels - 1)
        if levels == MAX_JSON_DEPTH:
            assert bodies.json_members(b'{"a": %b}' % inner)
            continue
        with pytest.raises(Refusal, match="malformed-request"):
            bodies.json_members(b'{"a": %b}' % inner)


def test_reads_forms_in_utf_8_alone() -> None:
    assert bodies.form_members(b"title=Caf%C3%A9+%26+bar&empty=") == {
        "title": "Café & bar",
        "empty": "",
    }
    with pytest.raises(Refusal, match="malformed-request"):
        bodies.form_members(b"\xff=1")
