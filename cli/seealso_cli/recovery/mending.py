"""Mends what follows from other items: counters, pages' lists, index keys, missing claims.

What was lost is not made up: an item that is gone or incomplete is for `seealso recover`. Each
change is conditional on what it was decided for, and is written with its audit entry or not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import get_args

from seealso.errors import StoreError, VersionConflict
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables.articles import save_article
from seealso.tables.audit import ChangeContext, audit_entry
from seealso.tables.links import CLAIM_HOLDERS, Link, claims_of, link_item, page_attribute
from seealso.tables.pages import page_key
from seealso.tables.skips import exclude_from_skips
from seealso_cli.recovery.contents import read_page
from seealso_cli.recovery.invariants import (
    ARTICLE_KEYS,
    COUNTERS,
    LINK_KEYS,
    Finding,
    Kind,
    PageItems,
    findings_of_article,
    findings_of_page,
    is_whole_site,
    readable_article,
    readable_link,
    scopes_of,
)
from seealso_cli.recovery.verifying import read_sites

# A transaction has at most 100 actions (AWS "Quotas in Amazon DynamoDB").
_MAX_CHECKED_LINKS = 90


def mend(store: Store, context: ChangeContext, findings: Iterable[Finding]) -> int:
    """Mend what can be mended safely; returns how many changes were made.

    Raises StoreUnavailable, StoreError.
    """
    findings = [finding for finding in findings if finding.is_mendable]
    kinds = {
        kind: [each for each in findings if each.kind == kind] for kind in get_args(Kind.__value__)
    }
    changes = 0
    for name in dict.fromkeys(finding.name for finding in kinds["article"]):
        changes += mend_article(store, context, int(name))
    of_pages = [*kinds["item"], *kinds["link"], *kinds["page"]]
    for article_id in dict.fromkeys(each.article_id or 0 for each in of_pages):
        links = [each.name for each in kinds["link"] if each.article_id == article_id]
        changes += mend_page(store, context, read_page(store, article_id, links))
    for finding in kinds["skip range"]:
        changes += _mend_skip(store, finding)
    if kinds["site"]:
        changes += mend_sites(store, context)
    return changes


def _written(store: Store, actions: Sequence[Json]) -> bool:
    """Write the actions together; False if someone else has changed something of it meanwhile."""
    try:
        store.client.transact(actions)
    except StoreError as error:
        if not error.reasons:
            raise
        return False
    return True


# ---- articles --------------------------------------------------------------------------------


def mend_article(store: Store, context: ChangeContext, article_id: int) -> bool:
    """Write an article's index keys anew, if its columns are valid."""
    item = store.client.get_item(store.articles, {"id": article_id})
    article = readable_article(item)
    found = list(findings_of_article(item)) if item else []
    if article is None or item is None or not all(each.is_mendable for each in found):
        return False
    updated = replace(article, version=article.version + 1)
    entry = audit_entry(
        store,
        context,
        "article.repair",
        {name: item[name] for name in ARTICLE_KEYS if name in item},
        {"state": article.state, "version": updated.version},
        article_id=article.id,
        domain=article.domain,
    )
    try:
        save_article(store, updated, article, [entry])
    except VersionConflict:
        return False
    return True


def _mend_skip(store: Store, finding: Finding) -> bool:
    """Let a skip range no longer hide an article. There is no audit entry: no data is changed."""
    item = store.client.get_item(store.articles, {"id": finding.article_id})
    article = readable_article(item)
    if article is None:
        return False
    exclude_from_skips(store, [(article.id, article.domain)])
    return True


# ---- pages -----------------------------------------------------------------------------------


def mend_page(
    store: Store, context: ChangeContext, items: PageItems, *, trusts_links: bool = False
) -> int:
    """Mend links' index keys and missing claims, then the page's counters and list.

    A link of which something else is wrong is left, and so is a page that has one or shows one
    that is gone: it says what that link was. `trusts_links`: the links are known to be right, so
    that the page is made to follow them whatever it shows. Returns how many changes were made.
    """
    findings = findings_of_page(items)
    damaged = {each.name for each in findings if each.kind == "link" and not each.is_mendable}
    links = [readable_link(item) for item in items.links.values()]
    whole = [link for link in links if link is not None and link.link_id not in damaged]
    changes = 0
    for link in whole:
        changes += _mend_keys(store, context, link, items.links[link.link_id])
        changes += sum(
            _mend_claim(store, context, link, pk)
            for pk in claims_of(link)
            if link.status in CLAIM_HOLDERS and pk not in items.claims
        )
    is_safe = all(each.is_mendable for each in findings if each.kind == "page")
    updated = rebuilt_page(items, whole)
    if updated is None or damaged or not (is_safe or trusts_links):
        return changes
    counted = [link for link in whole if link.status in COUNTERS]
    actions = [put_page(store, items.page, updated)]
    actions += [_is_unchanged(store, link) for link in counted[:_MAX_CHECKED_LINKS]]
    actions.append(page_entry(store, context, "page.repair", items, updated))
    return changes + _written(store, actions)


def rebuilt_page(items: PageItems, links: Iterable[Link]) -> Json | None:
    """The page's item as it should be with these links; None if that is what it is."""
    links = list(links)
    kept = {
        name: value
        for name, value in (items.page or {}).items()
        if not name.startswith("link#") and name not in COUNTERS
    }
    counters = {name: sum(link.status == name for link in links) for name in COUNTERS}
    shown = dict(page_attribute(link) for link in links if link.status == "published")
    updated = {**kept, **page_key(items.article_id), **counters, **shown}
    # A counter that is not there has counted none.
    current = {**dict.fromkeys(COUNTERS, 0), **page_key(items.article_id), **(items.page or {})}
    return updated if updated != current else None


def put_page(store: Store, current: Json | None, updated: Json) -> Json:
    """The action that writes a page's item over the one that was read, if it is unchanged."""
    put: Json = {"TableName": store.links, "Item": marshal_item(updated)}
    if current is None:
        return {"Put": {**put, "ConditionExpression": "attribute_not_exists(pk)"}}
    # All that a link's change or a purge changes of a page.
    names = [*COUNTERS, "closed_until", *(name for name in current if name.startswith("link#"))]
    conditions: list[str] = []
    values: Json = {}
    for index, name in enumerate(names):
        if name in current:
            conditions.append(f"#a{index} = :a{index}")
            values[f":a{index}"] = current[name]
        else:
            conditions.append(f"attribute_not_exists(#a{index})")
    put["ConditionExpression"] = " AND ".join(conditions)
    put["ExpressionAttributeNames"] = {f"#a{index}": name for index, name in enumerate(names)}
    if values:
        put["ExpressionAttributeValues"] = marshal_item(values)
    return {"Put": put}


def page_entry(
    store: Store, context: ChangeContext, action: str, items: PageItems, updated: Json
) -> Json:
    """The audit entry of a page's change: its counters, and which links it shows."""
    return audit_entry(
        store,
        context,
        action,
        _outline(items.page or {}),
        _outline(updated),
        article_id=items.article_id,
    )


def _outline(page: Json) -> Json:
    shown = [name.removeprefix("link#") for name in page if name.startswith("link#")]
    return {**{name: page.get(name, 0) for name in COUNTERS}, "links": sorted(shown)}


def _is_unchanged(store: Store, link: Link) -> Json:
    return {
        "ConditionCheck": {
            "TableName": store.links,
            "Key": marshal_item({"pk": f"link#{link.link_id}"}),
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": marshal_item({":version": link.version}),
        }
    }


def _mend_keys(store: Store, context: ChangeContext, link: Link, item: Json) -> bool:
    expected = link_item(link)
    wrong = {name: item.get(name) for name in LINK_KEYS if item.get(name) != expected.get(name)}
    if not wrong:
        return False
    updated = {name: expected.get(name) for name in wrong}
    sets = [f"{name} = :{name}" for name, value in updated.items() if value is not None]
    removes = [name for name, value in updated.items() if value is None]
    values = {f":{name}": value for name, value in updated.items() if value is not None}
    expression = f"SET {', '.join(sets)}" if sets else ""
    if removes:
        expression += f"{' ' if sets else ''}REMOVE {', '.join(removes)}"
    update = {
        "TableName": store.links,
        "Key": marshal_item({"pk": f"link#{link.link_id}"}),
        "UpdateExpression": expression,
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": marshal_item({**values, ":version": link.version}),
    }
    # Without their values: some follow from its URL, and entries stay when that is erased.
    entry = _link_entry(store, context, link, None, {"keys": sorted(wrong)})
    return _written(store, [{"Update": update}, entry])


def _mend_claim(store: Store, context: ChangeContext, link: Link, pk: str) -> bool:
    claim = {"pk": pk, "link_id": link.link_id, "article_id": link.article_id}
    put = {
        "TableName": store.links,
        "Item": marshal_item(claim),
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    entry = _link_entry(store, context, link, None, {"claim": pk})
    return _written(store, [{"Put": put}, _is_unchanged(store, link), entry])


def _link_entry(
    store: Store, context: ChangeContext, link: Link, before: Json | None, after: Json
) -> Json:
    return audit_entry(
        store,
        context,
        "link.repair",
        before,
        after,
        article_id=link.article_id,
        link_id=link.link_id,
        domain=link.domain,
    )


# ---- sites -----------------------------------------------------------------------------------


def mend_sites(store: Store, context: ChangeContext) -> int:
    """Let the items of hosts say what the sites say. A host that is blocked anywhere stays so."""
    items = read_sites(store, lambda _: None)
    scopes = scopes_of(items)
    versions = {item["domain"]: item["version"] for item in items if is_whole_site(item)}
    changes = [
        *(("host", *each, True) for each in scopes.hosts_listed - scopes.hosts_said),
        *(("host", *each, False) for each in scopes.hosts_said - scopes.hosts_listed),
        *(("blocked", *each, True) for each in scopes.blocked_listed ^ scopes.blocked_said),
    ]
    return sum(
        _set_scope(store, context, kind, host, domain, versions.get(domain), holds=holds)
        for kind, host, domain, holds in sorted(changes)
    )


def _set_scope(
    store: Store,
    context: ChangeContext,
    kind: str,
    host: str,
    domain: int,
    version: int | None,
    *,
    holds: bool,
) -> bool:
    """Let a host be a site's, or not, or blocked on it; if the site is at this version."""
    update: Json = {
        "TableName": store.sites,
        "Key": marshal_item({"kind": kind, "id": host}),
        "UpdateExpression": "SET #scope = :true" if holds else "REMOVE #scope",
        "ExpressionAttributeNames": {"#scope": f"site#{domain}"},
    }
    if holds:
        update["ExpressionAttributeValues"] = marshal_item({":true": True})
    site: Json = {
        "TableName": store.sites,
        "Key": marshal_item({"kind": "site", "id": f"{domain:010d}"}),
        "ConditionExpression": "attribute_not_exists(id)",
    }
    if version is not None:
        site["ConditionExpression"] = "version = :version"
        site["ExpressionAttributeValues"] = marshal_item({":version": version})
    actions: list[Json] = [{"Update": update}, {"ConditionCheck": site}]
    if kind == "blocked":
        listed = {"kind": f"blocked#{domain}", "id": host}
        actions.append({"Put": {"TableName": store.sites, "Item": marshal_item(listed)}})
    after = {"host": host, "kind": kind, "holds": holds}
    return _written(
        store, [*actions, audit_entry(store, context, "host.repair", None, after, domain=domain)]
    )
