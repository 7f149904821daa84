"""A store that answers every request after the same time and keeps nothing.

`python -m bench.fixed_store 0.005` prints its port, and serves until it is terminated. Its reads
find one article's page (one_page.py). It parses no request twice, so that it costs less CPU than
the client that it measures.
"""

import asyncio
import json
import os
import re
import selectors
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from bench import one_page
from local.paths import ROOT

_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)", re.IGNORECASE)
_OPERATION = re.compile(rb"\r\nx-amz-target: DynamoDB_20120810\.([A-Za-z]+)", re.IGNORECASE)


@contextmanager
def running(seconds: float) -> Iterator[str]:
    """The endpoint of a store that answers after this time, on a core of its own."""
    command = [sys.executable, "-m", "bench.fixed_store", str(seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def _answer(operation: bytes, body: bytes) -> bytes:
    content = json.dumps(one_page.answer(operation.decode(), json.loads(body))).encode()
    # The headers of DynamoDB: clients read them, and boto3 checks the sum.
    head = f"""HTTP/1.1 200 OK
Server: Server
Date: Fri, 27 Nov 2026 12:00:00 GMT
Content-Type: application/x-amz-json-1.0
Content-Length: {len(content)}
Connection: keep-alive
x-amzn-RequestId: {"A" * 52}
x-amz-crc32: {zlib.crc32(content)}

"""
    return head.replace("\n", "\r\n").encode() + content


_known_answer = lru_cache(maxsize=100)(_answer)
_TO_PUT = _answer(b"PutItem", b"{}")


class _Connection(asyncio.Protocol):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        # A client sends its next request after the answer.
        self._received += data
        head_end = self._received.find(b"\r\n\r\n") + 4
        if head_end < 4:
            return
        head = bytes(self._received[:head_end])
        length, operation = _LENGTH.search(head), _OPERATION.search(head)
        assert length
        assert operation
        if len(self._received) < head_end + int(length[1]):
            return
        body = bytes(self._received[head_end:])
        self._received.clear()
        is_put = operation[1] == b"PutItem"
        answer = _TO_PUT if is_put else _known_answer(operation[1], body)
        asyncio.get_running_loop().call_later(self._seconds, self._transport.write, answer)


async def _serve(seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(seconds), "127.0.0.1", 0, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    # epoll waits for whole milliseconds; select does not.
    selector = selectors.SelectSelector()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(_serve(float(sys.argv[1])))
