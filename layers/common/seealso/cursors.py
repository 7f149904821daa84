"""Cursors: where a list goes on, as an opaque text that belongs to its list.

They are not signed (design.md, "Submitting a link"): a made-up one shows only what its list shows.
"""

import base64
import binascii
import re

from seealso.problems import Problem

_NUMBER = r"[1-9][0-9]{0,9}"


def cursor_of(list_name: str, position: int | str | None) -> str | None:
    """The cursor of a position in a list; None where the list ends."""
    if position is None:
        return None
    return base64.urlsafe_b64encode(f"{list_name} {position}".encode()).decode().rstrip("=")


def position_in(list_name: str, cursor: str | None) -> int | None:
    """The number that a cursor of this list stands for. Raises Problem for any other text."""
    position = text_position_in(list_name, cursor, _NUMBER)
    return None if position is None else int(position)


def text_position_in(list_name: str, cursor: str | None, pattern: str) -> str | None:
    """The text, which the pattern must match, that a cursor of this list stands for.

    Raises Problem for any other text.
    """
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error):
        text = ""
    match = re.fullmatch(f"{re.escape(list_name)} ({pattern})", text, re.ASCII)
    if match is None:
        detail = "cursor must be a next_cursor of this very list; leave it out to begin at the top."
        raise Problem("malformed-request", detail, [("cursor", detail)])
    return match[1]
