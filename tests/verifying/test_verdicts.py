"""Every cell of design.md's table under "Checking link-backs", written down once more."""

from datetime import UTC, datetime, timedelta

import pytest

from seealso.tables.checks import Counters
from seealso.times import rfc3339
from seealso.verifying.verdicts import Case, Found, Verdict, decide

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOURS = {"1 h": 1, "6 h": 6, "1 d": 24, "3 d": 72, "7 d": 168, "9 d": 216}
SEEN = Counters(was_seen=True)


def case(
    status: str,
    counters: Counters = Counters(),  # noqa: B008 it cannot be changed
    *,
    age: timedelta = timedelta(minutes=1),
    policy: str = "approved",
    needs_editor: bool = False,
) -> Case:
    return Case(status, NOW - age, policy, needs_editor, 9, counters)


def after(verdict: Verdict) -> str | None:
    """When the next check is, in the table's words."""
    if verdict.next_at is None:
        return None
    return next(word for word, hours in HOURS.items() if verdict.next_at == NOW + hours_of(hours))


def hours_of(hours: float) -> timedelta:
    return timedelta(hours=hours)


def of(
    misses: int = 0, unreachable: int = 0, days: float = 0, *, was_seen: bool = True
) -> Counters:
    """Counters; `days` ago no page was reached for the first time."""
    since = rfc3339(NOW - timedelta(days=days)) if unreachable else None
    return Counters(misses, unreachable, since, was_seen)


@pytest.mark.parametrize("policy", ["at_once", "approved", "verified"])
@pytest.mark.parametrize("needs_editor", [False, True])
def test_a_pending_link_that_is_seen(policy: str, *, needs_editor: bool) -> None:
    verdict = decide(case("pending", policy=policy, needs_editor=needs_editor), "seen", NOW)
    is_published = policy == "verified" and not needs_editor
    assert verdict.link_back == "seen"
    assert verdict.change == ("publish" if is_published else None)
    assert after(verdict) == ("9 d" if is_published else None)


def test_a_verified_link_on_a_full_page_is_tried_daily() -> None:
    verdict = decide(case("pending", policy="verified"), "seen", NOW, is_full=True)
    assert verdict == Verdict("seen", None, SEEN, NOW + timedelta(days=1))


@pytest.mark.parametrize("found", ["missing", "not-found"])
@pytest.mark.parametrize(
    ("age", "next_at"),
    [
        (0.01, 1),
        (0.99, 1),
        (1, 24),
        (1.1, 24),
        (24, 72),
        (60, 72),
        (72, 168),
        (168, None),
        (300, None),
    ],
)
def test_a_pending_link_that_is_missing(found: Found, age: float, next_at: int | None) -> None:
    verdict = decide(case("pending", age=hours_of(age)), found, NOW)
    assert (verdict.link_back, verdict.change) == ("missing", None)
    assert verdict.next_at == (None if next_at is None else NOW + hours_of(next_at - age))


def test_a_pending_link_whose_page_is_gone() -> None:
    verdict = decide(case("pending"), "gone", NOW)
    assert verdict == Verdict("missing", None, Counters(misses=1), None)


@pytest.mark.parametrize("status", ["pending", "published"])
@pytest.mark.parametrize(
    ("unreachable", "next_at"), [(0, "1 h"), (1, "6 h"), (2, "1 d"), (3, "1 d"), (30, "1 d")]
)
@pytest.mark.parametrize("was_seen", [False, True])
@pytest.mark.parametrize("misses", [0, 1])
def test_a_page_that_is_not_reached(
    status: str, unreachable: int, next_at: str, misses: int, *, was_seen: bool
) -> None:
    before = of(misses, unreachable, 29.9, was_seen=was_seen)
    verdict = decide(case(status, before), "unreachable", NOW)
    assert (verdict.link_back, verdict.change, after(verdict)) == ("unreachable", None, next_at)
    # It neither counts as a miss nor forgets one.
    since = before.unreachable_since or rfc3339(NOW)
    assert verdict.counters == Counters(misses, unreachable + 1, since, was_seen)


@pytest.mark.parametrize(
    ("days", "was_seen", "change"),
    [(29.9, False, None), (30, False, "lapse"), (30, True, None), (300, True, None)],
)
def test_a_published_link_lapses_after_30_days_without_being_seen_once(
    days: float, change: str | None, *, was_seen: bool
) -> None:
    before = of(0, 30, days, was_seen=was_seen)
    verdict = decide(case("published", before), "unreachable", NOW)
    assert (verdict.change, after(verdict)) == (change, "1 d")


def test_a_pending_link_that_is_never_reached_does_not_lapse() -> None:
    before = of(0, 30, 40, was_seen=False)
    assert decide(case("pending", before), "unreachable", NOW).change is None


@pytest.mark.parametrize("misses", [0, 1, 2])
def test_a_published_link_that_is_seen_forgets_its_misses(misses: int) -> None:
    verdict = decide(case("published", of(misses, 3, 40)), "seen", NOW)
    assert verdict == Verdict("seen", None, SEEN, NOW + timedelta(days=9))


@pytest.mark.parametrize(
    ("found", "misses", "change", "next_at"),
    [
        ("missing", 0, None, "1 d"),
        ("missing", 1, "lapse", "1 d"),
        ("missing", 2, "lapse", "1 d"),
        ("not-found", 0, None, "1 d"),
        ("not-found", 1, None, "3 d"),
        ("not-found", 2, "lapse", "1 d"),
        ("gone", 0, "lapse", None),
        ("gone", 1, "lapse", None),
    ],
)
@pytest.mark.parametrize("was_seen", [False, True])
def test_a_published_link_that_is_missing(
    found: Found, misses: int, change: str | None, next_at: str | None, *, was_seen: bool
) -> None:
    before = of(misses, 2, 3, was_seen=was_seen)
    verdict = decide(case("published", before), found, NOW)
    assert (verdict.link_back, verdict.change, after(verdict)) == ("missing", change, next_at)
    # It was reached.
    assert verdict.counters == Counters(misses + 1, was_seen=was_seen)


@pytest.mark.parametrize(
    ("found", "is_full", "link_back", "change", "next_at"),
    [
        ("seen", False, "seen", "publish", "9 d"),
        ("seen", True, "seen", None, "1 d"),
        ("missing", False, "missing", None, "1 d"),
        ("not-found", False, "missing", None, "1 d"),
        ("gone", False, "missing", None, None),
        ("unreachable", False, "unreachable", None, "1 d"),
    ],
)
@pytest.mark.parametrize("policy", ["at_once", "approved", "verified"])
def test_a_lapsed_link(
    found: Found,
    link_back: str,
    change: str | None,
    next_at: str | None,
    policy: str,
    *,
    is_full: bool,
) -> None:
    verdict = decide(case("lapsed", of(2), policy=policy), found, NOW, is_full=is_full)
    assert (verdict.link_back, verdict.change, after(verdict)) == (link_back, change, next_at)


@pytest.mark.parametrize("status", ["rejected", "expired", "withdrawn", "removed"])
def test_an_ended_link_is_not_checked(status: str) -> None:
    with pytest.raises(ValueError, match=f"a {status} link is not checked"):
        decide(case(status), "seen", NOW)
