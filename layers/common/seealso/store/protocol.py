"""How a DynamoDB call looks on the wire: its signature, its HTTP/1.1 request and answer, TLS.

Nothing here opens or reads a socket (store/client.py does), so each part is tested with bytes.
Sources: AWS "DynamoDB low-level API", AWS "Signature Version 4 signing process", RFC 9112.
"""

import hmac
import json
import ssl
import time
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from seealso.store.values import Json


class Credentials(NamedTuple):
    access_key: str
    secret_key: str
    session_token: str | None


class Signer:
    """Writes signed requests to one DynamoDB endpoint.

    `host` is what the Host header must say, with the port if the URL has one.
    """

    def __init__(self, host: str, region: str) -> None:
        self._host = host
        self._region = region
        # Derived from the secret key and the day, and good for as long as both stay the same.
        self._key: tuple[str, str, bytes] | None = None

    def request(self, credentials: Credentials, operation: str, payload: bytes) -> bytes:
        """The bytes of a signed POST request."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("host", self._host),
            ("x-amz-date", stamp),
        ]
        if credentials.session_token:
            headers.append(("x-amz-security-token", credentials.session_token))
        headers.append(("x-amz-target", f"DynamoDB_20120810.{operation}"))
        lines = "".join(f"{name}:{value}\n" for name, value in headers)
        names = ";".join(name for name, _ in headers)
        canonical = f"POST\n/\n\n{lines}\n{names}\n{sha256(payload).hexdigest()}"
        scope = f"{stamp[:8]}/{self._region}/dynamodb/aws4_request"
        to_sign = (
            f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}".encode()
        )
        key = self._signing_key(credentials.secret_key, stamp[:8])
        signature = hmac.digest(key, to_sign, "sha256").hex()
        authorization = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        headers.append(("authorization", authorization))
        headers.append(("content-length", str(len(payload))))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers)
        return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + payload

    def _signing_key(self, secret_key: str, day: str) -> bytes:
        if self._key is None or self._key[:2] != (secret_key, day):
            key = f"AWS4{secret_key}".encode()
            for part in (day, self._region, "dynamodb", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = (secret_key, day, key)
        return self._key[2]


class Answer(NamedTuple):
    """An HTTP answer; `body` is {} where a server error came without a JSON object."""

    status: int
    body: Json
    keep_alive: bool


class AnswerParser:
    """Reads one HTTP/1.1 answer from the bytes of a connection, however they are cut."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._status = 0
        self._keep_alive = False
        self._has_head = False
        self._length: int | None = None  # of the body; None: until the connection is closed
        self._chunks: bytearray | None = None  # the body so far, where it comes in chunks

    def receive(self, data: bytes) -> Answer | None:
        """The answer once it is complete, else None; no data means that the connection is closed.

        Raises ConnectionResetError if it was closed too early, ValueError for what is no answer
        of DynamoDB.
        """
        self._data += data
        if not self._has_head and not self._parse_head():
            body = None
        elif self._chunks is not None:
            body = self._parse_chunks(self._chunks)
        elif self._length is None:
            body = None if data else self._data
        elif len(self._data) > self._length:
            raise ValueError("more than the answer has")
        else:
            body = self._data if len(self._data) == self._length else None
        if body is not None:
            return self._answer(body)
        if not data:
            raise ConnectionResetError
        return None

    def _parse_head(self) -> bool:
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return False
        status_line, *lines = bytes(self._data[:end]).decode("latin-1").split("\r\n")
        del self._data[: end + 4]
        version, _, rest = status_line.partition(" ")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        self._status = int(rest.partition(" ")[0])
        self._has_head = True
        is_chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        if is_chunked:
            self._chunks = bytearray()
        elif "content-length" in headers:
            self._length = int(headers["content-length"])
        self._keep_alive = (
            version == "HTTP/1.1"
            and headers.get("connection", "").lower() != "close"
            and (is_chunked or self._length is not None)
        )
        return True

    def _parse_chunks(self, body: bytearray) -> bytearray | None:
        """RFC 9112, section 7.1: some emulators send it."""
        data = self._data
        while (end := data.find(b"\r\n")) >= 0:
            size = int(bytes(data[:end]).split(b";")[0], 16)
            if size < 0:
                raise ValueError("a negative size")
            if len(data) < end + 2 + size + 2:
                return None
            if size == 0:
                return body
            body += data[end + 2 : end + 2 + size]
            del data[: end + 2 + size + 2]
        return None

    def _answer(self, data: bytearray) -> Answer:
        try:
            body = json.loads(data)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            if self._status < 500:
                raise ValueError("the body is not a JSON object")
            body = {}
        return Answer(self._status, body, self._keep_alive)


def tls_context() -> ssl.SSLContext:
    """TLS 1.2 or later, trusting Amazon's own roots alone.

    Reading a full bundle takes longer than the first request (AWS "Amazon Trust Services").
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(Path(__file__).with_name("amazon_roots.pem"))
    return context
