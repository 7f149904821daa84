"""A link's life against a model of it: every page and answer as the model says, after each step."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from seealso.editing.purging import end_links_of
from seealso.errors import Refusal, StoreError, VersionConflict
from seealso.reading.page import read_page
from seealso.store.calls import Call
from seealso.store.client import Client
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.submitting.withdrawing import withdraw
from seealso.tables import links
from seealso.tables.articles import get_article, put_articles
from seealso.tables.audit import ChangeContext
from seealso.tables.expiry import expire_and_erase
from seealso.tables.links import Cause, Link, PageFull, Status, get_link, link_of
from seealso.times import rfc3339
from tests.support import engines, faulty
from tests.support.factories import APPROVED, AT_ONCE, NOW, attempt, by_submitter, make_network
from tests.support.invariants import HOLDING, check
from tests.support.scan import delete_items
from tests.support.tables import another
from tests.support.transitions import change_link

pytestmark = pytest.mark.slow  # histories of many steps

# Small, so that they are met often.
CAP, PENDING_CAP = 2, 2
PENDING_DAYS, LAPSED_DAYS = 14, 30
ARTICLES = {1: AT_ONCE, 2: APPROVED, 3: APPROVED}
# The same link to the rules, each in two spellings.
URLS = [
    (f"https://blog.reader-{number}.net/page", f"http://www.blog.reader-{number}.net/page/#top")
    for number in range(14)
]
MOVES: dict[str, tuple[Status, ...]] = {
    "pending": ("published", "rejected", "expired", "withdrawn", "removed"),
    "published": ("lapsed", "withdrawn", "removed"),
    "lapsed": ("published", "expired", "withdrawn", "removed"),
}


def fail(link_id: str, error: Exception) -> None:
    raise AssertionError(link_id) from error


@dataclass
class Known:
    """What the model knows of a link."""

    article_id: int
    number: int  # of its URL
    url: str
    title: str | None
    key: str
    token: str
    status: Status
    submitted_at: str
    published_at: str | None
    due_at: datetime | None
    versions: list[Link]  # as they were returned, the newest last


class Life(RuleBasedStateMachine):
    """Submitters, editors, a schedule and a verifier, one after the other, over one store."""

    def __init__(self, store: Store, lossy: Store, between: faulty.Proxy) -> None:
        super().__init__()
        self.store = store
        self.lossy = lossy
        self.between = between
        self.now = NOW
        self.links: dict[str, Known] = {}
        self.claims: dict[int, str] = {}  # numbers of URLs that are taken, and by which link
        self.hidden: set[int] = set()
        self.keys = 0

    @initialize()
    def nothing(self) -> None:
        delete_items(self.store, self.store.links)
        for article_id in ARTICLES:
            self._show(article_id, "published")
        # Enough for most rules to have something to work on.
        for number, article_id in enumerate([1, 2, 2, 3]):
            self.submit_to(article_id, number, None, False)

    @rule(random=st.randoms(use_true_random=False))
    def step(self, random: Random) -> None:
        """One thing that happens; one rule, since Hypothesis leaves rules out of whole lives."""
        action = random.choice(
            [
                *[self.submit, self.change] * 5,
                *[self.replay, self.deliver_again, self.withdraw, self.hide_or_show] * 2,
                self.use_key_for_another,
                self.withdraw_with_another_token,
                self.change_that_cannot_be,
                self.expire,
                self.purge,
            ]
        )
        note(action.__name__)
        action(random)

    # ---- submitters --------------------------------------------------------------------------

    def submit(self, random: Random) -> None:
        article_id, number = _article(random), random.randrange(len(URLS))
        self.submit_to(article_id, number, random.choice([None, "A title"]), _now_and_then(random))

    def submit_to(self, article_id: int, number: int, title: str | None, loses_reply: bool) -> None:
        self.keys += 1
        key = f"{self.keys:016}"
        wanted = self._refusal(article_id, number)
        receipt = self._submitted(article_id, URLS[number][0], title, key, wanted, loses_reply)
        if receipt is None:
            return
        link, token = receipt
        at_once = ARTICLES[article_id] == AT_ONCE
        due_at = None if at_once else self.now + timedelta(days=PENDING_DAYS)
        assert (link.status, link.version) == ("published" if at_once else "pending", 1)
        self.claims[number] = link.link_id
        self.links[link.link_id] = Known(
            article_id=article_id,
            number=number,
            url=URLS[number][0],
            title=title,
            key=key,
            token=token,
            status=link.status,
            submitted_at=rfc3339(self.now),
            published_at=rfc3339(self.now) if at_once else None,
            due_at=due_at,
            versions=[link],
        )

    def replay(self, random: Random) -> None:
        known = self._some(random)
        url = random.choice(URLS[known.number])
        wanted = "not-found" if known.article_id in self.hidden else None
        receipt = self._submitted(
            known.article_id, url, None, known.key, wanted, _now_and_then(random)
        )
        if receipt is not None:
            assert receipt == (known.versions[-1], known.token)

    def use_key_for_another(self, random: Random) -> None:
        known = self._some(random)
        article_id, number = _article(random), random.randrange(len(URLS))
        if (known.article_id, known.number) == (article_id, number):
            return
        wanted = "not-found" if article_id in self.hidden else "idempotency-key-reused"
        assert self._submitted(article_id, URLS[number][0], None, known.key, wanted, False) is None

    def withdraw(self, random: Random) -> None:
        known = self._some(random)
        with self._store(_now_and_then(random)) as store:
            withdraw(store, by_submitter(self.now), known.versions[-1].link_id, known.token)
        if known.status in HOLDING:
            self._moved(known, "withdrawn", frees=True)
        elif known.versions[-1].url is not None:
            # An ended link keeps its status, and forgets its URL and title.
            self._moved(known, known.status, frees=False)
            assert known.versions[-1].url is known.versions[-1].title is None

    def withdraw_with_another_token(self, random: Random) -> None:
        link_id = self._some(random).versions[-1].link_id
        with pytest.raises(Refusal, match="forbidden"):
            withdraw(self.store, by_submitter(self.now), link_id, "0" * 32)

    # ---- editors and the verifier ------------------------------------------------------------

    def change(self, random: Random) -> None:
        changeable = [known for known in self.links.values() if known.status in MOVES]
        if not changeable:
            return
        known = random.choice(changeable)
        status = random.choice(MOVES[known.status])
        frees, loses_reply = random.choice([True, False]), _now_and_then(random)
        if status == "published" and self._count(known.article_id, "published") >= CAP:
            with self._store(loses_reply) as store, pytest.raises(PageFull):
                self._change(store, known.versions[-1], status, frees)
            return
        with self._store(loses_reply) as store:
            try:
                changed = self._change(store, known.versions[-1], status, frees)
                assert changed.version == known.versions[-1].version + 1
            except VersionConflict:
                # An engine that does not know a transaction again meets it as somebody else's.
                assert loses_reply
        self._moved(known, status, frees or status in ("expired", "withdrawn"))

    def deliver_again(self, random: Random) -> None:
        """A change that was decided for a link as it was before its last change."""
        changed = [known for known in self.links.values() if len(known.versions) > 1]
        if not changed:
            return
        stale = random.choice(random.choice(changed).versions[:-1])
        with pytest.raises(VersionConflict):
            self._change(self.store, stale, random.choice(MOVES[stale.status]), False)

    def change_that_cannot_be(self, random: Random) -> None:
        known = self._some(random)
        status: Status = random.choice(["pending", "published", "lapsed", "rejected", "expired"])
        if status in MOVES.get(known.status, ()):
            return
        with pytest.raises(ValueError, match="cannot follow"):
            self._change(self.store, known.versions[-1], status, False)

    # ---- time and articles -------------------------------------------------------------------

    def expire(self, random: Random) -> None:
        self.now += timedelta(days=random.choice([1, 7, 14]), seconds=1)
        overdue = [
            known
            for known in self.links.values()
            if known.status in MOVES and known.due_at is not None and known.due_at <= self.now
        ]
        report = expire_and_erase(self.store, self.now, 36500, fail)
        assert (report.expired, report.failed) == (len(overdue), 0)
        for known in overdue:
            self._moved(known, "expired", frees=True)

    def hide_or_show(self, random: Random) -> None:
        article_id = random.choice([*self.hidden, *ARTICLES])
        if article_id in self.hidden:
            self._show(article_id, "published")
            self.hidden.remove(article_id)
        else:
            self._show(article_id, "draft")
            self.hidden.add(article_id)

    def purge(self, random: Random) -> None:
        if not self.hidden:
            return
        article_id = random.choice(sorted(self.hidden))
        living = [
            known
            for known in self.links.values()
            if known.article_id == article_id and known.status in HOLDING
        ]
        ended = random.randint(0, len(living))
        if ended < len(living):
            with pytest.raises(Killed):
                end_links_of(dying(self.store, ended), by_admin(self.now), article_id)
            check(self.store)
        else:
            ended = 0
        assert end_links_of(self.store, by_admin(self.now), article_id) == len(living) - ended
        for known in living:
            self._moved(known, "removed", frees=True)

    # ---- what must be ------------------------------------------------------------------------

    @invariant()
    def pages_are_the_models(self) -> None:
        for article_id in ARTICLES:
            page = read_page(self.store, article_id)
            if article_id in self.hidden:
                assert page is None
                continue
            assert page is not None
            shown = [
                {
                    "link_id": link_id,
                    "url": known.url,
                    "title": known.title,
                    "published_at": known.published_at,
                }
                for link_id, known in sorted(
                    self.links.items(), key=lambda each: (each[1].submitted_at, each[0])
                )
                if (known.article_id, known.status) == (article_id, "published")
            ]
            assert page["links"] == shown
            assert page["places_left"] == CAP - len(shown)

    @invariant()
    def tables_are_the_models(self) -> None:
        there = {
            link.link_id: link
            for item in check(self.store)
            if item["pk"].startswith("link#")
            for link in [link_of(item)]
        }
        assert there.keys() == self.links.keys()
        for link_id, known in self.links.items():
            link = there[link_id]
            assert link == known.versions[-1]
            assert link.status == known.status
            assert link.published_at == known.published_at
            assert link.expires_at == (rfc3339(known.due_at) if known.due_at else None)

    # ---- helpers -----------------------------------------------------------------------------

    def _some(self, random: Random) -> Known:
        return random.choice([*self.links.values()])

    def _count(self, article_id: int, status: str) -> int:
        return sum(
            (known.article_id, known.status) == (article_id, status)
            for known in self.links.values()
        )

    def _refusal(self, article_id: int, number: int) -> str | None:
        """The problem that a new submission meets, in contract.md's order."""
        if article_id in self.hidden:
            return "not-found"
        if number in self.claims:
            return "duplicate-link"
        if self._count(article_id, "published") >= CAP:
            return "page-full"
        if ARTICLES[article_id] == APPROVED and self._count(article_id, "pending") >= PENDING_CAP:
            return "queue-full"
        return None

    def _submitted(
        self,
        article_id: int,
        url: str,
        title: str | None,
        key: str,
        wanted: str | None,
        loses_reply: bool,
    ) -> tuple[Link, str] | None:
        """The link and token of a submission; None if it is refused, as `wanted` says."""
        # Submissions of one moment have no order among them but that of their ids.
        self.now += timedelta(seconds=1)
        free = CAP - self._count(article_id, "published")
        refused: Refusal | None = None
        try:
            with self._store(loses_reply) as store:
                receipt = submit(
                    store,
                    attempt(article_id, url, self.now, title),
                    key,
                    Rules(1_000_000, "network"),
                )
        except Refusal as problem:
            refused = problem
        assert (refused.name if refused else None) == wanted
        if refused is not None:
            if wanted == "duplicate-link":
                self._check_duplicate(refused, url)
            return None
        new = key not in {known.key for known in self.links.values()}
        assert receipt.places_left == free - (new and receipt.link.status == "published")
        return receipt.link, receipt.withdraw_token

    def _check_duplicate(self, problem: Refusal, url: str) -> None:
        """A duplicate names the link that has the URL if everybody can see that one."""
        (number,) = [number for number, spellings in enumerate(URLS) if url in spellings]
        known = self.links[self.claims[number]]
        shown = known.status == "published" and known.article_id not in self.hidden
        wanted = {"article_id": known.article_id, "url": known.url} if shown else {}
        assert problem.members == wanted

    def _change(self, store: Store, link: Link, status: Status, frees: bool) -> Link:
        return change_link(
            store, link, status, self.now, by="a test", cap=CAP, keep_blocked=not frees
        )

    def _moved(self, known: Known, status: Status, frees: bool) -> None:
        link_id = known.versions[-1].link_id
        known.status = status
        known.due_at = self.now + timedelta(days=LAPSED_DAYS) if status == "lapsed" else None
        if status == "published":
            known.published_at = rfc3339(self.now)
        if status not in HOLDING and frees:
            del self.claims[known.number]
        link = get_link(self.store, link_id)
        assert link is not None
        assert link.version == known.versions[-1].version + 1
        known.versions.append(link)

    def _show(self, article_id: int, state: str) -> None:
        was = get_article(self.store, article_id)
        assert was is not None
        shall_be = replace(was, state=state, version=was.version + 1)
        assert put_articles(self.store, [(shall_be, was)]) == [None]

    @contextmanager
    def _store(self, loses_reply: bool) -> Iterator[Store]:
        """The store; one whose next transaction is done while its reply is lost, if asked for."""
        if not loses_reply:
            yield self.store
            return
        self.between.inject(faulty.reply_lost, operation="TransactWriteItems")
        try:
            yield self.lossy
        finally:
            self.between.clear()


def _article(random: Random) -> int:
    return random.choice([*ARTICLES])


def _now_and_then(random: Random) -> bool:
    return random.randrange(4) == 0


class Killed(Exception):
    """The process has ended here."""


class DyingClient(Client):
    """A client whose process is killed when it wants to write once more than it may."""

    left = 0

    def call(self, operation: str, body: Json) -> Json:
        if operation == "TransactWriteItems":
            if self.left == 0:
                raise Killed
            self.left -= 1
        return self.send_all([Call(operation, body)])[0]


def by_admin(now: datetime) -> ChangeContext:
    """What an admin does at a time."""
    return ChangeContext("admin", now, "request", kept_days=1)


def dying(store: Store, transactions: int) -> Store:
    """A store over the same tables that is killed after so many transactions."""
    client = store.client
    dies = DyingClient(client.endpoint, client.region, client.credentials, client.limit_seconds)
    dies.left = transactions
    # Its connections are the other's, which closes them.
    dies._idle = client._idle
    mortal = copy.copy(store)
    mortal.client = dies
    return mortal


def live(store: Store, examples: int, steps: int) -> None:
    """Run the machine over a store."""
    make_network(store, [*ARTICLES.items()], cap=CAP, pending_cap=PENDING_CAP)
    with faulty.proxy(store.client.endpoint) as between:
        through = another(store)
        through.client.endpoint = between.endpoint

        class Here(Life):
            def __init__(self) -> None:
                super().__init__(store, through, between)

        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        through.client.close()


@engines.on_the_reference
def test_links_match_the_model(store: Store) -> None:
    live(store, examples=6, steps=40)


@pytest.mark.long
def test_links_match_the_model_over_long_histories(store: Store) -> None:
    live(store, examples=60, steps=100)


# ---- purging ---------------------------------------------------------------------------------


def purgeable(store: Store) -> dict[str, Link]:
    """An article that is public no more, with a link of each status."""
    make_network(store, [*ARTICLES.items()])
    made: dict[str, Link] = {}
    for number, (name, statuses) in enumerate(_WAYS.items()):
        link = submit(
            store,
            attempt(2, f"https://blog.reader-{number}.net/page", NOW),
            None,
            Rules(1_000_000, "network"),
        ).link
        for status in statuses:
            link = change_link(store, link, status, NOW, by="a test", cap=5)
        made[name] = link
    was = get_article(store, 2)
    assert was is not None
    put_articles(store, [(replace(was, state="deleted", version=2), was)])
    return made


_WAYS: dict[str, list[Status]] = {
    "pending": [],
    "published": ["published"],
    "lapsed": ["published", "lapsed"],
    "rejected": ["rejected"],
    "removed": ["published", "removed"],
    "withdrawn": ["withdrawn"],
    "expired": ["expired"],
}


@engines.on_every_engine
def test_purging_ends_links_and_frees_their_urls(store: Store) -> None:
    before = purgeable(store)
    assert end_links_of(store, by_admin(NOW), 2) == 3
    check(store)
    for name, link in before.items():
        after = get_link(store, link.link_id)
        if name in HOLDING:
            assert after is not None
            assert after.status == "removed"
            assert after.history[-1]["by"] == "admin"
        else:
            assert after == link
    claims = {name: _has_claim(store, link) for name, link in before.items()}
    assert {name for name, held in claims.items() if held} == {"rejected", "removed"}


@pytest.mark.parametrize("transactions", range(3))
def test_purging_resumes_after_being_killed(store: Store, transactions: int) -> None:
    purgeable(store)
    with pytest.raises(Killed):
        end_links_of(dying(store, transactions), by_admin(NOW), 2)
    check(store)
    assert end_links_of(store, by_admin(NOW), 2) == 3 - transactions
    assert end_links_of(store, by_admin(NOW), 2) == 0
    check(store)


def test_purging_yields_to_a_change_at_the_same_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = purgeable(store)
    remove = links.remove
    others = [(made["published"], links.lapse), (made["pending"], links.withdraw)]

    def overtaken(store: Store, link: Link, *given: Any, **named: Any) -> Link:
        for each in [other for other in others if other[0] == link]:
            others.remove(each)
            each[1](store, link, Cause(NOW, "another"))
        return remove(store, link, *given, **named)

    monkeypatch.setattr(links, "remove", overtaken)
    assert end_links_of(store, by_admin(NOW), 2) == 2
    assert others == []
    check(store)


def test_purging_reads_on_past_a_page_of_the_index(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    purgeable(store)
    call = Client.call

    def short(client: Client, operation: str, body: Json) -> Json:
        return call(client, operation, body | {"Limit": 2} if operation == "Query" else body)

    monkeypatch.setattr(Client, "call", short)
    assert end_links_of(store, by_admin(NOW), 2) == 3


def _has_claim(store: Store, link: Link) -> bool:
    action = links._put_new(store, {"pk": link.claim})["Put"]
    try:
        store.client.call("PutItem", action)
    except StoreError:
        return True
    return False
