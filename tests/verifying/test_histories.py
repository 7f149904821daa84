"""Random histories of links against a model that knows design.md's table in its own words.

After each step states, counters, claims and evidence are what the model says, and everything in the
table fits together (invariants.py).
"""

import contextlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pytest

from seealso.editing import links as moderation
from seealso.editing.links import Decision
from seealso.editing.purging import end_links_of
from seealso.errors import Refusal
from seealso.store.tables import Store
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.submitting.webmention import Webmention, receive
from seealso.submitting.withdrawing import withdraw
from seealso.tables import checks as checks_table
from seealso.tables import links
from seealso.tables.articles import Article, put_articles
from seealso.tables.audit import ChangeContext
from seealso.tables.checks import checks_of
from seealso.tables.expiry import expire_and_erase
from seealso.tables.links import Status, link_of
from seealso.tables.sites import Site
from seealso.times import rfc3339
from tests.support.factories import NOW, attempt, by_submitter, put_site
from tests.support.fake_client import Database, fake_store
from tests.support.fake_pages import BASE_URL, MISSING, STATUS, FakePages, Page, run_all
from tests.support.invariants import HOLDING, check
from tests.support.scan import scan

CAP, PENDING_CAP, PENDING_DAYS, RECHECK_DAYS = 2, 3, 14, 9
POLICIES = {1: "at_once", 2: "approved", 3: "verified"}  # articles, each of its own domain
WEBMENTIONS = {1: "off", 2: "review", 3: "verified"}
URLS = [f"https://site-{number}.example.com/page" for number in range(6)]
# Where pages redirect to: within their own registrable domain, or elsewhere.
NEAR = [f"https://www.site-{number}.example.com/final" for number in range(2)]
FAR = "https://elsewhere.example.net/final"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FOUND = {
    "seen": [Page(), *(Page(url=url) for url in NEAR), Page(url=FAR)],
    "missing": [Page(finding=MISSING), Page(failure="blocked-host"), Page(206, STATUS)],
    "gone": [Page(410, STATUS)],
    "not-found": [Page(404, STATUS), Page(failure="too-many-redirects")],
    "unreachable": [Page(503, STATUS), Page(202, STATUS), Page(failure="dns"), Page(failure="tls")],
    "crash": [Page(failure="crash")],
}
NO_LINK = ("missing", "gone", "not-found")
# The cells of the table that a history has met: (status, policy or None, found).
type Cell = tuple[str, str | None, str]


@dataclass
class Known:
    """What the model knows of a link."""

    link_id: str
    article: int
    url: str
    token: str
    status: Status
    policy: str
    submitted_at: datetime
    expires_at: datetime | None
    due_at: datetime | None
    is_first: bool = True
    is_set_aside: bool = False
    link_back: str = "unchecked"
    title: str | None = None
    final: str | None = None  # of its second claim
    needs_editor: str | None = None
    published_at: datetime | None = None
    misses: int = 0
    unreachable: int = 0
    unreachable_since: datetime | None = None
    was_seen: bool = False
    failures: int = 0
    checks: int = 0
    requested_at: datetime | None = None
    erased: bool = False
    is_webmention: bool = False
    is_resend: bool = False

    @property
    def holds(self) -> bool:
        return self.status in HOLDING


class History:
    """One history over one store."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.store: Store = fake_store(Database())
        self.store.settings["token-secret"] = "00" * 32  # the ids are the same each time
        self.world = FakePages(NOW, redirects_are_asked_for=False)
        self.known: dict[str, Known] = {}
        self.claims: dict[str, str] = {}  # URL -> link
        self.cells: Counter[Cell] = Counter()
        self.keys = 0
        for article, policy in POLICIES.items():
            put_site(
                self.store,
                Site(
                    article,
                    cap=CAP,
                    publish=policy,
                    pending_cap=PENDING_CAP,
                    pending_days=PENDING_DAYS,
                    recheck_days=RECHECK_DAYS,
                    webmentions=WEBMENTIONS[article],
                ),
            )
        put_articles(
            self.store,
            [(Article(each, each, "Title", "Text.", "2026-11-23"), None) for each in POLICIES],
        )

    @property
    def now(self) -> datetime:
        return self.world.now

    def count(self, article: int, status: str) -> int:
        return sum(
            link.article == article and link.status == status for link in self.known.values()
        )

    # ---- what happens ------------------------------------------------------------------------

    def step(self) -> None:
        actions = [
            *[self.submit] * 4,
            *[self.mention] * 4,
            *[self.resend] * 3,
            *[self.change_page] * 5,
            *[self.check_due] * 8,
            *[self.approve] * 2,
            self.reject,
            self.remove,
            *[self.restore] * 2,
            self.withdraw,
            self.expire,
            self.request,
            self.retry,
        ]
        if self.random.random() < 0.02:
            actions = [self.purge]
        self.world.forward(minutes=self.random.choice([11, 61, 6 * 60, 24 * 60, 24 * 60, 72 * 60]))
        self.random.choice(actions)()

    def submit(self) -> None:
        article, url = self.random.choice(list(POLICIES)), self.random.choice(URLS)
        policy = POLICIES[article]
        is_refused = (
            url in self.claims
            or self.count(article, "published") >= CAP
            or (policy != "at_once" and self.count(article, "pending") >= PENDING_CAP)
        )
        try:
            self.keys += 1
            key = f"a-key-of-{self.keys:09}"
            receipt = submit(
                self.store, attempt(article, url, self.now), key, Rules(10**6, "network")
            )
        except Refusal:
            assert is_refused
            return
        assert not is_refused
        is_published = policy == "at_once"
        link_id = receipt.link.link_id
        self.claims[url] = link_id
        self.known[link_id] = Known(
            link_id,
            article,
            url,
            receipt.withdraw_token,
            "published" if is_published else "pending",
            policy,
            self.now,
            None if is_published else self.now + PENDING_DAYS * DAY,
            self.now,
            published_at=self.now if is_published else None,
        )

    def mention(self) -> None:
        """A webmention comes, perhaps not for the first time."""
        self._receive(self.random.choice(list(POLICIES)), self.random.choice(URLS))

    def resend(self) -> None:
        if link := self._any(*HOLDING):
            self._receive(link.article, link.url)

    def _receive(self, article: int, url: str) -> None:
        known = self.known.get(self.claims.get(url, ""))
        is_resend = bool(
            known
            and known.is_webmention
            and known.holds
            and (known.article, known.url) == (article, url)
        )
        is_refused = not is_resend and (
            known is not None
            or WEBMENTIONS[article] == "off"
            or self.count(article, "published") >= CAP
            or self.count(article, "pending") >= PENDING_CAP
        )
        sent = Webmention(url, f"{BASE_URL}/a/{article}")
        try:
            link = receive(
                self.store, sent, "192.0.2.1", self.now, BASE_URL, Rules(10**6, "network")
            )
        except Refusal:
            assert is_refused
            return
        assert not is_refused
        if is_resend and known:
            assert link.link_id == known.link_id
            known.due_at, known.is_set_aside, known.is_resend = self.now, False, True
            known.is_first = False
            return
        is_verified = WEBMENTIONS[article] == "verified"
        self.claims[url] = link.link_id
        self.known[link.link_id] = Known(
            link.link_id,
            article,
            url,
            "",
            "pending",
            "verified" if is_verified else POLICIES[article],
            self.now,
            self.now + PENDING_DAYS * DAY,
            self.now,
            needs_editor=None if is_verified else "webmention",
            is_webmention=True,
        )

    def change_page(self) -> None:
        weights = [5, 4, 3, 3, 3, 1]
        kind = self.random.choices(list(FOUND), weights)[0]
        self.world.pages[self.random.choice(URLS)] = self.random.choice(FOUND[kind])

    def check_due(self) -> None:
        due = [
            link
            for link in self.known.values()
            if link.due_at and link.due_at <= self.now and not link.is_set_aside
        ]
        due.sort(
            key=lambda link: (
                rfc3339(link.due_at or self.now),
                f"{'link' if link.is_first else 'checks'}#{link.link_id}",
            )
        )
        fetched = len(self.world.fetched)
        run_all(self.world.tools(lambda: self.store, 10**6))
        assert self.world.fetched[fetched:] == [link.url for link in due]
        for link in due:
            self._checked(link)

    def _kind(self, link: Known) -> str:
        page = self.world.pages.get(link.url, Page(404, STATUS))
        return next(kind for kind, pages in FOUND.items() if any(page == each for each in pages))

    def _checked(self, link: Known) -> None:
        kind = self._kind(link)
        page = self.world.pages.get(link.url, Page(404, STATUS))
        link.is_first = False
        if kind == "crash":
            link.failures += 1
            minutes = {1: 5, 2: 30, 3: 120, 4: 360}.get(link.failures, 0)
            link.due_at = self.now + timedelta(minutes=minutes)
            link.is_set_aside = link.failures >= 5
            return
        self.cells[(link.status, link.policy if link.status == "pending" else None, kind)] += 1
        link.failures, link.checks = 0, link.checks + 1
        if link.link_back != kind:
            link.link_back = {"gone": "missing", "not-found": "missing"}.get(kind, kind)
        if kind == "seen":
            link.misses, link.unreachable, link.unreachable_since = 0, 0, None
            link.was_seen = True
        elif kind == "unreachable":
            link.unreachable += 1
            link.unreachable_since = link.unreachable_since or self.now
        else:
            link.misses, link.unreachable, link.unreachable_since = link.misses + 1, 0, None
        if kind == "seen" and link.final is None and page.url:
            if self.claims.get(page.url, link.link_id) != link.link_id:
                self._end(link, "rejected" if link.status == "pending" else "removed", False)
                return
            self.claims[page.url] = link.link_id
            link.final = page.url
        if (
            link.status == "pending"
            and link.needs_editor != "restored"
            and page.failure is None
            and page.finding.title
        ):
            link.title = link.title or page.finding.title
        if kind == "seen" and link.status == "pending" and page.url == FAR:
            link.needs_editor = link.needs_editor or "moved"
        {"pending": self._pending, "published": self._published, "lapsed": self._lapsed}[
            link.status
        ](link, kind)
        link.is_resend = False

    def _after_unreachable(self, link: Known) -> datetime:
        return self.now + {1: HOUR, 2: 6 * HOUR}.get(link.unreachable, DAY)

    def _pending(self, link: Known, kind: str) -> None:
        is_mention = link.is_webmention and link.needs_editor != "restored"
        if is_mention and kind in NO_LINK and link.misses == 1 and not link.was_seen:
            self.cells["pending", "webmention", kind] += 1
            self._end(link, "expired", False)
        elif kind == "seen":
            link.due_at = None
            if link.policy == "verified" and not link.needs_editor:
                self._publish_or_try_daily(link)
        elif kind == "gone":
            link.due_at = None
        elif kind == "unreachable":
            link.due_at = self._after_unreachable(link)
        else:
            planned = [link.submitted_at + after for after in (HOUR, DAY, 3 * DAY, 7 * DAY)]
            link.due_at = min((at for at in planned if at > self.now), default=None)

    def _published(self, link: Known, kind: str) -> None:
        if kind == "seen":
            link.due_at = self.now + RECHECK_DAYS * DAY
        elif link.is_webmention and link.is_resend and kind in NO_LINK:
            self.cells["published", "resend", kind] += 1
            if kind == "gone" or link.misses >= 2:
                self._end(link, "withdrawn", False)
            else:
                link.due_at = self.now + DAY
        elif kind == "gone":
            self._lapse(link, None)
        elif kind == "unreachable":
            since = link.unreachable_since
            if not link.was_seen and since and self.now - since >= 30 * DAY:
                self._lapse(link, self.now + DAY)
            else:
                link.due_at = self._after_unreachable(link)
        elif link.misses >= (2 if kind == "missing" else 3):
            self._lapse(link, self.now + DAY)
        else:
            link.due_at = self.now + (DAY if link.misses == 1 else 3 * DAY)

    def _lapsed(self, link: Known, kind: str) -> None:
        if kind == "seen":
            self._publish_or_try_daily(link)
        else:
            link.due_at = None if kind == "gone" else self.now + DAY

    def _publish_or_try_daily(self, link: Known) -> None:
        if self.count(link.article, "published") >= CAP:
            link.due_at = self.now + DAY
            return
        self._publish(link)
        link.due_at = self.now + RECHECK_DAYS * DAY

    def _publish(self, link: Known) -> None:
        link.status, link.expires_at, link.published_at = "published", None, self.now
        link.needs_editor = None

    def _lapse(self, link: Known, due_at: datetime | None) -> None:
        link.status, link.due_at = "lapsed", due_at
        link.expires_at = self.now + links.LAPSED_DAYS * DAY

    def _end(self, link: Known, status: Status, blocks: bool) -> None:
        link.status, link.failures, link.is_resend = status, 0, False
        link.due_at, link.expires_at, link.is_first, link.is_set_aside = None, None, False, False
        link.erased = status == "withdrawn"
        if not blocks:
            self.claims = {url: by for url, by in self.claims.items() if by != link.link_id}

    # ---- people ------------------------------------------------------------------------------

    def _any(self, *statuses: str) -> Known | None:
        found = [link for link in self.known.values() if link.status in statuses]
        return self.random.choice(found) if found else None

    def _context(self) -> ChangeContext:
        return ChangeContext("editor", self.now, "request", 365)

    def _version(self, link: Known) -> int:
        stored = links.get_link(self.store, link.link_id)
        assert stored
        return stored.version

    def approve(self) -> None:
        link = self._any("pending")
        if link is None:
            return
        is_full = self.count(link.article, "published") >= CAP
        try:
            moderation.approve(self.store, self._context(), link.link_id, self._version(link))
        except Refusal:
            assert is_full
            return
        assert not is_full
        self._publish(link)
        if not link.is_first:
            link.misses, link.failures, link.is_set_aside = 0, 0, False
            link.due_at = self.now + (RECHECK_DAYS if link.link_back == "seen" else 1) * DAY

    def reject(self) -> None:
        if link := self._any("pending"):
            blocks = self.random.random() < 0.5
            decision = Decision("No.", keep_blocked=blocks)
            moderation.reject(
                self.store, self._context(), link.link_id, self._version(link), decision
            )
            self._end(link, "rejected", blocks)

    def remove(self) -> None:
        if link := self._any(*HOLDING):
            blocks = self.random.random() < 0.5
            decision = Decision("No.", keep_blocked=blocks)
            moderation.remove(
                self.store, self._context(), link.link_id, self._version(link), decision
            )
            self._end(link, "removed", blocks)

    def restore(self) -> None:
        link = self._any("rejected", "removed")
        if link is None:
            return
        urls = [link.url, *([link.final] if link.final else [])]
        is_refused = (
            link.erased
            or any(self.claims.get(url, link.link_id) != link.link_id for url in urls)
            or self.count(link.article, "pending") >= PENDING_CAP
        )
        try:
            moderation.restore(self.store, self._context(), link.link_id, self._version(link))
        except Refusal:
            assert is_refused
            return
        assert not is_refused
        self.claims |= dict.fromkeys(urls, link.link_id)
        link.status, link.needs_editor, link.published_at = "pending", "restored", None
        link.expires_at, link.due_at = self.now + PENDING_DAYS * DAY, self.now
        link.is_first = True

    def withdraw(self) -> None:
        link = self._any(*HOLDING, *(["rejected", "removed"] if self.random.random() < 0.2 else []))
        if link is None or not link.token:
            return
        withdraw(self.store, by_submitter(self.now), link.link_id, link.token)
        if link.holds:
            self._end(link, "withdrawn", False)
        link.erased = True

    def expire(self) -> None:
        def fail(link_id: str, error: Exception) -> None:
            raise AssertionError(link_id) from error

        expire_and_erase(self.store, self.now, 365, fail)
        for link in self.known.values():
            is_over = link.expires_at is not None and link.expires_at <= self.now
            # One that was never checked has a day more.
            if is_over and not (link.is_first and link.due_at and link.due_at > self.now - DAY):
                self._end(link, "expired", False)

    def purge(self) -> None:
        article = self.random.choice(list(POLICIES))
        end_links_of(self.store, self._context(), article)
        for link in self.known.values():
            if link.article == article and link.holds:
                self._end(link, "removed", False)

    def request(self) -> None:
        link = self._any(*HOLDING)
        if link is None or link.is_first:
            return
        stored = links.get_link(self.store, link.link_id)
        assert stored
        with contextlib.suppress(checks_table.TooSoon):
            links.request_check(self.store, stored, self.now)
            link.due_at, link.is_set_aside, link.failures = self.now, False, 0

    def retry(self) -> None:
        for link in self.known.values():
            assert checks_table.retry_check(self.store, link.link_id, self.now) == link.is_set_aside
            if link.is_set_aside:
                link.due_at, link.is_set_aside, link.failures = self.now, False, 0

    # ---- what must be so ---------------------------------------------------------------------

    def compare(self) -> None:
        check(self.store)
        items = {item["pk"]: item for item in scan(self.store, self.store.links)}
        for link_id, known in self.known.items():
            link = link_of(items[f"link#{link_id}"])
            checks = checks_of(link_id, items.get(f"checks#{link_id}"))
            assert (link.status, link.link_back) == (known.status, known.link_back)
            assert (link.url is None) == known.erased
            assert link.needs_editor == known.needs_editor
            assert link.title == (None if known.erased else known.title)
            assert link.expires_at == (known.expires_at and rfc3339(known.expires_at))
            assert link.published_at == (known.published_at and rfc3339(known.published_at))
            next_at = link.check_at or checks.due_at
            assert next_at == (known.due_at and rfc3339(known.due_at))
            assert (link.check_at is not None, checks.is_set_aside) == (
                known.is_first,
                known.is_set_aside,
            )
            if not known.erased and items.get(f"checks#{link_id}"):
                assert len(checks.evidence) == min(known.checks, 10)
            if known.holds:
                assert checks.counters.misses == known.misses
                assert checks.counters.was_seen == known.was_seen
        held = {item["link_id"] for pk, item in items.items() if pk.startswith("claim#")}
        assert held == set(self.claims.values())
        assert len([pk for pk in items if pk.startswith("claim#")]) == len(self.claims)


CELLS = {
    *((("pending", policy, found)) for policy in ("approved", "verified") for found in FOUND),
    *((status, None, found) for status in ("published", "lapsed") for found in FOUND),
}
TABLE: set[Cell] = {
    *(cell for cell in CELLS if cell[2] != "crash"),
    *(
        cell
        for kind in NO_LINK
        for cell in (("pending", "webmention", kind), ("published", "resend", kind))
    ),
}


def run_histories(first: int, number: int, steps: int) -> Counter[Cell]:
    cells: Counter[Cell] = Counter()
    for seed in range(first, first + number):
        history = History(seed)
        for step in range(steps):
            try:
                history.step()
                history.compare()
            except BaseException as error:
                error.add_note(f"history {seed}, step {step}")
                raise
        cells += history.cells
    return cells


@pytest.mark.slow
def test_histories_are_as_the_model_says() -> None:
    cells = run_histories(0, 300, 40)
    assert TABLE - set(cells) == set()


@pytest.mark.long
def test_ten_thousand_histories_are_as_the_model_says() -> None:
    cells = run_histories(1_000, 10_000, 40)
    assert TABLE - set(cells) == set()
