"""The desk on loopback, for a browser that is signed in; its files come from the page function."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from seealso.desk import sessions
from tests.support import desk, gateway


@contextmanager
def serving(browser: desk.Browser) -> Iterator[str]:
    """The address of a server over the handlers, which adds the session's cookie."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["content-length"])).decode())

        def _answer(self, body: str | None) -> None:
            headers = dict(self.headers.items())
            headers |= {
                "x-forwarded-proto": "http",
                "cookie": f"{sessions.COOKIE}={browser.session_id}",
            }
            is_desk = self.path.partition("?")[0].startswith("/desk")
            send = desk.request if is_desk else gateway.request
            response = send(self.command, self.path, headers, body)
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
