"""Keeps a server running for as long as some process needs it.

Each process that needs the server holds a shared lock on its lease file. The kernel releases the
lock when the process exits for whatever reason, so Ctrl-C, a crash or a killed test worker leaves
no server behind.

    python -m local.guard LEASE COMMAND...

The process that starts the server writes its address into the lease file for the others. The file
is empty while no server runs.
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

# The emulator saves its state when it is stopped.
_GRACE = 20.0
_POLL = 0.1


@contextmanager
def held(lease: Path) -> Iterator[None]:
    """Holds the lease: the server is not stopped until this ends.

    The last holder waits until the server has stopped.
    """
    try:
        with _locked(lease, fcntl.LOCK_SH):
            yield
    finally:
        _wait_unless_held(lease)


@contextmanager
def shared(folder: Path, start_server: Callable[[Path], str]) -> Iterator[str]:
    """Shares one server with all processes that use the same folder.

    The first process starts it: start_server takes the lease and returns the string that each of
    them gets here. The server stops when the last process has left or was killed.
    """
    lease = folder / "lease"
    with held(lease):
        with exclusive(folder / "starting"):
            if not lease.read_text():
                lease.write_text(start_server(lease))
        yield lease.read_text()


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds an exclusive lock on the path, and waits for it if another process has it."""
    with _locked(path, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, kind)
        yield


def is_running(lease: Path) -> bool:
    """Whether the lease's server is running."""
    return _marker(lease).exists()


def start(
    lease: Path, command: Sequence[str | Path], environment: Mapping[str, str], log: Path
) -> None:
    """Starts the command under a guard in a new session, so that Ctrl-C does not reach them.

    The caller must hold the lease.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    _marker(lease).touch()
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
        return  # The guard is orphaned, because it may outlive the process that started it.
    lease, command = Path(sys.argv[1]), sys.argv[2:]
    with lease.open("a") as file:
        server = subprocess.Popen(command, process_group=0)
        while server.poll() is None:
            # Polled: a blocking request for an exclusive lock could keep out new holders.
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(_POLL)
        _stop(server)
        file.truncate(0)
        _marker(lease).unlink(missing_ok=True)


def _marker(lease: Path) -> Path:
    """The file that exists while the lease's server runs."""
    return lease.with_suffix(".guarded")


def _wait_unless_held(lease: Path) -> None:
    with lease.open("a") as file, suppress(BlockingIOError):
        # Fails while the guard has the exclusive lock, that is, while it stops the server.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
    deadline = time.monotonic() + 2 * _GRACE
    while is_running(lease) and time.monotonic() < deadline:
        time.sleep(_POLL)


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Stops the server, then kills what is left of its process group."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(_GRACE)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


if __name__ == "__main__":
    main()
