"""A store that answers every request after the same time and keeps nothing.

`python -m bench.fixed_store 0.005` prints its port, and serves until it is terminated. It parses no
more of a request than it has to, so that it costs less CPU than the client that it measures.
"""

import asyncio
import json
import re
import sys
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)")
_OPERATION = re.compile(rb"\r\nx-amz-target: DynamoDB_20120810\.([A-Za-z]+)")


def _answer(body: dict[str, Any]) -> bytes:
    content = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(content), content)


_ANSWERS = {
    b"GetItem": _answer({}),
    b"Query": _answer({"Items": [], "Count": 0, "ConsumedCapacity": {"CapacityUnits": 0.5}}),
    b"PutItem": _answer({"ConsumedCapacity": {"CapacityUnits": 5.0}}),
}


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
        self._received.clear()
        answer = _ANSWERS.get(operation[1], _ANSWERS[b"GetItem"])
        asyncio.get_running_loop().call_later(self._seconds, self._transport.write, answer)


async def _serve(seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(seconds), "127.0.0.1", 0, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
