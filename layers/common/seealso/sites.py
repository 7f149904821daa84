"""Sites: a domain's hosts, name and link policy, read often and kept for a short time."""

import time
from dataclasses import dataclass, field

from seealso.dynamodb import Json, Store

# A change of a site binds within 60 s (contract.md); the rest is for reading it.
CACHE_SECONDS = 50.0


@dataclass(frozen=True, slots=True)
class Site:
    """A site as contract.md shows it; the defaults are those of a domain without one."""

    domain: int
    hosts: list[str] = field(default_factory=list)
    name: str = ""
    article_url: str = ""
    cap: int = 5
    publish: str = "approved"
    waiting_cap: int = 20
    pending_days: int = 14
    blocked_hosts: list[str] = field(default_factory=list)


def cached_site(store: Store, domain: int) -> Site | None:
    """The site of a domain if it was read less than CACHE_SECONDS ago, else None."""
    read_at, item = store.site_cache.get(domain, (-CACHE_SECONDS, None))
    return _site(domain, item) if time.monotonic() - read_at < CACHE_SECONDS else None


def remember_site(store: Store, domain: int, item: Json | None) -> Site:
    """Keep what was read of a domain: its item, or None where it has no site."""
    store.site_cache[domain] = (time.monotonic(), item)
    return _site(domain, item)


def _site(domain: int, item: Json | None) -> Site:
    return Site(**item) if item else Site(domain)
