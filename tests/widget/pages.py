"""Pages that embed the widget, and the API that it asks: the real handlers, in this process.

The browser's requests are answered here, so pages have the addresses that sites have.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Route

from tests.support import gateway

API = "https://api.example.com"
# What docs/widget.md asks a page to allow, and nothing else.
POLICY = (
    f"default-src 'none'; script-src {API}; connect-src {API}; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'"
)
ARTICLE, OTHER_SITE, NO_SITE, SOURCE = 101, 90, 80, 70
SCRIPT = f'<script type="module" src="{API}/assets/see-also.js"></script>'
ELEMENT = f"""<see-also article="{ARTICLE}" api="{API}">
<a href="{API}/a/{ARTICLE}">What to read next</a></see-also>"""


class Embedding:
    """Opens pages with the widget; collects what the browser reports and what the API is asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[str] = []
        self.requests: list[Request] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._note)
        page.route("**/*", self._answer)
        self._html = ""

    def open(
        self, host: str, markup: str = ELEMENT, lang: str = ' lang="en"', *, has_script: bool = True
    ) -> Locator:
        """The first widget of a page with this markup."""
        self._html = (
            f"<!doctype html><html{lang}><head><title>Kettles</title>"
            '<meta name="viewport" content="width=device-width">'
            '<meta name="color-scheme" content="light dark">'
            f"{SCRIPT if has_script else ''}</head><body><main><h1>Kettles</h1>{markup}</main>"
        )
        self.page.goto(f"https://{host}/kettles")
        return self.page.locator("see-also").first

    def answer(self, pattern: str, reply: Callable[[Route], None]) -> None:
        """Answers the API's requests of a pattern in its place, after a preflight as usual."""
        self.page.route(f"{API}{pattern}", reply)

    def asked(self, method: str, path: str) -> list[Request]:
        """The API's requests for a path."""
        return [
            request
            for request in self.requests
            if request.method == method and urlsplit(request.url).path == path
        ]

    def _note(self, message: ConsoleMessage) -> None:
        # Answers with 4xx, which tests ask for, are reported as well.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(message.text)

    def _answer(self, route: Route) -> None:
        request = route.request
        if not request.url.startswith(f"{API}/"):
            headers = {"content-type": "text/html", "content-security-policy": POLICY}
            route.fulfill(headers=headers, body=self._html)
            return
        self.requests.append(request)
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        headers.pop("accept-encoding", None)
        response = gateway.request(
            request.method, request.url.removeprefix(API), headers, request.post_data
        )
        # As the gateway does for every answer.
        headers = response.headers | {
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "ETag, Location, Retry-After, Server-Timing",
        }
        route.fulfill(status=response.status, headers=headers, body=response.body)
