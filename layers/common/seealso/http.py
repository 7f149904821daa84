"""HTTP at the edge: from an API Gateway event (payload format 2.0) to an answer, and its log line.

`serve()` is every function's handler: it picks the route, turns each way out into an answer, and
writes one JSON line per request, which carries the CloudWatch metrics too (embedded metric format).
"""

import json
import os
import re
import time
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from seealso import dynamodb
from seealso.dynamodb import StoreUnavailable, Tally
from seealso.log import write_line
from seealso.problems import Problem, link_not_found

type Event = dict[str, Any]
type Answer = dict[str, Any]
type Route = Callable[[Event], Answer]

LARGEST_ID = 2**31 - 1  # of articles and domains (contract.md)
RETRY_AFTER_SECONDS = 2
CACHED = "public, max-age=30"
NOT_STORED = {"cache-control": "no-store"}

LINK_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
# If-None-Match compares weakly (RFC 9110, 13.1.2).
_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
_VERSION = re.compile(r'("?)([1-9][0-9]{0,9})\1', re.ASCII)


def answer_problem(event: Event, problem: Problem) -> Answer:
    """A problem's answer (RFC 9457)."""
    headers = {"content-type": "application/problem+json", **NOT_STORED, **problem.headers}
    body = problem.body(event["requestContext"]["requestId"])
    return answer_json(problem.status, body, headers)


def serve(
    routes: Mapping[str, Route], answer_problem: Callable[[Event, Problem], Answer] = answer_problem
) -> Callable[[Event, object], Answer]:
    """A Lambda handler over routes by their API Gateway route keys (`GET /articles/{id}`)."""

    def handler(event: Event, _context: object) -> Answer:
        started = time.perf_counter()
        tally = Tally()
        trouble: Exception | None = None
        try:
            tally = dynamodb.store().client.start()
            answer = routes[event["routeKey"]](event)
        except Problem as problem:
            answer = answer_problem(event, problem)
        except StoreUnavailable as unavailable:
            trouble = unavailable
            answer = answer_problem(event, _UNAVAILABLE)
        except Exception as unexpected:  # noqa: BLE001 logged whole, answered without a word of it
            trouble = unexpected
            answer = answer_problem(event, _INTERNAL)
        answer["headers"]["x-content-type-options"] = "nosniff"
        milliseconds = round((time.perf_counter() - started) * 1000, 2)
        if os.environ.get("SERVER_TIMING") == "on":
            answer["headers"]["server-timing"] = (
                f'app;dur={milliseconds}, store;desc="{tally.requests} requests, '
                f'{tally.waves} waves, {tally.read_units} read units"'
            )
            # Without it, pages of other origins do not see the timing (Resource Timing).
            answer["headers"]["timing-allow-origin"] = "*"
        _log(event, answer["statusCode"], milliseconds, tally, trouble)
        return answer

    return handler


def answer_json(status: int, body: Any, headers: dict[str, str]) -> Answer:
    """An answer with a JSON body."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **headers},
        "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
    }


def answer_read(event: Event, body: Any) -> Answer:
    """A public read's 200 with a strong entity tag, or 304 if the client has it (RFC 9110)."""
    answer = answer_json(200, body, {"cache-control": CACHED})
    tag = f'"{sha256(answer["body"].encode()).hexdigest()[:32]}"'
    wanted = event["headers"].get("if-none-match", "")
    if wanted.strip() == "*" or tag in _ENTITY_TAG.findall(wanted):
        return {"statusCode": 304, "headers": {"cache-control": CACHED, "etag": tag}}
    answer["headers"]["etag"] = tag
    return answer


def version_tag(version: int) -> str:
    """The entity tag of a version, as the admin routes' ETag has it."""
    return f'"{version}"'


def if_match(event: Event) -> int:
    """The version that If-Match names, quoted or bare. Raises Problem 428 or 400.

    One version alone: a list, or `*`, would overwrite what its sender has not seen.
    """
    wanted = event["headers"].get("if-match")
    if wanted is None:
        detail = "Send the ETag of what you are changing, as you have read it, in If-Match."
        raise Problem("precondition-required", detail, [("If-Match", detail)])
    match = _VERSION.fullmatch(wanted.strip())
    if match is None:
        detail = 'If-Match must be the ETag of what you have read, such as "3".'
        raise Problem("malformed-request", detail, [("If-Match", detail)])
    return int(match[2])


def base_url(event: Event) -> str:
    """The address that the request was sent to, as absolute URLs begin with it."""
    # The gateway routes by Host, so no other than one of its own ever gets here.
    headers = event["headers"]
    return f"{headers.get('x-forwarded-proto', 'http')}://{headers['host']}"


def path_number(event: Event, name: str, least: int) -> int:
    """The number in the path under this name: plain decimal, `least`..2147483647."""
    number = _number(event["pathParameters"][name])
    if number is None or number < least:
        detail = f"{name} must be a whole number from {least} to {LARGEST_ID}, in plain digits."
        raise Problem("invalid-id", detail, [(name, detail)])
    return number


def path_link_id(event: Event) -> str:
    """The link's id in the path. Raises Problem 404 for what no link can have."""
    link_id: str = event["pathParameters"]["link_id"]
    if not LINK_ID.fullmatch(link_id):
        raise link_not_found()
    return link_id


def query_number(event: Event, name: str, least: int, most: int = LARGEST_ID) -> int | None:
    """The number in the query string under this name, None if it is not there."""
    text = query_text(event, name)
    if text is None:
        return None
    number = _number(text)
    if number is None or not least <= number <= most:
        detail = f"{name} must be a whole number from {least} to {most}, in plain digits."
        raise Problem("malformed-request", detail, [(name, detail)])
    return number


def query_text(event: Event, name: str) -> str | None:
    """What the query string has under this name, None if it is not there."""
    # queryStringParameters joins repeated names by commas; the raw string tells them apart.
    values = [
        value
        for key, value in parse_qsl(event.get("rawQueryString", ""), keep_blank_values=True)
        if key == name
    ]
    if len(values) > 1:
        detail = f"{name} is there more than once; send it once."
        raise Problem("malformed-request", detail, [(name, detail)])
    return values[0] if values else None


def query_choice(event: Event, name: str, choices: Collection[str]) -> str | None:
    """The one of the choices that the query string has under this name, None if it is not there."""
    text = query_text(event, name)
    if text is not None and text not in choices:
        detail = f"{name} must be one of {', '.join(choices)}."
        raise Problem("malformed-request", detail, [(name, detail)])
    return text


def _number(text: str) -> int | None:
    number = int(text) if _NUMBER.fullmatch(text) else None
    return None if number is None or number > LARGEST_ID else number


_UNAVAILABLE = Problem(
    "unavailable",
    "The store does not answer just now. Please try again.",
    headers={"retry-after": str(RETRY_AFTER_SECONDS)},
)
_INTERNAL = Problem("internal", "The error is logged under this request id.")


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
_cold = True


def _log(
    event: Event, status: int, milliseconds: float, tally: Tally, trouble: Exception | None
) -> None:
    """The request's one line: for people, and for CloudWatch as metrics (EMF specification)."""
    global _cold
    line = {
        "route": event["routeKey"],
        "status": status,
        "duration_ms": milliseconds,
        "store_requests": tally.requests,
        "store_waves": tally.waves,
        "read_units": tally.read_units,
        "write_units": tally.write_units,
        "cold_start": int(_cold),
        "failed": int(trouble is not None or status >= 500),
        "correlation_id": event["requestContext"]["requestId"],
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [_METRICS]},
    }
    _cold = False
    if trouble is None:
        write_line("INFO", "request", line)
    elif isinstance(trouble, StoreUnavailable):
        write_line("WARNING", f"store unavailable: {trouble}", line)
    else:
        write_line("ERROR", "unexpected error", line, trouble)
