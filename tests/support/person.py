"""Somebody with a browser: cookies of the desk and of the issuer, and redirects one by one."""

import http.client
from collections.abc import Iterable
from urllib.parse import urlencode, urlsplit

from tests.support.desk import ORIGIN, request
from tests.support.gateway import Response
from tests.support.issuer import Issuer

_NAVIGATION = {"sec-fetch-mode": "navigate", "accept": "text/html"}


class Person:
    """A browser that keeps the desk's cookies; `signs_in_as` is what they type at the issuer."""

    def __init__(self, issuer: Issuer, signs_in_as: str = "ann@example.com") -> None:
        self.issuer = issuer
        self.signs_in_as = signs_in_as
        self.cookies: dict[str, str] = {}
        self.issuer_cookie = ""
        self.seen: list[Response] = []  # every answer of the desk
        self.addresses: list[str] = []  # every address that was asked for

    def get(self, target: str, **headers: str) -> Response:
        """The answer to a navigation."""
        return self._asked("GET", target, headers, None)

    def post(self, target: str, fields: Iterable[tuple[str, str]] = (), **headers: str) -> Response:
        """The answer to a form of the desk's own origin."""
        sent = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded", **headers}
        return self._asked("POST", target, sent, urlencode(list(fields)))

    def sign_in(self, to: str = "/desk") -> Response:
        """From the sign-in link to the page after it, which is the answer."""
        return self.follow(self.get(f"/desk/signin?{urlencode({'to': to})}"))

    def follow(self, response: Response) -> Response:
        """The answer after all redirects, through the issuer and its form."""
        for _ in range(10):
            if response.status != 303:
                return response
            location = response.headers["location"]
            response = self.get(self.at_issuer(location) if "://" in location else location)
        raise AssertionError("a loop of redirects")

    def at_issuer(self, location: str) -> str:
        """The path and query of the callback to which the issuer sends the browser."""
        status, found, body = self._send("GET", location)
        if status == 200:
            query = body.partition('name="query" value="')[2].partition('"')[0]
            form = {"query": query.replace("&amp;", "&"), "username": self.signs_in_as}
            status, found, _ = self._send("POST", f"{self.issuer.url}/login", urlencode(form))
        assert status == 302
        assert found.startswith(f"{ORIGIN}/desk/")
        return found.removeprefix(ORIGIN)

    def form_token(self, page: Response) -> str:
        """The token in a page's forms."""
        return page.body.partition('name="form_token" value="')[2].partition('"')[0]

    def _asked(
        self, method: str, target: str, headers: dict[str, str], body: str | None
    ) -> Response:
        self.addresses.append(target)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = _NAVIGATION | ({"cookie": cookie} if cookie else {}) | headers
        response = request(method, target, sent, body)
        for each in response.cookies:
            name, _, value = each.partition(";")[0].partition("=")
            if "Max-Age=0" in each:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        self.seen.append(response)
        return response

    def _send(self, method: str, url: str, body: str | None = None) -> tuple[int, str, str]:
        """Status, Location and body of the issuer's answer."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=10)
        headers = {"cookie": f"issuer={self.issuer_cookie}"} if self.issuer_cookie else {}
        connection.request(method, f"{parts.path}?{parts.query}", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if cookie := answer.getheader("set-cookie"):
            self.issuer_cookie = cookie.partition(";")[0].removeprefix("issuer=")
        connection.close()
        return answer.status, answer.getheader("location") or "", text
