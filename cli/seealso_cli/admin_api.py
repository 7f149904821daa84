"""Requests to the admin endpoint in the name of who is signed in (contract.md, "Admin")."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3

from seealso_cli import auth
from seealso_cli.errors import EXIT_STATUS, Refusal, Unable
from seealso_cli.login_file import SIGN_IN, Login
from seealso_cli.output import harmless

type Json = dict[str, Any]

# The API gateway gives up at 30 s.
CONNECT_SECONDS = 5.0
READ_SECONDS = 35.0
ATTEMPTS = 4  # of a read
LONGEST_PAUSE_SECONDS = 10.0
MOST_LISTED = 100  # by the API at once

_pool = urllib3.PoolManager(
    timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS), retries=False
)


def request(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Json | None = None,
    version: int | None = None,
) -> Json:
    """The answer's body, {} where it has none; `path` without /admin, `version` for If-Match.

    Members of `query` that are None are left out. A token that has expired is refreshed. Raises
    Refusal, or Unable where there is no answer.
    """
    login = auth.current()
    there = {name: value for name, value in (query or {}).items() if value is not None}
    target = f"/admin{path}{'?' if there else ''}{urlencode(there)}"
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    response = _send(login, method, target, headers, body)
    if response.status == 401:
        login = auth.refreshed(login)
        response = _send(login, method, target, headers, body)
    if not 200 <= response.status < 300:
        raise _refusal(response)
    return _members(response)


def read_list(path: str, plural: str, query: Mapping[str, Any], part: int) -> Iterator[Json]:
    """All members of a list, asked for in parts of so many. Raises Refusal, Unable."""
    cursor: str | None = None
    while True:
        limits = {"limit": min(part, MOST_LISTED), "cursor": cursor}
        answer = request("GET", path, query={**query, **limits})
        yield from answer[plural]
        cursor = answer["next_cursor"]
        if cursor is None:
            return


def _send(
    login: Login, method: str, target: str, headers: Mapping[str, str], body: Json | None
) -> urllib3.BaseHTTPResponse:
    """The API's answer; a read is tried again where the API is busy. Raises Unable."""
    sent = {**headers, "Authorization": f"Bearer {login.access_token}"}
    data = None
    if body is not None:
        sent["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    attempts = ATTEMPTS if method == "GET" else 1
    for left in reversed(range(attempts)):
        pause = 1.0
        try:
            # A token is for this address alone: no redirect is followed.
            response = _pool.request(
                method, login.api_url.rstrip("/") + target, body=data, headers=sent, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            if not left:
                raise Unable(_no_answer(login, method, error)) from None
        else:
            if response.status not in (429, 502, 503, 504) or not left:
                return response
            told = response.headers.get("Retry-After", "")
            pause = float(told) if told.isdecimal() else pause
        time.sleep(min(pause, LONGEST_PAUSE_SECONDS))
    raise AssertionError("the last attempt returns or raises")


def _no_answer(login: Login, method: str, error: Exception) -> str:
    message = f"{login.api_url} does not answer ({harmless(str(error))})."
    if method == "GET" or isinstance(error, urllib3.exceptions.NewConnectionError):
        return message
    return f"{message} Whether it was done is not known: look before you send it again."


def _members(response: urllib3.BaseHTTPResponse) -> Json:
    if not response.data:
        return {}
    try:
        members = json.loads(response.data)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise Unable("This is not the answer of a seealso API: check the address you signed in to.")
    return members


def _refusal(response: urllib3.BaseHTTPResponse) -> Refusal:
    """What the API, or the gateway before it, has said."""
    status = response.status
    try:
        told = _members(response)
    except Unable:
        told = {}
    detail = harmless(str(told.get("detail") or told.get("message") or f"HTTP status {status}"))
    if status == 401:
        return Refusal(status, f"The API does not take your token: {SIGN_IN} again.")
    if status not in EXIT_STATUS:
        request_id = harmless(str(told.get("request_id", "none")))
        return Refusal(status, f"The API can't do it: {detail} (request id: {request_id})")
    lines = [
        harmless(f"{each.get('field')}: {each.get('detail')}")
        for each in told.get("errors", [])
        # One alone is the problem's detail already.
        if isinstance(each, dict) and each.get("detail") != told.get("detail")
    ]
    if "current" in told:
        lines.append(_as_it_is(told["current"]))
    return Refusal(status, detail, lines)


def _as_it_is(current: Json | None) -> str:
    """What is there now, in words: an article, a link or a site."""
    if current is None:
        return "It is not there any more."
    said = f"It is version {current.get('version')} now"
    state = current.get("state") or current.get("status")
    named = current.get("url") or current.get("title") or current.get("name")
    return harmless(", ".join(str(each) for each in (said, state, named) if each) + ".")
