"""How a DynamoDB call looks on the wire: its signature, its HTTP/1.1 request and answer, TLS.

Nothing here opens or reads a socket (store/client.py does), so each part is tested with bytes.
Sources: AWS "DynamoDB low-level API", AWS "Signature Version 4 signing process", RFC 9112.
"""

import hmac
import os
import ssl
import time
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from seealso.store.values import Json, from_json

if TYPE_CHECKING:
    from hashlib import _Hash as HASH


class Credentials(NamedTuple):
    access_key: str
    secret_key: str
    session_token: str | None


class Endpoint(NamedTuple):
    """The parts of an endpoint's URL; `authority` is what the Host header must say."""

    authority: str
    host: bytes  # as a str, it would load encodings.idna: 6 M instructions of the first request
    port: int
    is_secure: bool


def endpoint_of(url: str) -> Endpoint:
    """The endpoint of a URL such as https://dynamodb.eu-west-1.amazonaws.com or http://[::1]:8000.

    By hand, since urllib.parse is a twentieth of a read function's start.
    """
    scheme, _, rest = url.partition("://")
    authority = rest.partition("/")[0]
    is_secure = scheme.lower() == "https"
    host, _, port = authority.rpartition(":")
    if not host or port.endswith("]"):
        host, port = authority, "443" if is_secure else "80"
    return Endpoint(authority, host.strip("[]").encode(), int(port), is_secure)


class Service(NamedTuple):
    """An AWS service with a JSON protocol: its name in signatures, in targets, its media type."""

    name: str
    target: str
    media_type: str


DYNAMODB = Service("dynamodb", "DynamoDB_20120810", "application/x-amz-json-1.0")
# Systems Manager, whose parameters the desk reads with the same client.
SSM = Service("ssm", "AmazonSSM", "application/x-amz-json-1.1")


class _Second(NamedTuple):
    """What all requests that are signed in one second with the same credentials share."""

    moment: int
    credentials: Credentials
    canonical_head: "HASH"  # SHA-256 of the canonical request's constant beginning
    signed_headers: str
    to_sign: str  # the string to sign, except for the canonical request's hash
    key: bytes
    head: str  # the HTTP request's constant beginning
    authorization: str  # the header, except for the signature


class Signer:
    """Writes signed requests to one endpoint, of DynamoDB unless another service is given.

    `host` is what the Host header must say, with the port if the URL has one.
    """

    def __init__(self, host: str, region: str, service: Service = DYNAMODB) -> None:
        self._host = host
        self._region = region
        self._service = service
        self._second: _Second | None = None
        # Derived from the secret key and the day, and good for as long as both stay the same.
        self._key: tuple[str, str, bytes] | None = None

    def request(
        self, credentials: Credentials, operation: str, payload: bytes, now: float
    ) -> bytes:
        """The bytes of a POST request that is signed at this time (seconds since 1970)."""
        second = self._second
        if second is None or second.moment != int(now) or second.credentials != credentials:
            second = self._second = self._prepared(int(now), credentials)
        target = f"{self._service.target}.{operation}"
        canonical = second.canonical_head.copy()
        canonical.update(
            f"x-amz-target:{target}\n\n{second.signed_headers}\n"
            f"{sha256(payload).hexdigest()}".encode()
        )
        to_sign = f"{second.to_sign}{canonical.hexdigest()}".encode()
        signature = hmac.digest(second.key, to_sign, "sha256").hex()
        head = (
            f"{second.head}x-amz-target: {target}\r\n"
            f"authorization: {second.authorization}{signature}\r\n"
            f"content-length: {len(payload)}\r\n\r\n"
        )
        return head.encode() + payload

    def _prepared(self, moment: int, credentials: Credentials) -> _Second:
        """What a second's requests share.

        With a session token of 1 KB, the three signatures of a page view take 291 k instructions,
        437 k without this; the page view takes 2,100 k.
        """
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment))
        headers = [
            ("content-type", self._service.media_type),
            ("host", self._host),
            ("x-amz-date", stamp),
        ]
        if credentials.session_token:
            headers.append(("x-amz-security-token", credentials.session_token))
        lines = "".join(f"{name}:{value}\n" for name, value in headers)
        names = ";".join([*(name for name, _ in headers), "x-amz-target"])
        scope = f"{stamp[:8]}/{self._region}/{self._service.name}/aws4_request"
        return _Second(
            moment,
            credentials,
            sha256(f"POST\n/\n\n{lines}".encode()),
            names,
            f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n",
            self._signing_key(credentials.secret_key, stamp[:8]),
            "POST / HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers),
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature=",
        )

    def _signing_key(self, secret_key: str, day: str) -> bytes:
        if self._key is None or self._key[:2] != (secret_key, day):
            key = f"AWS4{secret_key}".encode()
            for part in (day, self._region, self._service.name, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = (secret_key, day, key)
        return self._key[2]


class Answer(NamedTuple):
    """An HTTP answer; `body` is {} where a server error came without a JSON object."""

    status: int
    body: Json
    keep_alive: bool
    date: str = ""  # the Date header of a refusal


class AnswerParser:
    """Reads one HTTP/1.1 answer from the bytes of a connection, however they are cut."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._head = ""  # the status line and the headers, in lower case
        self._status = 0
        self._length: int | None = None  # of the body; None: until the connection is closed
        self._chunks: bytearray | None = None  # the body so far, where it comes in chunks

    def receive(self, data: bytes) -> Answer | None:
        """The answer once it is complete, else None; no data means that the connection is closed.

        Raises ConnectionResetError if it was closed too early, ValueError for what is no answer
        of DynamoDB.
        """
        self._data += data
        if not self._head and not self._parse_head():
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
        self._head = self._data[: end + 2].decode("latin-1").lower()
        del self._data[: end + 4]
        status_line = self._head.partition("\r\n")[0]
        self._status = int(status_line.partition(" ")[2].partition(" ")[0])
        if self._header("transfer-encoding") == "chunked":
            self._chunks = bytearray()
        elif length := self._header("content-length"):
            self._length = int(length)
        return True

    def _header(self, name: str) -> str:
        """A header's value in lower case. Sought, since an answer has many that nobody reads."""
        _, _, rest = self._head.partition(f"\r\n{name}:")
        return rest.partition("\r\n")[0].strip()

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
            body = from_json(data.decode())
        except ValueError:
            body = None
        if not isinstance(body, dict):
            if self._status < 500:
                raise ValueError("the body is not a JSON object")
            body = {}
        keep_alive = (
            self._head.startswith("http/1.1 ")
            and self._header("connection") != "close"
            and (self._chunks is not None or self._length is not None)
        )
        date = "" if self._status == 200 else self._header("date")
        return Answer(self._status, body, keep_alive, date)


def seconds_of(date: str) -> float | None:
    """The seconds since 1970 of a Date header; None where it is not one."""
    from email.utils import parsedate_to_datetime  # here, because a start should not pay for it

    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None


def tls_context() -> ssl.SSLContext:
    """TLS 1.2 or later, trusting Amazon's own roots alone.

    Reading a full bundle takes longer than the first request (AWS "Amazon Trust Services").
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Not by pathlib, which would be a twentieth of a read function's start.
    context.load_verify_locations(f"{os.path.dirname(__file__)}/amazon_roots.pem")  # noqa: PTH120
    return context
