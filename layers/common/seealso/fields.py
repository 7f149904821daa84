"""What the fields of bodies may hold: generic checks, and those of articles and sites.

A check yields what is wrong with a value, as the rest of a sentence about its field. Ranges:
contract.md, "Everywhere" and "Admin". The value itself is never repeated.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from seealso.columns import COLUMNS, Column
from seealso.errors import FieldError, Message, Refusal
from seealso.limits import (
    MAX_CAP,
    MAX_DAYS,
    MAX_FIELD_ERRORS,
    MAX_HOSTS_BYTES,
    MAX_ID,
    MAX_RECHECK_DAYS,
    MAX_SITE_NAME,
    MAX_URL_BYTES,
)
from seealso.members import Members, shown_name
from seealso.urls import UrlNotAcceptable, host_key, url_key

# ISO 8601's extended format; datetime takes more than that (week dates), and checks the calendar.
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}(:?[0-5][0-9])?)?)?"
)
# Separators, controls and format characters, and what else is drawn as nothing or as a blank:
# variation selectors, combining grapheme joiner, Hangul and Khmer fillers, Braille blank (Unicode,
# Default_Ignorable_Code_Point and "White space and fillers").
_BLANK_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})
_BLANKS = frozenset(
    map(
        chr,
        [
            *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
            *(0x13441, 0x13442, 0x16FE4),
            *range(0x180B, 0x1810),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),
        ],
    )
)
# RFC 1123, section 2.1, and RFC 1035, section 2.3.4.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

# What BCP 47 tags look like: a language, then script, region and variants (RFC 5646, section 2.1).
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)

type Check = Callable[[Any], Iterator[str]]


def problems_in(
    values: Mapping[str, Any], checks: Mapping[str, Check]
) -> Iterator[tuple[str, str]]:
    """Pairs (field, what is wrong with it), each by the check of its name."""
    for field, check in checks.items():
        if field in values:
            for problem in islice(check(values[field]), MAX_FIELD_ERRORS):
                yield field, problem


# ---- bodies ----------------------------------------------------------------------------------

SOME_FIELDS_INVALID = Message("Some fields are invalid.")


def unknown_members(members: Members, known: Collection[str]) -> Iterator[FieldError]:
    """An error for each repeated member and each that is not one of the known fields."""
    for name in members.repeated:
        yield FieldError(shown_name(name), Message("This field appears more than once."))
    for name in members:
        if name not in known:
            detail = Message("Unknown field. Known fields: {fields}.", fields=", ".join(known))
            yield FieldError(shown_name(name), detail)


def check_members(
    members: Members, checks: Mapping[str, Check], required: Collection[str] = ()
) -> None:
    """Refuse a body that has members without a check, or lacks one of `required`.

    Raises Refusal `invalid-fields` with every field at fault.
    """
    refuse_fields(_member_errors(members, checks, required))


def _member_errors(
    members: Members, checks: Mapping[str, Check], required: Collection[str]
) -> Iterator[FieldError]:
    for name in required:
        if name not in members:
            yield FieldError(name, Message("{field} is required.", field=name))
    for field, problem in problems_in(members, checks):
        yield FieldError(field, Message("{field} {problem}.", field=field, problem=problem))
    yield from unknown_members(members, checks)


def refuse_fields(errors: Iterable[FieldError]) -> None:
    """Raise the Refusal `invalid-fields` of these errors, if there are any."""
    refusal = Refusal("invalid-fields", SOME_FIELDS_INVALID, errors)
    if len(refusal.errors) == 1:
        refusal.detail = refusal.errors[0].detail
    if refusal.errors:
        raise refusal


# ---- checks ----------------------------------------------------------------------------------


def integer(minimum: int, maximum: int = MAX_ID) -> Check:
    """A check for integers within bounds."""

    def check(value: Any) -> Iterator[str]:
        # bool is an int, but not a number here.
        if type(value) is not int or not minimum <= value <= maximum:
            yield f"must be an integer from {minimum} to {maximum}"

    return check


def string(min_length: int, max_length: int) -> Check:
    """A check for strings by their length in code points."""

    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, str):
            yield "must be a string"
        elif has_surrogate(value):
            yield "contains an unpaired surrogate"
        elif not min_length <= len(value) <= max_length:
            yield f"must be {min_length} to {max_length} characters long (is {len(value)})"

    return check


def visible(min_length: int, max_length: int) -> Check:
    """A check for strings by their length in code points that show something."""
    check_string = string(min_length, max_length)

    def check(value: Any) -> Iterator[str]:
        yield from check_string(value)
        if isinstance(value, str) and value and is_blank(value):
            yield "must contain a visible character"

    return check


def is_blank(value: str) -> bool:
    """Whether nothing of a string is visible: only white space, zero-width or filler characters."""
    return all(
        character in _BLANKS or unicodedata.category(character) in _BLANK_CATEGORIES
        for character in value
    )


def one_of(*choices: str) -> Check:
    """A check for one of some strings."""

    def check(value: Any) -> Iterator[str]:
        if value not in choices:
            yield f"must be one of: {', '.join(choices)}"

    return check


def optional(check: Check) -> Check:
    """The same check for a field that may be null."""

    def or_null(value: Any) -> Iterator[str]:
        if value is not None:
            yield from check(value)

    return or_null


def anything(_value: Any) -> Iterator[str]:
    """The check of a field that is checked elsewhere."""
    return iter(())


def boolean(value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield "must be true or false"


def has_surrogate(value: str) -> bool:
    """Whether a string has a code point that UTF-8 cannot encode (RFC 3629, section 3)."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def text(max_bytes: int) -> Check:
    """A check for strings by their length in bytes of UTF-8."""

    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, str):
            yield "must be a string"
        elif has_surrogate(value):
            yield "contains an unpaired surrogate"
        elif (size := len(value.encode())) > max_bytes:
            kilobytes = max_bytes // 1024
            yield f"must be at most {kilobytes} KB, {max_bytes:,} bytes (is {size:,} bytes)"

    return check


def date(value: Any) -> Iterator[str]:
    """A check for an ISO 8601 date or date-time."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        yield "must be a date (2026-02-25), or a date and time (2026-02-25T10:00:00Z)"
        return
    try:
        datetime.fromisoformat(value)
    except ValueError:
        is_leap_second = value[17:19] == "60"
        yield "must not be a leap second" if is_leap_second else "is not a valid date or time"


def _article_url(value: Any) -> Iterator[str]:
    if value in (None, ""):
        return
    if not isinstance(value, str) or "{id}" not in value or has_surrogate(value):
        yield "must be a URL containing {id}"
    elif len(value.encode()) > MAX_URL_BYTES:
        yield f"must be at most {MAX_URL_BYTES} bytes"
    else:
        try:
            for number in (1, MAX_ID):
                url_key(value.replace("{id}", str(number)))
        except ValueError:
            yield "must be a valid http or https URL when {id} is replaced by a number"


def _language(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        yield "must be a language tag such as en or de-AT (BCP 47)"


def _hosts(value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield "must be a list of host names"
        return
    yield from too_many_hosts(value)
    for number, host in enumerate(value, 1):
        if not isinstance(host, str) or not _is_host(host):
            yield f"item {number} is not a lowercase host name"
    names = [host for host in value if isinstance(host, str)]
    if len(set(names)) < len(names):
        yield "contains a duplicate host"


def _blocked_hosts(value: Any) -> Iterator[str]:
    yield from _hosts(value)
    for number, host in enumerate(value if isinstance(value, list) else [], 1):
        if isinstance(host, str) and _is_host(host):
            for reason in blocked_host(host):
                yield f"item {number} {reason}"


def too_many_hosts(hosts: list[Any]) -> Iterator[str]:
    """A check for more host names than a site can have."""
    if sum(len(host) for host in hosts if isinstance(host, str)) > MAX_HOSTS_BYTES:
        yield f"must not exceed {MAX_HOSTS_BYTES // 1024} KB in total"


def blocked_host(value: Any) -> Iterator[str]:
    """A check for a host that is to be blocked."""
    if not isinstance(value, str):
        yield "must be a host name"
        return
    if "*" in value:
        yield "must not contain *; blocking a host also blocks its subdomains"
        return
    try:
        host_key(value)
    except UrlNotAcceptable as refusal:
        yield f"cannot be blocked: {refusal.reason.removesuffix('.')}"


def _is_host(host: str) -> bool:
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))


# ---- whose fields they are -------------------------------------------------------------------


def _column_check(column: Column) -> Check:
    match column.kind:
        case "integer":
            check = integer(column.minimum, column.maximum)
        case "string":
            check = visible(column.minimum, column.maximum)
        case "text":
            check = text(column.maximum)
        case "date":
            check = date
    return check if column.required else optional(check)


ARTICLE: Mapping[str, Check] = {column.name: _column_check(column) for column in COLUMNS}

SITE: Mapping[str, Check] = {
    "domain": integer(0),
    "hosts": _hosts,
    "name": string(1, MAX_SITE_NAME),
    "article_url": _article_url,
    "cap": integer(0, MAX_CAP),
    "pending_cap": integer(0),
    "pending_days": integer(1, MAX_DAYS),
    "blocked_hosts": _blocked_hosts,
    "publish": one_of("at_once", "approved", "verified"),
    "language": _language,
    "text_format": one_of("plain", "markdown"),
    "recheck_days": integer(1, MAX_RECHECK_DAYS),
    "webmentions": one_of("off", "review", "verified"),
}
