"""Sites: a domain's hosts, name and link policy, read often and kept for a short time."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import NamedTuple

from seealso.errors import StoreError, VersionConflict
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item

# A change of a site binds within 60 s (contract.md); the rest is for reading it.
CACHE_SECONDS = 50.0
# The item of the hosts that are blocked on every site has this in place of a domain.
NETWORK = -1


@dataclass(frozen=True, slots=True)
class Site:
    """A site as contract.md shows it; the defaults are those of a domain without one."""

    domain: int
    hosts: list[str] = field(default_factory=list)
    name: str = ""
    article_url: str = ""
    cap: int = 5
    publish: str = "approved"
    pending_cap: int = 20
    pending_days: int = 14
    blocked_hosts: list[str] = field(default_factory=list)
    version: int = 0  # of the stored site; 0: none is stored


_FIELDS = tuple(each.name for each in fields(Site))
# What an editor or a file says of a site.
COLUMNS = frozenset(_FIELDS) - {"version"}


class Network(NamedTuple):
    """All sites by domain, and the hosts that are blocked on every one."""

    sites: dict[int, Site]
    blocked_hosts: frozenset[str]

    def site(self, domain: int) -> Site:
        """A domain's site; the default policy where it has none."""
        return self.sites.get(domain) or Site(domain)

    def has_host(self, host: str) -> bool:
        """Whether a host name is one of a site."""
        return any(host in site.hosts for site in self.sites.values())


def cached_site(store: Store, domain: int) -> Site | None:
    """The site of a domain if it was read less than CACHE_SECONDS ago, else None."""
    read_at, item = store.site_cache.get(domain, (-CACHE_SECONDS, None))
    return _site(domain, item) if time.monotonic() - read_at < CACHE_SECONDS else None


def remembered_site(store: Store, domain: int) -> Site:
    """The site of a domain as last read, however long ago. Raises KeyError if it never was."""
    return _site(domain, store.site_cache[domain][1])


def remember_site(store: Store, domain: int, item: Json | None) -> Site:
    """Keep what was read of a domain: its item, or None where it has no site."""
    store.site_cache[domain] = (time.monotonic(), item)
    return _site(domain, item)


def network(store: Store) -> Network:
    """All sites, read at most CACHE_SECONDS ago. Submitting needs them: an Origin may be any."""
    read_at, known = store.network_cache or (-CACHE_SECONDS, None)
    if known is None or time.monotonic() - read_at >= CACHE_SECONDS:
        by_domain = {item["domain"]: item for item in _scan(store)}
        blocked = by_domain.pop(NETWORK, {}).get("blocked_hosts", [])
        known = Network(
            {domain: _site(domain, item) for domain, item in by_domain.items()}, frozenset(blocked)
        )
        store.network_cache = time.monotonic(), known
    return known


def list_sites(store: Store) -> list[Site]:
    """All current sites by domain; of NETWORK only the blocked hosts mean anything."""
    sites = [_site(item["domain"], item) for item in _scan(store)]
    return sorted(sites, key=lambda site: site.domain)


def get_site(store: Store, domain: int) -> Site:
    """The current site of a domain (strongly consistent); version 0 where there is none."""
    return _site(domain, store.client.get_item(store.sites, {"domain": domain}))


def put_site(store: Store, site: Site) -> None:
    """Write a site whole, over the one that is there. Raises Refused, StoreUnavailable."""
    columns = {name: value for name, value in asdict(site).items() if name in COLUMNS - {"domain"}}
    store.client.call(
        "UpdateItem",
        {
            "TableName": store.sites,
            "Key": marshal_item({"domain": site.domain}),
            "UpdateExpression": f"SET {', '.join(f'#{name} = :{name}' for name in columns)}"
            " ADD version :one",
            "ExpressionAttributeNames": {f"#{name}": name for name in columns},
            "ExpressionAttributeValues": marshal_item(
                {":one": 1, **{f":{name}": value for name, value in columns.items()}}
            ),
        },
    )


def save_site(store: Store, site: Site, replaced: Site, also: Sequence[Json]) -> None:
    """Write a site over the one that was read, in one transaction with the further actions.

    Raises VersionConflict.
    """
    put: Json = {"TableName": store.sites, "Item": marshal_item(asdict(site))}
    if replaced.version:
        put["ConditionExpression"] = "version = :version"
        put["ExpressionAttributeValues"] = marshal_item({":version": replaced.version})
    else:
        put["ConditionExpression"] = "attribute_not_exists(version)"
    try:
        store.client.transact([{"Put": put}, *also])
    except StoreError as error:
        if not error.condition_failed():
            raise
        raise VersionConflict from None


def _scan(store: Store) -> list[Json]:
    return [*store.client.query_all({"TableName": store.sites}, "Scan")]


def _site(domain: int, item: Json | None) -> Site:
    known = {name: (item or {})[name] for name in _FIELDS if name in (item or {})}
    return Site(**{"domain": domain, **known})
