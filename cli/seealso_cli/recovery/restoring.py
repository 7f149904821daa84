"""Tables restored beside those of a stack, as they were at a time; point-in-time recovery.

AWS, "RestoreTableToPointInTime" and "Restore a table in DynamoDB": a restore always makes a new
table, to the second, within the last 35 days and up to about 5 minutes ago; at most 50 run at once
in an account. It takes 20 minutes at least, whatever the size (AWS re:Post, "DynamoDB table
restore takes a long time"). The new table has the encryption of the old one, but no time to live,
point-in-time recovery, tags, alarms or deletion protection. None of that is needed here: the
tables are read by key and by Scan, and deleted. So their indexes are left out as well, which saves
time and money.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from seealso.errors import StoreError
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.times import rfc3339
from seealso_cli.costs.prices import PRICES
from seealso_cli.errors import CommandFailed

# What is brought back: the others are made from these, expire, or are the record of what was done.
TABLES = ("articles", "links", "sites")
_MARK = "-restored-"
_POLL_SECONDS = 15.0
# For how long a new table may be unknown; its metadata is eventually consistent ("DescribeTable").
_UNKNOWN_MINUTES = 5.0


class Restored(NamedTuple):
    """A restored table, and its size in bytes as DynamoDB last counted it (every six hours)."""

    name: str
    size: int


def restored_name(table: str, moment: datetime) -> str:
    """The name of a table restored to a moment: the same for each run of the same recovery."""
    return f"{table}{_MARK}{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def restore_tables(store: Store, moment: datetime, say: Callable[[str], None]) -> Store:
    """A store over the tables as they were at `moment`.

    They are restored now or were by an earlier run; returns when they can be read. Raises
    CommandFailed, StoreUnavailable, StoreError.
    """
    targets = {table: restored_name(getattr(store, table), moment) for table in TABLES}
    missing = [table for table in TABLES if _describe(store, targets[table]) is None]
    for table in missing:
        _check_moment(store, getattr(store, table), moment)
    for table in missing:
        name, target = getattr(store, table), targets[table]
        store.client.call("RestoreTableToPointInTime", restore_request(name, target, moment))
        size = (_describe(store, name) or {}).get("TableSizeBytes", 0)
        say(f"Restoring {target}: {describe_cost(size)}.")
    for target in targets.values():
        _wait(store, target, say)
    return Store(store.client, **targets, skips="", audit="", transient="")


def restore_request(source: str, target: str, moment: datetime) -> Json:
    """The members of RestoreTableToPointInTime; the time is in whole seconds since 1970."""
    return {
        "SourceTableName": source,
        "TargetTableName": target,
        "RestoreDateTime": int(moment.timestamp()),
        "BillingModeOverride": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexOverride": [],
    }


def describe_cost(size: int) -> str:
    """What a restored table of some bytes costs, in words."""
    gigabytes = size / 1024**3
    restoring = gigabytes * PRICES["dynamodb_restore_gb"]
    a_month = gigabytes * PRICES["dynamodb_gb"]
    return (
        f"about {gigabytes:.2f} GB, {restoring:.2f} dollars to restore and {a_month:.2f} dollars a "
        "month until it is deleted"
    )


def restored_tables(store: Store) -> Iterator[Restored]:
    """The tables that were restored beside those of the store, whenever that was."""
    prefixes = tuple(f"{getattr(store, table)}{_MARK}" for table in TABLES)
    body: Json = {}
    while True:
        answer = store.client.call("ListTables", body)
        for name in answer["TableNames"]:
            if name.startswith(prefixes):
                yield Restored(name, (_describe(store, name) or {}).get("TableSizeBytes", 0))
        if "LastEvaluatedTableName" not in answer:
            return
        body = {"ExclusiveStartTableName": answer["LastEvaluatedTableName"]}


def discard(store: Store, say: Callable[[str], None]) -> int:
    """Delete all restored tables of a store; returns how many could not be deleted yet."""
    left = 0
    tables = list(restored_tables(store))
    if not tables:
        say("There are no restored tables.")
    for table in tables:
        try:
            store.client.call("DeleteTable", {"TableName": table.name})
        except StoreError as error:
            if error.code != "ResourceInUseException":
                raise
            left += 1
            say(f"{table.name} is still being restored or deleted; run this again later.")
        else:
            say(f"{table.name} is deleted.")
    return left


def _describe(store: Store, name: str) -> Json | None:
    try:
        table: Json = store.client.call("DescribeTable", {"TableName": name})["Table"]
    except StoreError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return None
    return table


def _check_moment(store: Store, name: str, moment: datetime) -> None:
    answer = store.client.call("DescribeContinuousBackups", {"TableName": name})
    described = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    if described.get("PointInTimeRecoveryStatus") != "ENABLED":
        raise CommandFailed(f"The table {name} has no point-in-time recovery.")
    first, last = (
        datetime.fromtimestamp(float(described[f"{end}RestorableDateTime"]), UTC)
        for end in ("Earliest", "Latest")
    )
    if not first <= moment <= last:
        raise CommandFailed(
            f"{name} can be restored to a time from {rfc3339(first)} to {rfc3339(last)}."
        )


def _wait(store: Store, name: str, say: Callable[[str], None]) -> None:
    """Wait until a table can be read. Raises CommandFailed if it is gone."""
    started = time.monotonic()
    while True:
        table = _describe(store, name) or {}
        if table.get("TableStatus") == "ACTIVE":
            return
        minutes = (time.monotonic() - started) / 60
        if not table and minutes >= _UNKNOWN_MINUTES:
            raise CommandFailed(
                f"{name} does not exist: it was not restored, or was deleted meanwhile. Run the "
                "same command again."
            )
        say(f"{name}: {table.get('TableStatus', 'missing')}, waiting for {minutes:.0f} minutes.")
        time.sleep(_POLL_SECONDS)
