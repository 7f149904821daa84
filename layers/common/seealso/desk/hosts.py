"""Hosts that an admin pastes to have them blocked: how lines are read, and what they would do.

Nothing is refused as a whole: each line says what is made of it, or why it cannot be used.
"""

import contextlib
import re
from collections.abc import Sequence
from itertools import batched
from typing import Any, NamedTuple

from ada_url import URL

from seealso import urls
from seealso.store.batching import Reading, read_together
from seealso.store.calls import Call, batch_get, batch_items, query_items
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import sites
from seealso.tables.counts import HostCount, read_host_count
from seealso.tables.sites import Block, Site

# What lists have around a host: quotes, commas, the brackets of a mail's text.
_AROUND = " \t\r\"'`,;<>()[]"
_MAX_KEYS = 100  # of a BatchGetItem
_MAX_SITES = 500  # that are looked at for hosts of the network's own
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
    own_sites: list[str]  # of the network, with a host that the block would cover
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

    For 50 hosts it takes at most 62 requests, which are two round trips: a host has at most 19
    suffixes.
    """
    readings: list[Reading[Any]] = [_read_blocks(store, hosts), _read_own_hosts(store)]
    if domain is not None:
        readings.append(sites.read_site(store, domain))
    counts = [read_host_count(store, host) for host in hosts]
    answers: list[Any] = read_together(store, [*readings, *counts])
    blocks, own_hosts = answers[:2]
    standing = [
        Standing(host, _covering(blocks, host, domain), _covered(own_hosts, host), links)
        for host, links in zip(hosts, answers[len(readings) :], strict=True)
    ]
    return standing, None if domain is None else answers[2]


def _read_blocks(store: Store, hosts: Sequence[str]) -> Reading[dict[str, Json]]:
    """The items of blocked hosts that may cover some hosts."""
    suffixes = dict.fromkeys(suffix for host in hosts for suffix in _suffixes(host))
    keys = sites.block_keys(suffixes)
    calls: dict[int, Call] = {
        number: batch_get({store.sites: some})
        for number, some in enumerate(batched(keys, _MAX_KEYS, strict=False))
    }
    answers = yield calls
    items = (item for answer in answers.values() for item in batch_items(answer, store.sites))
    return {item["id"]: item for item in items}


def _read_own_hosts(store: Store) -> Reading[list[tuple[str, str]]]:
    """The hosts of the first sites, as blocked hosts are written, with their sites."""
    query = sites.list_query(store, -1) | {"Limit": _MAX_SITES}
    answer = (yield {"sites": Call("Query", query)})["sites"]
    found = []
    for item in query_items(answer):
        site = sites.site_of(item["domain"], item)
        for host in site.hosts:
            with contextlib.suppress(urls.UrlNotAcceptable):  # localhost, in a local run
                found.append((urls.host_key(host), f"{site.name} ({site.domain})"))
    return found


def _covered(own_hosts: list[tuple[str, str]], host: str) -> list[str]:
    """The sites with a host that is this one or a subdomain of it."""
    found = [site for own, site in own_hosts if own == host or own.endswith(f".{host}")]
    return list(dict.fromkeys(found))


def _covering(blocks: dict[str, Json], host: str, domain: int | None) -> Block | None:
    for suffix in _suffixes(host):
        item = blocks.get(suffix, {})
        for scope in (None, domain):
            if sites.is_blocked(item, scope):
                return Block(suffix, scope)
    return None


def _suffixes(host: str) -> list[str]:
    return urls.host_suffixes(f"http://{host}/")
