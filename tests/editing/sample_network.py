"""A network with something of everything for editors, and what readers see of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import links
from seealso.tables.articles import Article, article_of, import_articles
from seealso.tables.audit import ChangeContext
from seealso.tables.links import Link, Status
from seealso.tables.sites import Site, add_network_block
from seealso.times import rfc3339
from tests.support import gateway, oracle
from tests.support.editors import EDITOR
from tests.support.factories import put_site
from tests.support.requests import ARTICLE_ID
from tests.support.scan import scan
from tests.support.transitions import change_link

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACT = ChangeContext(EDITOR, NOW, "of-a-test", 365)
SHOWN, DRAFT, DELETED, MISSING = ARTICLE_ID, 102, 103, 999
# Domains: of a site that wants approval, and of none.
SITED, SITELESS = 7, 3
SITE: Json = {"name": "Heat", "article_url": "https://heat.example.com/a/{id}"}
COLUMNS: Json = {"domain": SITED, "title": "A title", "text": "Words.", "date": "2026-02-25"}


def article(article_id: int, domain: int = SITED, state: str = "published", **more: Any) -> Article:
    columns = {"title": f"The {article_id}th", "text": "Words.", "date": "2026-02-25"} | more
    return Article(article_id, domain, state=state, **columns)


def fill(store: Store) -> None:
    """An article of each state, a site, a link that waits (1) and one that is shown (2)."""
    put_site(store, Site(SITED, **{**SITE, "cap": 2}))
    add_network_block(store, "casino.example.org", [])
    states = {SHOWN: "published", DRAFT: "draft", DELETED: "deleted"}
    import_articles(store, [article(each, state=state) for each, state in states.items()])
    put_link(store, 1)
    put_link(store, 2, status="published")


def link_id(number: int) -> str:
    return f"{number:032x}"


def put_link(
    store: Store,
    number: int,
    article_id: int = SHOWN,
    domain: int = SITED,
    status: Status = "pending",
    submitted_at: datetime = NOW,
) -> str:
    """Submit a link with an id made of the number, without the function; its id."""
    at = rfc3339(submitted_at)
    url = f"https://blog.example.net/{number}"
    link = Link(
        link_id=link_id(number),
        article_id=article_id,
        domain=domain,
        url=url,
        title=None,
        status=status,
        version=1,
        link_back="unchecked",
        submitted_at=at,
        published_at=at if status == "published" else None,
        claim=links.claim_key("network", 1, f"http://blog.example.net/{number}/"),
        consent={"version": 1, "language": "en", "at": at},
        token_hash="-",
        expires_at=None if status == "published" else "2026-12-07T12:00:00.000Z",
    )
    links.add_link(store, link, Site(domain, cap=20, pending_cap=1000))
    return link.link_id


def move(store: Store, number: int, status: Status) -> None:
    """Give a link another status, as submitter, schedule and verifier do."""
    link = links.get_link(store, link_id(number))
    assert link is not None
    change_link(store, link, status, NOW, by="a test", cap=20)


def audit_lines(store: Store) -> list[Json]:
    """The lines of the audit, the first first."""
    return sorted(scan(store, store.audit), key=lambda line: str(line["entry"]))


def stored_articles(store: Store) -> dict[int, Article]:
    """All articles by id."""
    return {item["id"]: article_of(item) for item in scan(store, store.articles) if item["id"]}


# ---- what readers see ------------------------------------------------------------------------


def reads_right(store: Store, domains: Iterable[int] = (SITED, SITELESS)) -> None:
    """Pages, related lists and domains' lists are those of the articles that are published."""
    model = stored_articles(store)
    for article_id in model:
        wanted = oracle.page(model, article_id)
        page = gateway.get(f"/articles/{article_id}")
        if wanted is None:
            assert page.status == gateway.get(f"/articles/{article_id}/related").status == 404
            continue
        # Of links the oracle knows nothing.
        shown = page.json() | {"links": wanted["links"], "places_left": wanted["places_left"]}
        assert shown == wanted
    if published := [each.id for each in model.values() if each.state == "published"]:
        related = gateway.get(f"/articles/{published[-1]}/related").json()
        assert related == oracle.related(model, published[-1])
    for domain in domains:
        shown = gateway.get(f"/domains/{domain}/articles?limit=100").json()["articles"]
        assert shown == oracle.domain_list(model, domain, 100)
