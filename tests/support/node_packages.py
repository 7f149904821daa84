"""Programs in JavaScript over npm packages that a package-lock.json names.

They need Node 20 and npm, which fetches the packages, once, into .local/.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from werkzeug.serving import make_server

from local import commands, guard
from local.paths import LOCAL, LOGS
from local.steps import Failure

_TIMEOUT = 60.0


class NodePackages(NamedTuple):
    """The packages of a folder of the tests, fetched under .local/ by `name`."""

    folder: Path
    name: str

    def is_available(self) -> bool:
        """Whether a program can be run here and now."""
        return _missing_tools() is None and self._are_fetched()

    def fetch(self) -> None:
        """Fetch the packages unless they are fetched. Raises Failure."""
        if missing := _missing_tools():
            raise Failure(f"{self.name} cannot run. {missing}")
        with guard.exclusive(self.home / "fetching"):
            if self._are_fetched():
                return
            for file in (self.folder / "package.json", self._lock):
                shutil.copy(file, self.home)
            command: list[str | Path] = ["npm", "ci", "--prefix", self.home]
            command += ["--ignore-scripts", "--no-audit", "--no-fund"]
            log = LOGS / f"{self.name}-fetch.log"
            if commands.run(command, os.environ, log):
                raise Failure(f"npm could not fetch {self.name}: this needs the network ({log}).")
            shutil.copyfile(self._lock, self._fetched)

    def run(self, program: str, *arguments: str) -> str:
        """What a program of the folder prints. Raises CalledProcessError or TimeoutExpired."""
        # From copies, so that Node finds the packages beside them.
        with guard.exclusive(self.home / "copying"):
            for source in self.folder.glob("*.mjs"):
                copy = self.home / source.name
                if not copy.exists() or copy.read_bytes() != source.read_bytes():
                    copy.write_bytes(source.read_bytes())
        return subprocess.run(
            ["node", self.home / program, *arguments],
            cwd=self.home,
            env=os.environ | {"no_proxy": "127.0.0.1"},
            stdout=subprocess.PIPE,
            text=True,
            timeout=_TIMEOUT,
            check=True,
        ).stdout

    @property
    def home(self) -> Path:
        """Where the packages are, in node_modules."""
        return LOCAL / self.name

    @property
    def _lock(self) -> Path:
        return self.folder / "package-lock.json"

    @property
    def _fetched(self) -> Path:
        """What package-lock.json was when the packages were fetched, written after the last."""
        return self.home / "fetched.json"

    def _are_fetched(self) -> bool:
        return self._fetched.exists() and self._fetched.read_bytes() == self._lock.read_bytes()


@contextmanager
def serving(application: Callable[..., Any]) -> Iterator[str]:
    """The URL of a WSGI application on a free port of this machine."""
    server = make_server("127.0.0.1", 0, application)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()


def _missing_tools() -> str | None:
    """What this machine lacks and how to get it, in one line; None when nothing is missing."""
    lacking = []
    if _node_version() < 20:
        lacking.append("Node 20 (Debian: nodejs)")
    if shutil.which("npm") is None:
        lacking.append("npm (Debian: npm)")
    return f"Install {' and '.join(lacking)}." if lacking else None


def _node_version() -> int:
    if shutil.which("node") is None:
        return 0
    command = ["node", "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)", version)
    return int(major[1]) if major else 0
