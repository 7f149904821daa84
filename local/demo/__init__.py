"""Two sites that embed the widget, for the local run: one of the network, and a foreign one.

http://localhost:PORT/              a site of the network that renders its articles itself (/a/{id})
http://elsewhere.localhost:PORT/    a page of somebody else

Both are under the Content-Security-Policy that docs/widget.md recommends.
"""

import html
import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from threading import Thread
from urllib.error import HTTPError

from local.sample_data import ARTICLE, WIDGET_ARTICLE

_FOLDER = Path(__file__).parent
_FOREIGN_HOST = "elsewhere.localhost"


@contextmanager
def serving(port: int, api_url: str) -> Iterator[bool]:
    """Serves the two sites; whether it does, since something else may use the port."""
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(api_url))
    except (OSError, OverflowError):  # in use, or above 65535
        yield False
        return
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield True
    finally:
        server.shutdown()
        server.server_close()


def _handler(api_url: str) -> type[BaseHTTPRequestHandler]:
    policy = (
        f"default-src 'none'; script-src {api_url}; connect-src {api_url}; style-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, media_type, body = self._answer()
            self.send_response(status)
            self.send_header("Content-Type", f"{media_type}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def _answer(self) -> tuple[int, str, bytes]:
            if self.path == "/demo.css":
                return 200, "text/css", (_FOLDER / "demo.css").read_bytes()
            if self.headers.get("Host", "").partition(":")[0] == _FOREIGN_HOST:
                page = _filled("elsewhere.html", api=api_url, id=str(ARTICLE))
                return 200, "text/html", page
            if match := re.fullmatch(r"/(?:a/([1-9][0-9]{0,9}))?", self.path):
                return _article(api_url, match[1] or str(WIDGET_ARTICLE))
            return 404, "text/plain", f"Try /a/{WIDGET_ARTICLE}.".encode()

        def log_message(self, *_: object) -> None:
            """Nothing: the terminal shows the functions' log."""

    return Handler


def _article(api_url: str, article_id: str) -> tuple[int, str, bytes]:
    """The site's own page of an article, which it gets from the API as any client would."""
    try:
        with urllib.request.urlopen(f"{api_url}/articles/{article_id}", timeout=20) as answer:  # noqa: S310 loopback
            article = json.load(answer)["article"]
    except HTTPError as error:
        return error.code, "text/plain", b"There is no such article."
    except OSError:
        return 502, "text/plain", b"The API does not answer."
    day = date.fromisoformat(article["date"][:10])
    paragraphs = [f"<p>{html.escape(text)}</p>" for text in article["text"].split("\n\n")]
    body = _filled(
        "article.html",
        api=api_url,
        id=article_id,
        title=html.escape(article["title"]),
        date=f"{day:%B} {day.day}, {day.year}",
        text="\n".join(paragraphs),
    )
    return 200, "text/html", body


def _filled(name: str, **values: str) -> bytes:
    return Template((_FOLDER / name).read_text("utf-8")).substitute(values).encode()
