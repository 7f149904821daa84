"""Times as the API, the tables and the log write them: RFC 3339 in UTC, with milliseconds."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Such as 2026-03-01T10:00:00.000Z; strings of this form sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(date: str) -> datetime:
    """The moment in UTC of an article's date; without an offset it is in UTC, alone at midnight."""
    moment = datetime.fromisoformat(date)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # within hours of the first or the last moment that there is
        return moment.replace(tzinfo=UTC)


def names_a_day(date: str) -> bool:
    """Whether an article's date is without a time."""
    return len(date) == len("2026-02-25")


def seconds_since(at: str | None, now: datetime) -> float:
    """How many seconds ago a time in RFC 3339 was; 0 for None."""
    return (now - datetime.fromisoformat(at)).total_seconds() if at else 0.0
