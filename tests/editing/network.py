"""An editor's desk: requests to the admin endpoint, and a network with something of everything."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from seealso.contract import admin as contract
from seealso.contract.operations import Operation
from seealso.contract.refusals import Problem
from seealso.http.problems import PROBLEMS
from seealso.store.calls import Call
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables import links
from seealso.tables.articles import Article, article_of, import_articles
from seealso.tables.audit import ChangeContext
from seealso.tables.links import Link, Status
from seealso.tables.sites import NETWORK, Site, put_site
from seealso.times import rfc3339
from tests.support import gateway, oracle
from tests.support.editors import ADMIN, EDITOR, as_admin, as_editor, claims
from tests.support.gateway import Response
from tests.support.invariants import scan
from tests.support.requests import problem
from tests.support.transitions import change_link

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACT = ChangeContext(EDITOR, NOW, "of-a-test", 365)
SHOWN, DRAFT, DELETED, MISSING = 101, 102, 103, 999
# Domains: of a site that wants approval, and of none.
SITED, SITELESS = 7, 3
SITE: Json = {"name": "Heat", "article_url": "https://heat.example.com/a/{id}"}
COLUMNS: Json = {"domain": SITED, "title": "A title", "text": "Words.", "date": "2026-02-25"}


# ---- requests --------------------------------------------------------------------------------


def editor(method: str, target: str, body: Any = None, version: int | None = None) -> Response:
    return checked(method, target, as_editor(method, target, body, version))


def admin(method: str, target: str, body: Any = None, version: int | None = None) -> Response:
    return checked(method, target, as_admin(method, target, body, version))


def raw(method: str, target: str, body: str | bytes | None = None, **headers: str) -> Response:
    """The answer to an admin's request of any body and headers (`if_match` for If-Match)."""
    named = {"content-type": "application/json"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    token = claims(ADMIN, "[editors admins]")
    return checked(method, target, gateway.request(method, f"/admin{target}", named, body, token))


def checked(method: str, target: str, response: Response) -> Response:
    """The answer, once it is seen to be one that the operation's contract names."""
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    of = operation(method, target)
    if response.status >= 400:
        name = problem(response)
        assert name in of.problems, response
        assert (response.status, response.json()["title"]) == PROBLEMS[name]
        assert response.headers["content-type"] == "application/problem+json"
        conforms(Problem, response.body)
        assert not any(inner in response.body for inner in ("Table", "Traceback", "dynamodb"))
        return response
    reply = next(each for each in of.replies if each.status == response.status)
    if reply.body is None:
        assert response.body == ""
        return response
    assert response.headers["content-type"] == "application/json"
    conforms(reply.body, response.body)
    tag = f'"{response.json()["version"]}"' if "VersionTag" in reply.headers else None
    assert response.headers.get("etag") == tag
    return response


def conforms(model: type[BaseModel], body: str) -> None:
    """The body is the model's, and has nothing that the model does not name."""
    read = model.model_validate_json(body)
    assert read.model_dump(exclude_unset=True) == json.loads(body)


def allowed(model: type[BaseModel], body: Json) -> bool:
    """Whether a body that is sent is one that the model describes."""
    try:
        model.model_validate_json(json.dumps(body))
    except ValidationError:
        return False
    return True


def operation(method: str, target: str) -> Operation:
    path = f"/admin{target.partition('?')[0]}"
    return next(
        each
        for each in contract.OPERATIONS
        if each.method == method
        and gateway._matched(f"{method} {each.path}", method, path) is not None
    )


def pages(target: str, plural: str, limit: int = 3) -> Iterator[list[Json]]:
    """The parts of a list, each asked for when it is wanted."""
    cursor = ""
    while True:
        separator = "&" if "?" in target else "?"
        part = admin("GET", f"{target}{separator}limit={limit}{cursor}").json()
        yield part[plural]
        if part["next_cursor"] is None:
            return
        assert len(part[plural]) == limit
        cursor = f"&cursor={part['next_cursor']}"


def listed(target: str, plural: str, limit: int = 3) -> list[Json]:
    return [each for part in pages(target, plural, limit) for each in part]


def cursor_of(target: str) -> str:
    """The cursor of a list's second part of one."""
    separator = "&" if "?" in target else "?"
    cursor: str = admin("GET", f"{target}{separator}limit=1").json()["next_cursor"]
    assert cursor
    return cursor


# ---- the tables ------------------------------------------------------------------------------


def article(article_id: int, domain: int = SITED, state: str = "published", **more: Any) -> Article:
    columns = {"title": f"The {article_id}th", "text": "Words.", "date": "2026-02-25"} | more
    return Article(article_id, domain, state=state, **columns)


def fill(store: Store) -> None:
    """An article of each state, a site, a link that waits (1) and one that is shown (2)."""
    put_site(store, Site(SITED, **{**SITE, "cap": 2}))
    put_site(store, Site(NETWORK, blocked_hosts=["casino.example.org"]))
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
        consent={"version": 1, "at": at},
        token_hash="-",
        due_at=None if status == "published" else "2026-12-07T12:00:00.000Z",
    )
    links.add_link(store, link, Site(domain, cap=20, pending_cap=1000))
    return link.link_id


def move(store: Store, number: int, status: Status) -> None:
    """Give a link another status, as submitter, schedule and verifier do."""
    link = links.get_link(store, link_id(number))
    assert link is not None
    change_link(store, link, status, NOW, by="a test", cap=20)


def everything(store: Store) -> dict[str, list[Json]]:
    """Every item of every table."""
    tables = (store.articles, store.links, store.sites, store.skips, store.audit)
    return {table: sorted(scan(store, table), key=repr) for table in tables}


@contextmanager
def unchanged(store: Store) -> Iterator[None]:
    before = everything(store)
    yield
    assert everything(store) == before


def audit_lines(store: Store) -> list[Json]:
    """The lines of the audit, the first first."""
    return sorted(scan(store, store.audit), key=lambda line: str(line["entry"]))


def stored_articles(store: Store) -> dict[int, Article]:
    """All articles by id."""
    return {item["id"]: article_of(item) for item in scan(store, store.articles) if item["id"]}


def forget(store: Store, table: str, *key: str) -> None:
    """Empty a table whose items have this key."""
    store.client.send_all(
        [
            Call(
                "DeleteItem",
                {"TableName": table, "Key": marshal_item({name: item[name] for name in key})},
            )
            for item in scan(store, table)
        ]
    )


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
