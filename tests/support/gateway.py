"""The HTTP API in this process: template.yaml's routes in front of the real handlers."""

import base64
import gzip
import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote

from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from tests.support.events import event
from tests.support.functions import handler


class Response(NamedTuple):
    """An answer as the client sees it; header names are in lower case.

    `body` is decoded, `content` is as it was sent; `cookies` are Set-Cookie headers.
    """

    status: int
    headers: dict[str, str]
    body: str
    content: bytes = b""
    cookies: tuple[str, ...] = ()

    def json(self) -> Any:
        return json.loads(self.body)


@cache
def routes() -> dict[str, str]:
    """The folder of the function that serves each route key, such as `GET /articles/{id}`."""
    found: dict[str, str] = {}
    for resource in cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        for each in resource["Properties"].get("Events", {}).values():
            if each["Type"] == "HttpApi":
                route = f"{each['Properties']['Method']} {each['Properties']['Path']}"
                found[route] = PurePosixPath(resource["Properties"]["CodeUri"]).name
    return found


def request(
    method: str,
    target: str,
    headers: dict[str, str] | None = None,
    body: str | bytes | None = None,
    claims: dict[str, str] | None = None,
) -> Response:
    """The answer to a request; `target` is path and query, percent-encoded.

    `claims` are those of a token that the authorizer lets through.
    """
    path, _, query = target.partition("?")
    for route, function in routes().items():
        parameters = _matched(route, method, path)
        if parameters is not None:
            answer = handler(function)(event(route, parameters, query, headers, body, claims), None)
            return answer_of(answer)
    return answer_of(
        {
            "statusCode": 404,
            "headers": {"content-type": "application/json"},
            "body": '{"message":"Not Found"}',
        }
    )


def get(target: str, headers: dict[str, str] | None = None) -> Response:
    """The answer to a GET."""
    return request("GET", target, headers)


def application(
    environ: dict[str, Any],
    start_response: Callable[..., Any],
    ask: Callable[..., Response] | None = None,
) -> Iterable[bytes]:
    """The same as a WSGI application; `ask` takes the place of request()."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    path, _, _ = environ["REQUEST_URI"].partition("?")  # PATH_INFO is decoded already
    target = f"{path}?{environ.get('QUERY_STRING', '')}"
    response = (ask or request)(environ["REQUEST_METHOD"], target, headers, body or None)
    start_response(f"{response.status} -", list(response.headers.items()))
    return [response.content]


def answer_of(answer: dict[str, Any]) -> Response:
    """A handler's answer as the client gets it."""
    body = answer.get("body", "")
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    is_gzip = content and answer["headers"].get("content-encoding") == "gzip"
    decoded = gzip.decompress(content) if is_gzip else content
    cookies = tuple(answer.get("cookies", ()))
    return Response(answer["statusCode"], answer["headers"], decoded.decode(), content, cookies)


def _matched(route: str, method: str, path: str) -> dict[str, str] | None:
    """The decoded path parameters, None where the route is another."""
    expected_method, _, template = route.partition(" ")
    prefix = template.removesuffix("{proxy+}")
    if prefix != template and method == expected_method and path.startswith(prefix):
        rest = path.removeprefix(prefix)
        return {"proxy+": unquote(rest)} if rest else None
    names, segments = template.split("/"), path.split("/")
    if method != expected_method or len(names) != len(segments):
        return None
    parameters: dict[str, str] = {}
    for name, segment in zip(names, segments, strict=True):
        if name.startswith("{") and segment:
            parameters[name.strip("{}")] = unquote(segment)
        elif name != segment:
            return None
    return parameters
