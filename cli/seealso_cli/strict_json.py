"""JSON as files may hold it: RFC 8259, but no member may appear twice."""

import json
from collections import Counter
from typing import Any

WHITESPACE = " \t\r\n"  # RFC 8259, section 2


class InvalidJson(ValueError):
    """The message says why a string is not accepted; `line` is where, 0 if that is unknown."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


def parse_value(text: str, start: int) -> tuple[Any, int]:
    """The JSON value that begins at an index of a string, and the index of its end.

    Raises InvalidJson.
    """
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise InvalidJson(
            f"invalid JSON: {error.msg} (column {error.colno})", error.lineno
        ) from None
    except RecursionError:
        raise InvalidJson("invalid JSON: nested too deeply") from None
    except InvalidJson:
        raise
    except ValueError:
        # Python's limit on digits (sys.set_int_max_str_digits) is far above any column's range.
        raise InvalidJson("a number has too many digits") from None


def quote_name(name: str) -> str:
    """A name from a file, safe to print: at most 64 characters, in ASCII and escaped."""
    return ascii(name[:64])


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise InvalidJson(f"{quote_name(name)} appears more than once")
    return members


def _reject_constant(name: str) -> None:
    """NaN and Infinity are Python's extensions."""
    raise InvalidJson(f"invalid JSON: {name}")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_reject_constant)
