"""Once a day: record the feed's long same-domain runs, so that page views step over them."""

from seealso import dynamodb
from seealso.log import logger
from seealso.runs import record_runs


def handler(event: object, context: object) -> None:
    report = record_runs(dynamodb.store())
    logger.info("runs recorded", extra=report._asdict())
