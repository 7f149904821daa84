"""Sessions: how the desk knows who has signed in.

A session's id is in a cookie of the browser alone; the table Transient, which has no backups, has
its SHA-256. The TTL removes items late, so that each read looks at the end itself.
"""

import os
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item

# The prefix binds the cookie to this very host and to https (draft-ietf-httpbis-rfc6265bis, 4.1.3).
COOKIE = "__Host-desk"
# After its rights have ended, a session remembers what was being written.
KEPT = timedelta(hours=8)


class Session(NamedTuple):
    """A signed-in editor. `key` is that of the item; times are in seconds of Unix."""

    key: str
    editor_name: str
    subject: str  # the issuer's name for the user, which is never given to another
    groups: frozenset[str]
    form_token: str
    began_at: int
    ends_at: int  # when the rights end


def create(
    store: Store,
    editor_name: str,
    subject: str,
    groups: frozenset[str],
    now: datetime,
    ends_at: datetime,
) -> str:
    """A new session; returns its id, which is in nothing but the cookie."""
    session_id = os.urandom(32).hex()
    item: Json = {
        "pk": _key(session_id),
        "editor_name": editor_name,
        "subject": subject,
        "groups": sorted(groups),
        "form_token": os.urandom(16).hex(),
        "began_at": int(now.timestamp()),
        "ends_at": int(ends_at.timestamp()),
        "expires_at": int((ends_at + KEPT).timestamp()),
    }
    store.client.call("PutItem", {"TableName": store.transient, "Item": marshal_item(item)})
    return session_id


def find(store: Store, session_id: str) -> Session | None:
    """The session with this id, also one whose rights have ended."""
    # Consistent: signing out must hold for the next request.
    item = store.client.get_item(store.transient, {"pk": _key(session_id)})
    if item is None:
        return None
    return Session(
        item["pk"],
        item["editor_name"],
        item["subject"],
        frozenset(item["groups"]),
        item["form_token"],
        int(item["began_at"]),
        int(item["ends_at"]),
    )


def end(store: Store, session: Session) -> None:
    """Sign out: the session is gone, with what it has kept."""
    key = marshal_item({"pk": session.key})
    store.client.call("DeleteItem", {"TableName": store.transient, "Key": key})


def _key(session_id: str) -> str:
    return f"session#{sha256(session_id.encode()).hexdigest()}"
