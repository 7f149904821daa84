"""HTTP/1.x answers as servers send them, well-formed and not; see also test_fetching.py."""

import gzip
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seealso.verifying import answers
from seealso.verifying.answers import MAX_BODY_BYTES, MalformedAnswer, Reader, read_body, read_head
from tests.support.page_server import page

HELLO = b"<p>Hello</p>" * 20
ZIPPED = gzip.compress(HELLO)
PIECES = [
    b"HTTP/1.1 ",
    b"200 OK",
    b"\r\n",
    b"\n",
    b"Content-Length: ",
    b"9" * 20,
    b"-1",
    b"7",
    b":",
]
PIECES += [
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"HTTP/1.1 103 Early\r\n",
]
PIECES += [b"0\r\n\r\n", b"ffffffffffff\r\n", b";", b"\0", b" ", ZIPPED[:11], ZIPPED, HELLO]


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + end


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[first : first + size] for first in range(0, len(data), size))


def read(pieces: Iterator[bytes]) -> tuple[int, dict[str, str], bytes, bool]:
    """The answer in these pieces, after which the connection ends."""
    reader = Reader(lambda: next(pieces, b""))
    status, headers = read_head(reader)
    return status, headers, *read_body(reader, headers)


def read_whole(data: bytes) -> tuple[int, dict[str, str], bytes, bool]:
    return read(iter([data]))


BODIES = {
    "until the end": page(HELLO),
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\n" + HELLO,
    "no reason": page(HELLO, status="200"),
    "a reason that is not ASCII": page(HELLO, status="200 très bien"),
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 240\n\n" + HELLO,
    "a length, and more": page(HELLO + b"more", "Content-Length: 240"),
    "a wrong length is ignored": page(HELLO, "Content-Length: many"),
    "a negative length is ignored": page(HELLO, "Content-Length: -5"),
    "a length beyond all numbers": page(HELLO, f"Content-Length: {'9' * 5000}"),
    "the first of two lengths": page(HELLO + b"more", "Content-Length: 240", "Content-Length: 9"),
    "a folded header": page(HELLO, "X-Folded: a", "  b", "Content-Length: 240"),
    "a line without a colon": page(HELLO, "nonsense", "Content-Length: 240"),
    "a header without a name": page(HELLO, ": x", " y", "Content-Length: 240"),
    "interim answers": b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + page(HELLO),
    "chunks": page(chunked(HELLO[:7], HELLO[7:]), "Transfer-Encoding: chunked"),
    "chunks with extensions": page(
        b"C;a=b\r\n" + HELLO[:12] + b"\r\n" + chunked(HELLO[12:], end=b"000 \r\nX: y\r\n\r\n"),
        "transfer-encoding: Chunked",
    ),
    "chunks of a byte": page(
        chunked(*(bytes([byte]) for byte in HELLO)), "Transfer-Encoding: chunked"
    ),
    "chunks count, not the length": page(
        chunked(HELLO), "Transfer-Encoding: chunked", "Content-Length: 3"
    ),
    "identity": page(HELLO, "Content-Encoding: identity", "Transfer-Encoding: identity"),
    "gzip": page(ZIPPED, "Content-Encoding: gzip"),
    "x-gzip": page(ZIPPED, "Content-Encoding: X-GZIP"),
    "gzip and more": page(ZIPPED + b"more", "Content-Encoding: gzip"),
    "gzip in chunks": page(
        chunked(ZIPPED[:5], ZIPPED[5:]), "Transfer-Encoding: chunked", "Content-Encoding: gzip"
    ),
}
MALFORMED = {
    "nothing that is HTTP": b"220 mail.example.com ESMTP\r\n\r\n",
    "HTTP/0.9": HELLO + b"\r\n",
    "HTTP/2": b"HTTP/2 200\r\n\r\n",
    "an HTTP/2 frame": b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\n\r\n",
    "a status of two digits": page(HELLO, status="20 OK"),
    "a status with letters": page(HELLO, status="2OO OK"),
    "another protocol": page(HELLO, status="101 Switching Protocols"),
    "a long line": page(HELLO, f"X: {'x' * 65536}"),
    "an endless line": b"HTTP/1.1 200 " + b"x" * 200_000,
    "many lines": page(HELLO, *["X: y"] * 200),
    "many bytes": page(HELLO, *["X: " + "y" * 1000] * 80),
    "many interim answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 101 + page(HELLO),
    "a chunk without a size": page(b"\r\n" + chunked(HELLO), "Transfer-Encoding: chunked"),
    "a chunk of a negative size": page(b"-5\r\n12345", "Transfer-Encoding: chunked"),
    "a chunk's size with underscores": page(b"1_0\r\n1234", "Transfer-Encoding: chunked"),
    "a chunk beyond all numbers": page(b"f" * 13 + b"\r\n1", "Transfer-Encoding: chunked"),
    "a chunk longer than its size": page(b"1\r\n12345\r\n", "Transfer-Encoding: chunked"),
    "a chunk's size without an end": page(b"0" * 70_000, "Transfer-Encoding: chunked"),
    "not chunked": page(HELLO + b"\r\n", "Transfer-Encoding: chunked"),
    "another transfer coding": page(HELLO, "Transfer-Encoding: gzip, chunked"),
    "not gzip": page(HELLO, "Content-Encoding: gzip"),
    "broken gzip": page(ZIPPED[:10] + b"\xff" * 20, "Content-Encoding: gzip"),
    "gzip with a wrong checksum": page(ZIPPED[:-8] + b"\0" * 8, "Content-Encoding: gzip"),
    "brotli": page(b"\x0b\x02\x80<p>\x03", "Content-Encoding: br"),
    "deflate": page(zlib.compress(HELLO), "Content-Encoding: deflate"),
    "gzip twice": page(gzip.compress(ZIPPED), "Content-Encoding: gzip, gzip"),
    # 5 bytes each, which hold nothing.
    "gzip of empty blocks": page(
        ZIPPED[:10] + b"\0\0\0\xff\xff" * 500_000, "Content-Encoding: gzip"
    ),
    "gzip with an endless file name": page(
        b"\x1f\x8b\x08\x08" + b"x" * 3_000_000, "Content-Encoding: gzip"
    ),
    "chunks with endless extensions": page(
        b"1;" + b"x" * 60_000 + b"\r\nx\r\n" + (b"1;" + b"x" * 60_000 + b"\r\nx\r\n") * 40,
        "Transfer-Encoding: chunked",
    ),
}
ENDS_EARLY = {
    "nothing": b"",
    "a part of the first line": b"HTTP/1.1 2",
    "a part of the head": b"HTTP/1.1 200 OK\r\nX: y\r\n",
    "an interim answer alone": b"HTTP/1.1 100 Continue\r\n\r\n",
    "less than the length": page(HELLO, "Content-Length: 241"),
    "a part of a chunk": page(b"ff\r\n" + HELLO, "Transfer-Encoding: chunked"),
    "no last chunk": page(chunked(HELLO, end=b""), "Transfer-Encoding: chunked"),
    "a part of gzip": page(ZIPPED[:-1], "Content-Encoding: gzip"),
    "a part of gzip's head": page(ZIPPED[:3], "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_reads_bodies_however_they_arrive(name: str, size: int) -> None:
    status, _, body, is_cut_off = read(in_pieces(BODIES[name], size))
    assert (status, body, is_cut_off) == (200, HELLO, False)


@pytest.mark.parametrize("name", MALFORMED)
def test_refuses_malformed_answers(name: str) -> None:
    with pytest.raises(MalformedAnswer):
        read(in_pieces(MALFORMED[name], 65536))


@pytest.mark.parametrize("name", ENDS_EARLY)
def test_notices_an_answer_that_ends_early(name: str) -> None:
    with pytest.raises(ConnectionResetError):
        read_whole(ENDS_EARLY[name])


def test_the_first_of_repeated_headers_counts_in_any_case_of_letters() -> None:
    data = page(b"", "Content-TYPE:  text/html ", "content-type: image/png", "X: a", "\tb", "Y:")
    assert read_whole(data)[1] == {"content-type": "text/html", "x": "a b", "y": ""}


def test_an_empty_body_needs_no_gzip() -> None:
    assert read_whole(page(b"", "Content-Encoding: gzip", "Content-Length: 0"))[2:] == (b"", False)


@pytest.mark.parametrize(
    ("size", "is_cut_off"),
    [(MAX_BODY_BYTES, False), (MAX_BODY_BYTES + 1, True), (2 * MAX_BODY_BYTES, True)],
)
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_cuts_off_after_a_mebibyte(size: int, is_cut_off: bool, coding: str) -> None:
    body = bytes(size)
    sent = gzip.compress(body) if coding == "gzip" else body
    pieces = in_pieces(page(sent, f"Content-Encoding: {coding}"), 65536)
    assert read(pieces)[2:] == (body[:MAX_BODY_BYTES], is_cut_off)


@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=30)), max_size=20), st.booleans()
)
def test_whatever_comes_is_an_answer_or_refused(pieces: list[bytes], begins_well: bool) -> None:
    start = [b"HTTP/1.1 200 OK\r\n"] if begins_well else []
    try:
        status, _, body, _ = read(iter([*start, *(piece for piece in pieces if piece)]))
    except (MalformedAnswer, ConnectionResetError):
        return
    assert 200 <= status <= 999
    assert len(body) <= MAX_BODY_BYTES


@given(
    st.binary(max_size=300),
    st.booleans(),
    st.sampled_from(["chunked", "length", "end"]),
    st.integers(1, 50),
)
def test_reads_what_was_sent(body: bytes, is_zipped: bool, framing: str, size: int) -> None:
    sent = gzip.compress(body) if is_zipped else body
    headers = ["Content-Encoding: gzip"] if is_zipped else []
    if framing == "chunked":
        headers.append("Transfer-Encoding: chunked")
        sent = chunked(*in_pieces(sent, size))
    elif framing == "length":
        headers.append(f"Content-Length: {len(sent)}")
    assert read(in_pieces(page(sent, *headers), size))[2:] == (body, False)


def test_limits_are_those_that_the_design_names() -> None:
    assert answers.MAX_BODY_BYTES == 2**20
    assert answers.MAX_HEAD_BYTES == 2**16
