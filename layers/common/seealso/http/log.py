"""The log: one JSON line for each request, which carries the CloudWatch metrics too.

The metrics are in CloudWatch's embedded metric format (AWS "Embedded metric format specification").
"""

import time
from typing import Any

from aws_lambda_powertools import Logger

from seealso.errors import StoreUnavailable
from seealso.http.requests import Request
from seealso.store.client import Usage

# Where in the code a line was written is the same for all of them, so it is left out.
logger = Logger(service="seealso", location=None, utc=True, use_rfc3339=True)

_METRICS = {
    "Namespace": "seealso",
    "Dimensions": [["route"]],
    "Metrics": [
        {"Name": "duration_ms", "Unit": "Milliseconds"},
        {"Name": "store_requests", "Unit": "Count"},
        {"Name": "read_units", "Unit": "Count"},
        {"Name": "failed", "Unit": "Count"},
        {"Name": "cold_start", "Unit": "Count"},
    ],
}

_is_cold = True


def log_request(
    request: Request, status: int, milliseconds: float, usage: Usage, error: Exception | None
) -> None:
    """Write a request's line; `error` is what the answer does not say."""
    global _is_cold
    line: dict[str, Any] = {
        "route": request.route,
        "status": status,
        "duration_ms": milliseconds,
        "store_requests": usage.requests,
        "store_round_trips": usage.round_trips,
        "read_units": usage.read_units,
        "write_units": usage.write_units,
        "cold_start": int(_is_cold),
        "failed": int(error is not None or status >= 500),
        "correlation_id": request.request_id,
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [_METRICS]},
    }
    _is_cold = False
    if error is None:
        logger.info("request", extra=line)
    elif isinstance(error, StoreUnavailable):
        logger.warning("store unavailable: %s", error, extra=line)
    else:
        logger.error("unexpected error", extra=line, exc_info=error)
