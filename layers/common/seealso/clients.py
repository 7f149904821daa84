"""Clients: how often one submits, counted across containers without storing its address.

A client is an IPv4 address or an IPv6 /64 (what one subscriber is given, RFC 6177). What is
stored is a keyed hash; the key is random, lives for a day and is then gone.
"""

import hmac
import ipaddress
import os
from datetime import UTC, datetime, timedelta

from seealso.dynamodb import Call, Json, Refused, Store, plain_item, typed_item

WINDOW_SECONDS = 600
KEY_LIFETIME = timedelta(days=2)


def count_submission(store: Store, address: str, now: datetime) -> Call:
    """The call that counts one submission of a client in this window of ten minutes.

    The first of a day in a container reads the day's key, or makes it.
    """
    client = hmac.digest(_day_key(store, now), _client(address).encode(), "sha256").hex()[:32]
    window = int(now.timestamp()) // WINDOW_SECONDS
    return Call(
        "UpdateItem",
        {
            "TableName": store.links,
            "Key": typed_item({"pk": f"client#{client}#{window}"}),
            "UpdateExpression": "ADD submissions :one SET expires_at = :expires",
            "ExpressionAttributeValues": typed_item(
                {":one": 1, ":expires": (window + 2) * WINDOW_SECONDS}
            ),
            "ReturnValues": "UPDATED_NEW",
            "ReturnConsumedCapacity": "TOTAL",
        },
    )


def counted(answer: Json) -> int:
    """How many submissions of the client are in the window, this one included."""
    return int(plain_item(answer["Attributes"])["submissions"])


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
    """The day's key: made by its first user, whoever that is of those who race for it."""
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
    if found := store.client.get_item(store.links, {"pk": item["pk"]}):
        return str(found["key"])
    try:
        store.client.call(
            "PutItem",
            {
                "TableName": store.links,
                "Item": typed_item(item),
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                "ReturnConsumedCapacity": "TOTAL",
            },
        )
    except Refused as refused:
        if refused.item is None:
            raise
        return str(refused.item["key"])
    return str(item["key"])
