"""Once an hour: links whose time is over expire or are erased.

What waits for people is counted, and how long: template.yaml has alarms for it.
"""

from datetime import UTC, datetime

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from seealso.limits import MAX_DAYS
from seealso.settings import integer, string
from seealso.store.tables import current_store
from seealso.tables.checks import count_set_aside, oldest_due
from seealso.tables.expiry import expire_and_erase
from seealso.tables.queue import (
    PendingCounts,
    count_pending,
    oldest_for_editors,
    save_counts,
)
from seealso.times import rfc3339, seconds_since

LINK_DAYS = integer("LINK_DAYS", 1, MAX_DAYS)

logger = Logger(service="seealso", location=None, utc=True, use_rfc3339=True)
# Without a service: it would become a dimension of the metric.
metrics = Metrics(namespace="seealso")
metrics.set_default_dimensions(stack=string("STACK_NAME"))
# Nothing is patched: the store's client is on plain sockets.
tracer = Tracer(service="seealso", auto_patch=False)


@tracer.capture_lambda_handler
def handler(event: object, context: object) -> None:
    store = current_store()
    now = datetime.now(UTC)
    report = expire_and_erase(store, now, LINK_DAYS, _log_failure)
    by_domain = count_pending(store)
    save_counts(store, PendingCounts(rfc3339(now), by_domain))
    pending = sum(by_domain.values())
    metrics.add_metric("PendingLinks", MetricUnit.Count, pending)
    metrics.add_metric("FailedLinks", MetricUnit.Count, report.failed)
    metrics.add_metric("FailingChecks", MetricUnit.Count, count_set_aside(store))
    oldest = {
        "OldestPendingLink": seconds_since(oldest_for_editors(store), now),
        "OldestDueCheck": seconds_since(oldest_due(store, now), now),
    }
    for name, seconds in oldest.items():
        metrics.add_metric(name, MetricUnit.Seconds, seconds)
    metrics.flush_metrics()
    logger.info("links expired", extra={**report._asdict(), "pending": pending})


def _log_failure(link_id: str, error: Exception) -> None:
    logger.error("link not changed", extra={"link_id": link_id}, exc_info=error)
