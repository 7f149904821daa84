"""Once an hour: links whose time is over expire, and those that wait for an editor are counted."""

import time
from datetime import UTC, datetime

from seealso import dynamodb
from seealso.link_queue import count_pending
from seealso.links import expire_due
from seealso.log import logger

_METRICS = {
    "Namespace": "seealso",
    "Dimensions": [[]],
    "Metrics": [{"Name": "PendingLinks", "Unit": "Count"}],
}


def handler(event: object, context: object) -> None:
    store = dynamodb.store()
    expired = expire_due(store, datetime.now(UTC))
    line = {
        "expired": expired,
        "PendingLinks": count_pending(store),
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [_METRICS]},
    }
    logger.info("links expired", extra=line)
