"""What admins do to sites and blocked hosts, each change in one transaction with its audit entry.

A change takes effect as soon as the containers that serve submissions read the sites again
(tables/sites.py, CACHE_SECONDS).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from seealso.errors import FieldError, Message, Refusal, VersionConflict
from seealso.fields import (
    SITE,
    blocked_host,
    check_members,
    integer,
    optional,
    refuse_fields,
    too_many_hosts,
)
from seealso.members import Members
from seealso.store.tables import Store
from seealso.tables import sites
from seealso.tables.audit import ChangeContext, audit_entry
from seealso.tables.sites import NETWORK, Site
from seealso.urls import UrlNotAcceptable, host_key


class Block(NamedTuple):
    """A host that links must not point to, on one site or (domain None) on all."""

    host: str
    domain: int | None


# How a cursor writes a Block: `-` for the network's.
BLOCK_POSITION = r"(?:-|[0-9]{1,10}) [!-~]{1,253}"

_SITE = {**SITE, "version": integer(0)}
_BLOCK = {"host": blocked_host, "domain": optional(SITE["domain"])}


# ---- sites -----------------------------------------------------------------------------------


def parse_site(members: Members, domain: int) -> Site:
    """The site of a body that was sent for a domain. Raises Refusal `invalid-fields`."""
    check_members(members, _SITE, ["name", "article_url"])
    if members.get("domain", domain) != domain:
        detail = Message("domain does not match the domain in the URL.")
        refuse_fields([FieldError("domain", detail)])
    columns = {name: value for name, value in members.items() if name in sites.COLUMNS}
    return as_stored(Site(**{**columns, "domain": domain}))


def as_stored(site: Site) -> Site:
    """A site with its blocked hosts in the form in which links are compared: without www."""
    return replace(site, blocked_hosts=list(dict.fromkeys(map(host_key, site.blocked_hosts))))


def list_sites(store: Store, limit: int, above: int) -> list[Site]:
    """Sites with domains above one, by domain, at most `limit`."""
    return [site for site in sites.list_sites(store) if site.domain > above][:limit]


def replace_site(store: Store, context: ChangeContext, site: Site, version: int | None) -> Site:
    """Write a site over the one that the editor has read; without a version, a new one.

    Raises Refusal `precondition-failed`, or `precondition-required` where a site exists.
    """
    current = sites.get_site(store, site.domain)
    if version is None and current.version:
        detail = "This site already exists. To replace it, send its ETag in If-Match."
        raise Refusal.of_field("precondition-required", "If-Match", detail)
    if current.version != (version or 0):
        raise _version_conflict(current)
    updated = replace(site, version=current.version + 1)
    entry = audit_entry(
        store,
        context,
        "site.change" if current.version else "site.create",
        asdict(current) if current.version else None,
        asdict(updated),
        domain=site.domain,
    )
    try:
        sites.save_site(store, updated, current, [entry])
    except VersionConflict:
        raise _version_conflict(sites.get_site(store, site.domain)) from None
    return updated


def _version_conflict(current: Site) -> Refusal:
    return Refusal(
        "precondition-failed",
        "The site has changed since you read it. Review `current` and retry with its ETag.",
        members={"current": asdict(current) if current.version else None},
    )


# ---- blocked hosts ---------------------------------------------------------------------------


def parse_block(members: Members) -> Block:
    """The block that a body asks for. Raises Refusal `invalid-fields`."""
    check_members(members, _BLOCK, ["host"])
    return Block(host_key(members["host"]), members.get("domain"))


def list_blocks(store: Store, limit: int, after: Block | None) -> list[Block]:
    """Blocked hosts after one, the network's before those of each site, at most `limit`."""
    blocks = [
        Block(host, None if site.domain == NETWORK else site.domain)
        for site in sites.list_sites(store)
        for host in sorted(site.blocked_hosts)
    ]
    return [block for block in blocks if after is None or _order(block) > _order(after)][:limit]


def block_position(block: Mapping[str, Any]) -> str:
    """Where in the list a block is, as a cursor has it."""
    return f"{'-' if block['domain'] is None else block['domain']} {block['host']}"


def block_at(position: str) -> Block:
    """The block of a cursor's position."""
    domain, host = position.split()
    return Block(host, None if domain == "-" else int(domain))


def block_host(store: Store, context: ChangeContext, block: Block) -> bool:
    """Block a host; False if it was blocked before. Raises Refusal `invalid-fields`."""

    def with_host(hosts: list[str]) -> list[str]:
        return hosts if block.host in hosts else [*hosts, block.host]

    return _change_hosts(store, context, "block.add", block, with_host)


def unblock_host(store: Store, context: ChangeContext, host: str, domain: int | None) -> None:
    """Unblock a host on one site, or on the network. Raises Refusal `not-found`."""
    try:
        block = Block(host_key(host), domain)
    except UrlNotAcceptable:
        raise _not_blocked() from None

    def without_host(hosts: list[str]) -> list[str]:
        return [blocked for blocked in hosts if blocked != block.host]

    if not _change_hosts(store, context, "block.remove", block, without_host):
        raise _not_blocked()


def _change_hosts(
    store: Store,
    context: ChangeContext,
    action: str,
    block: Block,
    change: Callable[[list[str]], list[str]],
) -> bool:
    """Change the blocked hosts of a site or the network; False if there was nothing to change."""
    domain = NETWORK if block.domain is None else block.domain
    members: dict[str, Any] = {"host": block.host, "domain": block.domain}
    before, after = (None, members) if action == "block.add" else (members, None)
    while True:
        current = sites.get_site(store, domain)
        hosts = change(current.blocked_hosts)
        if hosts == current.blocked_hosts:
            return False
        if action == "block.add":
            _check_list(hosts)
        if not current.version and domain != NETWORK:
            detail = Message("domain does not have a site yet; create it first.")
            refuse_fields([FieldError("domain", detail)])
        entry = audit_entry(store, context, action, before, after, domain=block.domain)
        updated = replace(current, blocked_hosts=hosts, version=current.version + 1)
        try:
            sites.save_site(store, updated, current, [entry])
        except VersionConflict:
            continue
        return True


def _check_list(hosts: list[str]) -> None:
    refuse_fields(
        [
            FieldError("host", Message(f"host cannot be added: the list {problem}."))
            for problem in too_many_hosts(hosts)
        ]
    )


def _not_blocked() -> Refusal:
    return Refusal("not-found", "This host is not blocked.")


def _order(block: Block) -> tuple[int, str]:
    return (NETWORK if block.domain is None else block.domain, block.host)
