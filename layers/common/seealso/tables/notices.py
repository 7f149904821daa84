"""Notices in the table Transient: what the webhook needs, and the addresses of the queue's feeds.

| pk | holds | written by |
|---|---|---|
| `notices#key` | what deliveries are signed with | the desk |
| `notices#test` | when an admin last asked for a test | the desk |
| `notices#state` | how far the queue was announced, the last deliveries, the lease | notify |
| `feed#<scope>` | the SHA-256 of a feed's key; a scope is `network` or a domain | the desk |

They do not expire. A key that was replaced must be dead for good, and a backup would bring it back;
what is lost with the table is made anew on one screen (decisions.md).
"""

import os
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any, NamedTuple

from seealso.errors import StoreError, VersionConflict
from seealso.store.batching import Reading, read_one
from seealso.store.calls import Call
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item, unmarshal_item
from seealso.tables.audit import ChangeContext, audit_entry
from seealso.tables.queue import Position
from seealso.times import rfc3339

MAX_DELIVERIES = 20  # that are kept

_FEED_KEY = re.compile(r"(network|0|[1-9][0-9]{0,9})-[0-9a-f]{32}")

_KEY = {"pk": "notices#key"}
_TEST = {"pk": "notices#test"}
_STATE = {"pk": "notices#state"}


class Key(NamedTuple):
    """What deliveries are signed with: 256 bits in hexadecimal digits."""

    secret: str
    made_at: str  # RFC 3339; another key has another time
    made_by: str


class Delivery(NamedTuple):
    """One attempt to deliver a notice."""

    at: str
    kind: str  # of the notice: queue, digest or test
    status: int | None  # of the answer; None if there was none
    problem: str | None  # why there was no answer, as fetching.Kind
    answer: str  # the beginning of its body

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


class State(NamedTuple):
    """How far the webhook has come; times are RFC 3339, empty for never."""

    after: Position | None = None  # of the last link that was announced
    digest_day: str = ""  # of the last digest, such as 2026-11-27
    test_at: str = ""  # when the last test that was sent had been asked for
    failures: int = 0  # in a row
    next_at: str = ""  # no attempt before, except for a test
    host: str = ""  # of NotifyUrl, for the desk
    deliveries: tuple[Delivery, ...] = ()  # the newest first


class Webhook(NamedTuple):
    """All that is stored for the webhook."""

    key: Key | None
    state: State
    test_asked_at: str  # empty for never


# ---- the webhook -----------------------------------------------------------------------------


def get_webhook(store: Store) -> Webhook:
    """What is stored for the webhook, in one round trip."""
    return read_one(store, read_webhook(store))


def read_webhook(store: Store) -> Reading[Webhook]:
    """The reading of get_webhook()."""
    answers = yield {
        key["pk"]: Call(
            "GetItem",
            {"TableName": store.transient, "Key": marshal_item(key), "ConsistentRead": True},
        )
        for key in (_KEY, _STATE, _TEST)
    }
    key, state, test = (
        unmarshal_item(answers[key["pk"]].get("Item", {})) for key in (_KEY, _STATE, _TEST)
    )
    return Webhook(
        Key(key["secret"], key["made_at"], key["made_by"]) if key else None,
        _state_of(state),
        test.get("asked_at", ""),
    )


def replace_key(store: Store, context: ChangeContext, current: str) -> Key:
    """A new random key in the place of the one that was made at `current` (empty: there is none).

    The old one signs nothing any more. Raises VersionConflict if it was replaced meanwhile.
    """
    key = Key(os.urandom(32).hex(), rfc3339(context.at), context.actor)
    entry = audit_entry(store, context, "notices.key", None, None)
    _replace(store, {**_KEY, **key._asdict()}, current, entry)
    return key


def ask_for_test(store: Store, now: datetime) -> None:
    """Let the next run send a test."""
    item = {**_TEST, "asked_at": rfc3339(now)}
    store.client.call("PutItem", {"TableName": store.transient, "Item": marshal_item(item)})


class Lease(NamedTuple):
    """The right of one run to send notices, and the state that it begins with."""

    holder: str
    until: str
    state: State


def take_lease(store: Store, now: datetime, seconds: float) -> Lease | None:
    """The lease of this run, or None while another run has it. It ends by its time."""
    holder, until = os.urandom(16).hex(), rfc3339(now + timedelta(seconds=seconds))
    body = {
        "TableName": store.transient,
        "Key": marshal_item(_STATE),
        "UpdateExpression": "SET holder = :holder, lease_until = :until",
        "ConditionExpression": "attribute_not_exists(lease_until) OR lease_until <= :now",
        "ExpressionAttributeValues": marshal_item(
            {":holder": holder, ":until": until, ":now": rfc3339(now)}
        ),
        "ReturnValues": "ALL_NEW",
    }
    try:
        answer = store.client.call("UpdateItem", body)
    except StoreError as error:
        if not error.condition_failed():
            raise
        return None
    return Lease(holder, until, _state_of(unmarshal_item(answer["Attributes"])))


def save_state(store: Store, lease: Lease, state: State) -> None:
    """Write the state under a lease. Raises VersionConflict if another run has taken it."""
    item: Json = {
        **_STATE,
        **state._asdict(),
        "after": list(state.after) if state.after else None,
        "deliveries": [each._asdict() for each in state.deliveries[:MAX_DELIVERIES]],
        "holder": lease.holder,
        "lease_until": lease.until,
    }
    body = {
        "TableName": store.transient,
        "Item": marshal_item(item),
        "ConditionExpression": "holder = :holder",
        "ExpressionAttributeValues": marshal_item({":holder": lease.holder}),
    }
    try:
        store.client.call("PutItem", body)
    except StoreError as error:
        if not error.condition_failed():
            raise
        raise VersionConflict from None


def _state_of(item: Json) -> State:
    known: dict[str, Any] = {name: item[name] for name in State._fields if name in item}
    if known.get("after"):
        known["after"] = Position(*known["after"])
    known["deliveries"] = tuple(Delivery(**each) for each in known.get("deliveries", []))
    return State(**known)


# ---- feeds -----------------------------------------------------------------------------------


class FeedAddress(NamedTuple):
    """That a feed of the queue has an address; None for its domain is the network's."""

    domain: int | None
    digest: str  # SHA-256 of its key
    made_at: str
    made_by: str


def get_feed_addresses(
    store: Store, domains: Iterable[int | None]
) -> dict[int | None, FeedAddress]:
    """Those of some feeds that have an address, in one round trip of up to 32 feeds."""
    calls = {
        domain: Call(
            "GetItem", {"TableName": store.transient, "Key": marshal_item(_feed_key(domain))}
        )
        for domain in domains
    }
    answers = store.client.send_all(list(calls.values()))
    return {
        domain: _address_of(domain, unmarshal_item(answer["Item"]))
        for domain, answer in zip(calls, answers, strict=True)
        if "Item" in answer
    }


def replace_feed_key(store: Store, context: ChangeContext, domain: int | None, current: str) -> str:
    """A new random key for a feed's address, in the place of the one that was made at `current`.

    `current` is empty where there is none. The key is stored nowhere: the address is known to
    whoever has seen it. The old one is dead at once. Raises VersionConflict if it was replaced
    meanwhile.
    """
    secret = os.urandom(16).hex()
    item = {
        **_feed_key(domain),
        "digest": _digest(secret),
        "made_at": rfc3339(context.at),
        "made_by": context.actor,
    }
    entry = audit_entry(store, context, "notices.feed", None, None, domain=domain)
    _replace(store, item, current, entry)
    return f"{_scope(domain)}-{secret}"


def find_feed(store: Store, key: str) -> FeedAddress | None:
    """The feed whose address has this key, `<scope>-<secret>`; None if there is none."""
    if not _FEED_KEY.fullmatch(key):
        return None
    scope, secret = key.split("-")
    domain = None if scope == "network" else int(scope)
    # Consistent: an address that was replaced is dead for the next request.
    item = store.client.get_item(store.transient, _feed_key(domain))
    if item is None or not compare_digest(item["digest"], _digest(secret)):
        return None
    return _address_of(domain, item)


def _address_of(domain: int | None, item: Json) -> FeedAddress:
    return FeedAddress(domain, item["digest"], item["made_at"], item["made_by"])


def _scope(domain: int | None) -> str:
    return "network" if domain is None else str(domain)


def _feed_key(domain: int | None) -> Json:
    return {"pk": f"feed#{_scope(domain)}"}


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


# ---- items -----------------------------------------------------------------------------------


def _replace(store: Store, item: Json, current: str, entry: Json) -> None:
    """Put an item over the one that was made at `current` (empty: over none), and an audit entry.

    Raises VersionConflict.
    """
    put: Json = {"TableName": store.transient, "Item": marshal_item(item)}
    if current:
        put["ConditionExpression"] = "made_at = :current"
        put["ExpressionAttributeValues"] = marshal_item({":current": current})
    else:
        put["ConditionExpression"] = "attribute_not_exists(pk)"
    try:
        store.client.transact([{"Put": put}, entry])
    except StoreError as error:
        if not error.condition_failed():
            raise
        raise VersionConflict from None
