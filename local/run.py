"""`make run`: serves the API on this machine until Ctrl-C.

python -m local.run [--port PORT] [--fresh]
"""

import argparse
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from local import demo, emulator, guard, sample_data, sources, stack
from local.editors import ADMIN, EDITOR
from local.paths import API_URL, FUNCTION_LOG, LOCAL, LOGS, ROOT
from local.sample_data import ARTICLE, GERMAN_ARTICLE, WIDGET_ARTICLE
from local.stack import Stack
from local.steps import Failure, step


def main() -> int:
    parser = argparse.ArgumentParser(prog="make run", description="Serve seealso on this machine.")
    parser.add_argument("--port", default="4566")
    parser.add_argument("--fresh", action="store_true", help="delete the data of the last run")
    arguments = parser.parse_args()
    if not _is_port(arguments.port):
        print(f"PORT must be an integer from 1 to 65535, not {arguments.port}.", file=sys.stderr)
        return 2
    # SIGINT as well, because shells start background jobs with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    lease = LOCAL / "run" / "lease"
    started = time.monotonic()
    try:
        with _serving(int(arguments.port), lease, is_fresh=arguments.fresh) as (running, demos):
            print(_next_steps(running, demos, time.monotonic() - started), flush=True)
            with FUNCTION_LOG.open(encoding="utf-8", errors="replace") as log:
                log.seek(0, os.SEEK_END)
                while guard.is_running(lease):
                    print(log.read(), end="", flush=True)
                    time.sleep(0.3)
        print(f"The emulator stopped unexpectedly. See {LOGS / 'emulator.log'}", file=sys.stderr)
    except Failure as failure:
        print(failure, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0
    return 1


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535


@contextmanager
def _serving(port: int, lease: Path, *, is_fresh: bool) -> Iterator[tuple[Stack, str]]:
    """The stack with its data, at first the sample data, and a text about the demo pages.

    Nothing is left running afterwards.
    """
    state = lease.with_name("emulator")
    # Only a state that was once served is of use; a first deployment may have failed half-way.
    complete = state / "complete"
    with _alone(), guard.held(lease):
        # Before anything is started: a broken source is found in seconds.
        sources.check_python(ROOT)
        if is_fresh or not complete.exists():
            shutil.rmtree(state, ignore_errors=True)
        FUNCTION_LOG.parent.mkdir(parents=True, exist_ok=True)
        FUNCTION_LOG.write_text("")
        with step("start the emulator"):
            emulator.start(port, state, lease, LOGS / "emulator.log", keeps_state=True)
        running = stack.run_live(port, LOGS)
        with _announced(running.api_url):
            with step(f"read article {ARTICLE}"):
                _check_page(port, is_new=not complete.exists())
            complete.touch()
            with demo.serving(port + 1, running.api_url) as has_demo:
                yield running, _demos(port + 1, is_served=has_demo)


@contextmanager
def _alone() -> Iterator[None]:
    """Raises Failure if another `make run` serves this checkout."""
    path = LOCAL / "run" / "only-one"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            url = API_URL.read_text().strip() if API_URL.exists() else "not ready yet"
            raise Failure(
                f"`make run` is already running in this checkout ({url}). Stop it first."
            ) from None
        yield


def _check_page(port: int, *, is_new: bool) -> None:
    """Reads a page. Raises Failure, with the function's own error if it has logged one."""
    try:
        sample_data.check_page(port, is_new=is_new)
    except Failure as failure:
        lines = FUNCTION_LOG.read_text(errors="replace").splitlines()
        denied = [line for line in lines if ": DENIED " in line]
        errors = denied or [line for line in lines if ": ERROR " in line]
        if errors:
            raise Failure(f"{errors[-1]}\nSee {FUNCTION_LOG}") from failure
        raise


@contextmanager
def _announced(api_url: str) -> Iterator[None]:
    """Keeps the API's base URL in .local/api-url, for scripts."""
    API_URL.write_text(f"{api_url}\n")
    try:
        yield
    finally:
        API_URL.unlink(missing_ok=True)


def _demos(port: int, *, is_served: bool) -> str:
    if not is_served:
        return f"  (port {port} is in use, so the pages with the widget are left out)"
    return f"""\
  http://localhost:{port}/a/{WIDGET_ARTICLE}   the widget, on a site that renders itself
  http://elsewhere.localhost:{port}/   the widget, on a foreign page"""


def _next_steps(running: Stack, demos: str, seconds: float) -> str:
    url = running.api_url
    return f"""
Ready in {seconds:.0f} s: {url}/a/{ARTICLE}

Open in a browser:
  {url}/a/{ARTICLE}   an article's page
  {url}/a/{GERMAN_ARTICLE}   one in German
  {url}/            the newest articles of all sites
  {url}/desk        the editors' desk, with the users below: two links wait in its queue
{demos}

Try next:
  curl -i {url}/articles/{ARTICLE}
  curl -s "{url}/domains/7/articles?limit=5"
  curl -sG {url}/graphql --data-urlencode query@data/page.graphql \\
    --data-urlencode variables@data/page.variables.json
  make load FILE=data/articles.jsonl     (in another terminal, with any file of articles)
  .local/venv/bin/seealso login {EDITOR.name} --local

Local users and their passwords:
  {EDITOR.name}   {EDITOR.password}   (articles and links)
  {ADMIN.name}    {ADMIN.password}   (also sites, blocked hosts and the audit)

A change in functions/ or layers/ is live with the next request. For a change of template.yaml or a
requirements.txt, run `make run` again; data and users stay (make run FRESH=1 starts empty).
Ctrl-C stops the API. The functions' log follows, also in {FUNCTION_LOG.relative_to(ROOT)}.
"""


if __name__ == "__main__":
    sys.exit(main())
