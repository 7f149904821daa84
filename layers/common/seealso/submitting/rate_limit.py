"""The rate limit: how often a client submits or previews, counted across containers.

A client is an IPv4 address or an IPv6 /64 (what one subscriber is given, RFC 6177). Its address is
not stored, only a hash of it with a random key that is made anew each day. Counters and keys are in
the table Transient, which has no backups, and expire by its TTL.
"""

import hmac
import ipaddress
import os
from datetime import UTC, datetime, timedelta
from typing import Literal

from seealso.errors import StoreError
from seealso.store.calls import Call
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item, unmarshal_item

WINDOW_SECONDS = 600
KEY_LIFETIME = timedelta(days=2)


def count_request(
    store: Store, kind: Literal["submissions", "previews"], address: str, now: datetime
) -> Call:
    """The call that counts one request of a client in this window of ten minutes.

    The first of a day in a container reads the day's key, or makes it.
    """
    client = hmac.digest(_day_key(store, now), _client(address).encode(), "sha256").hex()[:32]
    window = int(now.timestamp()) // WINDOW_SECONDS
    return Call(
        "UpdateItem",
        {
            "TableName": store.transient,
            "Key": marshal_item({"pk": f"{kind}#{client}#{window}"}),
            "UpdateExpression": "ADD requests :one SET expires_at = :expires",
            "ExpressionAttributeValues": marshal_item(
                {":one": 1, ":expires": (window + 2) * WINDOW_SECONDS}
            ),
            "ReturnValues": "UPDATED_NEW",
        },
    )


def requests_counted(answer: Json) -> int:
    """How many requests of the kind and client are in the window, this one included."""
    return int(unmarshal_item(answer["Attributes"])["requests"])


def seconds_left(now: datetime) -> int:
    """How long the window still lasts, in whole seconds, at least 1."""
    return WINDOW_SECONDS - int(now.timestamp()) % WINDOW_SECONDS


def _client(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _day_key(store: Store, now: datetime) -> bytes:
    """The day's key: made by whichever container needs it first."""
    day = now.astimezone(UTC).strftime("%Y-%m-%d")
    if store.day_key is None or store.day_key[0] != day:
        store.day_key = day, bytes.fromhex(_read_or_make_key(store, day, now))
    return store.day_key[1]


def _read_or_make_key(store: Store, day: str, now: datetime) -> str:
    item: Json = {
        "pk": f"day-key#{day}",
        "key": os.urandom(32).hex(),
        "expires_at": int((now + KEY_LIFETIME).timestamp()),
    }
    # Eventually consistent: a key that is not seen yet is met when one is put.
    existing = store.client.get_item(store.transient, {"pk": item["pk"]}, is_consistent=False)
    if existing:
        return str(existing["key"])
    try:
        store.client.call(
            "PutItem",
            {
                "TableName": store.transient,
                "Item": marshal_item(item),
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            },
        )
    except StoreError as error:
        if error.item is None:
            raise
        return str(error.item["key"])
    return str(item["key"])
