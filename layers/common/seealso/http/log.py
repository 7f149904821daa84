"""The log: one JSON line for each request, from which template.yaml's metric filters take metrics.

Written without the logging module and without Powertools' Logger, which alone would be a fifth of a
read function's start. Lambda stores a line that is a JSON object as it is, so long as it has a
`level` that Lambda knows and a `timestamp` (AWS "Log-level filtering").
"""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from json import JSONEncoder

from seealso.errors import StoreUnavailable
from seealso.http.requests import Request
from seealso.settings import string
from seealso.store.client import Usage
from seealso.times import rfc3339

_is_cold = True
# Made once: json.dumps() makes one for each line whose separators are not its own.
_encode = JSONEncoder(separators=(",", ":")).encode


def metric_dimensions() -> dict[str, str]:
    """What tells this function's metrics from those of other functions and stacks.

    `function` is its name in template.yaml: CloudFormation makes `<stack>-<name>-<12 letters>` of
    it, and other letters when it creates the function anew. Raises SettingsError.
    """
    stack = string("STACK_NAME")
    function = string("AWS_LAMBDA_FUNCTION_NAME").removeprefix(f"{stack}-")
    return {"stack": stack, "function": function.rpartition("-")[0] or function}


def log_request(
    dimensions: Mapping[str, str],
    request: Request,
    status: int,
    milliseconds: float,
    usage: Usage,
    error: Exception | None,
) -> None:
    """Write a request's line; `error` is what the answer does not say.

    Without an error, a trace or a throttled table, it has at most 350 bytes, since each is
    paid for with each page view.
    """
    global _is_cold
    line: dict[str, object] = {
        "level": "INFO",
        "timestamp": rfc3339(datetime.now(UTC)),
        **dimensions,
        "route": request.route,
        "status": status,
        "duration_ms": milliseconds,
        "store_requests": usage.requests,
        "store_round_trips": usage.round_trips,
        "read_units": usage.read_units,
        "write_units": usage.write_units,
        "cold_start": int(_is_cold),
        "failed": int(error is not None or status >= 500),
        "request_id": request.request_id,
    }
    _is_cold = False
    if usage.throttled:
        line["throttled"] = usage.throttled
    # Such as Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1
    trace = os.environ.get("_X_AMZN_TRACE_ID", "")
    if trace.endswith("Sampled=1"):
        line["xray_trace_id"] = trace.partition(";")[0].removeprefix("Root=")
    if error is not None:
        line.update(_explained(error))
    write_line(line)


def write_line(line: Mapping[str, object]) -> None:
    """Write one line, at once: the runtime may take each write for a log event of its own."""
    sys.stdout.write(_encode(line) + "\n")
    sys.stdout.flush()


def _explained(error: Exception) -> dict[str, object]:
    """What a line says of an error; `exception` is its traceback."""
    import traceback  # here, because no start should pay for it

    is_unavailable = isinstance(error, StoreUnavailable)
    explained: dict[str, object] = {
        "level": "WARN" if is_unavailable else "ERROR",
        "message": f"store unavailable: {error}" if is_unavailable else "unexpected error",
    }
    if not is_unavailable:
        explained["exception_name"] = type(error).__name__
        explained["exception"] = "".join(traceback.format_exception(error)).rstrip()
    return explained
