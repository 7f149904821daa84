"""Reading the store's HTTP answers, however they arrive; and values typed, plain and back."""

import json
import time
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seealso.store.calls import Call
from seealso.store.client import _read_answer
from seealso.store.protocol import Answer, endpoint_of
from seealso.store.values import Json, marshal, marshal_item, unmarshal, unmarshal_item

BODY = {"Item": {"id": {"N": "7"}, "title": {"S": "Größe"}}}
CONTENT = json.dumps(BODY).encode()
CHUNKED = b"5;name=value\r\n" + CONTENT[:5] + b"\r\n" + b"%X\r\n" % len(CONTENT[5:]) + CONTENT[5:]
LENGTH = b"Content-Length: %d\r\n" % len(CONTENT)
# Name: (answer, whether its connection is kept).
ANSWERS = {
    "length": (b"HTTP/1.1 200 OK\r\n" + LENGTH + b"\r\n" + CONTENT, True),
    "no reason": (b"HTTP/1.1 200\r\ncontent-LENGTH:%d\r\n\r\n" % len(CONTENT) + CONTENT, True),
    "close": (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n" + LENGTH + b"\r\n" + CONTENT, False),
    "1.0": (b"HTTP/1.0 200 OK\r\n" + LENGTH + b"\r\n" + CONTENT, False),
    "until closed": (b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n" + CONTENT, False),
    "chunked": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
        True,
    ),
}


class Pieces:
    """A socket that receives these pieces, then its end."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = [piece for piece in pieces if piece]

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv(self, _size: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def read(*pieces: bytes) -> Answer:
    return _read_answer(cast("Any", Pieces(list(pieces))), time.monotonic() + 10)


@pytest.mark.parametrize("name", ANSWERS)
def test_reads_an_answer_in_any_pieces(name: str) -> None:
    data, keep_alive = ANSWERS[name]
    expected = Answer(200, BODY, keep_alive)
    for cut in range(len(data) + 1):
        assert read(data[:cut], data[cut:]) == expected
    assert read(*(bytes([byte]) for byte in data)) == expected


@pytest.mark.parametrize("name", ANSWERS)
def test_part_of_an_answer_is_no_answer(name: str) -> None:
    data, _ = ANSWERS[name]
    for cut in range(len(data)):
        with pytest.raises((OSError, ValueError)):
            read(data[:cut])


@given(
    st.sampled_from(
        [
            b"",
            b"HTTP/1.1 ",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: ",
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        ]
    ),
    st.binary(max_size=50)
    | st.text(alphabet="-+0123456789aF;\r\n{} ", max_size=30).map(str.encode),
)
def test_rejects_malformed_answers(head: bytes, rest: bytes) -> None:
    try:
        answer = read(head + rest)
    except (OSError, ValueError):
        return
    assert isinstance(answer.body, dict)


@pytest.mark.parametrize("size", [b"-6", b"-1"])
def test_rejects_negative_sizes(size: bytes) -> None:
    with pytest.raises(ValueError, match="negative"):
        read(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + size + b"\r\n{}\r\n0\r\n\r\n"
        )
    with pytest.raises(ValueError, match="more than"):
        read(b"HTTP/1.1 200 OK\r\ncontent-length: " + size + b"\r\n\r\n{}")


def test_an_error_of_a_proxy_need_not_be_json() -> None:
    assert read(b"HTTP/1.1 502 Bad Gateway\r\n\r\n<html>") == Answer(502, {}, keep_alive=False)
    assert read(b"HTTP/1.1 503 -\r\ncontent-length: 0\r\n\r\n") == Answer(503, {}, keep_alive=True)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://dynamodb.eu-west-1.amazonaws.com",
            (b"dynamodb.eu-west-1.amazonaws.com", 443, True),
        ),
        ("https://store.example:8443/", (b"store.example", 8443, True)),
        ("HTTPS://store.example", (b"store.example", 443, True)),
        ("http://localhost:8000", (b"localhost", 8000, False)),
        ("http://localhost", (b"localhost", 80, False)),
        ("http://[::1]:8000", (b"::1", 8000, False)),
        ("http://[::1]/path", (b"::1", 80, False)),
    ],
)
def test_endpoints(url: str, expected: tuple[bytes, int, bool]) -> None:
    authority = url.partition("://")[2].partition("/")[0]
    assert endpoint_of(url) == (authority, *expected)


def test_a_prepared_call_is_the_body_that_it_is_written_from() -> None:
    call = Call.prepared("Query", '{"TableName":"t","Limit":3}', 3)
    assert (call.limit, call.text) == (3, '{"TableName":"t","Limit":3}')
    assert call.is_prepared
    call.body["FilterExpression"] = "x"
    assert not call.is_prepared
    assert json.loads(call.text) == {"TableName": "t", "Limit": 3, "FilterExpression": "x"}


# ---- Values ---------------------------------------------------------------------------------

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), values))
def test_values_survive_a_round_trip(item: dict[str, Any]) -> None:
    there = json.loads(json.dumps(marshal_item(item)))
    back = unmarshal_item(there)
    assert back == item
    assert repr(back) == repr(item)  # True is not 1


@given(st.dictionaries(st.sampled_from("abc"), values), st.sets(st.sampled_from("abcd")))
def test_only_named_attributes_are_unmarshalled(item: dict[str, Any], names: set[str]) -> None:
    expected = {name: item[name] for name in names if name in item}
    assert unmarshal_item(marshal_item(item), names) == expected


def test_values_have_dynamodbs_types() -> None:
    item = {"a": True, "b": 1, "c": "", "d": None, "e": [0], "f": {"g": "x"}, "h": b"x"}
    assert marshal_item(item) == {
        "a": {"BOOL": True},
        "b": {"N": "1"},
        "c": {"S": ""},
        "d": {"NULL": True},
        "e": {"L": [{"N": "0"}]},
        "f": {"M": {"g": {"S": "x"}}},
        "h": {"B": "eA=="},
    }


@pytest.mark.parametrize("value", [1.5, {1}, object()])
def test_rejects_other_values(value: object) -> None:
    with pytest.raises(TypeError, match=type(value).__name__):
        marshal(value)


@pytest.mark.parametrize("value", [{"BS": ["eA=="]}, {"SS": ["a"]}, {"NS": ["1"]}])
def test_rejects_other_types(value: Json) -> None:
    with pytest.raises(TypeError, match="not in use"):
        unmarshal(value)
