"""Judging pages in a process of its own, so that no page can do more than be misjudged.

The parser is C code, and its input is written by submitters. So the child (child.py) has an empty
environment, limits, and no way to read this process: the role's credentials are in its environment,
which a process of the same user could read from /proc.
"""

import ctypes
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

from seealso.verifying.finding import Answer, Finding
from seealso.verifying.walls import BY_HEADER

# Of one page. The child's 2 s of CPU are 7 s where a function has 0.29 of a core, and more beside
# other work.
SECONDS: Final = 20.0

_HEADERS: Final = ("content-type", *(name for name, _, _ in BY_HEADER))
_MAX_ANSWER: Final = 4096  # bytes; a finding has less
_PROGRAM: Final = (
    "import sys; sys.path[:0] = sys.argv[1:]; from seealso.verifying import child; child.main()"
)
_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h

type _Process = subprocess.Popen[bytes]


class Sandbox:
    """The child process, started when it is first needed and again after it has failed.

    One for all threads: they take turns. `close` ends the child.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: _Process | None = None
        _hide_this_process()

    def judge(self, answer: Answer, targets: Sequence[str]) -> Finding:
        """The finding of a response; `targets` are what finding.target_urls returned.

        Raises nothing: a page on which the child fails is a finding of kind `other`.
        """
        identifier = secrets.token_hex(8)
        head = {
            "id": identifier,
            "size": len(answer.body),
            "status": answer.status,
            "headers": {name: answer.headers.get(name, "") for name in _HEADERS},
            "url": answer.url,
            "is_cut_off": answer.is_cut_off,
            "targets": list(targets),
        }
        request = json.dumps(head).encode() + b"\n" + answer.body
        with self._lock:
            # Twice: the child may have ended between two pages, by no fault of this one.
            for _ in range(2):
                try:
                    return _parsed(self._exchange(request), identifier)
                except TimeoutError:
                    self._stop()
                    return Finding("other", ("too-complex",))
                except (OSError, ValueError, RecursionError):
                    self._stop()
            return Finding("other", ("crashed",))

    def close(self) -> None:
        """End the child; a later `judge` starts another."""
        with self._lock:
            self._stop()

    def _exchange(self, request: bytes) -> bytes:
        """The child's line on a request.

        Raises OSError if the child ended, TimeoutError if it took too long.
        """
        deadline = time.monotonic() + self._seconds
        if self._process is None:
            self._process = _start()
        assert self._process.stdin
        assert self._process.stdout
        writing, reading = self._process.stdin.fileno(), self._process.stdout.fileno()
        unsent, line = memoryview(request), b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            readable, writable, _ = select.select([reading], [writing] if unsent else [], [], left)
            if writable:
                unsent = unsent[os.write(writing, unsent) :]
            if readable:
                part = os.read(reading, _MAX_ANSWER)
                line += part
                if not part or len(line) > _MAX_ANSWER:
                    raise OSError("the child ended, or does not answer as it should")
        return line

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process:
            assert process.stdin
            assert process.stdout
            # The group has the fork that is at a page. Its number is still the child's, which has
            # not been waited for.
            os.killpg(process.pid, signal.SIGKILL)
            process.stdin.close()
            process.stdout.close()
            process.wait()


def _start() -> _Process:
    # Lambda's Python finds its own library by this variable.
    library_path = os.environ.get("LD_LIBRARY_PATH")
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _PROGRAM, *filter(None, sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd="/",
        env={"LD_LIBRARY_PATH": library_path} if library_path else {},
        start_new_session=True,
    )
    assert process.stdin
    os.set_blocking(process.stdin.fileno(), False)
    return process


def _hide_this_process() -> None:
    """Keep other processes of this user from reading this one's memory and environment."""
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError("prctl(PR_SET_DUMPABLE) failed")


def _parsed(line: bytes, identifier: str) -> Finding:
    """The finding in a child's line.

    Raises ValueError for what child.py does not write, such as the answer to another request.
    """
    members = json.loads(line)
    if not isinstance(members, list) or len(members) != 1 + len(Finding._fields):
        raise ValueError("not a finding")
    answered, kind, codes, *texts = members
    if answered != identifier or kind not in ("seen", "missing", "wall", "other"):
        raise ValueError("not the answer to this request")
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise ValueError("not a list of codes")
    if not all(text is None or isinstance(text, str) for text in texts):
        raise ValueError("neither a string nor null")
    return Finding(kind, tuple(codes), *texts)
