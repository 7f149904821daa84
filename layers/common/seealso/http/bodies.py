"""Request bodies: strict JSON and forms, parsed into their members.

Stricter than json.loads: what a later reader could take for something else is refused
(contract.md, "Problems"), since RFC 8259 leaves repeated names, NaN and lone surrogates open.
"""

import base64
import json
from collections import Counter
from typing import Any, Final, NoReturn

from seealso.errors import Message, Refusal
from seealso.http.requests import Request
from seealso.limits import MAX_BODY_BYTES, MAX_DIGITS, MAX_JSON_DEPTH
from seealso.members import Members


def read_body(request: Request, max_bytes: int = MAX_BODY_BYTES) -> bytes:
    """The body's bytes.

    Raises Refusal `too-large`, or `malformed-request` where the gateway's base64 is broken.
    """
    body = request.body
    # Before decoding: base64 is a third longer than what it holds.
    if len(body) > max_bytes * 4 // 3 + 4:
        raise _too_large(max_bytes)
    if request.is_base64:
        try:
            data = base64.b64decode(body, validate=True)
        except ValueError:
            raise _malformed(Message("The body is not valid base64.")) from None
    else:
        try:
            data = body.encode()
        except UnicodeEncodeError:
            raise _malformed(Message("The body is not valid UTF-8.")) from None
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    return data


JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"


def media_type(request: Request) -> str:
    """The Content-Type without its parameters, in lower case; empty if there is none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def json_body(request: Request, max_bytes: int = MAX_BODY_BYTES) -> Members:
    """The members of a request whose body must be JSON. Raises Refusal 413, 415 or 400."""
    data = read_body(request, max_bytes)
    if media_type(request) != JSON:
        raise unsupported_media_type(JSON)
    return json_members(data)


def form_body(request: Request, max_bytes: int = MAX_BODY_BYTES) -> Members:
    """The members of a request whose body must be a form. Raises Refusal 413, 415 or 400."""
    data = read_body(request, max_bytes)
    if media_type(request) != FORM:
        raise unsupported_media_type(FORM)
    return form_members(data)


def form_members(data: bytes) -> Members:
    """The members of an application/x-www-form-urlencoded body (URL Standard, section 5).

    Raises Refusal for what is not UTF-8.
    """
    from urllib.parse import parse_qsl  # here, because GraphQL has no forms and starts without it

    try:
        pairs = parse_qsl(data.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise _malformed(Message("The form is not valid UTF-8.")) from None
    return _members(pairs)


def json_members(data: bytes) -> Members:
    """The members of a body that is one JSON object. Raises Refusal for anything else."""
    try:
        value = json.loads(
            # A byte order mark in front may be skipped (RFC 8259, section 8.1).
            data.decode("utf-8-sig"),
            object_pairs_hook=_members,
            parse_constant=_no_constant,
            parse_int=_int,
            parse_float=_float,
        )
    except RecursionError:
        raise _nested_too_deep() from None
    except ValueError:
        raise _malformed(Message("The body is not valid JSON in UTF-8.")) from None
    _check(value, MAX_JSON_DEPTH)
    if not isinstance(value, Members):
        raise _malformed(Message("The body must be a JSON object."))
    return value


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
    if sum(map(str.isdigit, digits)) > MAX_DIGITS:
        raise ValueError("too many digits")
    return digits


def _check(value: Any, levels: int) -> None:
    """Refuse unpaired surrogates and deep nesting anywhere in a value."""
    if isinstance(value, str):
        _check_string(value)
    elif isinstance(value, (Members, list)):
        if levels == 0:
            raise _nested_too_deep()
        if isinstance(value, Members):
            value = [*value, *value.values(), *value.overwritten]
        for member in value:
            _check(member, levels - 1)


def _check_string(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _malformed(Message("The body contains an unpaired surrogate.")) from None


def unsupported_media_type(*supported: str) -> Refusal:
    detail = Message("Send the body as {media_types}.", media_types=" or ".join(supported))
    return Refusal.of_field("unsupported-media-type", "Content-Type", detail)


def _malformed(detail: Message) -> Refusal:
    return Refusal("malformed-request", detail)


def _nested_too_deep() -> Refusal:
    detail = Message("The JSON is nested more than {max} levels deep.", max=MAX_JSON_DEPTH)
    return _malformed(detail)


def _too_large(max_bytes: int) -> Refusal:
    detail = Message("The body exceeds the limit of {max:,} bytes.", max=max_bytes)
    return Refusal("too-large", detail)
