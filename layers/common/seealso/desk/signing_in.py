"""Signing in and out, and what was kept while nobody was signed in.

Whatever comes of a callback, its answer is a redirect, so that no page has a code in its address.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from hmac import compare_digest
from urllib.parse import parse_qs

from seealso.desk import attempts, cookies, keeping, oidc, pages, sessions
from seealso.desk.access import Visit, check_form, for_editors, without_rights
from seealso.desk.attempts import HOME, SIGNED_OUT, Attempt
from seealso.desk.oidc import SignInFailed
from seealso.desk.sessions import Session
from seealso.desk.settings import registration
from seealso.errors import StoreFailure
from seealso.http.handler import Route
from seealso.http.requests import Request
from seealso.http.responses import NOT_STORED, Response
from seealso.store.tables import Store

# What the page for people who are not signed in says, by the key in its address.
WHY = ("expired", "failed", "refused")


def sign_in(store: Store, request: Request) -> Response:
    """GET /desk/signin: to the issuer."""
    try:
        return attempts.start(store, request.query_string("to") or HOME, is_silent=False)
    except SignInFailed as failure:
        attempts.log_failure(request, failure)
        return _to(f"{SIGNED_OUT}?why=failed")


def callback(store: Store, request: Request) -> Response:
    """GET /desk/callback: back from the issuer, with a code or with an error."""
    sent = parse_qs(request.query)
    state, code = "\n".join(sent.get("state", [])), sent.get("code", [])
    attempt = attempts.current(request)
    if attempt is None or not compare_digest(state.encode(), attempt.secrets.state.encode()):
        return _to(f"{SIGNED_OUT}?why=expired")
    # From here on the attempt is spent.
    is_code = len(code) == 1 and "error" not in sent
    try:
        response = (
            _with_code(store, request, attempt, code[0])
            if is_code
            else _with_error(store, request, attempt)
        )
    except StoreFailure as failure:
        response = _failed(attempt)._replace(error=failure)
    return _and_cookie(response, cookies.removed(attempts.COOKIE))


def _with_code(store: Store, request: Request, attempt: Attempt, code: str) -> Response:
    try:
        known = registration(store)
        redirect_uri = attempts.redirect_uri(known)
        tokens = oidc.exchange(known.provider, redirect_uri, code, attempt.secrets.verifier)
        if tokens.refresh:
            _revoke(known.provider, tokens.refresh, request)
        found = oidc.signed_in(known.provider, tokens, attempt.secrets.nonce)
    except SignInFailed as failure:
        attempts.log_failure(request, failure)
        return _failed(attempt)
    earlier = sessions.current(store, request)
    if attempt.is_silent and (earlier is None or earlier.subject != found.subject):
        return _not_renewed(store, earlier, attempt)
    session_id = sessions.create(
        store,
        found.editor.name,
        found.subject,
        found.editor.groups,
        datetime.now(UTC),
        datetime.fromtimestamp(found.ends_at, UTC),
        earlier,
        is_renewal=attempt.is_silent,
    )
    response = _to(attempt.return_path)
    if session_id is None:
        return response
    return _and_cookie(response, cookies.written(sessions.COOKIE, session_id))


def _failed(attempt: Attempt) -> Response:
    """The way on after a fault: a session that was to be renewed still has its rights."""
    return _to(attempt.return_path if attempt.is_silent else f"{SIGNED_OUT}?why=failed")


def _not_renewed(store: Store, session: Session | None, attempt: Attempt) -> Response:
    """The way back from an issuer that was to ask nobody, and does not know the session's user.

    A renewal signs in nobody else, nor somebody who has signed out meanwhile.
    """
    if session:
        sessions.end_rights(store, session, datetime.now(UTC))
    return _to(attempt.return_path)


def _with_error(store: Store, request: Request, attempt: Attempt) -> Response:
    """The issuer signs nobody in: the person refused, or must be asked and was not to be."""
    if not attempt.is_silent:
        return _to(f"{SIGNED_OUT}?why=refused")
    return _not_renewed(store, sessions.current(store, request), attempt)


def _revoke(provider: oidc.Provider, token: str, request: Request) -> None:
    """Nobody renews with it. If the issuer does not do it, the token just ends unused."""
    try:
        oidc.revoke(provider, token)
    except SignInFailed as failure:
        attempts.log_failure(request, failure)


def signed_out(_store: Store, request: Request) -> Response:
    """GET /desk/signed-out: back from the issuer's sign-out, or from an attempt that failed."""
    why = request.query_choice("why", WHY)
    return pages.plain_page(request, "signed_out.html", "Signed out", {"why": why})


def sign_out(store: Store, request: Request) -> Response:
    """POST /desk/signout: a page, since a form's answer must not lead to another origin.

    Browsers apply `form-action 'self'` to redirects after a form as well.
    """
    now = datetime.now(UTC)
    session = sessions.current(store, request)
    if session is None:
        return without_rights(store, request, None, now)
    check_form(Visit(store, request, session, now))
    sessions.end(store, session)
    keeping.forget(store, session)
    try:
        known = registration(store)
        url = oidc.end_session_url(known.provider, f"{known.url}{SIGNED_OUT}")
    except SignInFailed as failure:
        attempts.log_failure(request, failure)
        url = ""
    response = pages.plain_page(request, "sign_out.html", "Signed out", {"end_session_url": url})
    return _and_cookie(response, cookies.removed(sessions.COOKIE))


def kept(visit: Visit) -> Response:
    """GET /desk/kept: the form that was sent when the rights had ended."""
    found = keeping.find(visit.store, visit.session)
    if found is None:
        return pages.redirect(HOME)
    values = {"path": found.path, "fields": found.fields, "was_kept": keeping.FIELD}
    return pages.desk_page(visit, "kept.html", "Send it now?", values)


def discard(visit: Visit) -> Response:
    """POST /desk/kept: it is not wanted any more."""
    keeping.forget(visit.store, visit.session)
    return pages.redirect(HOME)


def _to(path: str) -> Response:
    return Response(303, {**NOT_STORED, **pages.HEADERS, "location": path})


def _and_cookie(response: Response, cookie: str) -> Response:
    """The answer with one more cookie; the function splits their lines."""
    earlier = response.headers.get("set-cookie")
    both = f"{earlier}\n{cookie}" if earlier else cookie
    return response._replace(headers={**response.headers, "set-cookie": both})


# Whoever asks for these needs no session.
WITHOUT_SESSION: dict[str, Callable[[Store, Request], Response]] = {
    "GET /desk/signin": sign_in,
    "GET /desk/callback": callback,
    "GET /desk/signed-out": signed_out,
}
ROUTES: dict[str, Route] = {
    **WITHOUT_SESSION,
    "POST /desk/signout": sign_out,
    "GET /desk/kept": for_editors(kept),
    "POST /desk/kept": for_editors(discard),
}
