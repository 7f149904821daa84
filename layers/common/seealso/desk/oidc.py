"""OpenID Connect, as far as signing in needs it: the code flow with PKCE, for a public client.

Sources: OpenID Connect Core 1.0 (3.1), Discovery 1.0, RP-Initiated Logout 1.0; RFC 7636 (PKCE),
RFC 7009 (revocation), RFC 9700 (security). urllib.request and what it imports are a fifth of the
function's start, so that they are imported where they are used.
"""

import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from seealso.editing.auth import Editor, Issuer, claims_in, identify, strings_in
from seealso.errors import Refusal

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

SECONDS = 3.0  # that the issuer may take for an answer, of which signing in needs three
MAX_ANSWER_BYTES = 64 * 1024
# After 60 minutes somebody is asked anew, however long the issuer's tokens last.
MAX_RIGHTS_SECONDS = 3600
# What may be said of an issuer's error in a log: a name, never a sentence that may repeat a code.
_ERROR_NAME = re.compile(r"[a-z_]{1,40}", re.ASCII)


class SignInFailed(Exception):
    """Why signing in did not work; the message is for the log and holds no secret."""


class Provider(NamedTuple):
    """An issuer, and the desk as its client.

    `issuer` says whose access tokens are accepted and for which audience; `scopes` are separated
    by spaces. `login` is the base URL of the endpoints of the stack's own user pool; if it is
    empty, endpoints are found by discovery.
    """

    issuer: Issuer
    client_id: str
    scopes: str
    login: str


class Endpoints(NamedTuple):
    """Where an issuer does what; empty for what it does not offer."""

    authorization: str
    token: str
    revocation: str
    end_session: str
    return_parameter: str  # by which the end of the session is told where to go on


class Secrets(NamedTuple):
    """What one attempt to sign in must prove later, in the browser's cookie until then."""

    state: str
    nonce: str
    verifier: str


class Tokens(NamedTuple):
    access: str
    identity: str
    refresh: str  # empty if there is none


class SignedIn(NamedTuple):
    """Who has signed in, and until when (seconds since 1970) the token says so."""

    editor: Editor
    subject: str
    ends_at: int


# By the issuer's URL, for the life of the container.
_discovered: dict[str, Endpoints] = {}


def endpoints(provider: Provider) -> Endpoints:
    """The issuer's endpoints. Raises SignInFailed if it does not say them."""
    if login := provider.login:
        return Endpoints(
            f"{login}/oauth2/authorize",
            f"{login}/oauth2/token",
            f"{login}/oauth2/revoke",
            f"{login}/logout",
            "logout_uri",
        )
    url = provider.issuer.url
    if url not in _discovered:
        _discovered[url] = _discover(url)
    return _discovered[url]


def authorization_url(
    provider: Provider, redirect_uri: str, secrets: Secrets, *, is_silent: bool
) -> str:
    """Where the browser signs in; if `is_silent`, the issuer shows nothing (Core, 3.1.2.1)."""
    challenge = urlsafe_b64encode(sha256(secrets.verifier.encode()).digest()).rstrip(b"=")
    parameters = {
        "response_type": "code",
        "response_mode": "query",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": provider.scopes,
        "state": secrets.state,
        "nonce": secrets.nonce,
        "code_challenge": challenge.decode(),
        "code_challenge_method": "S256",
    }
    if is_silent:
        parameters["prompt"] = "none"
    return _with_query(endpoints(provider).authorization, parameters)


def exchange(provider: Provider, redirect_uri: str, code: str, verifier: str) -> Tokens:
    """The tokens for a code. Raises SignInFailed."""
    answer = _answer(
        endpoints(provider).token,
        {
            "grant_type": "authorization_code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "code": code,
            "code_verifier": verifier,
        },
    )
    if str(answer.get("token_type")).lower() != "bearer":
        raise SignInFailed("the token endpoint answered without a bearer token")
    access, identity = answer.get("access_token"), answer.get("id_token")
    if not (isinstance(access, str) and isinstance(identity, str)):
        raise SignInFailed("the token endpoint answered without an access token and an ID token")
    refresh = answer.get("refresh_token")
    return Tokens(access, identity, refresh if isinstance(refresh, str) else "")


def signed_in(provider: Provider, tokens: Tokens, nonce: str) -> SignedIn:
    """Who has signed in, by the rules of the admin endpoint. Raises SignInFailed.

    Who signed the tokens need not be checked, since they come from the token endpoint over TLS
    (Core, 3.1.3.7, number 6).
    """
    claims = claims_in(tokens.access)
    try:
        editor = identify(claims, tokens.access, provider.issuer)
    except Refusal:
        raise SignInFailed("the access token is not for this deployment") from None
    subject = claims.get("sub")
    if not (isinstance(subject, str) and subject):
        raise SignInFailed("the access token has no sub")
    _check_identity(claims_in(tokens.identity), provider, subject, nonce)
    ends_at = min(float(claims["exp"]), time.time() + MAX_RIGHTS_SECONDS)
    return SignedIn(editor, subject, int(ends_at))


def revoke(provider: Provider, token: str) -> None:
    """Have a refresh token revoked (RFC 7009). Raises SignInFailed."""
    if url := endpoints(provider).revocation:
        fields = {"token": token, "token_type_hint": "refresh_token"}
        _send(url, {**fields, "client_id": provider.client_id})


def end_session_url(provider: Provider, return_to: str) -> str:
    """Where the browser ends the issuer's session; empty if the issuer has no such place.

    Without id_token_hint, which would put a token into an address. Raises SignInFailed.
    """
    found = endpoints(provider)
    if not found.end_session:
        return ""
    parameters = {"client_id": provider.client_id, found.return_parameter: return_to}
    return _with_query(found.end_session, parameters)


def _check_identity(
    claims: Mapping[str, Any], provider: Provider, subject: str, nonce: str
) -> None:
    """Check an ID token's claims (Core, 3.1.3.7). Raises SignInFailed that names the first one."""
    audiences = strings_in(claims.get("aud"))
    party = claims.get("azp", provider.client_id if len(audiences) == 1 else None)
    expires_at = claims.get("exp")
    is_current = isinstance(expires_at, int | float) and expires_at > time.time()
    checks = {
        "token_use": claims.get("token_use", "id") == "id",  # Cognito's
        "iss": claims.get("iss") == provider.issuer.url,
        "aud": provider.client_id in audiences,
        "azp": party == provider.client_id,
        "exp": is_current,
        "nonce": compare_digest(str(claims.get("nonce")).encode(), nonce.encode()),
        "sub": claims.get("sub") == subject,
    }
    if wrong := next((name for name, is_right in checks.items() if not is_right), None):
        raise SignInFailed(f"the ID token's {wrong} is wrong")


def _discover(issuer: str) -> Endpoints:
    """The endpoints in an issuer's document (Discovery 1.0, 4). Raises SignInFailed."""
    document = _answer(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if document.get("issuer") != issuer:
        raise SignInFailed("the discovery document is another issuer's")
    names = (
        "authorization_endpoint",
        "token_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
    )
    urls = [document.get(name, "") for name in names]
    for name, url in zip(names, urls, strict=True):
        # What came over TLS must not lead away from it.
        if not isinstance(url, str) or (url and urlsplit(url).scheme not in _schemes(issuer)):
            raise SignInFailed(f"the issuer's {name} is invalid")
    authorization, token, revocation, end_session = urls
    if not (authorization and token):
        raise SignInFailed("the issuer has no endpoints for the code flow")
    return Endpoints(authorization, token, revocation, end_session, "post_logout_redirect_uri")


def _schemes(issuer: str) -> set[str]:
    """Of endpoints: an issuer without TLS can only be one on this machine."""
    return {"https", urlsplit(issuer).scheme}


def _with_query(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


def _answer(url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON object at a URL, or the answer to a form. Raises SignInFailed."""
    data = _send(url, form)
    try:
        answer = json.loads(data)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise SignInFailed(f"{urlsplit(url).path} did not answer with a JSON object")
    return answer


def _send(url: str, form: Mapping[str, str] | None) -> bytes:
    """The body of a 200. Raises SignInFailed for all else, a redirect too."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request

    path = urlsplit(url).path
    body = None if form is None else urlencode(form).encode()
    request = Request(url, body, {"accept": "application/json"})  # noqa: S310 schemes are checked
    try:
        with _opener().open(request, timeout=SECONDS) as answer:
            data: bytes = answer.read(MAX_ANSWER_BYTES + 1)
    except HTTPError as error:
        with error:
            raise SignInFailed(f"{path} answered {error.code}{_error_name(error)}") from None
    except (OSError, HTTPException) as error:
        raise SignInFailed(f"{path} did not answer ({type(error).__name__})") from None
    if len(data) > MAX_ANSWER_BYTES:
        raise SignInFailed(f"{path} answered with more than {MAX_ANSWER_BYTES} bytes")
    return data


@cache
def _opener() -> "OpenerDirector":
    """What opens URLs; it has read the system's certificates, which takes longer than a request."""
    from urllib.request import HTTPRedirectHandler, build_opener

    class NoRedirect(HTTPRedirectHandler):
        def redirect_request(self, *_arguments: Any, **_options: Any) -> None:
            """Codes and tokens go to no other address than the issuer's own."""

    return build_opener(NoRedirect)


def _error_name(answer: Any) -> str:
    """The error that an issuer names (RFC 6749, 5.2), with a space in front; else nothing."""
    try:
        error = json.loads(answer.read(MAX_ANSWER_BYTES))["error"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return f" {error}" if isinstance(error, str) and _ERROR_NAME.fullmatch(error) else ""
