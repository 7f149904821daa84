"""The log of requests: lines of JSON on standard output.

Written without the logging module and without Powertools' Logger, which alone would be a fifth of a
read function's start. The members are named as the Logger names them.
"""

import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime


def write_line(
    level: str, message: str, members: Mapping[str, object], error: Exception | None = None
) -> None:
    """Writes one line; `exception` holds the error's traceback, if there is an error."""
    line = {
        "level": level,
        "message": message,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
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
