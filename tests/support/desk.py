"""The desk's handler as a browser meets it: with a cookie, our own Origin, the form's token."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from seealso.desk import sessions
from seealso.store.tables import Store
from tests.support.events import event
from tests.support.functions import handler
from tests.support.gateway import Response, answer_of

ORIGIN = "https://api.example.com"
EDITOR = "ann@example.com"
ADMIN = "bea@example.com"
type Fields = Iterable[tuple[str, str]]


def request(
    method: str, target: str, headers: dict[str, str] | None = None, body: str | bytes | None = None
) -> Response:
    """The answer to a request of the desk; `target` is path and query, percent-encoded."""
    path, _, query = target.partition("?")
    inner = path.removeprefix("/desk").removeprefix("/")
    route = f"{method} /desk/{{proxy+}}" if inner else f"{method} /desk"
    made = event(route, {"proxy+": inner} if inner else None, query, headers, body)
    made["requestContext"]["http"]["path"] = path
    return answer_of(handler("desk")(made, None))


class Browser:
    """A browser with a session."""

    def __init__(self, session_id: str, form_token: str) -> None:
        self.session_id = session_id
        self.form_token = form_token

    def get(self, target: str, **headers: str) -> Response:
        """The answer to a GET, with the session's cookie."""
        cookie = f"{sessions.COOKIE}={self.session_id}"
        return request("GET", target, {"cookie": cookie, **headers})

    def post(self, target: str, fields: Fields = (), **headers: str) -> Response:
        """The answer to a form: of the desk's own origin, with the session's token."""
        sent = {
            "cookie": f"{sessions.COOKIE}={self.session_id}",
            "origin": ORIGIN,
            "content-type": "application/x-www-form-urlencoded",
            **headers,
        }
        body = urlencode([("form_token", self.form_token), *fields])
        return request("POST", target, sent, body)


def sign_in(
    store: Store,
    name: str = EDITOR,
    groups: Iterable[str] = ("editors",),
    lasts: timedelta = timedelta(hours=1),
) -> Browser:
    """A browser that has signed in just now, without an issuer."""
    now = datetime.now(UTC)
    subject = f"sub-of-{name}"
    session_id = sessions.create(store, name, subject, frozenset(groups), now, now + lasts)
    assert session_id is not None
    session = sessions.find(store, session_id)
    assert session is not None
    return Browser(session_id, session.form_token)


def sign_in_admin(store: Store) -> Browser:
    """A browser of an admin."""
    return sign_in(store, ADMIN, ("editors", "admins"))
