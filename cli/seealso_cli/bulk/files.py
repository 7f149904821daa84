"""Files as streams of lines: gzipped or not, from disk or standard input, in bounded memory."""

import gzip
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

from seealso_cli.errors import Unable

# Bytes of one row. The longest text is 300 KB; JSON may write each of its bytes as six.
LONGEST_ROW = 2 * 1024 * 1024

_GZIP = b"\x1f\x8b"  # RFC 1952, section 2.3.1
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line with its end; `content` is None where it is longer than LONGEST_ROW."""

    number: int
    content: bytes | None


class Damaged(Exception):
    """The file can't be read any further; the message says why."""


class File:
    """One file to be read once. `bytes_read` counts what is on disk, so compressed bytes."""

    def __init__(self, path: str) -> None:
        """Open the file, `-` being standard input. Raises Unable."""
        self.name = "standard input" if path == "-" else path
        self.line_number = 0
        self._closing = ExitStack()
        try:
            if path == "-":
                under = sys.stdin.buffer
            else:
                under = self._closing.enter_context(Path(path).open("rb"))  # noqa: SIM115
            self._counted = _Counted(under)
            plain: io.RawIOBase | gzip.GzipFile = self._counted
            if self._counted.starts_with(_GZIP):
                plain = gzip.GzipFile(fileobj=io.BufferedReader(self._counted, 1 << 16))
            self._stream = io.BufferedReader(plain, 1 << 16)
        except OSError as error:
            self._closing.close()
            raise Unable(f"{self.name} can't be read: {error.strerror}") from None

    @property
    def bytes_read(self) -> int:
        return self._counted.count

    def lines(self) -> Iterator[Line]:
        """All lines; a byte order mark before the first is dropped. Raises Damaged."""
        while True:
            content = self._read(LONGEST_ROW + 1)
            if not content:
                return
            self.line_number += 1
            if self.line_number == 1:
                content = content.removeprefix(_BOM)
            if len(content) > LONGEST_ROW:
                rest = content
                while rest and not rest.endswith(b"\n"):
                    rest = self._read(LONGEST_ROW)
                yield Line(self.line_number, None)
            else:
                yield Line(self.line_number, content)

    def _read(self, limit: int) -> bytes:
        try:
            return self._stream.readline(limit)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise Damaged("the gzip data is cut off or damaged") from None
        except OSError as error:
            raise Damaged(f"reading failed: {error.strerror or error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.close()


def size_of(path: str) -> int | None:
    """The size in bytes of a file on disk (`-`: of what standard input is); None for a pipe."""
    try:
        status = os.fstat(sys.stdin.fileno()) if path == "-" else Path(path).stat()
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


class _Counted(io.RawIOBase):
    """Counts the bytes read, and lets the first ones be looked at."""

    def __init__(self, under: BinaryIO) -> None:
        self._under = under
        self._head = b""
        self.count = 0

    def starts_with(self, magic: bytes) -> bool:
        # A pipe may hand over one byte at a time.
        while len(self._head) < len(magic) and (more := self._under.read(1)):
            self._head += more
        return self._head == magic

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        some = self._head or self._under.read1(len(buffer))  # type: ignore[attr-defined]
        self._head = b""
        buffer[: len(some)] = some
        self.count += len(some)
        return len(some)
