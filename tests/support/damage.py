"""Damage to tables, done by hand: each function says what must be found of it."""

from collections.abc import Callable, Iterable
from random import Random

from seealso.store.tables import Store
from seealso.store.values import Json
from tests.support.factories import put_item
from tests.support.scan import delete_items, scan

# Damages something in a store; returns the name of what `verify` must find, None for nothing there.
type Damage = Callable[[Store, Random], str | None]


# Links of these pages are spared: no backup has them.
SINCE = "https://since.example.org/"


def _pick(store: Store, random: Random, table: str, **wanted: object) -> Json | None:
    """An item with these attributes; a kind is the beginning of its key."""
    found = [
        item
        for item in scan(store, table)
        if _has(item, wanted) and not str(item.get("url")).startswith(SINCE)
    ]
    return random.choice(sorted(found, key=repr)) if found else None


def _has(item: Json, wanted: dict[str, object]) -> bool:
    return all(
        str(item.get("pk", "")).startswith(str(value))
        if name == "pk"
        else item.get("status") in value
        if name == "statuses" and isinstance(value, tuple)
        else item.get(name) == value
        for name, value in wanted.items()
    )


def _id(item: Json) -> str:
    return str(item["pk"]).partition("#")[2]


HOLDING = ("pending", "published", "lapsed")


def link_deleted(store: Store, random: Random) -> str | None:
    if link := _pick(store, random, store.links, pk="link#", status="published"):
        delete_items(store, store.links, [link])
    return str(link["article_id"]) if link else None


def ended_link_deleted(store: Store, random: Random) -> str | None:
    if link := _pick(store, random, store.links, pk="link#", statuses=("rejected", "removed")):
        delete_items(store, store.links, [link])
        if not _pick(store, random, store.links, pk=link["claim"], link_id=_id(link)):
            return None  # nothing is left that names it
    return str(link["claim"]) if link else None


def claim_deleted(store: Store, random: Random) -> str | None:
    link = _pick(store, random, store.links, pk="link#", statuses=HOLDING)
    if link:
        delete_items(store, store.links, [{"pk": link["claim"]}])
    return _id(link) if link else None


def claim_unblocked(store: Store, random: Random) -> str | None:
    if claim := _pick(store, random, store.links, pk="claim#", blocked=True):
        del claim["blocked"]
        put_item(store, store.links, claim)
    return str(claim["link_id"]) if claim else None


def claim_of_nobody(store: Store, random: Random) -> str | None:
    pk = "claim#1#network#ff"
    claim = {"pk": pk, "link_id": "0" * 32, "article_id": random.randint(1, 8)}
    put_item(store, store.links, claim)
    return pk


def claim_of_another_page(store: Store, random: Random) -> str | None:
    link = _pick(store, random, store.links, pk="link#", statuses=HOLDING)
    if link:
        put_item(
            store,
            store.links,
            {"pk": link["claim"], "link_id": _id(link), "article_id": 999_999},
        )
    return str(link["claim"]) if link else None


def link_overwritten(store: Store, random: Random) -> str | None:
    if link := _pick(store, random, store.links, pk="link#", status="published"):
        put_item(store, store.links, {**link, "url": "https://overwritten.example/"})
    return _id(link) if link else None


def link_incomplete(store: Store, random: Random) -> str | None:
    if link := _pick(store, random, store.links, pk="link#"):
        del link[random.choice(["status", "version", "article_id", "claim", "token_hash"])]
        put_item(store, store.links, link)
    return _id(link) if link else None


def status_changed(store: Store, random: Random) -> str | None:
    """Half of the transaction that publishes a link."""
    if link := _pick(store, random, store.links, pk="link#", status="pending"):
        put_item(store, store.links, {**link, "status": "published"})
    return _id(link) if link else None


def counter_changed(store: Store, random: Random) -> str | None:
    if page := _pick(store, random, store.links, pk="page#"):
        counter = random.choice(["published", "pending"])
        put_item(store, store.links, {**page, counter: page.get(counter, 0) + 2})
    return _id(page) if page else None


def page_deleted(store: Store, random: Random) -> str | None:
    link = _pick(store, random, store.links, pk="link#", statuses=("published", "pending"))
    if link:
        delete_items(store, store.links, [{"pk": f"page#{link['article_id']}"}])
    return str(link["article_id"]) if link else None


def not_shown(store: Store, random: Random) -> str | None:
    if link := _pick(store, random, store.links, pk="link#", status="published"):
        page = _pick(store, random, store.links, pk=f"page#{link['article_id']}") or {}
        put_item(store, store.links, {k: v for k, v in page.items() if k != link["pk"]})
    return str(link["article_id"]) if link else None


def checks_deleted(store: Store, random: Random) -> str | None:
    link = _pick(store, random, store.links, pk="link#", link_back="seen", status="published")
    if link:
        delete_items(store, store.links, [{"pk": f"checks#{_id(link)}"}])
    return _id(link) if link else None


def checks_of_nobody(store: Store, random: Random) -> str | None:
    link_id = f"{random.getrandbits(128):032x}"
    put_item(store, store.links, {"pk": f"checks#{link_id}", "version": 1, "evidence": []})
    return link_id


def link_not_due(store: Store, random: Random) -> str | None:
    if link := _pick(store, random, store.links, pk="link#", status="pending"):
        put_item(store, store.links, {k: v for k, v in link.items() if k not in ("due", "due_at")})
    return _id(link) if link else None


def stray_item(store: Store, _: Random) -> str | None:
    put_item(store, store.links, {"pk": "note", "text": "written by hand"})
    return "note"


def article_deleted(store: Store, random: Random) -> str | None:
    link = _pick(store, random, store.links, pk="link#", statuses=HOLDING)
    if link:
        delete_items(store, store.articles, [{"id": link["article_id"]}])
    return _id(link) if link else None


def article_not_listed(store: Store, random: Random) -> str | None:
    if article := _pick(store, random, store.articles, state="published"):
        del article[random.choice(["listed_domain", "timeline", "domain_state"])]
        put_item(store, store.articles, article)
    return str(article["id"]) if article else None


def draft_listed(store: Store, random: Random) -> str | None:
    if article := _pick(store, random, store.articles, state="draft"):
        put_item(store, store.articles, {**article, "timeline": "all"})
    return str(article["id"]) if article else None


def article_incomplete(store: Store, random: Random) -> str | None:
    if article := _pick(store, random, store.articles):
        del article[random.choice(["title", "date", "domain", "state"])]
        put_item(store, store.articles, article)
    return str(article["id"]) if article else None


def skipped(store: Store, random: Random) -> str | None:
    """An article in the middle of a skip range gets another domain."""
    skip = _pick(store, random, store.skips, partition="skips")
    inside = [
        item
        for item in scan(store, store.articles)
        if skip
        and skip["lo"] <= item["id"] <= skip["hi"]
        and item["id"] not in skip["holes"]
        and item["state"] == "published"
    ]
    if not skip or not inside:
        return None
    article = random.choice(sorted(inside, key=repr))
    domain = skip["domain"] + 1
    moved = {"domain": domain, "listed_domain": domain, "domain_state": f"{domain}#published"}
    put_item(store, store.articles, {**article, **moved})
    return str(skip["lo"])


def host_lost(store: Store, random: Random) -> str | None:
    if site := _pick(store, random, store.sites, kind="site"):
        delete_items(store, store.sites, [{"kind": "host", "id": site["hosts"][0]}])
    return str(site["domain"]) if site else None


def block_lost(store: Store, random: Random) -> str | None:
    found = [each for each in scan(store, store.sites) if each["kind"].startswith("blocked#")]
    if not found:
        return None
    listed = random.choice(sorted(found, key=repr))
    delete_items(store, store.sites, [{"kind": "blocked", "id": listed["id"]}])
    return str(listed["kind"].partition("#")[2])


# What `verify --fix` mends, and what it leaves for `recover`.
MENDED: tuple[Damage, ...] = (
    claim_deleted,
    counter_changed,
    page_deleted,
    not_shown,
    link_not_due,
    article_not_listed,
    draft_listed,
    skipped,
    host_lost,
    block_lost,
)
LEFT: tuple[Damage, ...] = (
    link_deleted,
    ended_link_deleted,
    claim_unblocked,
    claim_of_nobody,
    claim_of_another_page,
    link_overwritten,
    link_incomplete,
    status_changed,
    checks_deleted,
    checks_of_nobody,
    stray_item,
    article_deleted,
    article_incomplete,
)


# ---- the drill -------------------------------------------------------------------------------


def damage_stack(store: Store, random: Random, domain: int, times: int) -> None:
    """Five kinds of damage: deleted, overwritten, half a transaction, a site's links removed, wrong
    counters.
    """
    for _ in range(times):
        article_deleted(store, random)
        link_deleted(store, random)
        link_overwritten(store, random)
        article_not_listed(store, random)
        if article := _pick(store, random, store.articles, state="published"):
            put_item(store, store.articles, {**article, "title": "Overwritten"})
        status_changed(store, random)
        claim_deleted(store, random)
        counter_changed(store, random)
    delete_items(store, store.links, _links_of_site(store, domain))


def _links_of_site(store: Store, domain: int) -> Iterable[Json]:
    everything = scan(store, store.links)
    links = [item for item in everything if item.get("domain") == domain]
    ids = {item["link_id"] for item in links}
    return [
        item
        for item in everything
        if item.get("domain") == domain
        or item.get("link_id") in ids
        or _id(item) in ids
        or item["pk"] in {f"page#{link['article_id']}" for link in links}
    ]
