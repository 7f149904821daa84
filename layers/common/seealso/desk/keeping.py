"""What was being written when the rights ended: kept, and shown again to the same user.

One form per browser and user. Nothing is done with it by itself.
"""

import time
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qsl

from seealso.desk.sessions import KEPT, Session
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item

# Of an item's 400 KB (AWS "Quotas in Amazon DynamoDB").
MAX_BYTES = 350 * 1024
PATH = "/desk/kept"
# The field by which a form says that it is one that was kept.
FIELD = "was_kept"


class Kept(NamedTuple):
    """A form: where it goes, and its fields."""

    path: str
    fields: list[tuple[str, str]]


def keep(store: Store, session: Session, path: str, form: bytes, now: datetime) -> bool:
    """Keep a form, in place of an earlier one; whether it is small enough."""
    import zlib  # here, because a start should not pay for it

    packed = zlib.compress(form)
    if len(packed) > MAX_BYTES:
        return False
    item: Json = {
        **_key(session),
        "subject": session.subject,
        "path": path,
        "form": packed,
        "expires_at": int((now + KEPT).timestamp()),
    }
    store.client.call("PutItem", {"TableName": store.transient, "Item": marshal_item(item)})
    return True


def find(store: Store, session: Session) -> Kept | None:
    """What was kept for the user of this session; None if nothing was."""
    item = store.client.get_item(store.transient, _key(session))
    if item is None or item["expires_at"] <= time.time() or item["subject"] != session.subject:
        return None
    import zlib

    form = zlib.decompress(item["form"]).decode()
    fields = parse_qsl(form, keep_blank_values=True)
    return Kept(item["path"], [field for field in fields if field[0] not in ("form_token", FIELD)])


def forget(store: Store, session: Session) -> None:
    """Keep nothing any more."""
    key = marshal_item(_key(session))
    store.client.call("DeleteItem", {"TableName": store.transient, "Key": key})


def _key(session: Session) -> Json:
    # By the form token, which the user's next session in this browser has as well.
    return {"pk": f"session#kept#{sha256(session.form_token.encode()).hexdigest()}"}
