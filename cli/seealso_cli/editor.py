"""A text in the user's own editor."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from seealso_cli.changes import read_text
from seealso_cli.errors import CommandFailed, RequestRefused, reworded


@contextmanager
def edited_text(text: str, prefix: str) -> Iterator[str | None]:
    """The text as the user leaves it in the editor; None if it is not changed.

    If the caller fails to store it, its file is kept, and the error says where. Raises
    RequestRefused, CommandFailed.
    """
    if not (os.environ.get("VISUAL") or os.environ.get("EDITOR") or sys.stdin.isatty()):
        raise CommandFailed("Not running in a terminal; set EDITOR to an editor.")
    # mkstemp creates files that only their owner can read, and drafts are not public.
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=".txt")
    file = Path(name)
    original = text.encode()
    with os.fdopen(handle, "wb") as stream:
        stream.write(original)
    try:
        _open_editor(name)
        with file.open("rb") as stream:
            edited = read_text(stream)
        # Most editors end the last line, and some write a byte order mark.
        is_changed = edited not in (text, f"{text}\n")
        yield edited if is_changed else None
    except BaseException as error:
        if file.read_bytes() == original:
            file.unlink()
        else:
            kept = f"Your text is kept in {name}."
            if isinstance(error, CommandFailed | RequestRefused):
                raise reworded(error, f"{error.message} {kept}") from None
            click.echo(kept, err=True)
        raise
    file.unlink()


def _open_editor(name: str) -> None:
    """Have the user edit a file. Raises CommandFailed."""
    try:
        click.edit(filename=name)
    except click.ClickException as error:
        raise CommandFailed(f"{error.message}.") from None
    except ValueError as error:
        # Quotes that do not end.
        raise CommandFailed(f"EDITOR is invalid: {error}.") from None
