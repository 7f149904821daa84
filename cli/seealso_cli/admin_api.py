"""Requests to the admin API on behalf of whoever is signed in (contract.md, "Admin")."""

import json
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

import urllib3

from seealso_cli import auth, network
from seealso_cli.errors import EXIT_STATUSES, CommandFailed, RequestRefused
from seealso_cli.login_file import Login
from seealso_cli.output import escape_unprintable

type Json = dict[str, Any]

CONNECT_SECONDS = 5.0
READ_SECONDS = 35.0  # API Gateway gives up after 30 s
MAX_READ_ATTEMPTS = 4
MAX_PAUSE_SECONDS = 10.0
MAX_PAGE_SIZE = 100  # contract.md, "Admin"


@cache
def _pool(proxy: str | None, certificates: str | None) -> urllib3.PoolManager:
    """The connections of this process, through a proxy if there is one."""
    options: dict[str, Any] = {
        "timeout": urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        "retries": False,
        "ca_certs": certificates,
    }
    if proxy is None:
        return urllib3.PoolManager(**options)
    # A proxy's user name and password are in its URL.
    user = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=unquote(user)) if user else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


def connections(url: str) -> urllib3.PoolManager:
    """What sends requests to a URL, through the user's proxy and by their certificates."""
    bundle = network.ca_bundle()
    return _pool(network.proxy_for(url), bundle and bundle[1])


def request(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Json | None = None,
    version: int | None = None,
) -> Json:
    """Send a request and return the body of the response, {} if that is empty.

    `path` is without /admin; members of `query` that are None are left out; `version` goes into
    If-Match. An expired token is refreshed. Raises RequestRefused, and CommandFailed where there
    is no response.
    """
    login = auth.current_login()
    parameters = {name: value for name, value in (query or {}).items() if value is not None}
    # An argument of any bytes is sent as it is.
    encoded = urlencode(parameters, errors="surrogateescape")
    target = f"/admin{path}{'?' if parameters else ''}{encoded}"
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    response = _send(login, method, target, headers, body)
    if response.status == 401:
        login = auth.refresh(login)
        response = _send(login, method, target, headers, body)
    if not 200 <= response.status < 300:
        raise _refusal(response)
    return _parse_body(response)


def check_login(login: Login) -> None:
    """Check that the API takes a token. Raises RequestRefused, CommandFailed."""
    response = _send(login, "GET", "/admin/links?limit=1", {}, None)
    if response.status == 401:
        raise RequestRefused(401, f"{login.api_url} rejected the token. Nobody was signed in.")
    if response.status != 200:
        raise _refusal(response)
    _parse_body(response)


def list_items(path: str, plural: str, query: Mapping[str, Any], page_size: int) -> Iterator[Json]:
    """Yield all items of a list, requesting it in pages. Raises RequestRefused, CommandFailed."""
    cursor: str | None = None
    while True:
        paging = {"limit": min(page_size, MAX_PAGE_SIZE), "cursor": cursor}
        page = request("GET", path, query={**query, **paging})
        yield from page[plural]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _send(
    login: Login, method: str, target: str, headers: Mapping[str, str], body: Json | None
) -> urllib3.BaseHTTPResponse:
    """Send a request; a read is retried while the API is busy. Raises CommandFailed."""
    all_headers = {**headers, "Authorization": f"Bearer {login.access_token}"}
    data = None
    if body is not None:
        all_headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    attempts = MAX_READ_ATTEMPTS if method == "GET" else 1
    for attempts_left in reversed(range(attempts)):
        pause = 1.0
        try:
            # A redirect is not followed: the token is for this server only.
            response = connections(login.api_url).request(
                method,
                login.api_url.rstrip("/") + target,
                body=data,
                headers=all_headers,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            # Neither a proxy's URL nor a file of certificates gets better by waiting.
            if not attempts_left or not isinstance(error, urllib3.exceptions.HTTPError):
                raise CommandFailed(_no_response(login, method, error)) from None
        else:
            if response.status not in (429, 502, 503, 504) or not attempts_left:
                return response
            retry_after = response.headers.get("Retry-After", "")
            pause = float(retry_after) if retry_after.isdecimal() else pause
        time.sleep(min(pause, MAX_PAUSE_SECONDS))
    raise AssertionError("the last attempt returns or raises")


def _no_response(login: Login, method: str, error: Exception) -> str:
    proxy, bundle = network.proxy_for(login.api_url), network.ca_bundle()
    through = f" through the proxy {network.proxy_name(proxy)}" if proxy else ""
    message = f"Could not reach {login.api_url}{through} ({escape_unprintable(str(error))})."
    if bundle and not Path(bundle[1]).is_file():
        return f"{message} {bundle[0]} must name a file of certificates."
    if isinstance(error, urllib3.exceptions.SSLError):
        return f"{message} Set AWS_CA_BUNDLE to a file with the certificates that you trust."
    if network.is_loopback(login.api_url):
        message += " If the local stack has stopped, start it with `make run` and sign in again."
    not_sent = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ProxyError)
    if method == "GET" or isinstance(error, not_sent):
        return message
    return f"{message} The change may or may not have been made. Check before you retry."


def _parse_body(response: urllib3.BaseHTTPResponse) -> Json:
    if not response.data:
        return {}
    try:
        body = json.loads(response.data)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise CommandFailed(
            "The server's response is not from a seealso API. Check the URL you signed in to."
        )
    return body


def _refusal(response: urllib3.BaseHTTPResponse) -> RequestRefused:
    """The exception for an error response, of the API or of the gateway in front of it."""
    status = response.status
    try:
        body = _parse_body(response)
    except CommandFailed:
        body = {}
    detail = escape_unprintable(
        str(body.get("detail") or body.get("message") or f"HTTP status {status}")
    )
    if status == 401:
        return RequestRefused(status, auth.TOKEN_REJECTED)
    # The gateway's own 429 is no answer of the API.
    if status not in EXIT_STATUSES and body.get("type") != "/problems/rate-limited":
        request_id = escape_unprintable(str(body.get("request_id", "none")))
        return RequestRefused(status, f"The API failed: {detail} (request id: {request_id})")
    lines = [
        escape_unprintable(f"{error.get('field')}: {error.get('detail')}")
        for error in body.get("errors", [])
        # The detail of a single error is the detail of the whole.
        if isinstance(error, dict) and error.get("detail") != body.get("detail")
    ]
    if "current" in body:
        lines.append(_describe_current(body["current"]))
    return RequestRefused(status, detail, lines)


def _describe_current(current: Json | None) -> str:
    """One sentence about the current state of an article, a link or a site."""
    if current is None:
        return "It no longer exists."
    version = f"The current version is {current.get('version')}"
    state = current.get("state") or current.get("status")
    title = current.get("url") or current.get("title") or current.get("name")
    return escape_unprintable(
        ", ".join(str(part) for part in (version, state, title) if part) + "."
    )
