"""Times as the API, the tables and the log write them: RFC 3339 in UTC, with milliseconds."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Such as 2026-03-01T10:00:00.000Z; strings of this form sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
