"""Sessions: how the desk knows who has signed in.

A session's id is in a cookie of the browser alone; the table Transient, which has no backups, has
its SHA-256. The TTL removes items late, so that each read looks at the end itself. A session that
is renewed is a new one, with the form token of the old, so that forms in other tabs stay good.
"""

import os
import time
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from seealso.desk import cookies
from seealso.errors import StoreError
from seealso.http.requests import Request
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item

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
    was_renewed: bool  # whether the issuer was asked for new ones

    def renews_at(self) -> float:
        """When the issuer is to be asked for new rights: after 40 minutes of 60."""
        return self.began_at + (self.ends_at - self.began_at) * 2 / 3


def create(
    store: Store,
    editor_name: str,
    subject: str,
    groups: frozenset[str],
    now: datetime,
    ends_at: datetime,
    earlier: Session | None = None,
    *,
    is_renewal: bool = False,
) -> str | None:
    """A new session in place of the browser's earlier one, whose form token the same user keeps.

    Returns its id, which is in nothing but the cookie; None for a renewal whose earlier session
    has ended, since nobody who has signed out is signed in again without being asked.
    """
    session_id = os.urandom(32).hex()
    is_same = earlier is not None and earlier.subject == subject
    item: Json = {
        "pk": _key(session_id),
        "editor_name": editor_name,
        "subject": subject,
        "groups": sorted(groups),
        "form_token": earlier.form_token if earlier and is_same else os.urandom(16).hex(),
        "began_at": int(now.timestamp()),
        "ends_at": int(ends_at.timestamp()),
        "expires_at": int((ends_at + KEPT).timestamp()),
    }
    put: Json = {"TableName": store.transient, "Item": marshal_item(item)}
    if earlier is None:
        store.client.call("PutItem", put)
        return session_id
    delete: Json = {"TableName": store.transient, "Key": marshal_item({"pk": earlier.key})}
    if is_renewal:
        delete["ConditionExpression"] = "attribute_exists(pk)"
    try:
        store.client.transact([{"Delete": delete}, {"Put": put}])
    except StoreError as error:
        if not error.condition_failed():
            raise
        return None
    return session_id


def current(store: Store, request: Request) -> Session | None:
    """The session that the request's cookie names, also one whose rights have ended."""
    session_id = cookies.read(request, COOKIE)
    return find(store, session_id) if session_id else None


def find(store: Store, session_id: str) -> Session | None:
    """The session with this id, also one whose rights have ended."""
    # Consistent: signing out must hold for the next request.
    item = store.client.get_item(store.transient, {"pk": _key(session_id)})
    if item is None or item["expires_at"] <= time.time():
        return None
    return Session(
        item["pk"],
        item["editor_name"],
        item["subject"],
        frozenset(item["groups"]),
        item["form_token"],
        item["began_at"],
        item["ends_at"],
        item.get("was_renewed", False),
    )


def begin_renewal(store: Store, session: Session) -> bool:
    """Whether this request is the one of the session that asks the issuer for new rights.

    One alone, whatever comes of it: so several tabs do not ask at once, and none asks in a loop.
    """
    update, condition = "SET was_renewed = :yes", "attribute_not_exists(was_renewed)"
    return _update(store, session, update, condition, {":yes": True})


def end_rights(store: Store, session: Session, now: datetime) -> None:
    """The issuer knows the user no more: the session only remembers what was being written."""
    values = {":now": int(now.timestamp())}
    _update(store, session, "SET ends_at = :now", "ends_at > :now", values)


def _update(store: Store, session: Session, update: str, condition: str, values: Json) -> bool:
    """Change a session that still exists, if the condition holds; whether it did."""
    try:
        store.client.call(
            "UpdateItem",
            {
                "TableName": store.transient,
                "Key": marshal_item({"pk": session.key}),
                "UpdateExpression": update,
                "ConditionExpression": f"attribute_exists(pk) AND {condition}",
                "ExpressionAttributeValues": marshal_item(values),
            },
        )
    except StoreError as error:
        if error.condition_failed():
            return False
        raise
    return True


def end(store: Store, session: Session) -> None:
    """Sign out: the session is gone, with what it has kept."""
    key = marshal_item({"pk": session.key})
    store.client.call("DeleteItem", {"TableName": store.transient, "Key": key})


def _key(session_id: str) -> str:
    return f"session#{sha256(session_id.encode()).hexdigest()}"
