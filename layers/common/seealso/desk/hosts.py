"""Hosts that an admin pastes to have them blocked: how lines are read, and what they would do.

Nothing is refused as a whole: each line says what is made of it, or why it cannot be used.
"""

import re
from collections.abc import Sequence
from itertools import batched
from typing import Any, NamedTuple

from ada_url import URL

from seealso import urls
from seealso.store.batching import Reading, read_together
from seealso.store.calls import Call, batch_get, batch_items
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import sites
from seealso.tables.counts import HostCount, read_host_count
from seealso.tables.sites import Block, Site

# What lists have around a host: quotes, commas, the brackets of a mail's text.
_AROUND = " \t\r\"'`,;<>()[]"
_MAX_KEYS = 100  # of a BatchGetItem
_NO_HOST = "This is not a host name, such as example.com."


class Line(NamedTuple):
    """A pasted line; `host` is in the form in which links are compared, None if there is none."""

    number: int
    typed: str
    host: str | None
    note: str


class Standing(NamedTuple):
    """What blocking a host would mean; `covered_by` is the block that does so already."""

    host: str
    covered_by: Block | None
    own_sites: list[int]  # the network's own, at this host
    links: HostCount


def read_lines(text: str) -> list[Line]:
    """The lines that are not blank and no comment, each host once."""
    first_line: dict[str, int] = {}
    lines = []
    for number, typed in enumerate(text.splitlines(), 1):
        stripped = typed.strip(_AROUND)
        if not stripped or stripped.startswith("#"):
            continue
        host, note = _read_line(stripped)
        first = number if host is None else first_line.setdefault(host, number)
        if first != number:
            host, note = None, f"The same host as in line {first}."
        lines.append(Line(number, stripped, host, note))
    return lines


def _read_line(line: str) -> tuple[str | None, str]:
    is_url = "://" in line
    if "@" in line and not is_url:
        return None, "This looks like an e-mail address. Only hosts can be blocked."
    if re.search(r"\s", line):
        return None, "Write one host a line."
    note = ""
    if line.startswith("*."):
        line, note = line.removeprefix("*."), "Subdomains are always included."
    try:
        if is_url or re.search(r"[/:?#]", line):
            line = URL(line if is_url else f"https://{line}").hostname
            note = "A block is for the whole host, not for one page of it."
        return urls.host_key(line), note
    except urls.UrlNotAcceptable as refused:
        return None, _NO_HOST if refused.code == "not-parseable" else refused.reason
    except ValueError:
        return None, _NO_HOST


def read_standing(
    store: Store, domain: int | None, hosts: Sequence[str]
) -> tuple[list[Standing], Site | None]:
    """What blocking each host on a site, or on the network, would mean; and the site.

    For 50 hosts it takes at most 61 requests, which are two round trips: a host has at most 19
    suffixes.
    """
    readings: list[Reading[Any]] = [_read_scopes(store, hosts)]
    if domain is not None:
        readings.append(sites.read_site(store, domain))
    counts = [read_host_count(store, host) for host in hosts]
    answers: list[Any] = read_together(store, [*readings, *counts])
    known, site = answers[0], None if domain is None else answers[1]
    standing = [
        Standing(
            host,
            _covering(known, host, domain),
            sites.site_domains(known.get(("host", host))),
            count,
        )
        for host, count in zip(hosts, answers[len(readings) :], strict=True)
    ]
    return standing, site


def _read_scopes(store: Store, hosts: Sequence[str]) -> Reading[dict[tuple[str, str], Json]]:
    """The items of hosts and blocked hosts, by kind and id, that a pasted list is about."""
    suffixes = dict.fromkeys(suffix for host in hosts for suffix in _suffixes(host))
    keys = [*sites.block_keys(suffixes), *({"kind": "host", "id": host} for host in hosts)]
    calls: dict[int, Call] = {
        number: batch_get({store.sites: some})
        for number, some in enumerate(batched(keys, _MAX_KEYS, strict=False))
    }
    answers = yield calls
    return {
        (item["kind"], item["id"]): item
        for answer in answers.values()
        for item in batch_items(answer, store.sites)
    }


def _covering(known: dict[tuple[str, str], Json], host: str, domain: int | None) -> Block | None:
    for suffix in _suffixes(host):
        item = known.get(("blocked", suffix), {})
        for scope in (None, domain):
            if sites.is_blocked(item, scope):
                return Block(suffix, scope)
    return None


def _suffixes(host: str) -> list[str]:
    return urls.host_suffixes(f"http://{host}/")
