"""Once a day: links that waited, or stayed lapsed, for as long as they may expire."""

from datetime import UTC, datetime

from seealso import dynamodb
from seealso.links import expire_due
from seealso.log import logger


def handler(event: object, context: object) -> None:
    expired = expire_due(dynamodb.store(), datetime.now(UTC))
    logger.info("links expired", extra={"expired": expired})
