"""The process that reads submitted pages; sandbox.py starts it and talks to it.

It starts once and forks for each page, so that no page can change what is found on another. A fork
can open no file and no connection, start no process, and has CPU and memory for one page; a page
that takes more ends the fork alone. What comes in is a line of JSON and the body, what goes out a
line of JSON.
"""

import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from seealso.verifying import html_links, walls
from seealso.verifying.finding import Answer, Finding, find

CPU_SECONDS: Final = 2
ADDRESS_SPACE: Final = 160 * 1024 * 1024  # bytes; the interpreter has 29 MB of them

# Responses that may be a wall's, besides 200.
_WALLED: Final = frozenset({202, 401, 403, 405, 429, 503})


def judge(answer: Answer, targets: Sequence[str]) -> Finding:
    """What a response is worth as a page that promised a link to `targets` (finding.target_urls).

    Raises MemoryError.
    """
    wall = walls.wall_of_headers(answer.headers)
    if wall:
        return Finding("wall", (wall,))
    is_page = answer.status == 200
    content_type = answer.headers.get("content-type", "")
    if html_links.is_html(content_type) and (is_page or answer.status in _WALLED):
        page = html_links.parse_page(answer.body, content_type, is_cut_off=answer.is_cut_off)
        if is_page:
            return find(page, answer.url, targets, is_cut_off=answer.is_cut_off)
        if page.wall:
            return Finding("wall", (page.wall,))
    return Finding("missing", ("not-html",)) if is_page else Finding("other", ("status",))


def main() -> None:
    """Judge one page after the other, until there is no more input."""
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        body = sys.stdin.buffer.read(request["size"])
        process = os.fork()
        if not process:
            _judge_in_fork(request, body)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        if status:
            is_limit = -status in (signal.SIGXCPU, signal.SIGKILL)
            _write(request, Finding("other", ("too-complex" if is_limit else "crashed",)))


def _judge_in_fork(request: dict[str, Any], body: bytes) -> NoReturn:
    status = 1
    try:
        _limit()
        answer = Answer(
            request["status"], request["headers"], request["url"], body, request["is_cut_off"]
        )
        _write(request, judge(answer, request["targets"]))
        status = 0
    except MemoryError:
        _write(request, Finding("other", ("too-complex",)))
        status = 0
    except Exception as error:  # noqa: BLE001 it is reported as a crash
        # Without its message, which may have been written by the page's author.
        frame = traceback.extract_tb(error.__traceback__, limit=-1)[0]
        os.write(2, f"{type(error).__name__} in {frame.filename}:{frame.lineno}\n".encode())
    finally:
        os._exit(status)


def _limit() -> None:
    """Bound what this process may take and do.

    Without descriptors there are no files and no connections, not even to Lambda's runtime API.
    """
    for what, limit in (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def _write(request: dict[str, Any], finding: Finding) -> None:
    answer = json.dumps([request["id"], *finding], ensure_ascii=False)
    # At once, and less than a pipe's PIPE_BUF: all of it arrives, or nothing.
    os.write(1, answer.encode("utf-8", "replace") + b"\n")
