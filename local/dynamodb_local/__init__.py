"""DynamoDB Local: Amazon's own engine in Java, the reference for units and index rules.

Needs Java 17 and Maven, which downloads the jars in pom.xml into .local/ once.
Tables belong to the access key and region that created them.
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
# A copy of the pom.xml that the jars were downloaded for, written after the last of them.
_FETCHED = _HOME / "pom.xml"
# For 100,000 articles with texts of 1.5 KB, and a job that reads all of them.
_HEAP = "2g"
_START_TIMEOUT = 60.0


def missing_tools() -> str | None:
    """One line that says what to install; None if nothing is missing."""
    lacking = []
    if _java_version() < 17:
        lacking.append("Java 17 (Debian: openjdk-17-jre-headless)")
    if shutil.which("mvn") is None:
        lacking.append("Maven (Debian: maven)")
    return f"Install {' and '.join(lacking)}." if lacking else None


def is_available() -> bool:
    """Whether it can be started: Java and Maven are installed and the jars are downloaded."""
    return missing_tools() is None and _is_fetched()


def fetch() -> None:
    """Downloads the jars if necessary. Raises Failure without Java 17, Maven or the network."""
    if missing := missing_tools():
        raise Failure(f"DynamoDB Local cannot run here. {missing}")
    with guard.exclusive(_HOME / "fetching"):
        if _is_fetched():
            return
        shutil.rmtree(_HOME / "lib", ignore_errors=True)
        command: list[str | Path] = ["mvn", "-q", "-B", "-f", _POM, "dependency:copy-dependencies"]
        command += [f"-DoutputDirectory={_HOME / 'lib'}"]
        log = LOGS / "dynamodb-local-fetch.log"
        if commands.run(command, os.environ, log):
            raise Failure(
                f"Maven could not download DynamoDB Local. Check the network, and see {log}"
            )
        shutil.copyfile(_POM, _FETCHED)


def _is_fetched() -> bool:
    return _FETCHED.exists() and _FETCHED.read_bytes() == _POM.read_bytes()


@contextmanager
def running(folder: Path, *, on_disk: bool = False) -> Iterator[str]:
    """DynamoDB Local on a free port, shared by all processes that use the same folder.

    Yields its endpoint URL. Tables are kept in memory, or in the folder. Raises Failure if it
    cannot be downloaded or started.
    """
    fetch()

    def start(lease: Path) -> str:
        return _start(lease, folder, on_disk)

    with guard.shared(folder, start) as endpoint:
        yield endpoint


def _start(lease: Path, folder: Path, on_disk: bool) -> str:
    port = emulator.free_port()
    # Its SQLite finds its native library next to its own jar.
    command = ["java", f"-Xmx{_HEAP}", "-cp", f"{_HOME / 'lib'}/*"]
    command += ["com.amazonaws.services.dynamodbv2.local.main.ServerRunner", "-disableTelemetry"]
    command += ["-port", str(port), *(["-dbPath", str(folder)] if on_disk else ["-inMemory"])]
    log = folder / "dynamodb-local.log"
    guard.start(lease, command, os.environ, log)
    deadline = time.monotonic() + _START_TIMEOUT
    while not emulator.is_taken(port):
        if not guard.is_running(lease) or time.monotonic() > deadline:
            raise Failure(f"DynamoDB Local did not start. See {log}")
        time.sleep(0.05)
    return f"http://127.0.0.1:{port}"


def _java_version() -> int:
    if shutil.which("java") is None:
        return 0
    command = ["java", "-version"]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', output)
    return int(version[1]) if version else 0
