"""Once a day: links that waited, or stayed lapsed, for as long as they may expire."""

from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from seealso import dynamodb
from seealso.links import expire_due

logger = Logger(service="seealso")


def handler(event: object, context: object) -> None:
    expired = expire_due(dynamodb.store(), datetime.now(UTC))
    logger.info("links expired", extra={"expired": expired})
