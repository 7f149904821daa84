"""graphql-http: the audits that the authors of GraphQL over HTTP wrote for servers.

Needs Node 20 and npm, which fetches the packages that package-lock.json names, once, into .local/.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from local import commands, guard
from local.paths import LOCAL, LOGS
from local.steps import Failure

_HERE = Path(__file__).parent
_LOCK = _HERE / "package-lock.json"
_HOME = LOCAL / "graphql-http"
# What package-lock.json was when the packages were fetched, written after the last of them.
_FETCHED = _HOME / "fetched.json"
_TIMEOUT = 60.0


class Audit(NamedTuple):
    """What an audit found: `ok`, or `notice` (MAY), `warn` (SHOULD), `error` (MUST) and why."""

    id: str
    name: str
    status: str
    reason: str | None


def missing_tools() -> str | None:
    """What this machine lacks and how to get it, in one line; None when nothing is missing."""
    lacking = []
    if _node_version() < 20:
        lacking.append("Node 20 (Debian: nodejs)")
    if shutil.which("npm") is None:
        lacking.append("npm (Debian: npm)")
    return f"Install {' and '.join(lacking)}." if lacking else None


def is_available() -> bool:
    """Whether it can be run here and now: the tools are there and the packages are fetched."""
    return missing_tools() is None and _is_fetched()


def fetch() -> None:
    """Fetches the packages unless they are there. Raises Failure without Node, npm or network."""
    if missing := missing_tools():
        raise Failure(f"graphql-http cannot run. {missing}")
    with guard.exclusive(_HOME / "fetching"):
        if _is_fetched():
            return
        for file in (_HERE / "package.json", _LOCK):
            shutil.copy(file, _HOME)
        command: list[str | Path] = ["npm", "ci", "--prefix", _HOME]
        command += ["--ignore-scripts", "--no-audit", "--no-fund"]
        log = LOGS / "graphql-http-fetch.log"
        if commands.run(command, os.environ, log):
            raise Failure(f"npm could not fetch graphql-http: this needs the network ({log}).")
        shutil.copyfile(_LOCK, _FETCHED)


def audit(url: str) -> list[Audit]:
    """Runs every audit against the server at that URL."""
    # From standard input, so that Node finds the packages where it runs, not beside the script.
    told = subprocess.run(
        ["node", "--input-type=module", "-", url],
        cwd=_HOME,
        env=os.environ | {"no_proxy": "127.0.0.1"},
        input=(_HERE / "audit.mjs").read_text(),
        stdout=subprocess.PIPE,
        text=True,
        timeout=_TIMEOUT,
        check=True,
    ).stdout
    return [
        Audit(each["id"], each["name"], each["status"], each.get("reason"))
        for each in json.loads(told)
    ]


def _is_fetched() -> bool:
    return _FETCHED.exists() and _FETCHED.read_bytes() == _LOCK.read_bytes()


def _node_version() -> int:
    if shutil.which("node") is None:
        return 0
    command = ["node", "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)", told)
    return int(version[1]) if version else 0
