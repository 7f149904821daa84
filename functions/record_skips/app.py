"""Once a day: record the timeline's skip ranges, so that page views step over them."""

from seealso.http.log import logger
from seealso.store.tables import current_store
from seealso.tables.skips import record_skips


def handler(event: object, context: object) -> None:
    report = record_skips(current_store())
    logger.info("skip ranges recorded", extra=report._asdict())
