"""Which of the desk's routes a request is for.

The gateway has three routes for the desk, with all paths in one parameter, and not one for each:
every route of a function is a permission in its resource policy, which holds 20 KB (AWS "Lambda
quotas"), and the gateway's log names routes, so that the key of a feed is not in it.
"""

from collections.abc import Collection
from urllib.parse import unquote

from seealso.http.requests import Event

NOT_FOUND = "GET /desk/not-found"  # the route of what no route matches


def with_route(event: Event, routes: Collection[str]) -> Event:
    """The event with the matching route as its routeKey, and that route's path parameters.

    Routes are written as the gateway's, such as `GET /desk/links/{link_id}`. Literal segments win
    over parameters. The event's cookies, which the gateway takes out of the headers (AWS "Create
    Lambda proxy integrations for HTTP APIs"), are put back.
    """
    method = event["requestContext"]["http"]["method"]
    segments = [unquote(segment) for segment in _path(event).split("/")]
    found = [
        (route, parameters)
        for route in routes
        if (parameters := _match(route, "GET" if method == "HEAD" else method, segments))
        is not None
    ]
    route, parameters = min(found, key=lambda match: len(match[1]), default=(NOT_FOUND, {}))
    if method == "HEAD":
        route = "HEAD" + route.removeprefix("GET")
    headers = event["headers"]
    if cookies := event.get("cookies"):
        headers = {**headers, "cookie": "; ".join(cookies)}
    return {**event, "routeKey": route, "pathParameters": parameters, "headers": headers}


def _path(event: Event) -> str:
    """The path as it was sent: in `rawPath` it may be decoded."""
    path: str = event["requestContext"]["http"]["path"]
    return path


def _match(route: str, method: str, segments: list[str]) -> dict[str, str] | None:
    expected, _, path = route.partition(" ")
    names = path.split("/")
    if expected != method or len(names) != len(segments):
        return None
    parameters = {}
    for name, segment in zip(names, segments, strict=True):
        if name.startswith("{") and segment:
            parameters[name.strip("{}")] = segment
        elif name != segment:
            return None
    return parameters
