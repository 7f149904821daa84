"""Every five minutes: what is new in the queue goes to the stack's webhook (NotifyUrl)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ada_url import URL
from aws_lambda_powertools import Logger, Tracer

from seealso.errors import StoreUnavailable
from seealso.notifying.running import Tools, run
from seealso.settings import optional
from seealso.store.tables import current_store
from seealso.verifying.fetching import Fetched, FetchFailed, post

NOTIFY_URL = optional("NOTIFY_URL")

logger = Logger(service="seealso", location=None, utc=True, use_rfc3339=True)
# Nothing is patched: the store's client is on plain sockets.
tracer = Tracer(service="seealso", auto_patch=False)


def _post(headers: Mapping[str, str], body: bytes) -> Fetched | FetchFailed:
    return post(NOTIFY_URL, "", headers, body)


@tracer.capture_lambda_handler
def handler(event: object, context: Any) -> str:
    if not NOTIFY_URL:
        return "no NotifyUrl"
    tools = Tools(current_store(), _post, URL(NOTIFY_URL).hostname, lambda: datetime.now(UTC))
    # The next run begins after this one has ended, or was ended by its time limit.
    seconds_left = float(context.get_remaining_time_in_millis()) / 1000
    try:
        report = run(tools, lease_seconds=seconds_left + 5)
    except StoreUnavailable as error:  # no failure of this job: the next run is the retry
        logger.warning("store unavailable", extra={"reason": str(error)})
        return "the store does not answer"
    if report is None:
        return "another run is under way"
    if any(report):
        logger.info("notices sent", extra=report._asdict())
    return f"{report.accepted} accepted, {report.failed} failed"
