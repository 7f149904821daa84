"""What follows from a check: design.md's table under "Checking link-backs", as one function.

It knows no store and no clock. What only a transaction finds out comes in with a second call:
`is_full` says that the page had no free place.
"""

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from seealso.tables.checks import Counters
from seealso.tables.links import Change
from seealso.times import rfc3339

# The rows of the table.
type Found = Literal[
    "seen",  # a hyperlink to the article
    "missing",  # a page without it, something that is not a page, or a blocked host
    "gone",  # 410
    "not-found",  # another 4xx, or redirects that lead nowhere
    "unreachable",  # 401, 403, 429, 5xx, 202, no answer, a wall
]
type LinkBack = Literal["seen", "missing", "unreachable"]

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# A pending link's checks while its page has no link, counted from its submission.
AFTER_SUBMISSION: Final = (HOUR, DAY, 3 * DAY, 7 * DAY)
# The checks while no page is reached, each counted from the one before; the last one repeats.
AFTER_UNREACHABLE: Final = (HOUR, 6 * HOUR, DAY)
# A published link's checks after a first, second, ... miss; after the last one it lapses.
AFTER_MISSING: Final = (DAY,)
AFTER_NOT_FOUND: Final = (DAY, 3 * DAY)
# Misses in a row after which a check that a resent webmention asked for withdraws the link.
MISSES_AFTER_RESEND: Final = 2
# A published link that was never seen lapses after so long without an answer.
NEVER_SEEN: Final = 30 * DAY


class Case(NamedTuple):
    """What a verdict depends on besides what was found; `status` pending, published or lapsed."""

    status: str
    submitted_at: datetime
    policy: str  # the site's `publish` at the time of submission
    needs_editor: bool
    recheck_days: int
    counters: Counters
    is_webmention: bool = False  # that no editor has restored
    is_resend: bool = False  # whether the webmention that came again asked for the check


class Verdict(NamedTuple):
    """What a check changes."""

    link_back: LinkBack
    change: Change | None
    counters: Counters
    next_at: datetime | None  # when the next check is due, if there is one


def decide(case: Case, found: Found, now: datetime, *, is_full: bool = False) -> Verdict:
    """The verdict of a check. Raises ValueError for a link that has ended."""
    counters = _counted(case.counters, found, now)
    link_back: LinkBack = found if found in ("seen", "unreachable") else "missing"
    match case.status:
        case "pending":
            change, next_at = _pending(case, counters, found, now, is_full=is_full)
        case "published":
            change, next_at = _published(case, counters, found, now)
        case "lapsed":
            change, next_at = _lapsed(case, found, now, is_full=is_full)
        case ended:
            raise ValueError(f"a {ended} link is not checked")
    return Verdict(link_back, change, counters, next_at)


type _Outcome = tuple[Change | None, datetime | None]


def _pending(
    case: Case, counters: Counters, found: Found, now: datetime, *, is_full: bool
) -> _Outcome:
    if found == "seen":
        if case.policy != "verified" or case.needs_editor:
            return None, None
        return (None, now + DAY) if is_full else ("publish", _recheck(case, now))
    if found == "unreachable":
        return None, now + _after_unreachable(counters)
    if case.is_webmention and not counters.was_seen and counters.misses == 1:
        # It said that the page has a link, and the first answer shows that it has none.
        return "expire", None
    if found == "gone":
        return None, None
    planned = (case.submitted_at + after for after in AFTER_SUBMISSION)
    return None, next((at for at in planned if at > now), None)


def _published(case: Case, counters: Counters, found: Found, now: datetime) -> _Outcome:
    if found == "seen":
        return None, _recheck(case, now)
    if found != "unreachable" and case.is_webmention and case.is_resend:
        # Its sender has told us, as the standard has it, that the link was taken out.
        is_over = found == "gone" or counters.misses >= MISSES_AFTER_RESEND
        return ("withdraw", None) if is_over else (None, now + AFTER_MISSING[0])
    if found == "gone":
        return "lapse", None
    if found == "unreachable":
        since = counters.unreachable_since
        is_hopeless = (
            not counters.was_seen
            and since is not None
            and datetime.fromisoformat(since) <= now - NEVER_SEEN
        )
        if is_hopeless:
            return "lapse", now + DAY
        return None, now + _after_unreachable(counters)
    pauses = AFTER_MISSING if found == "missing" else AFTER_NOT_FOUND
    if counters.misses > len(pauses):
        return "lapse", now + DAY
    return None, now + pauses[counters.misses - 1]


def _lapsed(case: Case, found: Found, now: datetime, *, is_full: bool) -> _Outcome:
    if found == "seen" and not is_full:
        return "publish", _recheck(case, now)
    return None, None if found == "gone" else now + DAY


def _counted(counters: Counters, found: Found, now: datetime) -> Counters:
    if found == "seen":
        return Counters(was_seen=True)
    if found == "unreachable":
        return counters._replace(
            unreachable=counters.unreachable + 1,
            unreachable_since=counters.unreachable_since or rfc3339(now),
        )
    return counters._replace(misses=counters.misses + 1, unreachable=0, unreachable_since=None)


def _recheck(case: Case, now: datetime) -> datetime:
    return now + timedelta(days=case.recheck_days)


def _after_unreachable(counters: Counters) -> timedelta:
    return AFTER_UNREACHABLE[min(counters.unreachable, len(AFTER_UNREACHABLE)) - 1]
