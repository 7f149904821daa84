"""What the webhook is sent: ids, counts and sites alone, signed with the stack's key.

Nothing that a submitter wrote is in it, so that no receiver has to escape anything. docs/editing.md
("Notices") has the members and how a receiver verifies the signature.
"""

import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from seealso.store.values import Json, to_json
from seealso.tables.notices import Key
from seealso.tables.queue import PendingCounts, QueuedLink
from seealso.times import rfc3339

MAX_SITES = 100  # that a digest lists


def new_links(links: Sequence[QueuedLink], now: datetime, *, has_more: bool) -> Json:
    """Links that are new in the queue, the oldest first."""
    return {
        "kind": "queue",
        "at": rfc3339(now),
        "new": len(links),
        "more": has_more,
        "sites": _sites("new", Counter(link["domain"] for link in links)),
        "links": [
            {name: link[name] for name in ("link_id", "article_id", "domain")} for link in links
        ],
    }


def digest(counts: PendingCounts | None, oldest: str | None, now: datetime) -> Json:
    """What is pending: counts as the hourly job took them, null before its first run."""
    by_domain = counts.by_domain if counts else {}
    return {
        "kind": "digest",
        "at": rfc3339(now),
        "pending": sum(by_domain.values()) if counts else None,
        "counted_at": counts.counted_at if counts else None,
        "oldest": oldest,
        "sites": _sites("pending", Counter(by_domain))[:MAX_SITES],
    }


def test(now: datetime) -> Json:
    """What an admin asked for, to see whether the receiver answers."""
    return {"kind": "test", "at": rfc3339(now)}


def _sites(name: str, counts: Counter[int]) -> list[Json]:
    """Counts by site, the highest first."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [{"domain": domain, name: number} for domain, number in ordered]


def signed(body: Json, key: Key, now: datetime) -> tuple[bytes, Mapping[str, str]]:
    """The bytes to send, and their headers.

    The signature has the time of this attempt, so that a receiver can refuse an old one that
    somebody has recorded.
    """
    content = to_json(body).encode()
    seconds = int(now.timestamp())
    signature = hmac.new(key.secret.encode(), b"%d.%b" % (seconds, content), "sha256").hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Seealso-Signature": f"t={seconds},v1={signature}",
    }
    return content, headers
