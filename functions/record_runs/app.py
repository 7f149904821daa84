"""Once a day: record the feed's long same-domain runs, so that page views step over them."""

from aws_lambda_powertools import Logger, Tracer

from seealso import dynamodb
from seealso.runs import record_runs

logger = Logger(service="seealso", location=None, utc=True, use_rfc3339=True)
# Nothing is patched: the store's client is on plain sockets.
tracer = Tracer(service="seealso", auto_patch=False)


@tracer.capture_lambda_handler
def handler(event: object, context: object) -> None:
    report = record_runs(dynamodb.store())
    logger.info("runs recorded", extra=report._asdict())
