"""`make demo-page`: a submitted page on this machine, whose link back can be taken out.

python -m local.demo_page

The local run's checks reach it at http://demo-page.example.com/ (live.py gives them `network`), and
the pages of tests at hosts below that. No deployed stack has this module, and nothing in a stack's
parameters stands for it.
"""

import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.paths import API_URL, LOCAL, ROOT

if TYPE_CHECKING:
    from seealso.verifying.connections import Network

HOST = "demo-page.example.com"
LOOPBACK = "127.0.0.1"
FOLDER = LOCAL / "run/demo-page"
PAGE = FOLDER / "index.html"


def port_file(folder: Path, host: str = HOST) -> Path:
    """Where the port of a host's server is, while it runs."""
    return folder / f"{host}.port"


def network(public: "Network", folder: Path) -> "Network":
    """The public internet, with the demo page and what tests serve as more hosts.

    Any other host that has the demo page's address is refused, as on AWS.
    """

    def resolve(host: str, port: int) -> list[tuple[str, int]]:
        if host == HOST or host.endswith(f".{HOST}"):
            served = port_file(folder, host)
            if port != 80 or not served.exists():
                raise socket.gaierror(f"{HOST} is served by `make demo-page`, by http alone")
            return [(LOOPBACK, int(served.read_text()))]
        found = public.resolve(host, port)
        return found if all(public.is_allowed(address) for address, _ in found) else [("::", port)]

    def is_allowed(address: str) -> bool:
        return address == LOOPBACK or public.is_allowed(address)

    return public._replace(resolve=resolve, is_allowed=is_allowed)


def inject() -> None:
    """Let this process's checks reach the demo page, and know the local run's address.

    The environment is that of the emulator (emulator.py).
    """
    from seealso.verifying import fetching

    folder = Path(os.environ["DEMO_PAGE_FOLDER"])
    fetching.PUBLIC = network(fetching.PUBLIC, folder)  # type: ignore[attr-defined]
    os.environ["OWN_URLS"] = os.environ["LOCAL_API_URL"]


def main() -> int:
    from local.sample_data import ARTICLE  # with boto3, which functions do not need

    if not API_URL.exists():
        print("`make run` is not running. Start it in another terminal first.", file=sys.stderr)
        return 1
    api_url = API_URL.read_text().strip()
    FOLDER.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(_page(f"{api_url}/a/{ARTICLE}"), "utf-8")
    port = port_file(FOLDER)
    # SIGINT as well, because shells start background jobs with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with HTTPServer((LOOPBACK, 0), _Handler) as server:
        port.write_text(str(server.server_port))
        print(_next_steps(api_url, ARTICLE), flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped.")
        finally:
            port.unlink(missing_ok=True)
    return 0


class _Handler(BaseHTTPRequestHandler):
    """Answers every request with the page's file as it is now."""

    def do_GET(self) -> None:
        body = PAGE.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 its name in the base class
        print(f"{self.headers.get('User-Agent')} {format % args}", flush=True)


def _page(article_url: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<title>A page that links back</title>
<p>Delete the next line, and the link is shown no more.
<p>I have read <a href="{article_url}">this article</a>.
"""


def _next_steps(api_url: str, article: int) -> str:
    page, article_url = PAGE.relative_to(ROOT), f"{api_url}/a/{article}"
    return f"""Serving {page} as http://{HOST}/ for the local run's checks.

1. Submit http://{HOST}/ at {article_url}#submit. Its check is due at once, and is made
   within about a minute; to spare the waiting:
     .local/venv/bin/seealso checks run --now LINK_ID --local
   LINK_ID is the last part of the address of the link's status page (/l/LINK_ID).
2. Delete the line with the link from {page}, and check again, twice, 15 seconds apart: the
   link is shown no more.
3. Put it back and check again.

Or send a webmention, which waits for an editor (`seealso login editor@example.com --local`, then
`seealso links queue` and `approve`); the answer's Location is the address of its status page:
     curl -i {api_url}/webmention -d source=http://{HOST}/ -d target={article_url}

Ctrl-C stops it. Requests follow."""


if __name__ == "__main__":
    sys.exit(main())
