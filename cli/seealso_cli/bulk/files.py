"""Input files as streams of lines, from disk or standard input, gzipped or not.

Memory is bounded: no more than one line is held.
"""

import gzip
import hashlib
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

from seealso_cli.errors import CommandFailed
from seealso_cli.utf16 import UTF_16, is_utf_16

# The longest text is 300 KB, and JSON may write each of its bytes as six.
MAX_ROW_BYTES = 2 * 1024 * 1024

_GZIP = b"\x1f\x8b"  # RFC 1952, section 2.3.1
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line with its line end. `content` is None if it is longer than MAX_ROW_BYTES."""

    number: int
    content: bytes | None


class UnreadableFile(Exception):
    """The rest of the file can't be read; the message says why."""


class InputFile:
    """A file to be read once. `bytes_read` counts bytes on disk, which may be compressed."""

    def __init__(self, path: str, previous_digest: str = "") -> None:
        """Open the file; `-` is standard input. Raises CommandFailed.

        `previous_digest` is that of the files that were read before.
        """
        self.name = "standard input" if path == "-" else path
        self.line_number = 0
        self._hash = hashlib.sha256(previous_digest.encode())
        self._closing = ExitStack()
        try:
            if path == "-":
                raw = sys.stdin.buffer
            else:
                raw = self._closing.enter_context(Path(path).open("rb"))  # noqa: SIM115
            self._counting = _CountingReader(raw)
            self._stream: io.BufferedReader | gzip.GzipFile
            is_gzip = self._counting.starts_with(_GZIP)
            self._stream = io.BufferedReader(self._counting, 1 << 16)
            if is_gzip:
                # With a buffer around it, what precedes damaged data would be lost.
                self._stream = gzip.GzipFile(fileobj=self._stream)
        except OSError as error:
            self._closing.close()
            raise CommandFailed(f"Could not read {self.name}: {error.strerror}") from None

    @property
    def bytes_read(self) -> int:
        return self._counting.count

    @property
    def digest(self) -> str:
        """The SHA-256 of the lines read so far, and of the files before this one."""
        return self._hash.hexdigest()

    def lines(self) -> Iterator[Line]:
        """Yield all lines, without a byte order mark before the first.

        Raises UnreadableFile if the file is not UTF-8 as a whole, or can't be read to its end.
        """
        while True:
            content = self._read(MAX_ROW_BYTES + 1)
            if not content:
                return
            self.line_number += 1
            if self.line_number == 1:
                if is_utf_16(content):
                    self.line_number = 0
                    raise UnreadableFile(UTF_16)
                content = content.removeprefix(_BOM)
            if len(content) > MAX_ROW_BYTES:
                rest = content
                while rest and not rest.endswith(b"\n"):
                    rest = self._read(MAX_ROW_BYTES)
                yield Line(self.line_number, None)
            else:
                yield Line(self.line_number, content)

    def _read(self, limit: int) -> bytes:
        try:
            content = self._stream.readline(limit)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            # The module looks for another member where one has ended (RFC 1952, section 2.2).
            if self.line_number and "Not a gzipped file" in str(error):
                raise UnreadableFile("something else follows the end of the gzip data") from None
            raise UnreadableFile("the gzip data is truncated or damaged") from None
        except OSError as error:
            raise UnreadableFile(f"reading failed: {error.strerror or error}") from None
        self._hash.update(content)
        return content

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.close()


def get_size(path: str) -> int | None:
    """The size of a file in bytes, or of what `-`, standard input, comes from. None for a pipe."""
    try:
        status = os.fstat(sys.stdin.fileno()) if path == "-" else Path(path).stat()
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


class _CountingReader(io.RawIOBase):
    """Counts the bytes read, and can look at the first ones before they are read."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._head = b""
        self.count = 0

    def starts_with(self, magic: bytes) -> bool:
        # A pipe may deliver one byte at a time.
        while len(self._head) < len(magic) and (more := self._raw.read(1)):
            self._head += more
        return self._head == magic

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # a memoryview is passed
        content = self._head or self._raw.read1(len(buffer))  # type: ignore[attr-defined] # buffered
        self._head = b""
        buffer[: len(content)] = content
        self.count += len(content)
        return len(content)
