"""What admins do to sites and blocked hosts, each change in one transaction with its audit entry.

A change takes effect as soon as the containers that serve submissions read the sites again
(tables/sites.py, CACHE_SECONDS).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

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
from seealso.tables.sites import MAX_CHANGED_HOSTS, Block, Site, SiteRecord
from seealso.urls import UrlNotAcceptable, host_key

# How a cursor writes a Block: `-` for the network's.
BLOCK_POSITION = r"(?:-|[0-9]{1,10}) [!-~]{1,253}"

_SITE = {**SITE, "version": integer(0)}
_BLOCK = {"host": blocked_host, "domain": optional(SITE["domain"])}


# ---- sites -----------------------------------------------------------------------------------


def parse_site(members: Members, domain: int) -> SiteRecord:
    """The site of a body that was sent for a domain. Raises Refusal `invalid-fields`."""
    check_members(members, _SITE, ["name"])
    if members.get("domain", domain) != domain:
        detail = Message("domain does not match the domain in the URL.")
        refuse_fields([FieldError("domain", detail)])
    return record_of({**members, "domain": domain})


def record_of(members: Mapping[str, Any]) -> SiteRecord:
    """The site of checked members, its blocked hosts in the form in which links are compared."""
    names = {*Site._fields} - {"version"}
    columns = {name: value for name, value in members.items() if name in names}
    columns["article_url"] = columns.get("article_url") or None
    return SiteRecord(Site(**columns), _as_keys(members.get("blocked_hosts", [])))


def _as_keys(hosts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(map(host_key, hosts))))


def replace_site(
    store: Store,
    context: ChangeContext,
    record: SiteRecord,
    version: int | None,
    *,
    keep_blocked: bool = False,
) -> SiteRecord:
    """Write a site over the one that the editor has read; without a version, a new one.

    With `keep_blocked`, its blocked hosts stay as they are. Raises Refusal `precondition-failed`,
    or `precondition-required` where a site exists.
    """
    current = sites.get_record(store, record.site.domain)
    if version is None and current.site.version:
        detail = "This site already exists. To replace it, send its ETag in If-Match."
        raise Refusal.of_field("precondition-required", "If-Match", detail)
    if current.site.version != (version or 0):
        raise _version_conflict(current)
    if keep_blocked:
        record = record._replace(blocked_hosts=current.blocked_hosts)
    return change_site(store, context, current, record)


def change_site(
    store: Store, context: ChangeContext, current: SiteRecord, record: SiteRecord
) -> SiteRecord:
    """Bring a site from one state to another; returns it as it is stored.

    A transaction can change MAX_CHANGED_HOSTS host names. More of them take several, each a change
    of its own with a version and an audit entry, and the site's other columns come with the last;
    so whatever interrupts it, the same request can be sent again. Raises Refusal
    `precondition-failed`.
    """
    while True:
        step = _next_step(current, record)
        version = current.site.version
        step = step._replace(site=step.site._replace(version=version + 1))
        entry = audit_entry(
            store,
            context,
            "site.change" if version else "site.create",
            current.members() if version else None,
            step.members(),
            domain=step.site.domain,
        )
        try:
            sites.save_record(store, step, current, [entry])
        except VersionConflict:
            raise _version_conflict(sites.get_record(store, step.site.domain)) from None
        if step.blocked_hosts == record.blocked_hosts and step.site.hosts == record.site.hosts:
            return step
        current = step


def _next_step(current: SiteRecord, record: SiteRecord) -> SiteRecord:
    """The state between the two that one transaction can reach: the last, if it can."""
    if sites.changed_hosts(record, current) <= MAX_CHANGED_HOSTS:
        return record
    removed = sorted(set(current.blocked_hosts) - set(record.blocked_hosts))
    added = sorted(set(record.blocked_hosts) - set(current.blocked_hosts))
    changed = [*removed, *added][:MAX_CHANGED_HOSTS]
    if changed:
        blocked = tuple(sorted(set(current.blocked_hosts) ^ set(changed)))
        return SiteRecord(current.site, blocked)
    removed = [host for host in current.site.hosts if host not in set(record.site.hosts)]
    added = [host for host in record.site.hosts if host not in set(current.site.hosts)]
    removed = removed[:MAX_CHANGED_HOSTS]
    added = added[: MAX_CHANGED_HOSTS - len(removed)]
    hosts = [host for host in current.site.hosts if host not in removed] + added
    return SiteRecord(current.site._replace(hosts=hosts), current.blocked_hosts)


def _version_conflict(current: SiteRecord) -> Refusal:
    return Refusal(
        "precondition-failed",
        "The site has changed since you read it. Review `current` and retry with its ETag.",
        members={"current": current.members() if current.site.version else None},
    )


# ---- blocked hosts ---------------------------------------------------------------------------


def parse_block(members: Members) -> Block:
    """The block that a body asks for. Raises Refusal `invalid-fields`."""
    check_members(members, _BLOCK, ["host"])
    return Block(host_key(members["host"]), members.get("domain"))


def block_position(block: Mapping[str, Any]) -> str:
    """Where in the list a block is, as a cursor has it."""
    return f"{'-' if block['domain'] is None else block['domain']} {block['host']}"


def block_at(position: str) -> Block:
    """The block of a cursor's position."""
    domain, host = position.split()
    return Block(host, None if domain == "-" else int(domain))


def block_host(store: Store, context: ChangeContext, block: Block) -> bool:
    """Block a host; False if it was blocked before. Raises Refusal `invalid-fields`."""
    if block.domain is None:
        entry = audit_entry(store, context, "block.add", None, block._asdict())
        return sites.add_network_block(store, block.host, [entry])
    return _change_blocked(store, context, "block.add", block)


def unblock_host(store: Store, context: ChangeContext, host: str, domain: int | None) -> None:
    """Unblock a host on one site, or on the network. Raises Refusal `not-found`."""
    try:
        block = Block(host_key(host), domain)
    except UrlNotAcceptable:
        raise _not_blocked() from None
    if domain is None:
        entry = audit_entry(store, context, "block.remove", block._asdict(), None)
        was_blocked = sites.remove_network_block(store, block.host, [entry])
    else:
        was_blocked = _change_blocked(store, context, "block.remove", block)
    if not was_blocked:
        raise _not_blocked()


def _change_blocked(store: Store, context: ChangeContext, action: str, block: Block) -> bool:
    """Change the blocked hosts of a site; False if there was nothing to change."""
    assert block.domain is not None
    before, after = (None, block._asdict()) if action == "block.add" else (block._asdict(), None)
    while True:
        current = sites.get_record(store, block.domain)
        if (block.host in current.blocked_hosts) == (action == "block.add"):
            return False
        hosts = tuple(sorted(set(current.blocked_hosts) ^ {block.host}))
        if action == "block.add":
            _check_list(hosts)
        if not current.site.version:
            detail = Message("domain does not have a site yet; create it first.")
            refuse_fields([FieldError("domain", detail)])
        entry = audit_entry(store, context, action, before, after, domain=block.domain)
        site = current.site._replace(version=current.site.version + 1)
        try:
            sites.save_record(store, SiteRecord(site, hosts), current, [entry])
        except VersionConflict:
            continue
        return True


def _check_list(hosts: Collection[str]) -> None:
    refuse_fields(
        [
            FieldError("host", Message(f"host cannot be added: the list {problem}."))
            for problem in too_many_hosts(list(hosts))
        ]
    )


def _not_blocked() -> Refusal:
    return Refusal("not-found", "This host is not blocked.")
