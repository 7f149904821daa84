"""The audit replayed: the articles, links and sites that its entries, oldest first, lead to."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.audit import AuditEntry, AuditFilter, list_audit

# In place of a domain, for what the whole network blocks.
NETWORK = -1
# Bytes of JSON of which a line still has the value itself.
_LONGEST = 1024


@dataclass
class Replayed:
    """What editors made of articles, links (status and version) and sites."""

    articles: dict[int, Json] = field(default_factory=dict)
    links: dict[str, Json] = field(default_factory=dict)
    sites: dict[int, Json] = field(default_factory=dict)


def read_all(store: Store, **of: Any) -> list[AuditEntry]:
    """All lines, the oldest first, or those of an article, a link or an actor."""
    found: list[AuditEntry] = []
    while some := list_audit(
        store, AuditFilter(**of), 200, before=found[-1]["entry"] if found else None
    ):
        found += some
    return found[::-1]


def replay(lines: Iterable[AuditEntry]) -> Replayed:
    """What the entries make of nothing, applied one after the other."""
    replayed = Replayed()
    for line in lines:
        kind, _, action = line["action"].partition(".")
        before, after = line["before"], line["after"]
        if kind == "article":
            assert line["article_id"] is not None
            _replace(replayed.articles, line["article_id"], before, after)
        elif kind == "site":
            assert line["domain"] is not None
            _replace(replayed.sites, line["domain"], before, after)
        elif kind == "link":
            assert line["link_id"] is not None
            assert after is not None
            replayed.links[line["link_id"]] = {name: after[name] for name in ("status", "version")}
        else:
            assert kind == "block"
            _block(replayed, line, action)
    return replayed


def shortened(values: Mapping[str, Any]) -> Json:
    """Values as a line has them: texts of articles, and what is long, by size and SHA-256."""

    def short(name: str, value: Any) -> Any:
        data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if name != "text" and len(data.encode()) <= _LONGEST:
            return value
        return {"bytes": len(data.encode()), "sha256": sha256(data.encode()).hexdigest()}

    return {name: short(name, value) for name, value in values.items()}


def _replace[K](things: dict[K, Json], key: K, before: Json | None, after: Json | None) -> None:
    """One thing's change; what no editor did (an import) shows as a higher version before it."""
    there = things.get(key)
    if before is None:
        assert there is None
    elif there is not None:
        assert there == before or there["version"] < before["version"]
    if after is None:
        del things[key]
    else:
        assert after["version"] == (before["version"] + 1 if before else 1)
        things[key] = after


def _block(replayed: Replayed, line: AuditEntry, action: str) -> None:
    there = line["after"] if action == "add" else line["before"]
    assert there is not None
    assert there["domain"] == line["domain"]
    domain = NETWORK if line["domain"] is None else line["domain"]
    site = replayed.sites.setdefault(domain, {"domain": domain, "blocked_hosts": [], "version": 0})
    hosts = [host for host in site["blocked_hosts"] if host != there["host"]]
    assert (len(hosts) == len(site["blocked_hosts"])) is (action == "add")
    replayed.sites[domain] = site | {
        "blocked_hosts": sorted([*hosts, there["host"]]) if action == "add" else hosts,
        "version": site["version"] + 1,
    }
