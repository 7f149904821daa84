"""The item of a link's checks, and the index of what is due."""

from dataclasses import replace
from datetime import timedelta

import pytest

from seealso.errors import StoreError, VersionConflict
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables.checks import (
    MAX_FAILURES,
    MAX_KEPT,
    REQUEST_INTERVAL,
    SET_ASIDE,
    Checks,
    Counters,
    TooSoon,
    checks_item,
    checks_key,
    checks_of,
    count_set_aside,
    due_checks,
    end_checks,
    forget_checks,
    get_checks,
    oldest_due,
    plan_check,
    request_check,
    retry_check,
    save_checks,
    with_evidence,
)
from seealso.times import rfc3339
from tests.support.factories import NOW

FIRST, SECOND, THIRD = (32 * digit for digit in "123")
MINUTE = timedelta(minutes=1)
SEEN: Json = {"at": rfc3339(NOW), "found": "seen", "codes": [], "status": 200}
FULL = Checks(
    FIRST,
    due_at=rfc3339(NOW),
    failures=2,
    counters=Counters(2, 1, rfc3339(NOW), was_seen=True),
    requested_at=rfc3339(NOW - MINUTE),
    resent_at=rfc3339(NOW),
    last_domain="example.net",
    home="example.org",
    home_at=rfc3339(NOW - MINUTE),
    evidence=[SEEN],
)
SET_ASIDE_ONE = Checks(FIRST, due_at=rfc3339(NOW), failures=MAX_FAILURES, is_set_aside=True)


def saved(store: Store, *all_checks: Checks) -> None:
    for checks in all_checks:
        save_checks(store, checks)


# ---- the item --------------------------------------------------------------------------------


@pytest.mark.parametrize("checks", [Checks(FIRST), FULL, SET_ASIDE_ONE])
def test_checks_are_read_as_they_were_written(store: Store, checks: Checks) -> None:
    save_checks(store, checks)
    found = get_checks(store, FIRST)
    assert replace(found, evidence=list(found.evidence)) == replace(
        checks, version=1, evidence=list(checks.evidence)
    )


def test_a_link_that_was_never_checked_has_checks_without_an_item(store: Store) -> None:
    found = get_checks(store, FIRST)
    assert found == Checks(FIRST)
    assert (found.last, found.next_at) == (None, None)


def test_nothing_that_is_unknown_is_stored() -> None:
    item = checks_item(Checks(FIRST))
    assert None not in item.values()
    assert not {"due", "due_at", "resend"} & item.keys()


def test_the_last_ones_are_kept() -> None:
    checks = Checks(FIRST)
    for number in range(MAX_KEPT + 3):
        checks = with_evidence(checks, {"at": number})
    assert [entry["at"] for entry in checks.evidence] == list(range(3, MAX_KEPT + 3))
    assert checks.last == {"at": MAX_KEPT + 2}


def test_one_that_was_set_aside_has_no_next_check() -> None:
    assert SET_ASIDE_ONE.due_at
    assert SET_ASIDE_ONE.next_at is None
    assert checks_of(FIRST, checks_item(SET_ASIDE_ONE)) == replace(SET_ASIDE_ONE, evidence=[])


def test_checks_are_written_as_they_were_read_or_not_at_all(store: Store) -> None:
    save_checks(store, Checks(FIRST))
    read = get_checks(store, FIRST)
    save_checks(store, replace(read, failures=1))
    for stale in (read, Checks(FIRST), replace(read, version=7)):
        with pytest.raises(VersionConflict):
            save_checks(store, replace(stale, failures=9))
    found = get_checks(store, FIRST)
    assert (found.failures, found.version) == (1, 2)


# ---- what is due -----------------------------------------------------------------------------


def test_the_longest_overdue_are_found_first(store: Store) -> None:
    saved(
        store,
        Checks(FIRST, due_at=rfc3339(NOW)),
        Checks(SECOND, due_at=rfc3339(NOW - MINUTE)),
        Checks(THIRD, due_at=rfc3339(NOW + MINUTE)),
    )
    assert due_checks(store, NOW, 10) == [SECOND, FIRST]
    assert due_checks(store, NOW, 1) == [SECOND]
    assert due_checks(store, NOW - MINUTE, 10) == [SECOND]
    assert due_checks(store, NOW + MINUTE, 10) == [SECOND, FIRST, THIRD]


def test_the_longest_overdue_is_known_by_its_time(store: Store) -> None:
    assert oldest_due(store, NOW) is None
    saved(
        store,
        Checks(FIRST, due_at=rfc3339(NOW)),
        Checks(SECOND, due_at=rfc3339(NOW - MINUTE)),
        replace(SET_ASIDE_ONE, link_id=THIRD, due_at=rfc3339(NOW - 2 * MINUTE)),
    )
    assert oldest_due(store, NOW) == rfc3339(NOW - MINUTE)
    assert oldest_due(store, NOW - 2 * MINUTE) is None


def test_what_was_set_aside_is_apart(store: Store) -> None:
    saved(store, SET_ASIDE_ONE, replace(SET_ASIDE_ONE, link_id=SECOND), Checks(THIRD))
    assert due_checks(store, NOW, 10) == []
    assert sorted(due_checks(store, NOW, 10, SET_ASIDE)) == [FIRST, SECOND]
    assert count_set_aside(store) == 2


def test_a_retry_makes_due_what_was_set_aside_and_nothing_else(store: Store) -> None:
    saved(store, SET_ASIDE_ONE, Checks(SECOND, due_at=rfc3339(NOW + MINUTE)))
    later = NOW + timedelta(days=1)
    assert retry_check(store, FIRST, later)
    assert not retry_check(store, FIRST, later)
    assert not retry_check(store, SECOND, later)
    assert not retry_check(store, THIRD, later)
    found = get_checks(store, FIRST)
    assert (found.due_at, found.failures, found.is_set_aside) == (rfc3339(later), 0, False)
    assert get_checks(store, SECOND).due_at == rfc3339(NOW + MINUTE)
    assert count_set_aside(store) == 0


# ---- actions of transactions -----------------------------------------------------------------


def test_a_planned_check_begins_anew(store: Store) -> None:
    save_checks(store, FULL)
    later = NOW + timedelta(days=1)
    store.client.transact([plan_check(store, FIRST, later), plan_check(store, SECOND, later)])
    found = get_checks(store, FIRST)
    assert (found.due_at, found.failures, found.counters.misses) == (rfc3339(later), 0, 0)
    assert (found.counters.was_seen, found.evidence, found.version) == (True, [SEEN], 2)
    assert get_checks(store, SECOND) == Checks(SECOND, version=1, due_at=rfc3339(later))
    assert sorted(due_checks(store, later, 10)) == [FIRST, SECOND]


def test_ended_checks_keep_what_was_found(store: Store) -> None:
    saved(store, FULL, replace(SET_ASIDE_ONE, link_id=SECOND))
    store.client.transact([end_checks(store, FIRST), end_checks(store, SECOND)])
    found = get_checks(store, FIRST)
    assert (found.due_at, found.failures, found.evidence) == (None, 0, [SEEN])
    assert due_checks(store, NOW, 10) == []
    assert count_set_aside(store) == 0


def test_checks_are_forgotten_if_they_are_as_they_were_read(store: Store) -> None:
    saved(store, FULL, replace(FULL, link_id=SECOND))
    with pytest.raises(StoreError) as raised:
        store.client.transact([forget_checks(store, FIRST, FULL)])
    assert raised.value.condition_failed(0)
    assert get_checks(store, FIRST).evidence == [SEEN]
    store.client.transact([forget_checks(store, FIRST, get_checks(store, FIRST))])
    store.client.transact([forget_checks(store, SECOND), forget_checks(store, THIRD)])
    for link_id in (FIRST, SECOND, THIRD):
        assert get_checks(store, link_id) == Checks(link_id)
    assert due_checks(store, NOW, 10) == []


@pytest.mark.parametrize("known", [[], [FULL], [SET_ASIDE_ONE]])
def test_what_was_read_before_a_change_is_not_written_after_it(
    store: Store, known: list[Checks]
) -> None:
    saved(store, *known)
    for change in (plan_check(store, FIRST, NOW), end_checks(store, FIRST)):
        read = get_checks(store, FIRST)
        store.client.transact([change])
        with pytest.raises(VersionConflict):
            save_checks(store, read)


# ---- asking for a check ----------------------------------------------------------------------


@pytest.mark.parametrize("known", [[], [SET_ASIDE_ONE], [Checks(FIRST)]])
def test_a_check_is_asked_for_once_in_ten_minutes(store: Store, known: list[Checks]) -> None:
    saved(store, *known)
    request_check(store, FIRST, NOW, [])
    found = get_checks(store, FIRST)
    assert (found.next_at, found.requested_at, found.failures) == (rfc3339(NOW), rfc3339(NOW), 0)
    again_at = NOW + REQUEST_INTERVAL
    for early in (NOW, again_at - timedelta(milliseconds=1)):
        with pytest.raises(TooSoon) as raised:
            request_check(store, FIRST, early, [])
        assert raised.value.again_at == rfc3339(again_at)
    assert get_checks(store, FIRST) == found
    request_check(store, FIRST, again_at, [])
    assert get_checks(store, FIRST).due_at == rfc3339(again_at)


def test_a_webmention_may_come_again_at_any_time(store: Store) -> None:
    for after in (NOW, NOW + MINUTE):
        request_check(store, FIRST, after, [], is_resend=True)
        found = get_checks(store, FIRST)
        assert (found.due_at, found.resent_at) == (rfc3339(after), rfc3339(after))
    # Anybody can send it: it keeps nobody from asking.
    request_check(store, FIRST, NOW + 2 * MINUTE, [])


def test_a_webmention_that_comes_again_forgets_no_failure(store: Store) -> None:
    saved(store, Checks(FIRST, failures=3, due_at=rfc3339(NOW + MINUTE)))
    request_check(store, FIRST, NOW, [], is_resend=True)
    assert get_checks(store, FIRST).failures == 3


@pytest.mark.parametrize("is_resend", [False, True])
def test_a_check_is_asked_for_together_with_more_or_not_at_all(
    store: Store, *, is_resend: bool
) -> None:
    other: Json = {
        "ConditionCheck": {
            "TableName": store.links,
            "Key": marshal_item(checks_key(SECOND)),
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    with pytest.raises(StoreError) as raised:
        request_check(store, FIRST, NOW, [other], is_resend=is_resend)
    assert raised.value.condition_failed(1)
    assert get_checks(store, FIRST) == Checks(FIRST)
    save_checks(store, Checks(SECOND))
    request_check(store, FIRST, NOW, [other], is_resend=is_resend)
    assert due_checks(store, NOW, 10) == [FIRST]


@pytest.mark.parametrize(
    ("passed", "seconds"),
    [
        (timedelta(0), 600),
        (timedelta(milliseconds=1), 600),
        (timedelta(seconds=599), 1),
        (timedelta(seconds=600), 1),
        (timedelta(seconds=700), 1),
    ],
)
def test_who_asks_too_soon_is_told_when_to_ask(passed: timedelta, seconds: int) -> None:
    refusal = TooSoon(rfc3339(NOW + REQUEST_INTERVAL)).refusal(NOW + passed)
    assert (refusal.name, refusal.retry_after) == ("rate-limited", seconds)
