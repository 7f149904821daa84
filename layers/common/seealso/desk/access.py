"""Who may open a screen of the desk, and send its forms.

A screen needs a session whose rights have not ended, and its group. A form must come from a page of
this very origin and have the session's token: either would do against a foreign site's page
(OWASP "Cross-Site Request Forgery Prevention"), and neither hangs on the other.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from seealso.desk import sessions
from seealso.desk.sessions import Session
from seealso.editing.auth import ADMINS, EDITORS
from seealso.errors import Refusal
from seealso.http.bodies import FORM, media_type, read_body, unsupported_media_type
from seealso.http.handler import Route
from seealso.http.requests import Request
from seealso.http.responses import NOT_STORED, Response
from seealso.limits import MAX_DAYS, MAX_DESK_FORM_BYTES
from seealso.settings import integer
from seealso.store.tables import Store
from seealso.tables.audit import ChangeContext

AUDIT_DAYS = integer("AUDIT_DAYS", 1, MAX_DAYS)


class Form:
    """The fields of a form; several may have one name, as checkboxes do."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self.fields = fields

    def one(self, name: str, default: str = "") -> str:
        """The field's last value."""
        return self.fields.get(name, [default])[-1]

    def all(self, name: str) -> list[str]:
        """All values of the fields with this name."""
        return self.fields.get(name, [])


class Visit:
    """A request of an editor who may make it."""

    def __init__(self, store: Store, request: Request, session: Session, now: datetime) -> None:
        self.store = store
        self.request = request
        self.session = session
        self.now = now

    @property
    def is_admin(self) -> bool:
        """Whether the editor may do everything."""
        return ADMINS in self.session.groups

    @property
    def context(self) -> ChangeContext:
        """What audit entries of this request share."""
        name, request_id = self.session.editor_name, self.request.request_id
        return ChangeContext(name, self.now, request_id, AUDIT_DAYS)

    @cached_property
    def form(self) -> Form:
        """The form that was sent. Raises Refusal 413, 415 or 400."""
        return form_of(self.request)


type Screen = Callable[[Visit], Response]


def for_editors(screen: Screen) -> Route:
    """The route of a screen for editors and admins."""
    return _for(EDITORS, screen)


def for_admins(screen: Screen) -> Route:
    """The route of a screen for admins alone."""
    return _for(ADMINS, screen)


def _for(group: str, screen: Screen) -> Route:
    def route(store: Store, request: Request) -> Response:
        now = datetime.now(UTC)
        session = current_session(store, request)
        if session is None or session.ends_at <= now.timestamp():
            return _without_rights(request)
        visit = Visit(store, request, session, now)
        if request.method == "POST":
            check_form(visit)
        if not session.groups & {group, ADMINS}:
            detail = f"This page is for {group}. Ask an admin of this network."
            raise Refusal("forbidden", detail)
        return screen(visit)

    return route


def current_session(store: Store, request: Request) -> Session | None:
    """The session that the request's cookie names, also one whose rights have ended."""
    session_id = cookie(request, sessions.COOKIE)
    return sessions.find(store, session_id) if session_id else None


def cookie(request: Request, name: str) -> str | None:
    """The value of a cookie; None if there is none."""
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


def form_of(request: Request) -> Form:
    """The form of a request. Raises Refusal 413, 415 or 400."""
    data = read_body(request, MAX_DESK_FORM_BYTES)
    if media_type(request) != FORM:
        raise unsupported_media_type(FORM)
    try:
        return Form(parse_qs(data.decode(), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        raise Refusal("malformed-request", "The form is not valid UTF-8.") from None


def check_form(visit: Visit) -> None:
    """Refuse a form that is not from a page of the desk. Raises Refusal `forbidden`."""
    own = visit.request.headers.get("origin") == visit.request.base_url
    token = visit.form.one("form_token")
    if not (own and compare_digest(token.encode(), visit.session.form_token.encode())):
        detail = "This form did not come from a page of this desk. Open the page anew."
        raise Refusal("forbidden", detail)


def _without_rights(request: Request) -> Response:
    """To the sign-in page, and back from there."""
    if request.method == "POST":
        raise Refusal("forbidden", "You are not signed in. Sign in and send the form again.")
    return Response(303, {**NOT_STORED, "location": "/desk/signin"})
