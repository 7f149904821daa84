"""The members of a JSON object or form as they were sent."""

from typing import Any

from seealso.limits import MAX_SHOWN_NAME


class Members(dict[str, Any]):
    """Members by name; of a repeated one the last.

    `repeated` are the names that were sent more than once, `overwritten` their earlier values.
    """

    repeated: tuple[str, ...] = ()
    overwritten: tuple[Any, ...] = ()


def shown_name(name: str) -> str:
    """A member's name as an answer may show it."""
    return name[:MAX_SHOWN_NAME]
