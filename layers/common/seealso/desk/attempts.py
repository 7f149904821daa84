"""An attempt to sign in: what the browser keeps until the issuer sends it back.

Nothing is stored for somebody who has not signed in. All that a callback must match is in a cookie.
"""

import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import NamedTuple

from seealso.desk import cookies, oidc
from seealso.desk.oidc import Secrets, SignInFailed
from seealso.desk.settings import Registration, registration
from seealso.http.log import write_line
from seealso.http.requests import Request
from seealso.http.responses import NOT_STORED, Response
from seealso.settings import string
from seealso.store.tables import Store
from seealso.times import rfc3339

COOKIE = "__Host-desk-signin"
_COOKIE = re.compile(rf"{r'([0-9a-f]{64})[.]' * 3}([01])[.]([\w-]+)", re.ASCII)
SECONDS = 600
HOME = "/desk"
SIGN_IN = "/desk/signin"
CALLBACK = "/desk/callback"
SIGNED_OUT = "/desk/signed-out"
# A path of the desk with one slash in front, as it is sent. Browsers take \ for /.
_PATH = re.compile(r"/desk(?:[/?][!-\[\]-~]*)?", re.ASCII)
_MAX_PATH = 1000  # a cookie holds 4,096 bytes
# Those that lead a browser away again.
_PUBLIC = (SIGN_IN, CALLBACK, SIGNED_OUT)


class Attempt(NamedTuple):
    """What the issuer was sent, where to go on afterwards, and whether nobody was to be asked."""

    secrets: Secrets
    return_path: str
    is_silent: bool


def start(store: Store, return_path: str, *, is_silent: bool) -> Response:
    """Send the browser to the issuer. Raises oidc.SignInFailed."""
    secrets = Secrets(*(os.urandom(32).hex() for _ in Secrets._fields))
    path = urlsafe_b64encode(safe_path(return_path).encode()).decode()
    value = ".".join([*secrets, str(int(is_silent)), path.rstrip("=")])
    found = registration(store)
    location = oidc.authorization_url(
        found.provider, redirect_uri(found), secrets, is_silent=is_silent
    )
    cookie = cookies.written(COOKIE, value, SECONDS)
    return Response(303, {**NOT_STORED, "location": location, "set-cookie": cookie})


def current(request: Request) -> Attempt | None:
    """The attempt that this browser has begun; None if there is none."""
    value = _COOKIE.fullmatch(cookies.read(request, COOKIE) or "")
    if value is None:
        return None
    *secrets, is_silent, path = value.groups()
    try:
        return_path = urlsafe_b64decode(path + "=" * (-len(path) % 4)).decode()
    except ValueError:
        return None
    return Attempt(Secrets(*secrets), safe_path(return_path), is_silent == "1")


def redirect_uri(found: Registration) -> str:
    """Where the issuer sends the browser back, exactly as it is registered there."""
    return f"{found.url}{CALLBACK}"


def safe_path(path: str | None) -> str:
    """The path if it is a screen's, and with nothing that could lead elsewhere; else the home."""
    if path is None or len(path) > _MAX_PATH or not _PATH.fullmatch(path):
        return HOME
    return HOME if path.startswith(_PUBLIC) or "/.." in path else path


def log_failure(request: Request, failure: SignInFailed) -> None:
    """Write why signing in did not work, for operators: people see that it did not."""
    write_line(
        {
            "level": "WARN",
            "timestamp": rfc3339(datetime.now(UTC)),
            "stack": string("STACK_NAME"),
            "message": f"signing in: {failure}",
            "request_id": request.request_id,
        }
    )
