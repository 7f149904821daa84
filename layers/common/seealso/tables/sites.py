"""The table Sites: sites, their host names, and blocked hosts, each an item of its own.

| kind | id | holds |
|---|---|---|
| `site` | the domain, padded | what page views and submissions need of a site |
| `host` | a host name | `site#<domain>` for each site that has it |
| `blocked` | a host | `network`, or `site#<domain>`, for each scope in which it is blocked |
| `blocked#<domain>` | a host | nothing more: the items of one site are its list |
| `setting` | a name | a value of the whole stack (settings are made by their first user) |

So a page view reads one small item, and a submission reads the suffixes of its URL's host by key,
however many hosts are blocked (design.md, "Tables").
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from seealso.errors import StoreError, VersionConflict
from seealso.store.batching import (
    Item,
    Reading,
    need_item,
    read_needs,
    read_one,
    read_query,
    read_together,
)
from seealso.store.calls import Call, query_items
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item, unmarshal_item

# A change of a site takes effect within 60 s (contract.md); the rest is for reading it.
CACHE_SECONDS = 50.0
CACHE_SIZE = 1000
# The host names that one transaction may change: it takes 100 actions (AWS "Quotas in Amazon
# DynamoDB"), of which a blocked host needs two.
MAX_CHANGED_HOSTS = 45
# Items of blocked hosts that a query for a list looks at: 100 take about 1.5 read units.
_MIN_LOOKED_AT = 100
_MAX_FIRST = 255  # characters of the name from which on they are listed


class Site(NamedTuple):
    """A site without its blocked hosts; the defaults are those of a domain without one."""

    domain: int
    hosts: list[str] = []  # noqa: RUF012 a site is never changed in place
    name: str = ""
    article_url: str | None = None  # None: its articles are read on this API's own pages
    cap: int = 5
    publish: str = "approved"
    pending_cap: int = 20
    pending_days: int = 14
    language: str = "en"  # BCP 47
    text_format: str = "plain"  # of its articles: plain, or markdown
    recheck_days: int = 7  # after which a published link is checked again
    webmentions: str = "review"  # what they are taken for: off, review or verified
    version: int = 0  # of the stored site; 0: none is stored


class SiteRecord(NamedTuple):
    """A site with the hosts that it blocks, sorted, in the form of urls.host_key()."""

    site: Site
    blocked_hosts: tuple[str, ...]

    def members(self) -> dict[str, Any]:
        """The site as contract.md shows it."""
        members = self.site._asdict()
        version = members.pop("version")
        return {**members, "blocked_hosts": list(self.blocked_hosts), "version": version}


class Block(NamedTuple):
    """A host that links must not point to, on one site or (domain None) on all."""

    host: str
    domain: int | None


class BlockedHost(NamedTuple):
    """A host with all scopes that block it: sites, and None for the network."""

    host: str
    domains: list[int | None]


class BlockedHosts(NamedTuple):
    """Some blocked hosts by name; others may follow after `last`, unless that is None."""

    hosts: list[BlockedHost]
    last: str | None


# Whose blocked hosts: a site's, the network's, or those of both.
type Where = int | Literal["network", "all"]


# ---- reading ---------------------------------------------------------------------------------


def site_need(store: Store, domain: int) -> Item:
    """What a reading needs for a domain's site."""
    return need_item(store.sites, **_site_key(domain))


def site_of(domain: int, item: Json | None) -> Site:
    """The site of its item; the default policy where there is none."""
    known = {name: (item or {})[name] for name in Site._fields if name in (item or {})}
    return Site(**{"domain": domain, **known})


def cached_site(store: Store, domain: int) -> Site | None:
    """The site of a domain if it was read less than CACHE_SECONDS ago, else None."""
    return store.site_cache.get(domain)


def remember_site(store: Store, domain: int, item: Json | None) -> Site:
    """Keep the site of an item that was read just now, None where the domain has no site."""
    site = site_of(domain, item)
    store.site_cache.put(domain, site)
    return site


def get_policy(store: Store, domain: int) -> Site:
    """The site of a domain, read at most CACHE_SECONDS ago."""
    site = cached_site(store, domain)
    if site is None:
        item = _get(store, _site_key(domain), is_consistent=False)
        site = remember_site(store, domain, item)
    return site


def read_policies(store: Store, domains: Iterable[int]) -> Reading[dict[int, Site]]:
    """The sites of some domains, each read at most CACHE_SECONDS ago."""
    found = {domain: cached_site(store, domain) for domain in domains}
    needs = {domain: site_need(store, domain) for domain, site in found.items() if site is None}
    items = (yield needs) if needs else {}
    return {
        domain: site or remember_site(store, domain, items[domain])
        for domain, site in found.items()
    }


def get_site(store: Store, domain: int) -> Site:
    """The current site of a domain (strongly consistent); version 0 where there is none."""
    return site_of(domain, _get(store, _site_key(domain)))


def read_site(store: Store, domain: int) -> Reading[Site]:
    """get_site() as a reading."""
    key = marshal_item(_site_key(domain))
    get = Call("GetItem", {"TableName": store.sites, "Key": key, "ConsistentRead": True})
    answer = (yield {"site": get})["site"]
    return site_of(domain, unmarshal_item(answer["Item"]) if "Item" in answer else None)


def get_record(store: Store, domain: int) -> SiteRecord:
    """The current site of a domain with its blocked hosts; version 0 where there is none."""
    query = _list_query(store, f"blocked#{domain}") | {"ConsistentRead": True}
    site = get_site(store, domain)
    return SiteRecord(site, tuple(item["id"] for item in store.client.query_all(query)))


def list_records(store: Store, limit: int, above: int = -1) -> list[SiteRecord]:
    """Sites with domains above one, by domain, at most `limit`, with their blocked hosts."""
    sites = list_sites(store, limit, above)
    blocked = read_together(
        store, [_all_of(_list_query(store, f"blocked#{site.domain}")) for site in sites]
    )
    return [
        SiteRecord(site, tuple(item["id"] for item in items))
        for site, items in zip(sites, blocked, strict=True)
    ]


def get_sites(store: Store, domains: Sequence[int]) -> list[Site]:
    """Those of some domains that have a site, in their order."""
    needs = {domain: site_need(store, domain) for domain in domains}
    items = read_one(store, read_needs(needs))
    return [site_of(domain, items[domain]) for domain in domains if items[domain]]


def public_view(site: Site) -> dict[str, Any]:
    """What everybody may know of a site: how to link to its articles."""
    names = ("domain", "name", "hosts", "article_url", "language")
    return {name: getattr(site, name) for name in names}


def list_sites(store: Store, limit: int, above: int = -1) -> list[Site]:
    """Sites with domains above one, by domain, at most `limit`."""
    return read_one(store, read_sites(store, limit, above))


def read_sites(store: Store, limit: int, above: int = -1) -> Reading[list[Site]]:
    """The reading of list_sites(), which remembers what it has read."""
    items = yield from read_query(list_query(store, above), limit)
    return [remember_site(store, item["domain"], item) for item in items]


def list_query(store: Store, above: int) -> Json:
    """The query for sites with domains above one, by domain."""
    return _list_query(store, "site", first=_padded(above + 1))


def has_host(store: Store, host: str) -> bool:
    """Whether a host name belongs to a site, read at most CACHE_SECONDS ago."""
    return bool(domains_of_host(store, host))


def domains_of_host(store: Store, host: str) -> tuple[int, ...]:
    """The domains of the sites that have a host name, read at most CACHE_SECONDS ago."""
    known = store.host_cache.get(host)
    if known is None:
        item = _get(store, {"kind": "host", "id": host}, is_consistent=False)
        domains = (domain for domain in _scopes(item) if domain is not None)
        known = store.host_cache.put(host, tuple(sorted(domains)))
    return known


def block_keys(suffixes: Iterable[str]) -> list[Json]:
    """The keys of the items that say whether one of a host's suffixes is blocked."""
    return [{"kind": "blocked", "id": suffix} for suffix in suffixes]


def is_blocked(item: Json, domain: int | None) -> bool:
    """Whether a `blocked` item blocks its host on a domain's site (None: on the network only)."""
    scopes = _scopes(item)
    return None in scopes or (domain is not None and domain in scopes)


def list_blocks(store: Store, limit: int, after: Block | None = None) -> list[Block]:
    """Blocked hosts by name, each once for the network and for each site; at most `limit`."""
    query = _list_query(store, "blocked", first=after.host if after else "")
    # Items of hosts that are blocked no more stay, so that few at a time would take many requests.
    query["Limit"] = max(limit, _MIN_LOOKED_AT)
    blocks: list[Block] = []
    for item in store.client.query_all(query):
        for domain in sorted(_scopes(item), key=_order):
            block = Block(item["id"], domain)
            if after is None or (block.host, _order(domain)) > (after.host, _order(after.domain)):
                blocks.append(block)
        if len(blocks) >= limit:
            break
    return blocks[:limit]


def read_blocked(store: Store, where: Where, first: str, limit: int) -> Reading[BlockedHosts]:
    """Blocked hosts from a name on, in one query that looks at `limit` items and at most 1 MB.

    They may be fewer than `limit`, or none, where others follow: the network's are among those of
    all sites, and the item of a host that is blocked no more stays.
    """
    answer = yield {"blocked": Call("Query", _blocked_query(store, where, first, limit))}
    found = []
    for item in query_items(answer["blocked"]):
        domains = sorted(_scopes(item), key=_order)
        if isinstance(where, int):
            domains = [where]
        if domains:
            found.append(BlockedHost(item["id"], domains))
    return BlockedHosts(found, _last_id(answer["blocked"]))


def read_blocked_count(
    store: Store, where: Where, first: str, limit: int
) -> Reading[tuple[int, str | None]]:
    """How many items of hosts read_blocked() would find, and where it would end."""
    query = _blocked_query(store, where, first, limit) | {"Select": "COUNT"}
    answer = (yield {"blocked": Call("Query", query)})["blocked"]
    return answer["Count"], _last_id(answer)


def _blocked_query(store: Store, where: Where, first: str, limit: int) -> Json:
    kind = f"blocked#{where}" if isinstance(where, int) else "blocked"
    # No host is longer, and DynamoDB refuses a sort key of more than 1,024 bytes.
    query = _list_query(store, kind, first[:_MAX_FIRST]) | {"Limit": limit}
    if where == "network":
        query["FilterExpression"] = "attribute_exists(#network)"
        query["ExpressionAttributeNames"] = {"#network": _scope(None)}
    return query


def _last_id(answer: Json) -> str | None:
    key = answer.get("LastEvaluatedKey")
    return key["id"]["S"] if key else None


# ---- changes ---------------------------------------------------------------------------------


def save_record(
    store: Store, record: SiteRecord, current: SiteRecord, also: Sequence[Json]
) -> None:
    """Write a site over the one that was read, in one transaction with the further actions.

    At most MAX_CHANGED_HOSTS host names may differ. Raises VersionConflict.
    """
    domain = record.site.domain
    actions = [_put_site(store, record.site, current.site)]
    new_hosts, old_hosts = set(record.site.hosts), set(current.site.hosts)
    actions += [_add_scope(store, "host", host, domain) for host in new_hosts - old_hosts]
    actions += [_remove_scope(store, "host", host, domain) for host in old_hosts - new_hosts]
    for host in sorted(set(record.blocked_hosts) - set(current.blocked_hosts)):
        actions.append(_add_scope(store, "blocked", host, domain))
        listed = {"kind": f"blocked#{domain}", "id": host}
        actions.append({"Put": {"TableName": store.sites, "Item": marshal_item(listed)}})
    for host in sorted(set(current.blocked_hosts) - set(record.blocked_hosts)):
        actions.append(_remove_scope(store, "blocked", host, domain))
        listed = {"kind": f"blocked#{domain}", "id": host}
        actions.append({"Delete": {"TableName": store.sites, "Key": marshal_item(listed)}})
    try:
        store.client.transact([*actions, *also])
    except StoreError as error:
        if not error.condition_failed():
            raise
        raise VersionConflict from None


def changed_hosts(record: SiteRecord, current: SiteRecord) -> int:
    """How many host names differ between two states of a site."""
    hosts = set(record.site.hosts) ^ set(current.site.hosts)
    return len(hosts) + len(set(record.blocked_hosts) ^ set(current.blocked_hosts))


def add_network_block(store: Store, host: str, also: Sequence[Json]) -> bool:
    """Block a host on the whole network; False if it was blocked before."""
    action = _add_scope(store, "blocked", host, None)
    action["Update"]["ConditionExpression"] = "attribute_not_exists(#scope)"
    return _change_network_block(store, action, also)


def remove_network_block(store: Store, host: str, also: Sequence[Json]) -> bool:
    """Unblock a host on the whole network; False if it was not blocked."""
    action = _remove_scope(store, "blocked", host, None)
    action["Update"]["ConditionExpression"] = "attribute_exists(#scope)"
    return _change_network_block(store, action, also)


def get_setting(store: Store, name: str, default: str) -> str:
    """A value of the whole stack, which never changes; where none is stored, the default is it."""
    if name in store.settings:
        return store.settings[name]
    key = {"kind": "setting", "id": name}
    item = _get(store, key)
    if item is None:
        item = {**key, "value": default}
        try:
            store.client.call(
                "PutItem",
                {
                    "TableName": store.sites,
                    "Item": marshal_item(item),
                    "ConditionExpression": "attribute_not_exists(id)",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                },
            )
        except StoreError as error:
            if error.item is None:
                raise
            item = error.item
    store.settings[name] = str(item["value"])
    return store.settings[name]


# ---- items -----------------------------------------------------------------------------------


def _site_key(domain: int) -> Json:
    return {"kind": "site", "id": _padded(domain)}


def _padded(domain: int) -> str:
    return f"{domain:010d}"


def _get(store: Store, key: Json, *, is_consistent: bool = True) -> Json | None:
    return store.client.get_item(store.sites, key, is_consistent=is_consistent)


def _list_query(store: Store, kind: str, first: str = "") -> Json:
    """The query for the items of a kind, from an id on."""
    query: Json = {
        "TableName": store.sites,
        "KeyConditionExpression": "kind = :kind",
        "ExpressionAttributeValues": marshal_item({":kind": kind}),
    }
    if first:
        query["KeyConditionExpression"] += " AND id >= :first"
        query["ExpressionAttributeValues"] |= marshal_item({":first": first})
    return query


def _all_of(query: Json) -> Reading[list[Json]]:
    # No list of one kind is longer: a site's hosts are bounded by limits.MAX_HOSTS_BYTES.
    return (yield from read_query(query, 1_000_000))


def _scope(domain: int | None) -> str:
    return "network" if domain is None else f"site#{domain}"


def _scopes(item: Json | None) -> list[int | None]:
    """The domains for which an item holds; None is the network."""
    return [
        None if name == "network" else int(name.removeprefix("site#"))
        for name in (item or {})
        if name == "network" or name.startswith("site#")
    ]


def _order(domain: int | None) -> int:
    return -1 if domain is None else domain


def _put_site(store: Store, site: Site, current: Site) -> Json:
    put: Json = {
        "TableName": store.sites,
        "Item": marshal_item({**_site_key(site.domain), **site._asdict()}),
        "ConditionExpression": "attribute_not_exists(id)",
    }
    if current.version:
        put["ConditionExpression"] = "version = :version"
        put["ExpressionAttributeValues"] = marshal_item({":version": current.version})
    return {"Put": put}


def _add_scope(store: Store, kind: str, host: str, domain: int | None) -> Json:
    return {
        "Update": {
            "TableName": store.sites,
            "Key": marshal_item({"kind": kind, "id": host}),
            "UpdateExpression": "SET #scope = :true",
            "ExpressionAttributeNames": {"#scope": _scope(domain)},
            "ExpressionAttributeValues": marshal_item({":true": True}),
        }
    }


def _remove_scope(store: Store, kind: str, host: str, domain: int | None) -> Json:
    # What is left without any scope holds for nobody.
    return {
        "Update": {
            "TableName": store.sites,
            "Key": marshal_item({"kind": kind, "id": host}),
            "UpdateExpression": "REMOVE #scope",
            "ExpressionAttributeNames": {"#scope": _scope(domain)},
        }
    }


def _change_network_block(store: Store, action: Json, also: Sequence[Json]) -> bool:
    try:
        store.client.transact([action, *also])
    except StoreError as error:
        if not error.condition_failed():
            raise
        return False
    return True
