"""A check that is killed, overtaken or left without answers at any of its calls loses nothing.

Over the fake of tests/support/fake_client.py: each call of a run is a point where the process may
end, where the store may fail, and where a submitter, an editor, a schedule or another run may come
first; and each call of theirs is one where a check may come first.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, Final
from unittest.mock import patch

import pytest

from seealso.editing import links as moderation
from seealso.editing.links import Decision
from seealso.editing.purging import end_links_of
from seealso.errors import Refusal, StoreUnavailable, VersionConflict
from seealso.store.calls import Call
from seealso.store.tables import Store
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.submitting.withdrawing import withdraw
from seealso.tables.audit import ChangeContext
from seealso.tables.checks import TooSoon, get_checks
from seealso.tables.expiry import expire_and_erase
from seealso.tables.links import Link, get_link, request_check
from seealso.tables.sites import Site
from seealso.verifying.politeness import Permits
from tests.support import fake_client
from tests.support.factories import NOW, attempt, by_submitter, make_network, put_site
from tests.support.fake_client import Database, fake_store
from tests.support.fake_pages import MISSING, STATUS, FakePages, Page, run_all
from tests.support.interception import Killed
from tests.support.invariants import check

URL, FINAL = "https://www.reader.net/page", "https://other.net/page"
RULES: Final = Rules(1_000, "network")
# Until a lease and every permit of a run before has run out, and until any next check is due.
LATER, MUCH_LATER = timedelta(minutes=11), timedelta(days=8)

# The site's policy, and what the page answers at one check after the other. The last check is the
# one that is disturbed.
RESTORED, WAITING = "restored, missing again", "waits for its host"
WITHOUT = Page(finding=MISSING)
GONE, REDIRECTED = Page(410, STATUS), Page(url=FINAL)
SCENES: Final[dict[str, tuple[str, list[Page]]]] = {
    "pending, seen": ("approved", [Page()]),
    "pending, verified": ("verified", [Page()]),
    "pending, redirected": ("verified", [REDIRECTED]),
    "pending, missing": ("approved", [WITHOUT]),
    "pending, gone": ("approved", [GONE]),
    "published, first check": ("at_once", [Page()]),
    "published, redirected at first": ("at_once", [REDIRECTED]),
    "published, seen": ("at_once", [Page(), Page()]),
    "published, lapses": ("at_once", [WITHOUT, WITHOUT]),
    "published, gone": ("at_once", [Page(), GONE]),
    "lapsed, back": ("at_once", [WITHOUT, WITHOUT, Page()]),
    "lapsed, missing": ("at_once", [WITHOUT, WITHOUT, WITHOUT]),
    RESTORED: ("approved", [WITHOUT, WITHOUT]),
    WAITING: ("approved", [Page()]),
}
# Those whose check is made at its first try.
CHECKED: Final = [name for name in SCENES if name != WAITING]


class Scene:
    """A link, its page and a clock, just before the check that is disturbed."""

    def __init__(self, name: str) -> None:
        policy, pages = SCENES[name]
        self.submitted = FakePages(NOW)
        self.database = Database()
        self.store = fake_store(self.database)
        make_network(self.store, [(1, 5)])
        put_site(self.store, Site(5, publish=policy, cap=1))
        receipt = submit(self.store, attempt(1, URL, NOW), None, RULES)
        self.link_id, self.token = receipt.link.link_id, receipt.withdraw_token
        for page in pages[:-1]:
            self.submitted.pages = {URL: page}
            self.run(self.store)
            self.submitted.now += MUCH_LATER
        self.submitted.pages = {URL: pages[-1]}
        if name == RESTORED:
            Change(self, self.store).remove_and_restore()
        if name == WAITING:
            Permits(self.store, lambda: NOW, 1000).take_host("www.reader.net")

    @property
    def now(self) -> datetime:
        return self.submitted.now

    def link(self, store: Store | None = None) -> Link:
        link = get_link(store or self.store, self.link_id)
        assert link
        return link

    def run(self, store: Store) -> None:
        run_all(self.submitted.tools(lambda: store, 1000))
        for _, error in self.submitted.failures:
            assert isinstance(error, StoreUnavailable | VersionConflict), repr(error)

    def after_next_run(self) -> tuple[Any, ...]:
        """The summary after another run, some time later."""
        self.submitted.now += LATER
        self.run(self.store)
        check(self.store)
        return self.summary()

    def summary(self) -> tuple[Any, ...]:
        """What a check changes, without times."""
        link, checks = self.link(), get_checks(self.store, self.link_id)
        return (
            link.status,
            link.link_back,
            link.final_claim,
            link.needs_editor,
            [entry["status"] for entry in link.history],
            [entry["found"] for entry in checks.evidence],
            checks.counters.misses,
            checks.counters.was_seen,
            checks.next_at is None,
        )


class Change:
    """What others may do meanwhile, through a store of theirs."""

    def __init__(self, scene: Scene, store: Store) -> None:
        self.scene = scene
        self.store = store

    def make(self, name: str) -> None:
        """Make one of CHANGES; it may be refused."""
        with contextlib.suppress(Refusal):
            CHANGES[name](self)

    def withdraw(self) -> None:
        withdraw(self.store, by_submitter(self.scene.now), self.scene.link_id, self.scene.token)

    def approve(self) -> None:
        moderation.approve(self.store, self._context, self.scene.link_id, self._version)

    def reject(self) -> None:
        moderation.reject(self.store, self._context, self.scene.link_id, self._version, Decision())

    def reject_and_free(self) -> None:
        decision = Decision(keep_blocked=False)
        moderation.reject(self.store, self._context, self.scene.link_id, self._version, decision)

    def remove(self) -> None:
        moderation.remove(self.store, self._context, self.scene.link_id, self._version, Decision())

    def remove_and_restore(self) -> None:
        self.remove()
        moderation.restore(self.store, self._context, self.scene.link_id, self._version)

    def purge(self) -> None:
        end_links_of(self.store, self._context, 1)

    def expire(self) -> None:
        later = self.scene.now + timedelta(days=40)
        expire_and_erase(self.store, later, 36_500, self._note)

    def submit_final_url(self) -> None:
        submit(self.store, attempt(1, FINAL, self.scene.now), None, RULES)

    def take_place(self) -> None:
        receipt = submit(self.store, attempt(1, "https://third.net/", self.scene.now), None, RULES)
        link = receipt.link
        moderation.approve(self.store, self._context, link.link_id, link.version)

    def ask_for_a_check(self) -> None:
        link = self.scene.link(self.store)
        # The link may end or change between, and its submitter may ask again.
        with contextlib.suppress(TooSoon, VersionConflict, ValueError):
            request_check(self.store, link, self.scene.now)

    def _note(self, link_id: str, error: Exception) -> None:
        self.scene.submitted.failures.append((link_id, error))

    @property
    def _context(self) -> ChangeContext:
        return ChangeContext("admin", self.scene.now, "request", kept_days=1)

    @property
    def _version(self) -> int:
        return self.scene.link(self.store).version


CHANGES: Final[dict[str, Callable[[Change], None]]] = {
    change.__name__: change
    for change in (
        Change.withdraw,
        Change.approve,
        Change.reject,
        Change.reject_and_free,
        Change.remove,
        Change.remove_and_restore,
        Change.purge,
        Change.expire,
        Change.submit_final_url,
        Change.take_place,
        Change.ask_for_a_check,
    )
}


class AtCall:
    """Lets something happen before a call of a store; `is_reached` tells whether it did."""

    def __init__(self, number: int, act: Callable[[], None]) -> None:
        self.is_reached = False
        self._left = number
        self._act = act

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            self.is_reached = True
            self._act()


def die() -> None:
    raise Killed


def undisturbed(name: str) -> tuple[Any, ...]:
    scene = Scene(name)
    scene.submitted.now += LATER
    scene.run(scene.store)
    check(scene.store)
    return scene.summary()


@pytest.mark.parametrize("name", SCENES)
def test_the_next_run_makes_up_for_one_that_was_killed(name: str) -> None:
    expected = undisturbed(name)
    for number in count(1):
        scene = Scene(name)
        here = AtCall(number, die)
        with contextlib.suppress(Killed):
            scene.run(fake_store(scene.database, here))
        check(scene.store)
        if not here.is_reached:
            break
        assert scene.after_next_run() == expected, number
    assert number > 4


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("is_done", [False, True])
def test_a_store_that_fails_at_one_call_loses_no_check(name: str, *, is_done: bool) -> None:
    """`is_done`: the call is done all the same, and its reply is lost."""
    expected = undisturbed(name)
    for number in count(1):
        scene = Scene(name)
        failing = FailingAt(number, scene.database, is_done=is_done)
        with contextlib.suppress(StoreUnavailable):
            scene.run(scene.store)
        failing.stop()
        check(scene.store)
        if not failing.has_failed:
            break
        assert scene.after_next_run() == expected, number
    assert number > 4


class FailingAt:
    """Lets a database fail at one call."""

    def __init__(self, number: int, database: Database, *, is_done: bool) -> None:
        self.has_failed = False
        self._left = number
        self._is_done = is_done
        self._answer = database.answer
        self._patch = patch.object(database, "answer", self._fail_once)
        self._patch.start()

    def stop(self) -> None:
        self._patch.stop()

    def _fail_once(self, call: Call) -> fake_client.Answer:
        self._left -= 1
        if self._left:
            return self._answer(call)
        if self._is_done:
            self._answer(call)
        self.has_failed = True
        raise StoreUnavailable("no answer")


@pytest.mark.parametrize("name", CHECKED)
def test_two_runs_at_once_check_once(name: str) -> None:
    """The first one's lease is lost, as after a pause that was too long."""
    expected = undisturbed(name)
    for number in count(1):
        scene = Scene(name)

        def run_another(scene: Scene = scene) -> None:
            lease = {"TableName": scene.store.transient, "Key": {"pk": {"S": "lease#checks"}}}
            scene.store.client.call("DeleteItem", lease)
            scene.run(scene.store)

        here = AtCall(number, run_another)
        scene.run(fake_store(scene.database, here))
        check(scene.store)
        if not here.is_reached:
            break
        assert scene.after_next_run() == expected, number
    assert number > 4


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("change", CHANGES)
def test_a_check_may_be_overtaken(name: str, change: str) -> None:
    for number in count(1):
        scene = Scene(name)
        here = AtCall(number, partial(Change(scene, scene.store).make, change))
        scene.run(fake_store(scene.database, here))
        check(scene.store)
        if not here.is_reached:
            break
        scene.submitted.now += MUCH_LATER
        scene.run(scene.store)
        check(scene.store)


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("change", CHANGES)
def test_others_may_be_overtaken_by_a_check(name: str, change: str) -> None:
    for number in count(1):
        scene = Scene(name)
        here = AtCall(number, partial(scene.run, scene.store))
        Change(scene, fake_store(scene.database, here)).make(change)
        check(scene.store)
        if not here.is_reached:
            break
        scene.submitted.now += MUCH_LATER
        scene.run(scene.store)
        check(scene.store)
