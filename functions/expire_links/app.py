"""Once an hour: links whose time is over expire, and the pending ones are counted."""

from datetime import UTC, datetime

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from seealso.store.tables import current_store
from seealso.tables.links import expire_due
from seealso.tables.queue import count_pending

logger = Logger(service="seealso", location=None, utc=True, use_rfc3339=True)
# Without a service: it would become a dimension of the metric.
metrics = Metrics(namespace="seealso")
# Nothing is patched: the store's client is on plain sockets.
tracer = Tracer(service="seealso", auto_patch=False)


@tracer.capture_lambda_handler
def handler(event: object, context: object) -> None:
    store = current_store()
    expired = expire_due(store, datetime.now(UTC))
    pending = count_pending(store)
    metrics.add_metric("PendingLinks", MetricUnit.Count, pending)
    metrics.flush_metrics()
    logger.info("links expired", extra={"expired": expired, "pending": pending})
