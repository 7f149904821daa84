"""What the fields of articles, sites and links may hold, whoever sends them.

Ranges: contract.md, "Everywhere" and "Admin". A value at fault is never repeated in a reason.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from seealso.bodies import Members, shown_name
from seealso.problems import Problem
from seealso.urls import UrlNotAcceptable, host_key, url_key

HIGHEST = 2**31 - 1
TITLE_LENGTH = 300  # code points
# Bytes of UTF-8. With the longest title it stays far below the 400 KB of an item
# (AWS "Service, account, and table quotas in Amazon DynamoDB").
TEXT_BYTES = 300 * 1024
NAME_LENGTH = 200  # code points
URL_LENGTH = 2048
MOST_PLACES = 20
MOST_DAYS = 36500
# Bytes of a list's names together: a site has two lists and must stay within an item.
HOSTS_BYTES = 150 * 1024
REASON_LENGTH = 500  # code points
# Told at once: an answer must stay far below the 6 MB that a function may give.
MOST_FAULTS = 100

# ISO 8601's extended format; datetime takes more than that (week dates), and checks the calendar.
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}(:?[0-5][0-9])?)?)?"
)
# RFC 1123, section 2.1, and RFC 1035, section 2.3.4.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

type Check = Callable[[Any], Iterator[str]]


class Fault(NamedTuple):
    """What is wrong: with a field, or where that is empty, with the whole."""

    field: str
    reason: str


def faults_in(values: Mapping[str, Any], checks: Mapping[str, Check]) -> list[Fault]:
    """What is wrong with the values, each by the check of its name; those without one pass."""
    return [
        Fault(field, reason)
        for field, check in checks.items()
        if field in values
        for reason in islice(check(values[field]), MOST_FAULTS)
    ]


def check_members(
    members: Members, checks: Mapping[str, Check], required: Collection[str] = ()
) -> None:
    """Refuse a body that has other members than those with a check, or lacks one of `required`.

    Raises Problem 422 with every field at fault.
    """
    refuse(list(islice(_member_faults(members, checks, required), MOST_FAULTS)))


def _member_faults(
    members: Members, checks: Mapping[str, Check], required: Collection[str]
) -> Iterator[Fault]:
    for name in required:
        if name not in members:
            yield Fault(name, "is missing")
    yield from faults_in(members, checks)
    for name in members.repeated:
        yield Fault(shown_name(name), "is there more than once")
    known = ", ".join(checks)
    for name in members:
        if name not in checks:
            yield Fault(shown_name(name), f"is unknown; the fields are {known}")


def refuse(faults: Collection[Fault]) -> None:
    """Raise the Problem 422 of the faults, if there are any."""
    if faults:
        told = [(field, f"{field} {reason}.") for field, reason in faults]
        detail = told[0][1] if len(told) == 1 else "Some fields are not as they must be."
        raise Problem("invalid-fields", detail, told)


# ---- checks ----------------------------------------------------------------------------------


def whole_number(lowest: int, highest: int = HIGHEST) -> Check:
    """A check for whole numbers of a range."""

    def check(value: Any) -> Iterator[str]:
        # bool is an int, but not a number here.
        if type(value) is not int or not lowest <= value <= highest:
            yield f"must be a whole number from {lowest} to {highest}"

    return check


def text(shortest: int, longest: int) -> Check:
    """A check for texts of so many code points."""

    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, str):
            yield "must be a text"
        elif has_surrogate(value):
            yield "has half a surrogate pair, which is no character"
        elif not shortest <= len(value) <= longest:
            yield f"must have {shortest} to {longest} characters, has {len(value)}"

    return check


def one_of(*choices: str) -> Check:
    """A check for one of some words."""

    def check(value: Any) -> Iterator[str]:
        if value not in choices:
            yield f"must be {' or '.join(choices)}"

    return check


def optional(check: Check) -> Check:
    """The check for what may be null too."""

    def or_null(value: Any) -> Iterator[str]:
        if value is not None:
            yield from check(value)

    return or_null


def anything(_value: Any) -> Iterator[str]:
    """The check for what is looked at elsewhere."""
    return iter(())


def true_or_false(value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield "must be true or false"


def has_surrogate(value: str) -> bool:
    """Whether a text has a code point that UTF-8 cannot write (RFC 3629, section 3)."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _body(value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield "must be a text"
    elif has_surrogate(value):
        yield "has half a surrogate pair, which is no character"
    elif (size := len(value.encode())) > TEXT_BYTES:
        yield f"must have at most 300 KB, has {size / 1024:.1f} KB"


def _date(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        yield "must be a date (2026-02-25), or a date and time (2026-02-25T10:00:00Z)"
        return
    try:
        datetime.fromisoformat(value)
    except ValueError:
        yield "is not in the calendar or on the clock"


def _article_url(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or "{id}" not in value or has_surrogate(value):
        yield "must be a URL with {id} in it"
    elif len(value.encode()) > URL_LENGTH:
        yield f"must have at most {URL_LENGTH} bytes"
    else:
        try:
            for number in (1, HIGHEST):
                url_key(value.replace("{id}", str(number)))
        except ValueError:
            yield "must be an http or https URL, whatever number stands for {id}"


def _hosts(value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield "must be a list of host names"
        return
    yield from too_many(value)
    for number, host in enumerate(value, 1):
        if not isinstance(host, str) or not _is_host(host):
            yield f"number {number} is not a host name in lower case"
    names = [host for host in value if isinstance(host, str)]
    if len(set(names)) < len(names):
        yield "has a host twice"


def _blocked_hosts(value: Any) -> Iterator[str]:
    yield from _hosts(value)
    for number, host in enumerate(value if isinstance(value, list) else [], 1):
        if isinstance(host, str) and _is_host(host):
            for reason in blocked_host(host):
                yield f"number {number} {reason}"


def too_many(hosts: list[Any]) -> Iterator[str]:
    """Whether host names are more than a site can have."""
    if sum(len(host) for host in hosts if isinstance(host, str)) > HOSTS_BYTES:
        yield f"has more names than go into {HOSTS_BYTES // 1024} KB"


def blocked_host(value: Any) -> Iterator[str]:
    """A check for a host that is to be blocked."""
    if not isinstance(value, str):
        yield "must be a host name"
        return
    if "*" in value:
        yield "has a * in it; leave that out: a blocked host blocks its subdomains too"
        return
    try:
        host_key(value)
    except UrlNotAcceptable as refusal:
        yield f"can't be blocked: {refusal.reason.removesuffix('.')}"


def _is_host(host: str) -> bool:
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))


# ---- whose fields they are -------------------------------------------------------------------

ARTICLE: Mapping[str, Check] = {
    "id": whole_number(1),
    "domain": whole_number(0),
    "title": text(1, TITLE_LENGTH),
    "text": _body,
    "date": _date,
    "source_id": optional(whole_number(0)),
}

SITE: Mapping[str, Check] = {
    "domain": whole_number(0),
    "hosts": _hosts,
    "name": text(1, NAME_LENGTH),
    "article_url": _article_url,
    "cap": whole_number(0, MOST_PLACES),
    "waiting_cap": whole_number(0),
    "pending_days": whole_number(1, MOST_DAYS),
    "blocked_hosts": _blocked_hosts,
    "publish": one_of("at_once", "approved"),
}
