"""DynamoDB Local: Amazon's own engine in Java, the reference for units and index rules.

Needs Java 17 and Maven, which fetches the jars that pom.xml names, once, into .local/.
Tables belong to the access key and region that made them.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import commands, emulator, guard
from local.paths import LOCAL, LOGS
from local.steps import Failure

_POM = Path(__file__).with_name("pom.xml")
_HOME = LOCAL / "dynamodb-local"
# What pom.xml was when the jars were fetched, written after the last of them.
_FETCHED = _HOME / "pom.xml"
# For 100,000 articles with texts of 1.5 KB, and a job that reads all of them.
_HEAP = "2g"
_START_TIMEOUT = 60.0


def missing_tools() -> str | None:
    """What this machine lacks and how to get it, in one line; None when nothing is missing."""
    lacking = []
    if _java_version() < 17:
        lacking.append("Java 17 (Debian: openjdk-17-jre-headless)")
    if shutil.which("mvn") is None:
        lacking.append("Maven (Debian: maven)")
    return f"Install {' and '.join(lacking)}." if lacking else None


def is_available() -> bool:
    """Whether it can be started here and now: the tools are there and the jars are fetched."""
    return missing_tools() is None and _is_fetched()


def fetch() -> None:
    """Fetches the jars unless they are there. Raises Failure without Java 17, Maven or network."""
    if missing := missing_tools():
        raise Failure(f"DynamoDB Local cannot run. {missing}")
    with guard.exclusive(_HOME / "fetching"):
        if _is_fetched():
            return
        shutil.rmtree(_HOME / "lib", ignore_errors=True)
        command: list[str | Path] = ["mvn", "-q", "-B", "-f", _POM, "dependency:copy-dependencies"]
        command += [f"-DoutputDirectory={_HOME / 'lib'}"]
        log = LOGS / "dynamodb-local-fetch.log"
        if commands.run(command, os.environ, log):
            raise Failure(f"Maven could not fetch DynamoDB Local: this needs the network ({log}).")
        shutil.copyfile(_POM, _FETCHED)


def _is_fetched() -> bool:
    return _FETCHED.exists() and _FETCHED.read_bytes() == _POM.read_bytes()


@contextmanager
def running(folder: Path, *, on_disk: bool = False) -> Iterator[str]:
    """DynamoDB Local on a free port, shared by all processes that name the same folder.

    Yields its endpoint URL. Its tables are in memory, or files in the folder. Raises Failure.
    """
    fetch()

    def start(lease: Path) -> str:
        return _start(lease, folder, on_disk)

    with guard.shared(folder, start) as endpoint:
        yield endpoint


def _start(lease: Path, folder: Path, on_disk: bool) -> str:
    port = emulator.free_port()
    # Its SQLite finds its native library beside its own jar.
    command = ["java", f"-Xmx{_HEAP}", "-cp", f"{_HOME / 'lib'}/*"]
    command += ["com.amazonaws.services.dynamodbv2.local.main.ServerRunner", "-disableTelemetry"]
    command += ["-port", str(port), *(["-dbPath", str(folder)] if on_disk else ["-inMemory"])]
    log = folder / "dynamodb-local.log"
    guard.start(lease, command, os.environ, log)
    deadline = time.monotonic() + _START_TIMEOUT
    while not emulator.is_taken(port):
        if not guard.is_running(lease) or time.monotonic() > deadline:
            raise Failure(f"DynamoDB Local did not start. Its log: {log}")
        time.sleep(0.05)
    return f"http://127.0.0.1:{port}"


def _java_version() -> int:
    if shutil.which("java") is None:
        return 0
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    return int(version[1]) if version else 0
