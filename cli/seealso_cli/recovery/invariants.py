"""What holds of articles, sites, links, claims and pages whenever nothing is being written.

design.md, "Tables" and "Life of a link": counters equal the links that they count, a claim is held
by exactly the links that may hold one, a page shows exactly its published links, only links that
hold a claim are checked, and index keys are those that an item's state calls for. Pure functions
of plain items, for `seealso verify`, for `seealso recover` and for tests.

Items may have been written by hand, so that anything may be missing or of another type. What
submitters wrote is never part of a finding's text.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from types import UnionType
from typing import Any, Literal, NamedTuple, TypeAliasType, get_args, get_origin, get_type_hints

from seealso.fields import ARTICLE, problems_in
from seealso.store.values import Json
from seealso.tables.articles import STATES, Article, article_item, article_of
from seealso.tables.links import (
    CLAIM_HOLDERS,
    MAX_HISTORY,
    Link,
    claim_key,
    claims_of,
    link_item,
    link_of,
    page_attribute,
)
from seealso.tables.sites import Site
from seealso.tables.skips import SkipRange, skippable_ranges
from seealso.urls import KEY_VERSION, url_key

type Kind = Literal["article", "page", "link", "site", "skip range", "item"]

BLOCKED_HOLDERS = frozenset({"rejected", "removed"})
COUNTERS = ("published", "pending")
ARTICLE_KEYS = ("domain_state", "listed_domain", "timeline", "unpublished")
LINK_KEYS = ("domain_status", "host_group", "host_at", "due", "due_at")
# What reading an item that was written by hand may raise.
MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class Finding(NamedTuple):
    """One thing that does not fit: of what, and what is wrong with it, as the end of a sentence.

    `article_id` is that of the page that a link or claim belongs to, where it is known. What
    `is_mendable` follows from other items, and nothing is lost by making it follow.
    """

    kind: Kind
    name: str  # an id, a host, or the key of an item
    problem: str
    article_id: int | None = None
    is_mendable: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.problem}"


@dataclass(slots=True)
class PageItems:
    """What the table Links holds of one article's page: plain items.

    `claims` has those of the article, by pk, and all that its links name, whoever holds them.
    `checks` and `links` are by link id.
    """

    article_id: int
    page: Json | None = None
    links: dict[str, Json] = field(default_factory=dict)
    claims: dict[str, Json] = field(default_factory=dict)
    checks: dict[str, Json] = field(default_factory=dict)
    others: list[Json] = field(default_factory=list)  # of no kind that is known


# ---- types -----------------------------------------------------------------------------------

_hints = cache(get_type_hints)


def has_types_of(kind: type, members: Mapping[str, Any]) -> bool:
    """Whether these members have the types that the class declares for them."""
    hints = _hints(kind)
    return all(_is_of_type(value, hints[name]) for name, value in members.items())


def _is_of_type(value: object, hint: Any) -> bool:
    if hint is int:  # as SQLite has them, and without bool
        return type(value) is int and abs(value) < 2**63
    if isinstance(hint, (type, UnionType)):
        return isinstance(value, hint)
    if isinstance(hint, TypeAliasType):  # of a Literal
        return isinstance(value, str) and value in get_args(hint.__value__)
    if get_origin(hint) is list:
        return isinstance(value, list) and all(_is_of_type(each, *get_args(hint)) for each in value)
    return isinstance(value, get_origin(hint))


# ---- articles --------------------------------------------------------------------------------


def readable_article(item: Json | None) -> Article | None:
    """The article of its item; None where there is none, or none that can be read."""
    article = _built_article(item) if item else None
    if article is None or not has_types_of(Article, asdict(article)):
        return None
    return article


def _built_article(item: Json) -> Article | None:
    """The article of an item that has all columns, of whatever types."""
    try:
        return article_of(item)
    except MALFORMED:
        return None


def findings_of_article(item: Json) -> Iterator[Finding]:
    """What is wrong with one article's item, which may lack its text."""
    name = str(item.get("id"))
    article = _built_article({"text": "", **item})
    if article is None or article.state not in STATES or type(article.version) is not int:
        yield Finding("article", name, "is incomplete")
        return
    for column, problem in problems_in(item, ARTICLE):
        yield Finding("article", name, f"has an invalid {column}: {problem}")
    if wrong := _wrong_keys(item, article_item(article), ARTICLE_KEYS):
        problem = f"is {article.state}, but not so in lists ({', '.join(wrong)})"
        yield Finding("article", name, problem, is_mendable=True)


def _wrong_keys(item: Json, expected: Json, names: Iterable[str]) -> list[str]:
    return [name for name in names if item.get(name) != expected.get(name)]


# ---- skip ranges -----------------------------------------------------------------------------


def findings_of_skip(skip: SkipRange, published: Iterable[tuple[int, int]]) -> Iterator[Finding]:
    """What a skip range hides: `published` are articles (id, domain) with ids in lo..hi."""
    ranges = list(skippable_ranges(skip))
    for article_id, domain in published:
        if domain != skip.domain and any(low <= article_id <= high for low, high in ranges):
            problem = f"hides article {article_id} of domain {domain} from readers"
            yield Finding("skip range", str(skip.lo), problem, article_id, is_mendable=True)


# ---- sites -----------------------------------------------------------------------------------


class Scopes(NamedTuple):
    """For which domains the items of a host say that it is a site's, and that it is blocked.

    Each set has pairs (host, domain); `said` by the items that submissions read, `listed` by the
    site itself or its list.
    """

    hosts_said: set[tuple[str, int]]
    hosts_listed: set[tuple[str, int]]
    blocked_said: set[tuple[str, int]]
    blocked_listed: set[tuple[str, int]]


_SCOPE = re.compile("site#[0-9]{1,10}")
_LISTED = re.compile("blocked#[0-9]{1,10}")


def is_whole_site(item: Json) -> bool:
    """Whether an item of the table Sites is a site that can be read."""
    members = {name: value for name, value in item.items() if name in Site._fields}
    return (
        item.get("kind") == "site"
        and has_types_of(Site, {"domain": None, "version": None, **members})
        and item["id"] == f"{item['domain']:010d}"
        and item["version"] > 0
    )


def scopes_of(items: Iterable[Json]) -> Scopes:
    """The scopes of all items of the table Sites."""
    scopes = Scopes(set(), set(), set(), set())
    for item in items:
        kind, name = str(item.get("kind")), str(item.get("id"))
        if kind in ("host", "blocked"):
            said = scopes.hosts_said if kind == "host" else scopes.blocked_said
            said |= {(name, int(each[5:])) for each in item if _SCOPE.fullmatch(each)}
        elif is_whole_site(item):
            scopes.hosts_listed.update((host, int(name)) for host in item.get("hosts", []))
        elif _LISTED.fullmatch(kind):
            scopes.blocked_listed.add((name, int(kind[len("blocked#") :])))
    return scopes


def findings_of_sites(items: Sequence[Json]) -> Iterator[Finding]:
    """What does not fit together in the table Sites."""
    for item in items:
        if item.get("kind") == "site" and not is_whole_site(item):
            yield Finding("site", str(item.get("id")), "is incomplete")
    scopes = scopes_of(items)
    for problem, pairs in (
        ("has the host {}, which is not known as its own", scopes.hosts_listed - scopes.hosts_said),
        ("does not have the host {}, taken for its own", scopes.hosts_said - scopes.hosts_listed),
        ("lists {} as blocked, which is not", scopes.blocked_listed - scopes.blocked_said),
        ("does not list {}, which is blocked", scopes.blocked_said - scopes.blocked_listed),
    ):
        for host, domain in sorted(pairs):
            yield Finding("site", str(domain), problem.format(host), is_mendable=True)


# ---- links -----------------------------------------------------------------------------------


def readable_link(item: Json | None) -> Link | None:
    """The link of its item; None where there is none, or none that can be read."""
    try:
        if item is None or item["pk"] != f"link#{item['link_id']}":
            return None
        link = link_of(item)
        if not has_types_of(Link, {each.name: getattr(link, each.name) for each in fields(Link)}):
            return None
        link_item(link)
        page_attribute(link)
    except MALFORMED:
        return None
    texts = [entry.get(name) for entry in link.history for name in ("at", "status", "by")]
    return link if all(isinstance(text, str) for text in texts) else None


class _Problem(NamedTuple):
    """What is wrong with something, and whether it can be mended."""

    text: str
    is_mendable: bool = False


def findings_of_page(items: PageItems) -> list[Finding]:
    """What does not fit together of one page with its links, claims and checks."""
    links = {link_id: readable_link(item) for link_id, item in items.links.items()}
    findings: list[Finding] = []

    def add(kind: Kind, name: str, problems: Iterable[_Problem]) -> None:
        for text, is_mendable in problems:
            findings.append(Finding(kind, name, text, items.article_id, is_mendable))

    for link_id, link in links.items():
        if link is None:
            add("link", link_id, [_Problem("is incomplete")])
            continue
        add("link", link_id, _of_link(link, items.links[link_id]))
        add("link", link_id, _of_its_claims(link, items.claims))
    for link_id in sorted({*links, *items.checks}):
        if link_id not in links or links[link_id] is not None:
            add("link", link_id, _of_checks(links.get(link_id), items.checks.get(link_id)))
    for pk, claim in items.claims.items():
        if claim.get("article_id") == items.article_id:
            add("item", pk, _of_claim(claim, links.get(str(claim.get("link_id")))))
    for item in items.others:
        add("item", str(item.get("pk")), [_Problem("is of no known kind")])
    if None not in links.values():
        readable = [link for link in links.values() if link is not None]
        add("page", str(items.article_id), _of_page(items.page or {}, readable))
    return findings


def _of_link(link: Link, item: Json) -> Iterator[_Problem]:
    status = link.status
    if link.version <= len(link.history) and len(link.history) < MAX_HISTORY:
        yield _Problem(f"is at version {link.version} after {len(link.history)} changes")
    if link.history and link.history[-1]["status"] != status:
        yield _Problem(f"is {status}, and {link.history[-1]['status']} in its history")
    if (link.expires_at is not None) != (status in ("pending", "lapsed")):
        yield _Problem(f"is {status} {'and expires' if link.expires_at else 'and never expires'}")
    if link.attention and status != "published":
        yield _Problem(f"is {status} and on the list of links for editors")
    if link.url is not None and not _is_of_url(link.claim, link.url):
        yield _Problem("has another URL than its claim")
    if wrong := _wrong_keys(item, link_item(link), LINK_KEYS):
        yield _Problem(f"is {status}, but not so in lists ({', '.join(wrong)})", is_mendable=True)


def _is_of_url(claim: str, url: str) -> bool:
    try:
        _, version, scope, _ = claim.split("#")
        # Of another version of the rules for equal URLs nothing is known here.
        return int(version) != KEY_VERSION or claim == claim_key(scope, KEY_VERSION, url_key(url))
    except ValueError:
        return False


def _of_its_claims(link: Link, claims: Mapping[str, Json]) -> Iterator[_Problem]:
    for pk in claims_of(link):
        claim = claims.get(pk, {})
        is_held, is_blocked = claim.get("link_id") == link.link_id, claim.get("blocked", False)
        if link.status in CLAIM_HOLDERS and not (is_held and not is_blocked):
            yield _Problem(f"is {link.status} without its claim {pk}", is_mendable=not claim)
        if link.status in BLOCKED_HOLDERS and is_held and not is_blocked:
            yield _Problem(f"is {link.status}, and its claim {pk} is not blocked")
        if link.status not in CLAIM_HOLDERS | BLOCKED_HOLDERS and is_held:
            yield _Problem(f"is {link.status} and still has its claim {pk}")


def _of_checks(link: Link | None, checks: Json | None) -> Iterator[_Problem]:
    if checks is not None and (link is None or link.url is None):
        yield _Problem("is erased or gone, and what was found of its page is not")
    elif link is not None and checks and "due" in checks and not _may_be_due(link):
        yield _Problem(f"is {link.status}, and its checks are due")
    if link is not None and link.status in CLAIM_HOLDERS:
        has_evidence = bool(checks and checks.get("evidence"))
        if (link.link_back != "unchecked") != has_evidence:
            evidence = "with" if has_evidence else "without"
            yield _Problem(f"has the link-back {link.link_back} {evidence} the evidence of a check")


def _may_be_due(link: Link) -> bool:
    """Whether checks may be due by an item of their own: the first one is by the link's."""
    return link.status in CLAIM_HOLDERS and not link.check_at


def _of_claim(claim: Json, link: Link | None) -> Iterator[_Problem]:
    if link is None or claim.get("pk") not in claims_of(link):
        yield _Problem(f"claims a URL for the link {claim.get('link_id')}, which has no such claim")


def _of_page(page: Json, links: Sequence[Link]) -> Iterator[_Problem]:
    for counter in COUNTERS:
        counted = sum(link.status == counter for link in links)
        if page.get(counter, 0) != counted:
            text = f"counts {page.get(counter, 0)} {counter} links, not {counted}"
            yield _Problem(text, is_mendable=True)
    must_show = dict(page_attribute(link) for link in links if link.status == "published")
    shown = {name: value for name, value in page.items() if name.startswith("link#")}
    stored = {link.link_id for link in links}
    for name in sorted({*shown, *must_show}):
        link_id = name.removeprefix("link#")
        if name not in must_show:
            # What it shows of a link that is gone says what that was.
            text = f"shows the link {link_id}, which is not published"
            yield _Problem(text, is_mendable=link_id in stored)
        elif name not in shown:
            yield _Problem(f"does not show its link {link_id}", is_mendable=True)
        elif shown[name] != must_show[name]:
            yield _Problem(f"shows the link {link_id} otherwise than it is stored")


def findings_of_orphans(items: PageItems, has_article: Callable[[int], bool]) -> list[Finding]:
    """The links that hold a claim and whose article is gone: a purge ends them first."""
    living = [
        link_id
        for link_id, item in items.links.items()
        if str(item.get("status")) in CLAIM_HOLDERS and not has_article(items.article_id)
    ]
    problem = f"is of the article {items.article_id}, which is gone"
    return [Finding("link", link_id, problem, items.article_id) for link_id in living]
