"""Who may open a screen of the desk, and send its forms.

A screen needs a session whose rights have not ended, and its group. A form must come from a page of
this very origin and have the session's token: either would do against a foreign site's page
(OWASP "Cross-Site Request Forgery Prevention"), and neither hangs on the other. Such a form that
comes when the rights have ended is kept (keeping.py).
"""

import contextlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from hmac import compare_digest
from urllib.parse import parse_qs, quote

from seealso.desk import attempts, keeping, sessions
from seealso.desk.oidc import SignInFailed
from seealso.desk.sessions import Session
from seealso.editing.auth import ADMINS, EDITORS
from seealso.errors import Refusal, StoreUnavailable
from seealso.http.bodies import FORM, media_type, read_body, unsupported_media_type
from seealso.http.handler import Route
from seealso.http.problems import problem_response
from seealso.http.requests import Request
from seealso.http.responses import Response
from seealso.limits import MAX_DAYS, MAX_DESK_FORM_BYTES, MIN_AUDIT_DAYS
from seealso.settings import integer
from seealso.store.tables import Store
from seealso.tables.audit import ChangeContext

AUDIT_DAYS = integer("AUDIT_DAYS", MIN_AUDIT_DAYS, MAX_DAYS)


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
        session = sessions.current(store, request)
        if session and _renews(store, request, session, now):
            try:
                return attempts.start(store, path_of(request), is_silent=True)
            except SignInFailed as failure:
                attempts.log_failure(request, failure)
        if session is None or session.ends_at <= now.timestamp():
            return without_rights(store, request, session, now)
        visit = Visit(store, request, session, now)
        if request.method == "POST":
            check_form(visit)
        if not session.groups & {EDITORS, ADMINS}:
            return _page_without_group(visit)
        if not session.groups & {group, ADMINS}:
            detail = f"This page is for {group}. Ask an admin of this network."
            return _refusal_page(visit, Refusal("forbidden", detail))
        try:
            response = screen(visit)
        except Refusal as refusal:
            return _refusal_page(visit, refusal)
        except StoreUnavailable as failure:
            if request.method != "POST":
                raise
            return _page_to_send_again(visit)._replace(error=failure)
        if request.method == "POST" and response.status < 400 and visit.form.one(keeping.FIELD):
            # What was sent is done; its copy ends by itself.
            with contextlib.suppress(StoreUnavailable):
                keeping.forget(store, session)
        return response

    return route


def path_of(request: Request) -> str:
    """The path and the query of a request of the desk, as a browser would send them."""
    path = request.route.partition(" ")[2]
    for name, value in request.path.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return f"{path}?{request.query}" if request.query else path


def is_by_script(request: Request) -> bool:
    """Whether a script asks, to which a page or a redirect is of no use.

    By Sec-Fetch-Mode, which a browser's script cannot write (Fetch Metadata Request Headers);
    programs that send none are people's browsers if they accept HTML.
    """
    mode = request.headers.get("sec-fetch-mode")
    if mode is not None:
        return mode != "navigate"
    return "text/html" not in request.headers.get("accept", "")


def _renews(store: Store, request: Request, session: Session, now: datetime) -> bool:
    """Whether the browser goes through the issuer first, to come back with new rights."""
    is_due = now.timestamp() >= session.renews_at() and not session.was_renewed
    if not is_due or request.method == "POST" or is_by_script(request):
        return False
    return sessions.begin_renewal(store, session)


def without_rights(
    store: Store, request: Request, session: Session | None, now: datetime
) -> Response:
    """What somebody gets who has not signed in, or whose rights have ended. Raises Refusal."""
    if is_by_script(request):
        refusal = Refusal("unauthorized", "You are not signed in. Open this page in a browser.")
        return problem_response(request, refusal)
    from seealso.desk import pages  # here, because it imports this module

    if request.method != "POST":
        return pages.sign_in_page(request, path_of(request))
    if session is None:
        raise Refusal("forbidden", "You are not signed in. Sign in and send the form again.")
    check_form(Visit(store, request, session, now))
    form = read_body(request, MAX_DESK_FORM_BYTES)
    if keeping.keep(store, session, path_of(request), form, now):
        return pages.sign_in_page(request, keeping.PATH, "kept")
    return pages.sign_in_page(request, attempts.HOME, "too long")


def _page_without_group(visit: Visit) -> Response:
    from seealso.desk import pages  # as above

    return pages.page_without_group(visit)


def _page_to_send_again(visit: Visit) -> Response:
    from seealso.desk import pages  # as above

    return pages.send_again_page(visit)


def _refusal_page(visit: Visit, refusal: Refusal) -> Response:
    from seealso.desk import pages  # as above

    return pages.refusal_page(visit.request, refusal, visit)


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
