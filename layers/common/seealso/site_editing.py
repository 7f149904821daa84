"""Editing sites and blocked hosts, each change in one transaction with its audit line.

A change binds as soon as the containers that serve submissions read the sites again
(sites.CACHE_SECONDS).
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from seealso import sites
from seealso.audit import Act, audit_line
from seealso.bodies import Members
from seealso.dynamodb import Store
from seealso.fields import (
    SITE,
    Fault,
    blocked_host,
    check_members,
    optional,
    refuse,
    too_many,
    whole_number,
)
from seealso.problems import Problem
from seealso.sites import NETWORK, Site
from seealso.urls import UrlNotAcceptable, host_key


class Block(NamedTuple):
    """A host that no link may be of, on one site or (domain None) on all."""

    host: str
    domain: int | None


_SITE = {**SITE, "version": whole_number(0)}
_BLOCK = {"host": blocked_host, "domain": optional(SITE["domain"])}


# ---- sites -----------------------------------------------------------------------------------


def read_site(members: Members, domain: int) -> Site:
    """The site that a body says that the domain shall have. Raises Problem 422."""
    check_members(members, _SITE, ["name", "article_url"])
    if members.get("domain", domain) != domain:
        refuse([Fault("domain", "is not the one of the path; leave it out, or send that one")])
    columns = {name: value for name, value in members.items() if name in sites.COLUMNS}
    return as_stored(Site(**{**columns, "domain": domain}))


def as_stored(site: Site) -> Site:
    """A site with its blocked hosts in the form in which links are compared: without www."""
    return replace(site, blocked_hosts=list(dict.fromkeys(map(host_key, site.blocked_hosts))))


def read_sites(store: Store, limit: int, above: int) -> list[Site]:
    """Sites with domains above one, by domain, at most `limit`."""
    return [site for site in sites.all_sites(store) if site.domain > above][:limit]


def save_site(store: Store, act: Act, site: Site, version: int | None) -> Site:
    """Write a site over the one that the editor has read; without a version, a new one.

    Raises Problem 412, or 428 where there is a site already.
    """
    was = sites.get_site(store, site.domain)
    if version is None and was.version:
        detail = "There is a site already: send its ETag, as you have read it, in If-Match."
        raise Problem("precondition-required", detail, [("If-Match", detail)])
    if was.version != (version or 0):
        raise _changed(was)
    made = replace(site, version=was.version + 1)
    line = audit_line(
        store,
        act,
        "site.change" if was.version else "site.create",
        asdict(was) if was.version else None,
        asdict(made),
        domain=site.domain,
    )
    try:
        sites.change_site(store, made, was, [line])
    except sites.Changed:
        raise _changed(sites.get_site(store, site.domain)) from None
    return made


def _changed(site: Site) -> Problem:
    return Problem(
        "precondition-failed",
        "The site has changed since: look at it as it is now, then send its version.",
        members={"current": asdict(site) if site.version else None},
    )


# ---- blocked hosts ---------------------------------------------------------------------------


def read_block(members: Members) -> Block:
    """The block that a body asks for. Raises Problem 422."""
    check_members(members, _BLOCK, ["host"])
    return Block(host_key(members["host"]), members.get("domain"))


def read_blocks(store: Store, limit: int, after: Block | None) -> list[Block]:
    """Blocked hosts after one, the network's before those of each site, at most `limit`."""
    blocks = [
        Block(host, None if site.domain == NETWORK else site.domain)
        for site in sites.all_sites(store)
        for host in sorted(site.blocked_hosts)
    ]
    return [block for block in blocks if after is None or _order(block) > _order(after)][:limit]


def block_host(store: Store, act: Act, block: Block) -> bool:
    """Block a host; whether it was not blocked before. Raises Problem 422 for no site."""

    def blocked(hosts: list[str]) -> list[str]:
        return hosts if block.host in hosts else [*hosts, block.host]

    return _set_blocked(store, act, "block.add", block, blocked)


def unblock_host(store: Store, act: Act, host: str, domain: int | None) -> None:
    """Unblock a host on one site, or on the network. Raises Problem 404 where it is not blocked."""
    try:
        block = Block(host_key(host), domain)
    except UrlNotAcceptable:
        raise _not_blocked() from None

    def unblocked(hosts: list[str]) -> list[str]:
        return [each for each in hosts if each != block.host]

    if not _set_blocked(store, act, "block.remove", block, unblocked):
        raise _not_blocked()


def _set_blocked(
    store: Store, act: Act, action: str, block: Block, change: Callable[[list[str]], list[str]]
) -> bool:
    """Change the blocked hosts of a site or the network; whether there was anything to change."""
    domain = NETWORK if block.domain is None else block.domain
    there: dict[str, Any] = {"host": block.host, "domain": block.domain}
    before, after = (None, there) if action == "block.add" else (there, None)
    while True:
        was = sites.get_site(store, domain)
        hosts = change(was.blocked_hosts)
        if hosts == was.blocked_hosts:
            return False
        if action == "block.add":
            refuse(
                [Fault("host", f"can't be added: the list {reason}") for reason in too_many(hosts)]
            )
        if not was.version and domain != NETWORK:
            refuse([Fault("domain", "has no site; create it first")])
        line = audit_line(store, act, action, before, after, domain=block.domain)
        made = replace(was, blocked_hosts=hosts, version=was.version + 1)
        try:
            sites.change_site(store, made, was, [line])
        except sites.Changed:
            continue
        return True


def _not_blocked() -> Problem:
    return Problem("not-found", "This host is not blocked there.")


def _order(block: Block) -> tuple[int, str]:
    return (NETWORK if block.domain is None else block.domain, block.host)
