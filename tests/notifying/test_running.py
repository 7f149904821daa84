"""Runs of the webhook: what is new, the digest, tests, failures, the lease, crashes."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from seealso.editing import links as moderation
from seealso.editing.links import Decision
from seealso.errors import VersionConflict
from seealso.notifying import running
from seealso.notifying.running import AFTER_FAILURE, MAX_NOTICES, Report, run
from seealso.store.tables import Store
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.tables import notices
from seealso.tables.audit import AuditFilter, list_audit
from seealso.tables.queue import PendingCounts, count_pending, save_counts
from seealso.times import rfc3339
from seealso.verifying.fetching import Fetched, FetchFailed
from tests.notifying.receiver import HOST, Clock, FakeReceiver, tools
from tests.support.factories import APPROVED, AT_ONCE, NOW, attempt, by, make_network

ARTICLE, AT_ONCE_ARTICLE = 100, 101
SECONDS = 60.0
# At NOW it is noon: the day's digest has been sent.
BEFORE = notices.State(digest_day="2026-11-23")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def receiver() -> FakeReceiver:
    return FakeReceiver()


@pytest.fixture
def network(store: Store, clock: Clock) -> Store:
    """Two sites, and a webhook with a key whose digest of the day has been sent."""
    make_network(store, [(ARTICLE, APPROVED), (AT_ONCE_ARTICLE, AT_ONCE)], pending_cap=1000)
    notices.replace_key(store, by("bea@example.com", clock.now), "")
    lease = notices.take_lease(store, clock.now, 0)
    assert lease
    notices.save_state(store, lease, BEFORE)
    return store


def submitted(store: Store, clock: Clock, name: str, article: int = ARTICLE) -> str:
    sent = attempt(article, f"https://example.com/{name}", clock.now)
    return submit(store, sent, None, Rules(10**6, "network")).link.link_id


def test_new_links_are_announced_once(network: Store, clock: Clock, receiver: FakeReceiver) -> None:
    first = submitted(network, clock, "a")
    clock.passes(seconds=1)
    second = submitted(network, clock, "b")
    submitted(network, clock, "c", AT_ONCE_ARTICLE)  # published: it is not in the queue
    clock.passes(minutes=1)
    given = tools(network, clock, receiver)
    assert run(given, 0) == Report(accepted=1)
    assert receiver.notices == [
        {
            "kind": "queue",
            "at": rfc3339(clock.now),
            "new": 2,
            "more": False,
            "sites": [{"domain": APPROVED, "new": 2}],
            "links": [
                {"link_id": each, "article_id": ARTICLE, "domain": APPROVED}
                for each in (first, second)
            ],
        }
    ]
    clock.passes(minutes=5)
    assert run(given, 0) == Report()
    third = submitted(network, clock, "d")
    clock.passes(minutes=5)
    assert run(given, 0) == Report(accepted=1)
    assert [each["link_id"] for each in receiver.notices[1]["links"]] == [third]


def test_links_wait_until_the_index_has_all_before_them(
    network: Store, clock: Clock, receiver: FakeReceiver
) -> None:
    clock.passes(minutes=5)
    submitted(network, clock, "a")
    clock.passes(seconds=59)
    assert run(tools(network, clock, receiver), 0) == Report()
    clock.passes(seconds=1)
    assert run(tools(network, clock, receiver), 0) == Report(accepted=1)


def test_what_was_decided_meanwhile_is_not_announced(
    network: Store, clock: Clock, receiver: FakeReceiver
) -> None:
    link_id = submitted(network, clock, "a")
    moderation.reject(network, by("ann@example.com", clock.now), link_id, 1, Decision("No."))
    clock.passes(minutes=5)
    assert run(tools(network, clock, receiver), 0) == Report()


def test_links_before_the_key_are_not_announced(
    store: Store, clock: Clock, receiver: FakeReceiver
) -> None:
    make_network(store, [(ARTICLE, APPROVED)])
    submitted(store, clock, "old")
    clock.passes(hours=1)
    assert run(tools(store, clock, receiver), 0) == Report()  # no key: nothing is sent unsigned
    assert receiver.received == []
    notices.replace_key(store, by("bea@example.com", clock.now), "")
    new = submitted(store, clock, "new")
    clock.passes(minutes=5)
    run(tools(store, clock, receiver), 0)
    assert [each["link_id"] for each in receiver.notices[0]["links"]] == [new]


def test_a_flood_is_announced_in_parts(
    network: Store, clock: Clock, receiver: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MAX_LINKS", 2)
    sent = []
    for number in range(2 * MAX_NOTICES + 3):
        clock.passes(milliseconds=number % 3)  # some at the same time
        sent.append(submitted(network, clock, str(number)))
    clock.passes(minutes=5)
    assert run(tools(network, clock, receiver), 0) == Report(accepted=MAX_NOTICES)
    assert run(tools(network, clock, receiver), 0) == Report(accepted=2)
    announced = [each["link_id"] for notice in receiver.notices for each in notice["links"]]
    assert sorted(announced) == sorted(sent)
    assert [notice["more"] for notice in receiver.notices] == [True] * 11 + [False]


def test_a_digest_a_day(network: Store, clock: Clock, receiver: FakeReceiver) -> None:
    at = rfc3339(clock.now)
    submitted(network, clock, "a")
    submitted(network, clock, "b")
    clock.passes(minutes=5)
    run(tools(network, clock, receiver), 0)
    clock.now = NOW.replace(day=24, hour=5, minute=59)
    assert run(tools(network, clock, receiver), 0) == Report()
    save_counts(network, PendingCounts(rfc3339(clock.now), count_pending(network)))
    counted_at = rfc3339(clock.now)
    clock.passes(minutes=5)
    assert run(tools(network, clock, receiver), 0) == Report(accepted=1)
    assert receiver.notices[1] == {
        "kind": "digest",
        "at": rfc3339(clock.now),
        "pending": 2,
        "counted_at": counted_at,
        "oldest": at,
        "sites": [{"domain": APPROVED, "pending": 2}],
    }
    clock.passes(hours=17)
    assert run(tools(network, clock, receiver), 0) == Report()


def test_a_digest_without_counts_or_links(
    store: Store, clock: Clock, receiver: FakeReceiver
) -> None:
    notices.replace_key(store, by("bea@example.com", clock.now), "")
    assert run(tools(store, clock, receiver), 0) == Report(accepted=1)
    (notice,) = receiver.notices
    assert (notice["pending"], notice["oldest"], notice["sites"]) == (None, None, [])


def test_failures_are_retried_with_back_off_and_lose_nothing(
    network: Store, clock: Clock, receiver: FakeReceiver
) -> None:
    receiver.answers = [500, FetchFailed("timeout", "", []), 302, 200]
    first = submitted(network, clock, "a")
    clock.passes(minutes=5)
    given = tools(network, clock, receiver)
    for pause in AFTER_FAILURE[:3]:
        assert run(given, 0) == Report(failed=1)
        clock.now += pause - timedelta(seconds=1)
        assert run(given, 0) == Report()
        clock.passes(seconds=1)
    second = submitted(network, clock, "b")
    clock.passes(minutes=5)
    assert run(given, 0) == Report(accepted=1)
    assert [each["link_id"] for each in receiver.notices[-1]["links"]] == [first, second]
    state = notices.get_webhook(network).state
    assert (state.failures, state.next_at, state.host) == (0, "", HOST)
    assert [(each.status, each.problem) for each in state.deliveries] == [
        (200, None),
        (302, None),
        (None, "timeout"),
        (500, None),
    ]


def test_the_pause_has_an_end(network: Store, clock: Clock, receiver: FakeReceiver) -> None:
    receiver.answers = [500]
    submitted(network, clock, "a")
    clock.passes(minutes=5)
    for _ in range(2 * len(AFTER_FAILURE)):
        assert run(tools(network, clock, receiver), 0) == Report(failed=1)
        clock.now += AFTER_FAILURE[-1]
    state = notices.get_webhook(network).state
    assert state.next_at == rfc3339(clock.now)
    assert len(state.deliveries) == 2 * len(AFTER_FAILURE)


def test_20_deliveries_and_200_characters_are_kept(
    network: Store, clock: Clock, receiver: FakeReceiver
) -> None:
    receiver.text = "\N{GRINNING FACE}\n\0\N{RIGHT-TO-LEFT OVERRIDE}<b>".encode() * 100
    for number in range(23):
        clock.passes(seconds=1)
        receiver.answers = [200 + number]
        notices.ask_for_test(network, clock.now)
        run(tools(network, clock, receiver), 0)
    kept = notices.get_webhook(network).state.deliveries
    assert [each.status for each in kept] == list(range(222, 202, -1))
    assert kept[0].answer == ("\N{GRINNING FACE}   <b>" * 100)[:200]


def test_a_test_is_sent_once_and_does_not_wait(
    network: Store, clock: Clock, receiver: FakeReceiver
) -> None:
    receiver.answers = [500, 500, 200]
    submitted(network, clock, "a")
    clock.passes(minutes=5)
    given = tools(network, clock, receiver)
    assert run(given, 0) == Report(failed=1)
    notices.ask_for_test(network, clock.now)
    assert run(given, 0) == Report(failed=1)
    assert run(given, 0) == Report()
    assert notices.get_webhook(network).state.failures == 1
    clock.passes(seconds=1)
    notices.ask_for_test(network, clock.now)
    assert run(given, 0) == Report(accepted=2)  # what had to wait goes at once
    assert receiver.kinds == ["queue", "test", "test", "queue"]


def test_one_run_at_a_time(network: Store, clock: Clock, receiver: FakeReceiver) -> None:
    submitted(network, clock, "a")
    clock.passes(minutes=5)

    def meanwhile(headers: Mapping[str, str], body: bytes) -> Fetched | FetchFailed:
        assert run(tools(network, clock, receiver), SECONDS) is None
        return receiver(headers, body)

    assert run(tools(network, clock, meanwhile), SECONDS) == Report(accepted=1)
    assert len(receiver.received) == 1


def test_a_run_that_was_suspended_changes_nothing_of_the_next(
    network: Store, clock: Clock, receiver: FakeReceiver
) -> None:
    submitted(network, clock, "a")
    clock.passes(minutes=5)

    def suspended(_headers: Mapping[str, str], _body: bytes) -> Fetched | FetchFailed:
        clock.passes(seconds=SECONDS + 1)
        assert run(tools(network, clock, receiver), SECONDS) == Report(accepted=1)
        return replace_status(500)

    def replace_status(status: int) -> Fetched | FetchFailed:
        return FakeReceiver([status])({}, b"")

    assert run(tools(network, clock, suspended), SECONDS) == Report(failed=1)
    assert [each.status for each in notices.get_webhook(network).state.deliveries] == [200]


def test_a_run_that_is_killed_leaves_its_links_to_the_next(
    network: Store, clock: Clock, receiver: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(network, clock, "a")
    clock.passes(minutes=5)
    with monkeypatch.context() as patch:
        patch.setattr(notices, "save_state", killed)
        with pytest.raises(KeyboardInterrupt):
            run(tools(network, clock, receiver), SECONDS)
    assert run(tools(network, clock, receiver), SECONDS) is None
    clock.passes(minutes=5)
    assert run(tools(network, clock, receiver), SECONDS) == Report(accepted=1)
    first, second = receiver.notices
    assert first["links"] == second["links"]


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_idle_run_costs_the_same_whatever_is_pending(
    network: Store, clock: Clock, receiver: FakeReceiver
) -> None:
    given = tools(network, clock, receiver)

    def idle() -> tuple[int, float, float]:
        usage = network.client.start()
        assert run(given, 0) == Report()
        return usage.round_trips, usage.read_units, usage.write_units

    clock.passes(minutes=5)
    before = idle()
    assert before[0] == 2
    for number in range(40):
        submitted(network, clock, str(number))
    clock.passes(minutes=5)
    run(given, 0)
    after = idle()
    assert (after[0], after[2]) == (2, 0)
    assert after[1] <= before[1] + 1  # the state has a delivery now


def test_a_key_is_replaced_only_by_whoever_has_seen_the_current_one(store: Store) -> None:
    first = notices.replace_key(store, by("bea@example.com", NOW), "")
    for stale in ("", "2026-01-01T00:00:00.000Z"):
        with pytest.raises(VersionConflict):
            notices.replace_key(store, by("eve@example.com", NOW), stale)
    assert notices.get_webhook(store).key == first
    second = notices.replace_key(
        store, by("bea@example.com", NOW + timedelta(seconds=1)), first.made_at
    )
    assert second.secret != first.secret
    assert notices.get_webhook(store).key == second
    actions = [(each["actor"], each["action"]) for each in list_audit(store, AuditFilter(), 9)]
    assert actions == [("bea@example.com", "notices.key")] * 2
