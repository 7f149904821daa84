"""Once a day: record the timeline's skip ranges, so that page views step over them."""

from aws_lambda_powertools import Logger, Tracer

from seealso.store.tables import current_store
from seealso.tables.skips import record_skips

logger = Logger(service="seealso", location=None, utc=True, use_rfc3339=True)
# Nothing is patched: the store's client is on plain sockets.
tracer = Tracer(service="seealso", auto_patch=False)


@tracer.capture_lambda_handler
def handler(event: object, context: object) -> None:
    report = record_skips(current_store())
    logger.info("skip ranges recorded", extra=report._asdict())
