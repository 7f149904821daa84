"""`seealso sites load`: the sites of a file into the store.

Members and ranges: contract.md, "Admin". A site is written whole, so no member may be missing.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from seealso.dynamodb import Refused, Store, StoreUnavailable
from seealso.sites import Site, put_site
from seealso.urls import UrlNotAcceptable, host_key, url_key
from seealso_cli.articles import HIGHEST
from seealso_cli.display import Display
from seealso_cli.failure import Unable
from seealso_cli.files import Damaged, File, Line
from seealso_cli.rows import (
    JSON_SPACE,
    Columns,
    Fault,
    NotJson,
    Row,
    bad_row,
    has_surrogate,
    json_rows,
    json_value,
    object_row,
)
from seealso_cli.target import OpenStore
from seealso_cli.writing import patiently, unusable

MEMBERS = frozenset(field.name for field in fields(Site))
LARGEST_FILE = 16 * 1024**2  # bytes; an array is read at once
NAME_LENGTH = 200  # code points
URL_LENGTH = 2048
MOST_PLACES = 20
MOST_DAYS = 36500

_NONE: frozenset[str] = frozenset()
# RFC 1123, section 2.1, and RFC 1035, section 2.3.4.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def load_sites(path: str, open_store: OpenStore | None) -> int:
    """Load a file of sites; without a store to open, only check it.

    Returns the exit status: 0, 1 if sites were bad, 130 if interrupted. Raises Unable.
    """
    display = Display(None)
    store = open_store() if open_store else None
    good = bad = 0
    domains: set[int] = set()
    try:
        with File(path) as file:
            for row in read_sites(file):
                faults = row.faults or check_site(row.columns)
                if not faults and row.columns["domain"] in domains:
                    faults = [
                        Fault("domain", "twice in this file; the site that came first stands")
                    ]
                if faults:
                    bad += 1
                    display.report(file.name, row.line, faults)
                    continue
                if store:
                    _put_patiently(store, _site(row.columns), display)
                domains.add(row.columns["domain"])
                good += 1
    except KeyboardInterrupt:
        display.say(f"Interrupted. {good} sites are in; it is safe to run the same command again.")
        return 130
    except (StoreUnavailable, Refused) as error:
        raise Unable(f"{unusable(error)} {good} sites are in.") from None
    finally:
        if store:
            store.client.close()
    written = "" if store else "; nothing was written (--dry-run)"
    display.say(f"{good + bad} sites: {good} {'written' if store else 'good'}, {bad} bad{written}")
    return 1 if bad else 0


def _put_patiently(store: Store, site: Site, display: Display) -> None:
    patiently(lambda: put_site(store, site), display.note, threading.Event())


# ---- reading ---------------------------------------------------------------------------------


def read_sites(file: File) -> Iterator[Row]:
    """The sites of a JSON array or of JSON Lines, with the line on which each begins."""
    lines: list[Line] = []
    size = 0
    try:
        for line in file.lines():
            lines.append(line)
            size += len(line.content or b"")
            if size > LARGEST_FILE:
                raise Unable(f"{file.name} is larger than {LARGEST_FILE // 1024**2} MB.")
    except Damaged as damaged:
        raise Unable(f"{file.name}: {damaged}.") from None
    content = b"".join(line.content or b"" for line in lines)
    if not content.lstrip().startswith(b"["):
        yield from json_rows(iter(lines), MEMBERS, _NONE)
        return
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        yield bad_row(content.count(b"\n", 0, error.start) + 1, "not UTF-8")
        return
    yield from _array_rows(text)


def _array_rows(text: str) -> Iterator[Row]:
    """The elements of a JSON array; after what is no JSON nothing more can be made out."""
    position = _skip_space(text, text.index("[") + 1)
    line, counted = 1, 0
    separator = ","
    while separator == "," and not (text[position : position + 1] == "]" and counted == 0):
        line += text.count("\n", counted, position)
        counted = position
        try:
            value, end = json_value(text, position)
        except NotJson as reason:
            yield bad_row(reason.line or line, f"{reason}; the rest of the file is left out")
            return
        yield object_row(line, value, MEMBERS, _NONE)
        position = _skip_space(text, end)
        separator = text[position : position + 1]
        if separator == ",":
            position = _skip_space(text, position + 1)
    if text[position:].strip(JSON_SPACE) != "]":
        line += text.count("\n", counted, position)
        yield bad_row(
            line, "not JSON: a comma or the array's end is expected, and nothing after it"
        )


def _skip_space(text: str, position: int) -> int:
    while text[position : position + 1] and text[position] in JSON_SPACE:
        position += 1
    return position


# ---- checking --------------------------------------------------------------------------------


def check_site(columns: Columns) -> list[Fault]:
    """What is wrong with the values of a site that has all its members."""
    faults = [
        *_check_number("domain", columns["domain"], 0, HIGHEST),
        *_check_hosts("hosts", columns["hosts"]),
        *_check_name(columns["name"]),
        *_check_article_url(columns["article_url"]),
        *_check_number("cap", columns["cap"], 0, MOST_PLACES),
        *_check_number("waiting_cap", columns["waiting_cap"], 0, HIGHEST),
        *_check_number("pending_days", columns["pending_days"], 1, MOST_DAYS),
        *_check_hosts("blocked_hosts", columns["blocked_hosts"]),
    ]
    if columns["publish"] not in ("at_once", "approved"):
        faults.append(Fault("publish", "must be at_once or approved"))
    return faults


def _check_number(field: str, value: Any, lowest: int, highest: int) -> Iterator[Fault]:
    if type(value) is not int or not lowest <= value <= highest:
        yield Fault(field, f"must be a whole number from {lowest} to {highest}")


def _check_name(value: Any) -> Iterator[Fault]:
    if not isinstance(value, str) or not 1 <= len(value) <= NAME_LENGTH or has_surrogate(value):
        yield Fault("name", f"must be a text of 1 to {NAME_LENGTH} characters")


def _check_article_url(value: Any) -> Iterator[Fault]:
    if not isinstance(value, str) or "{id}" not in value or has_surrogate(value):
        yield Fault("article_url", "must be a URL with {id} in it")
    elif len(value.encode()) > URL_LENGTH:
        yield Fault("article_url", f"must have at most {URL_LENGTH} bytes")
    else:
        try:
            url_key(value.replace("{id}", "1"))
        except ValueError:
            yield Fault("article_url", "must be an http or https URL")


def _check_hosts(field: str, value: Any) -> Iterator[Fault]:
    if not isinstance(value, list):
        yield Fault(field, "must be a list of host names")
        return
    for index, host in enumerate(value, 1):
        if not isinstance(host, str) or not _is_host(host):
            yield Fault(field, f"number {index} is not a host name in lower case")
        elif field == "blocked_hosts":
            try:
                host_key(host)
            except UrlNotAcceptable as refusal:
                yield Fault(field, f"number {index} can't be blocked: {refusal.reason}")
    names = [host for host in value if isinstance(host, str)]
    if len(set(names)) < len(names):
        yield Fault(field, "has a host twice")


def _is_host(host: str) -> bool:
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))


def _site(columns: Columns) -> Site:
    # In the form in which submitted links are compared: without www.
    blocked = dict.fromkeys(host_key(host) for host in columns["blocked_hosts"])
    return Site(**{**columns, "blocked_hosts": list(blocked)})
