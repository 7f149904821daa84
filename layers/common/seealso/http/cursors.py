"""Cursors: where the next page of a list begins, as an opaque string that belongs to its list.

They are not signed: a made-up one shows only what its list shows.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from seealso.errors import Refusal
from seealso.http.requests import Request
from seealso.limits import MAX_LISTED

DEFAULT_LIMIT = 20
NUMBER = r"[1-9][0-9]{0,9}"


class ListPage(NamedTuple):
    """The page of a list that a request asks for; `after` is where it begins, None at the top."""

    list_name: str
    limit: int
    after: str | None

    def body[T](
        self, plural: str, found: Sequence[T], position: Callable[[T], int | str]
    ) -> Mapping[str, Any]:
        """The answer's body. `found` has one member more than `limit` if another page follows."""
        shown = list(found[: self.limit])
        has_more = len(found) > self.limit
        cursor = cursor_of(self.list_name, position(shown[-1])) if has_more else None
        return {plural: shown, "next_cursor": cursor}


def list_page(
    request: Request,
    list_name: str,
    pattern: str = NUMBER,
    default_limit: int = DEFAULT_LIMIT,
    limit: int | None = None,
) -> ListPage:
    """The page that `limit` and `cursor` of a request ask for; positions match the pattern.

    With `limit`, the request has no say in it. `list_name` tells lists apart, with everything that
    selects their members. Raises Refusal.
    """
    if limit is None:
        limit = request.query_integer("limit", minimum=1, maximum=MAX_LISTED) or default_limit
    cursor = request.query_string("cursor")
    return ListPage(list_name, limit, _position(list_name, cursor, pattern))


def cursor_of(list_name: str, position: int | str) -> str:
    """The cursor of a position in a list."""
    return base64.urlsafe_b64encode(f"{list_name} {position}".encode()).decode().rstrip("=")


def _position(list_name: str, cursor: str | None, pattern: str) -> str | None:
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        position = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (UnicodeError, binascii.Error):
        position = ""
    match = re.fullmatch(f"{re.escape(list_name)} ({pattern})", position, re.ASCII)
    if match is None:
        detail = (
            "cursor is not valid for this list. Use the next_cursor of its previous page, "
            "or omit it to start over."
        )
        raise Refusal.of_field("malformed-request", "cursor", detail)
    return match[1]
