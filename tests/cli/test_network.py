"""HTTPS_PROXY, NO_PROXY and AWS_CA_BUNDLE: who honors them, and what the others say."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from local.paths import ROOT
from seealso.store.tables import Store
from seealso_cli import admin_api, aws, login_file, network
from seealso_cli.bulk import writer
from seealso_cli.login_file import Login
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Run, RunBulk
from tests.cli.support import store_options

AWS_URL = "https://dynamodb.eu-west-1.amazonaws.com"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_api, "MAX_PAUSE_SECONDS", 0.0)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextmanager
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that refuses everything; yields its address and what it gets."""
    received: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                received.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", received
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("url", "no_proxy", "expected"),
    [
        ("https://api.example.com", None, "http://ann:secret@proxy.example.com:3128"),
        ("https://api.example.com", "example.org", "http://ann:secret@proxy.example.com:3128"),
        ("https://api.example.com", "localhost,.example.com", None),
        ("https://api.example.com:8443", "api.example.com:8443", None),
        ("https://api.example.com", "*", None),
        ("http://127.0.0.1:4566", None, None),
        ("http://localhost:4566", None, None),
        ("http://api.example.com", None, None),
    ],
)
def test_proxy_of_a_url(
    monkeypatch: pytest.MonkeyPatch, url: str, no_proxy: str | None, expected: str | None
) -> None:
    assert network.proxy_for(url) is None
    monkeypatch.setenv("HTTPS_PROXY", "ann:secret@proxy.example.com:3128")
    if no_proxy is not None:
        monkeypatch.setenv("NO_PROXY", no_proxy)
    assert network.proxy_for(url) == expected


def test_admin_api_is_reached_through_the_proxy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    login_file.write(Login("https://api.example.com", "secret-token"))
    with proxy() as (address, received):
        monkeypatch.setenv("HTTPS_PROXY", f"http://ann:pass%20word@{address}")
        outcome = run("articles", "show", 41)
        assert outcome.status == 2
        assert outcome.stderr[0].startswith(
            f"Error: Could not reach https://api.example.com through the proxy {address} ("
        )
        assert "word" not in outcome.stderr[0]
        assert len(received) == admin_api.MAX_READ_ATTEMPTS
        assert received[0].startswith(b"CONNECT api.example.com:443 HTTP/1.")
        # ann:pass word
        assert b"asic YW5uOnBhc3Mgd29yZA==" in received[0]
        assert b"secret-token" not in b"".join(received)
        # A refusal of the proxy means that a change was not made.
        outcome = run("articles", "publish", 41, "--version=1")
        assert "may or may not" not in outcome.stderr[0]


def test_boto3_uses_the_proxy(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy() as (address, received):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        outcome = run("editors", "list", "--stack=x")
        assert outcome.status == 2
        assert outcome.stderr[-1].startswith("Error: Could not reach CloudFormation: ")
        assert received[0].startswith(b"CONNECT cloudformation.eu-west-1.amazonaws.com:443 ")


def test_this_machine_is_reached_directly(
    as_editor: Run, moto_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over plain HTTP, a proxy would see the token."""
    with proxy() as (address, received):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://{address}")
        assert as_editor("articles", "list", "--domain=7").status == 0
        session = aws.isolated_session("eu-west-1")
        with pytest.raises(aws.AwsRefused):
            aws.call(
                session,
                "cognito-idp",
                moto_store.client.endpoint,
                "describe_user_pool",
                UserPoolId="eu-west-1_none",
            )
        assert received == []


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"HTTP_PROXY": "http://ann:secret@proxy.example.com:3128"},
            "do not use the proxy proxy.example.com:3128",
        ),
        ({}, ""),
    ],
)
def test_commands_on_tables_say_that_they_use_no_proxy(
    run_bulk: RunBulk,
    moto_store: Store,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    reason: str,
) -> None:
    monkeypatch.setattr(writer, "REQUEST_SECONDS", 0.1)
    monkeypatch.setattr(writer, "MAX_WAIT_SECONDS", -1.0)
    monkeypatch.setattr("seealso_cli.stores.LIMIT_SECONDS", 0.1)
    monkeypatch.setattr(network, "is_loopback", lambda _: False)
    monkeypatch.setattr(aws, "user_session", lambda: aws.isolated_session("eu-west-1"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for command in (["export", "x"], ["load", str(ROOT / "data/articles.jsonl")]):
        outcome = run_bulk(*command, *store_options(moto_store), "--endpoint=http://127.0.0.1:9")
        assert outcome.status == 2
        assert outcome.summary.startswith("Error: Could not reach the store: ")
        assert ("Commands that use the tables" in outcome.summary) == bool(reason)
        assert reason in outcome.summary
        assert "secret" not in outcome.summary


def test_hints_for_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    assert network.direct_only(AWS_URL) == ""
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/company.pem")
    assert "trust Amazon's certificates only, not those of AWS_CA_BUNDLE" in network.direct_only(
        AWS_URL
    )
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    hint = network.direct_only(AWS_URL)
    assert "do not use the proxy proxy.example.com:3128" in hint
    assert "dynamodb.eu-west-1.amazonaws.com can be reached directly" in hint
    assert network.direct_only("http://localhost:8000") == ""
    monkeypatch.setenv("NO_PROXY", "amazonaws.com")
    assert "proxy" not in network.direct_only(AWS_URL)


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_missing_certificates_are_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    login_file.write(Login("https://localhost:9", "t"))
    monkeypatch.setenv(variable, "/nowhere/company.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:
        login_file.write(Login(f"https://localhost:{server.getsockname()[1]}", "t"))
        outcome = run("articles", "show", 41)
    assert outcome.status == 2
    assert outcome.stderr[0].endswith(f" {variable} must name a file of certificates.")


def test_untrusted_certificate_names_the_variable(
    run: Run, admin_server: AdminServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that speaks no TLS fails as one whose certificate is not trusted."""
    login_file.write(Login(admin_server.url.replace("http:", "https:"), "t"))
    outcome = run("articles", "show", 41)
    assert outcome.status == 2
    assert "Set AWS_CA_BUNDLE to a file with the certificates that you trust." in outcome.stderr[0]
