"""`make run`: serves the API on this machine until Ctrl-C.

python -m local.run [--port PORT]
"""

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from local import emulator, guard, sample_data, stack
from local.editors import ADMIN, EDITOR
from local.paths import API_URL, LOCAL, LOGS
from local.sample_data import ARTICLE
from local.stack import Stack
from local.steps import Failure, step


def main() -> int:
    arguments = argparse.ArgumentParser(
        prog="make run", description="Serve seealso on this machine."
    )
    arguments.add_argument("--port", type=int, default=4566)
    port: int = arguments.parse_args().port
    # SIGINT as well, because shells start background jobs with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    lease = LOCAL / "run" / str(port) / "lease"
    started = time.monotonic()
    try:
        with _serving(port, lease) as running:
            print(_next_steps(running, time.monotonic() - started), flush=True)
            while guard.is_running(lease):
                time.sleep(0.5)
        log = LOGS / "emulator.log"
        print(f"The emulator stopped unexpectedly. See {log}", file=sys.stderr)
    except Failure as failure:
        print(failure, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0
    return 1


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def _serving(port: int, lease: Path) -> Iterator[Stack]:
    """A stack with the sample data. Nothing is left running afterwards."""
    with guard.held(lease):
        with step("start the emulator"):
            emulator.start(port, lease.with_name("emulator"), lease, LOGS / "emulator.log")
        running = stack.deploy_to(port, LOGS)
        with _announced(running.api_url):
            with step("load data/"):
                sample_data.load(port, LOGS / "load.log")
            with step(f"read article {ARTICLE}"):
                sample_data.check_page(port)
            yield running


@contextmanager
def _announced(api_url: str) -> Iterator[None]:
    """Keeps the API's base URL in .local/api-url, for scripts."""
    API_URL.write_text(f"{api_url}\n")
    try:
        yield
    finally:
        API_URL.unlink(missing_ok=True)


def _next_steps(running: Stack, seconds: float) -> str:
    url = running.api_url
    return f"""
Ready in {seconds:.0f} s: {url}/articles/{ARTICLE}

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

Ctrl-C stops the API. After changing a function, stop it and run `make run` again."""


if __name__ == "__main__":
    sys.exit(main())
