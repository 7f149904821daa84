"""The log: one JSON line for each request, which carries the CloudWatch metrics too.

Written without the logging module and without Powertools' Logger, which alone would be a fifth of a
read function's start. The members are named as the Logger names them; the metrics are in
CloudWatch's embedded metric format (AWS "Embedded metric format specification").
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from seealso.errors import StoreUnavailable
from seealso.http.requests import Request
from seealso.settings import string
from seealso.store.client import Usage
from seealso.times import rfc3339

_METRICS = {
    "Namespace": "seealso",
    # One set, because each metric is charged for each set of values that it is used with.
    "Dimensions": [["stack", "function"]],
    "Metrics": [
        {"Name": "duration_ms", "Unit": "Milliseconds"},
        {"Name": "store_requests", "Unit": "Count"},
        {"Name": "read_units", "Unit": "Count"},
        {"Name": "failed", "Unit": "Count"},
        {"Name": "cold_start", "Unit": "Count"},
    ],
}

_is_cold = True


def metric_dimensions() -> dict[str, str]:
    """What tells this function's metrics from those of other functions and stacks.

    Raises SettingsError.
    """
    return {"stack": string("STACK_NAME"), "function": string("AWS_LAMBDA_FUNCTION_NAME")}


def log_request(
    request: Request, status: int, milliseconds: float, usage: Usage, error: Exception | None
) -> None:
    """Write a request's line; `error` is what the answer does not say."""
    global _is_cold
    members = {
        **metric_dimensions(),
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
        write_line("INFO", "request", members)
    elif isinstance(error, StoreUnavailable):
        write_line("WARNING", f"store unavailable: {error}", members)
    else:
        write_line("ERROR", "unexpected error", members, error)


def write_line(
    level: str, message: str, members: Mapping[str, object], error: Exception | None = None
) -> None:
    """Write one line; `exception` holds the error's traceback, if there is an error."""
    line = {
        "level": level,
        "message": message,
        "timestamp": rfc3339(datetime.now(UTC)),
        "service": "seealso",
        **members,
    }
    # Such as Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
    if trace := os.environ.get("_X_AMZN_TRACE_ID"):
        line["xray_trace_id"] = trace.partition(";")[0].removeprefix("Root=")
    if error is not None:
        import traceback  # here, because no start should pay for it

        line["exception_name"] = type(error).__name__
        line["exception"] = "".join(traceback.format_exception(error)).rstrip()
    # At once: the runtime may take each write for a log event of its own.
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()
