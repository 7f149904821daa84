"""Request bodies: strict JSON and forms, read into their members.

Stricter than json.loads: what a later reader could take for something else is refused
(contract.md, "Problems"), since RFC 8259 leaves repeated names, NaN and lone surrogates open.
"""

import base64
import json
from collections import Counter
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from seealso.problems import Problem

type Event = dict[str, Any]

LARGEST_BODY = 8 * 1024  # bytes
DEEPEST = 32
MOST_DIGITS = 20  # of any number: more than any field can hold
LONGEST_NAME_SHOWN = 64


class Members(dict[str, Any]):
    """The members of a JSON object or form.

    `repeated` are the names that came more than once, `overwritten` what they stood for at first.
    """

    repeated: tuple[str, ...] = ()
    overwritten: tuple[Any, ...] = ()


def read_body(event: Event, largest: int = LARGEST_BODY) -> bytes:
    """The body's bytes, `largest` at most.

    Raises Problem 413 or, where the gateway's base64 is broken, 400.
    """
    body = event.get("body") or ""
    # Before decoding: base64 is a third longer than what it holds.
    if len(body) > largest * 4 // 3 + 4:
        raise _too_large(largest)
    if event.get("isBase64Encoded"):
        try:
            data = base64.b64decode(body, validate=True)
        except ValueError:
            raise _malformed("The body is not valid base64.") from None
    else:
        try:
            data = body.encode()
        except UnicodeEncodeError:
            raise _malformed("The body is not valid UTF-8.") from None
    if len(data) > largest:
        raise _too_large(largest)
    return data


def media_type(event: Event) -> str:
    """The Content-Type without its parameters, in lower case; empty if there is none."""
    return str(event["headers"].get("content-type", "")).partition(";")[0].strip().lower()


def json_body(event: Event, largest: int = LARGEST_BODY) -> Members:
    """The members of a request whose body must be JSON. Raises Problem 413, 415, 400."""
    data = read_body(event, largest)
    if media_type(event) != "application/json":
        detail = "Send application/json."
        raise Problem("unsupported-media-type", detail, [("Content-Type", detail)])
    return json_members(data)


def form_members(data: bytes) -> Members:
    """The members of an application/x-www-form-urlencoded body (URL Standard, section 5)."""
    try:
        pairs = parse_qsl(data.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise _malformed("The form is not valid UTF-8.") from None
    return _members(pairs)


def json_members(data: bytes) -> Members:
    """The members of a body that is one JSON object. Raises Problem 400 for anything else."""
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_members,
            parse_constant=_no_constant,
            parse_int=_int,
            parse_float=_float,
        )
    except RecursionError:
        raise _malformed(f"The JSON is nested more than {DEEPEST} levels deep.") from None
    except ValueError:
        raise _malformed("The body is not valid JSON in UTF-8.") from None
    _check(value, DEEPEST)
    if not isinstance(value, Members):
        raise _malformed("The body must be a JSON object.")
    return value


def shown_name(name: str) -> str:
    """A member's name as an answer may show it."""
    return name[:LONGEST_NAME_SHOWN]


def _members(pairs: list[tuple[str, Any]]) -> Members:
    members = Members(pairs)
    if len(members) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        members.repeated = tuple(name for name in members if counts[name] > 1)
        members.overwritten = tuple(value for name, value in pairs if value is not members[name])
    return members


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _int(digits: str) -> int:
    return int(_short(digits))


def _float(digits: str) -> float:
    return float(_short(digits))


def _short(digits: str) -> str:
    if sum(map(str.isdigit, digits)) > MOST_DIGITS:
        raise ValueError("too many digits")
    return digits


def _check(value: Any, levels: int) -> None:
    """Refuse lone surrogates and deep nesting, wherever they are."""
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, (Members, list)):
        if levels == 0:
            raise _malformed(f"The JSON is nested more than {DEEPEST} levels deep.")
        if isinstance(value, Members):
            value = [*value, *value.values(), *value.overwritten]
        for each in value:
            _check(each, levels - 1)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _malformed("The body has half of a surrogate pair in it.") from None


def _malformed(detail: str) -> Problem:
    return Problem("malformed-request", detail)


def _too_large(largest: int) -> Problem:
    return Problem("too-large", f"The body is over {largest} bytes.")
