"""A Lambda handler: from an API Gateway event to a route's answer, and its log line.

`serve()` is every HTTP function's handler. It makes the typed Request once, hands the store to the
route, turns every exception into an answer, and writes one log line (http/log.py).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from seealso.errors import Refusal, StoreUnavailable, unavailable
from seealso.http.log import log_request, metric_dimensions
from seealso.http.problems import problem_response
from seealso.http.requests import Event, Request, request_of, with_viewer_address
from seealso.http.responses import Response
from seealso.settings import SettingsError, choice, optional
from seealso.store.client import READ_PATIENCE, WRITE_PATIENCE, Patience, Usage
from seealso.store.tables import Store, current_store

type Route = Callable[[Store, Request], Response]
type Handler = Callable[[Event, object], dict[str, Any]]


def serve(
    routes: Mapping[str, Route],
    refusal_response: Callable[[Request, Refusal], Response] = problem_response,
    patience: Patience | None = None,
) -> Handler:
    """A Lambda handler over routes by their API Gateway route keys (`GET /articles/{id}`).

    `refusal_response` answers a Refusal. `patience` is how long a request may wait for the store;
    without one, reads get READ_PATIENCE and all else WRITE_PATIENCE. A HEAD is answered as a GET
    without its body. Raises SettingsError for a wrong environment.
    """
    # What they need from the environment is checked now and not in a request.
    current_store().client.warm_up()
    dimensions = metric_dimensions()
    sends_timing = choice("SERVER_TIMING", "on", "off") == "on"
    secrets = optional("ORIGIN_SECRETS").split()

    def handler(event: Event, _context: object) -> dict[str, Any]:
        started = time.perf_counter()
        request = request_of(event)
        error: Exception | None = None
        usage = Usage()
        try:
            if secrets:
                request = with_viewer_address(request, secrets)
            store = current_store()
            by_method = READ_PATIENCE if request.method == "GET" else WRITE_PATIENCE
            usage = store.client.start(patience or by_method)
            response = routes[request.route](store, request)
            error = response.error
        except Refusal as refusal:
            response = refusal_response(request, refusal)
        except (SettingsError, StoreUnavailable) as failure:
            error = failure
            response = refusal_response(request, unavailable())
        except Exception as unexpected:  # noqa: BLE001 logged in full; the answer says nothing of it
            error = unexpected
            response = refusal_response(request, _internal())
        milliseconds = round((time.perf_counter() - started) * 1000, 2)
        response.headers["x-content-type-options"] = "nosniff"
        if sends_timing:
            response.headers.update(_timing(milliseconds, usage))
        log_request(dimensions, request, response.status, milliseconds, usage, error)
        answer: dict[str, Any] = {"statusCode": response.status, "headers": response.headers}
        if response.body is not None and not request.is_head:
            answer |= {"body": response.body, "isBase64Encoded": response.is_base64}
        return answer

    return handler


def _timing(milliseconds: float, usage: Usage) -> dict[str, str]:
    return {
        "server-timing": f'app;dur={milliseconds}, store;desc="{usage.requests} requests, '
        f'{usage.round_trips} round trips, {usage.read_units} read units"',
        # Without it, pages of other origins do not see the timing (Resource Timing).
        "timing-allow-origin": "*",
    }


def _internal() -> Refusal:
    detail = "An unexpected error occurred. Please quote the request_id when you report it."
    return Refusal("internal", detail)
