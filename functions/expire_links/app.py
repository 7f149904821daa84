"""Once an hour: links whose time is over expire, and the pending ones are counted."""

import time
from datetime import UTC, datetime

from seealso.http.log import logger
from seealso.store.tables import current_store
from seealso.tables.links import expire_due
from seealso.tables.queue import count_pending

_METRICS = {
    "Namespace": "seealso",
    "Dimensions": [[]],
    "Metrics": [{"Name": "PendingLinks", "Unit": "Count"}],
}


def handler(event: object, context: object) -> None:
    store = current_store()
    expired = expire_due(store, datetime.now(UTC))
    line = {
        "expired": expired,
        "PendingLinks": count_pending(store),
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [_METRICS]},
    }
    logger.info("links expired", extra=line)
