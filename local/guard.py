"""Keeps a server running exactly as long as somebody wants it.

Whoever wants the server holds a shared lock on its lease file. The kernel drops the lock when its
holder ends, however it ends, so Ctrl-C, a crash or a killed test worker leave no server behind.

    python -m local.guard LEASE COMMAND...

The lease file's text, written by whoever started the server, tells the others where it is. It is
empty while there is none.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from local.paths import ROOT

_GRACE = 5.0
_POLL = 0.1


@contextmanager
def held(lease: Path) -> Iterator[None]:
    """Wants the server: it is not stopped while this is held.

    Whoever is the last to leave waits until the server has ended.
    """
    try:
        with _locked(lease, fcntl.LOCK_SH):
            yield
    finally:
        _wait_unless_wanted(lease)


@contextmanager
def shared(folder: Path, start_server: Callable[[Path], str]) -> Iterator[str]:
    """Wants one server together with all processes that name the same folder.

    The first to come starts it: start_server gets the lease and returns what the others need to
    know. It ends when the last has left, or was killed.
    """
    lease = folder / "lease"
    with held(lease):
        with exclusive(folder / "starting"):
            if not lease.read_text():
                lease.write_text(start_server(lease))
        yield lease.read_text()


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Waits until nobody else on this machine is inside for the same path."""
    with _locked(path, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, kind)
        yield


def is_running(lease: Path) -> bool:
    """Whether the server of this lease has not ended yet."""
    return _guarded(lease).exists()


def start(
    lease: Path, command: Sequence[str | Path], environment: Mapping[str, str], log: Path
) -> None:
    """Starts the command under a guard of its own session, which Ctrl-C does not reach.

    The caller holds the lease.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    _guarded(lease).touch()
    with log.open("wb") as output:
        subprocess.run(
            [sys.executable, "-m", "local.guard", lease, *command],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            check=True,
        )


def main() -> None:
    if os.fork():
        return  # The guard is nobody's child: it may outlive the process that started it.
    lease, command = Path(sys.argv[1]), sys.argv[2:]
    with lease.open("a") as file:
        server = subprocess.Popen(command, process_group=0)
        while server.poll() is None:
            # Tried again and again: a waiting exclusive lock could keep new holders out.
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(_POLL)
        _stop(server)
        file.truncate(0)
        _guarded(lease).unlink(missing_ok=True)


def _guarded(lease: Path) -> Path:
    """The file that is there from the start of the lease's server to its end."""
    return lease.with_suffix(".guarded")


def _wait_unless_wanted(lease: Path) -> None:
    with lease.open("a") as file, suppress(BlockingIOError):
        # Refused to all while the guard stops the server.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
    deadline = time.monotonic() + 2 * _GRACE
    while is_running(lease) and time.monotonic() < deadline:
        time.sleep(_POLL)


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Ends the server, then whatever is left of its process group."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(_GRACE)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


if __name__ == "__main__":
    main()
