"""Reads one HTTP/1.x answer from a server that may send anything.

Everything that is kept is bounded: a head of 64 KiB and 200 lines, with the interim answers before
it; 1 MiB of a decoded body; what was received and not yet read, 128 KiB. Sources: RFC 9112, and
for what servers really send the leniency of browsers: bare line feeds, lines without a colon.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

MAX_HEAD_BYTES: Final = 64 * 1024  # and of any line
MAX_HEAD_LINES: Final = 200
MAX_BODY_BYTES: Final = 1024 * 1024  # decoded
# A body may come in chunks of one byte, or in gzip that never yields any.
MAX_RECEIVED_BYTES: Final = MAX_HEAD_BYTES + 2 * MAX_BODY_BYTES
_DECODED_BYTES: Final = 64 * 1024  # at a time

_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([1-9][0-9]{2})(?: .*)?")
_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,12}")


class MalformedAnswer(Exception):
    """The server's answer is not HTTP/1.x, or not within the limits; the message says why."""


class Head(NamedTuple):
    """Status and headers: names in lower case, the first of those that are repeated."""

    status: int
    headers: dict[str, str]


class Reader:
    """The bytes of a connection, by lines and pieces.

    `receive` gives the next bytes, none at the end of the connection.
    """

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self._received = 0

    def line(self) -> bytes:
        """The next line, without its end. Raises ConnectionResetError if there is none."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > MAX_HEAD_BYTES:
                raise MalformedAnswer("a line is too long")
            if not self._more():
                raise ConnectionResetError("closed early")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.removesuffix(b"\r")

    def piece(self, most: int = MAX_BODY_BYTES) -> bytes:
        """The next bytes, at most `most`; none at the end of the connection."""
        if not self._buffer:
            self._more()
        piece = bytes(self._buffer[:most])
        del self._buffer[:most]
        return piece

    def _more(self) -> bool:
        data = self._receive()
        self._received += len(data)
        if self._received > MAX_RECEIVED_BYTES:
            raise MalformedAnswer("too many bytes for what they hold")
        self._buffer += data
        return bool(data)


def read_head(reader: Reader) -> Head:
    """The head of the final answer. Raises MalformedAnswer, and what `receive` raises."""
    lines = _head_lines(reader)
    while True:
        match = _STATUS_LINE.fullmatch(next(lines))
        if not match:
            raise MalformedAnswer("not HTTP/1.x")
        headers: dict[str, str] = {}
        name = ""
        while line := next(lines).decode("latin-1"):
            if line[0] in " \t" and name:  # continues the line before
                headers[name] = f"{headers[name]} {line.strip()}"
                continue
            name, _, value = line.partition(":")
            name = name.strip().lower()
            headers.setdefault(name, value.strip())
        status = int(match[1])
        if status == 101:
            raise MalformedAnswer("another protocol")
        if status >= 200:  # before are interim answers, such as 103 Early Hints
            return Head(status, headers)


def _head_lines(reader: Reader) -> Iterator[bytes]:
    left = MAX_HEAD_BYTES
    for _ in range(MAX_HEAD_LINES):
        line = reader.line()
        left -= len(line) + 2
        if left < 0:
            break
        yield line
    raise MalformedAnswer("the head is too long")


def read_body(reader: Reader, headers: dict[str, str]) -> tuple[bytes, bool]:
    """The decoded body, and whether it was cut off at MAX_BODY_BYTES.

    Raises MalformedAnswer, ConnectionResetError if it ends early, and what `receive` raises.
    """
    pieces = _pieces(reader, headers)
    coding = headers.get("content-encoding", "").lower()
    if coding in ("gzip", "x-gzip"):
        pieces = _unzipped(pieces)
    elif coding not in ("", "identity"):
        raise MalformedAnswer("a content coding that was not asked for")
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > MAX_BODY_BYTES:
            del body[MAX_BODY_BYTES:]
            return bytes(body), True
    return bytes(body), False


def _pieces(reader: Reader, headers: dict[str, str]) -> Iterator[bytes]:
    coding = headers.get("transfer-encoding", "").lower()
    length = headers.get("content-length", "")
    if coding == "chunked":
        while size := _chunk_size(reader.line()):
            yield from _exactly(reader, size)
            if reader.line():
                raise MalformedAnswer("a chunk is longer than its size")
    elif coding not in ("", "identity"):
        raise MalformedAnswer("a transfer coding that was not asked for")
    elif _LENGTH.fullmatch(length):
        yield from _exactly(reader, int(length))
    else:
        while piece := reader.piece():
            yield piece


def _chunk_size(line: bytes) -> int:
    size = line.partition(b";")[0].strip()
    if not _CHUNK_SIZE.fullmatch(size):
        raise MalformedAnswer("a chunk without a size")
    return int(size, 16)


def _exactly(reader: Reader, size: int) -> Iterator[bytes]:
    while size:
        piece = reader.piece(size)
        if not piece:
            raise ConnectionResetError("closed early")
        size -= len(piece)
        yield piece


def _unzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip holds; like browsers without what follows its end."""
    unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
    is_empty = True
    for piece in pieces:
        is_empty = False
        left = piece
        while left and not unzip.eof:
            try:
                yield unzip.decompress(left, _DECODED_BYTES)
            except zlib.error:
                raise MalformedAnswer("broken gzip") from None
            left = unzip.unconsumed_tail
        if unzip.eof:
            return
    if not is_empty:
        raise ConnectionResetError("gzip ends early")
