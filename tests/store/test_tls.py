"""The store's client trusts Amazon's roots, and nobody else."""

import datetime
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from seealso.errors import StoreUnavailable
from seealso.store import calls, client, protocol, values
from seealso.store import client as store_client
from tests.support import faulty, tables

ROOTS = Path(client.__file__).with_name("amazon_roots.pem")


def certificates(path: str | Path) -> list[bytes]:
    pem = Path(path).read_text(encoding="utf-8")
    found = re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", pem, re.DOTALL)
    return [ssl.PEM_cert_to_DER_cert(each) for each in found]


def test_the_roots_are_amazons_as_the_public_bundle_has_them() -> None:
    roots = certificates(ROOTS)
    assert len(roots) == len(set(roots)) == 5
    assert set(roots) <= set(certificates(certifi.where()))
    for root in protocol.tls_context().get_ca_certs():
        assert re.search("Amazon Root CA|Starfield Services Root", str(root["subject"]))
        assert ssl.cert_time_to_seconds(str(root["notAfter"])) > time.time()


def test_the_context_verifies() -> None:
    context = protocol.tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert sorted(context.get_ca_certs(binary_form=True)) == sorted(certificates(ROOTS))


@pytest.fixture
def own_certificate(tmp_path: Path) -> Path:
    """A self-made certificate for `localhost`, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def port(own_certificate: Path) -> Iterator[int]:
    """A TLS server with that certificate, which answers every request with {}."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate)
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)

        def serve() -> None:
            while not ending.is_set():
                with suppress(OSError):
                    accepted, _ = listening.accept()
                    answering.append(threading.Thread(target=answer, args=[accepted]))
                    answering[-1].start()

        def answer(accepted: socket.socket) -> None:
            accepted.settimeout(5)
            with (
                suppress(OSError),
                accepted,
                context.wrap_socket(accepted, server_side=True) as secured,
            ):
                secured.recv(65536)
                secured.sendall(
                    b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
                )

        answering: list[threading.Thread] = []
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        ending.set()
        for each in (thread, *answering):
            each.join()


def call(host: str, port: int) -> values.Json:
    return tables.client(f"https://{host}:{port}", limit_seconds=0.3).call("GetItem", {})


def test_rejects_a_self_signed_certificate(port: int) -> None:
    with pytest.raises(StoreUnavailable, match="SSLCertVerificationError"):
        call("localhost", port)


@pytest.fixture
def trusted(own_certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client trusts the server's certificate, too."""
    context = protocol.tls_context()
    context.load_verify_locations(own_certificate)
    monkeypatch.setattr(store_client, "tls_context", lambda: context)


@pytest.mark.usefixtures("trusted")
def test_a_trusted_certificate_is_accepted_for_its_name_alone(port: int) -> None:
    assert call("localhost", port) == {}
    with pytest.raises(StoreUnavailable, match="SSLCertVerificationError"):
        call("127.0.0.1", port)


@pytest.mark.usefixtures("trusted")
def test_a_start_makes_the_connections_of_a_page_view(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tables.client(f"https://localhost:{port}", limit_seconds=5.0)
    made.warm_up()
    ready = [*made._idle]
    assert len(ready) == store_client.WARM_CONNECTIONS
    for each in ready:
        assert isinstance(each, ssl.SSLSocket)
        assert each.version() == "TLSv1.3"
        # The session tickets have come, as they have on Lambda by the first request.
        assert select.select([each], [], [], 5)[0]
    monkeypatch.setattr(made, "_connect", None)  # no others are made
    assert made.send_all([calls.Call("GetItem", {})] * len(ready)) == [{}] * len(ready)
    assert made.usage.requests == len(ready)


@pytest.mark.usefixtures("trusted")
def test_a_connection_that_the_server_closed_is_not_used_again(port: int) -> None:
    made = tables.client(f"https://localhost:{port}", limit_seconds=5.0)
    made.warm_up()
    for each in made._idle:
        each.sendall(b"anything")  # is answered, and the connection closed
        each.settimeout(5)
        while each.recv(100):
            pass
    assert made.call("GetItem", {}) == {}
    assert made.usage.requests == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_start_does_not_need_the_store(scheme: str) -> None:
    with faulty.unreachable() as endpoint:
        made = tables.client(endpoint.replace("http", scheme), limit_seconds=5.0)
        made.warm_up()
        assert made._idle == []
