"""The three standard streams: closed ones, full disks, readers that stop reading, any encoding.

The statuses are in README, "Editing".
"""

import io
import os
import sys
from collections.abc import Buffer, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import click

from seealso_cli.errors import CommandFailed


class _Descriptor(io.FileIO):
    """A file descriptor that remembers whether writing to it has failed."""

    failed = False

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            self.failed = True
            raise


def prepare() -> None:
    """Let every later use of a standard stream succeed or raise OSError.

    A character that an output's encoding lacks is printed as an escape.
    """
    if sys.stdin is None:
        descriptor = _reopen(0, os.O_WRONLY)
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(descriptor, closefd=False)))
    sys.stdout = _output(sys.stdout, 1)
    sys.stderr = _output(sys.stderr, 2)


def _output(stream: TextIO | None, descriptor: int) -> TextIO:
    """The stream to use in place of standard output or standard error."""
    # As Python does: what is written to standard error is never held back.
    encoding, is_line_buffered = "utf-8", descriptor == 2
    if stream is None:
        _reopen(descriptor, os.O_RDONLY)
    else:
        try:
            descriptor = stream.fileno()
        except OSError:
            # Not a file, in tests.
            return stream
        stream.flush()
        encoding = stream.encoding
        is_line_buffered = is_line_buffered or stream.isatty()
    buffer = io.BufferedWriter(_Descriptor(descriptor, "w", closefd=False))
    return io.TextIOWrapper(buffer, encoding, "backslashreplace", line_buffering=is_line_buffered)


def _reopen(descriptor: int, flags: int) -> int:
    """Open a standard stream that is closed, for the wrong direction, so that its use fails.

    Python has None in its place, and the next file that is opened would get its descriptor.
    """
    opened = os.open(os.devnull, flags)
    if opened != descriptor:
        os.dup2(opened, descriptor)
        os.close(opened)
    return descriptor


@contextmanager
def reported_failures() -> Iterator[None]:
    """Turn the failures of a command's streams into how the command ends.

    A reader that stops reading the output (`| head`) ends it with 0. Raises CommandFailed.
    """
    try:
        try:
            yield
        except SystemExit as ending:
            try:
                _flush()
            except BrokenPipeError:
                # A failure stays one, though nobody reads what came before it.
                if _failing_stream() is not sys.stdout or not ending.code:
                    raise
            raise
        _flush()
    except OSError as error:
        stream = _failing_stream()
        if stream is sys.stdout and isinstance(error, BrokenPipeError):
            raise click.exceptions.Exit(0) from None
        raise CommandFailed(describe(error, stream)) from None


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()


def describe(error: OSError, stream: TextIO | None) -> str:
    """A sentence about an output stream that can't be written, or another failure of a file."""
    reason = error.strerror or str(error)
    if stream is not None:
        name = "standard output" if stream is sys.stdout else "standard error"
        return f"Could not write to {name}: {reason}."
    name = f"{error.filename}: " if error.filename else ""
    return f"Could not read or write a file: {name}{reason}."


def _failing_stream() -> TextIO | None:
    """The output stream that could not be written, which gets nothing more; None for neither."""
    for stream in (sys.stdout, sys.stderr):
        raw = getattr(getattr(stream, "buffer", None), "raw", None)
        if isinstance(raw, _Descriptor) and raw.failed:
            discard(stream)
            return stream
    return None


def discard(stream: TextIO) -> None:
    """Let a stream take whatever is still in its buffer, or written later, and drop it.

    Without this, Python would try once more when it exits, and print a traceback.
    """
    with suppress(OSError, ValueError):
        opened = os.open(os.devnull, os.O_WRONLY)
        os.dup2(opened, stream.fileno())
        os.close(opened)


def end(status: int, error: click.ClickException | None = None, message: str = "") -> int:
    """Print how a command ended, if there is anything to print it on. Returns the exit status."""
    try:
        if error is not None:
            error.show()
        elif message:
            click.echo(message, err=True)
    except OSError:
        discard(sys.stderr)
    return status
