"""How often submitters' servers are asked, whoever submits whatever.

At most one request to a host at a time and one in 15 seconds, 60 fetches of a registrable domain in
an hour (parameter), and one check of a page for an article in 10 minutes. These are items of the
table Transient, `fetch#...`, so that they hold for all containers and outlive a crash. A fetch is
over 10 seconds after it began at the latest (connections.py), and begins within some seconds after
its permit, so that the time since the permit says that no other is under way.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Final

from ada_url import URL

from seealso.errors import StoreError
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.times import rfc3339

HOST_PAUSE: Final = timedelta(seconds=15)
PAIR_PAUSE: Final = timedelta(minutes=10)
_HOUR: Final = timedelta(hours=1)


class MustWait(Exception):
    """A check has to wait until a time; `reason` names what all that wait for the same share."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


class Permits:
    """The permits of one check, which are asked for as it goes on."""

    def __init__(self, store: Store, clock: Callable[[], datetime], fetches_per_hour: int) -> None:
        self._store = store
        self._clock = clock
        self._fetches_per_hour = fetches_per_hour
        self._hosts: set[str] = set()

    def take_host(self, host: str) -> None:
        """The permit for a request to a host. Raises MustWait.

        A check that has it may follow redirects within the host, as from http to https.
        """
        host = host.removesuffix(".")
        if host in self._hosts:
            return
        now = self._clock()
        self._take(f"host#{host}", now, HOST_PAUSE)
        self._count(registrable_domain(host), now)
        self._hosts.add(host)

    def return_domain(self, host: str) -> None:
        """Take back that a request to a host's domain was counted: it has not been made."""
        body: Json = {
            "TableName": self._store.transient,
            "Key": marshal_item({"pk": f"fetch#{_hour(registrable_domain(host), self._clock())}"}),
            "UpdateExpression": "ADD fetches :less",
            "ConditionExpression": "fetches > :none",
            "ExpressionAttributeValues": marshal_item({":less": -1, ":none": 0}),
        }
        try:
            self._store.client.call("UpdateItem", body)
        except StoreError as error:
            if not error.condition_failed():  # another hour has begun
                raise

    def take_pair(self, page_key: str, article_id: int) -> None:
        """The permit to check a page (its URL's key) for an article. Raises MustWait."""
        self._take(_pair(page_key, article_id), self._clock(), PAIR_PAUSE)

    def return_pair(self, page_key: str, article_id: int) -> None:
        """Give a permit back because the check has not been made after all."""
        key = {"pk": f"fetch#{_pair(page_key, article_id)}"}
        body = {"TableName": self._store.transient, "Key": marshal_item(key)}
        self._store.client.call("DeleteItem", body)

    def _take(self, name: str, now: datetime, pause: timedelta) -> None:
        update: Json = {
            "UpdateExpression": "SET free_at = :free_at, expires_at = :expires_at",
            "ConditionExpression": "attribute_not_exists(free_at) OR free_at <= :now",
            "ExpressionAttributeValues": marshal_item(
                {
                    ":free_at": rfc3339(now + pause),
                    ":now": rfc3339(now),
                    ":expires_at": _ttl(now + pause),
                }
            ),
        }
        met = self._update(name, update)
        if met is not None:
            raise MustWait(name, datetime.fromisoformat(met["free_at"]))

    def _count(self, domain: str, now: datetime) -> None:
        hour = _hour_of(now)
        update: Json = {
            "UpdateExpression": "SET expires_at = :expires_at ADD fetches :one",
            "ConditionExpression": "attribute_not_exists(fetches) OR fetches < :most",
            "ExpressionAttributeValues": marshal_item(
                {
                    ":one": 1,
                    ":most": self._fetches_per_hour,
                    ":expires_at": _ttl(hour + _HOUR),
                }
            ),
        }
        if self._update(_hour(domain, now), update) is not None:
            raise MustWait(f"domain#{domain}", hour + _HOUR)

    def _update(self, name: str, update: Json) -> Json | None:
        """The item that the condition met, or None if the update is made."""
        body = {
            "TableName": self._store.transient,
            "Key": marshal_item({"pk": f"fetch#{name}"}),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **update,
        }
        try:
            self._store.client.call("UpdateItem", body)
        except StoreError as error:
            if error.item is None:
                raise
            return error.item
        return None


def registrable_domain(host: str) -> str:
    """The domain that someone has registered, such as example.co.uk of www.example.co.uk.

    A public suffix stands for itself.
    """
    domain: str | None = _suffixes().privatesuffix(host.removesuffix("."))
    return domain or host


def domain_of(url: str) -> str:
    """The registrable domain of an http or https URL."""
    return registrable_domain(URL(url).hostname)


@cache
def _suffixes() -> Any:
    # When it is first needed: it takes 48 ms, and most runs have nothing to do.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def _hour(domain: str, now: datetime) -> str:
    return f"domain#{domain}#{_hour_of(now):%Y%m%dT%H}"


def _hour_of(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _pair(page_key: str, article_id: int) -> str:
    return f"pair#{article_id}#{sha256(page_key.encode()).hexdigest()}"


def _ttl(until: datetime) -> int:
    return int((until + _HOUR).timestamp())
