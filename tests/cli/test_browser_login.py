"""`seealso login` with a browser: an issuer's page, and a server on this machine."""

import http.client
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from seealso_cli import browser_login, login_file
from seealso_cli.errors import RequestRefused
from tests.cli.admin_server import PASSWORD, AdminServer, Users
from tests.cli.conftest import Run
from tests.support import issuer as issuers
from tests.support.editors import EDITOR
from tests.support.issuer import Issuer
from tests.support.tables import AUDIENCE, ISSUER, REGION


def asked(method: str, url: str, body: str | None = None) -> tuple[str, str]:
    """Location and body of an answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=20)
    connection.request(method, f"{parts.path}?{parts.query}", body)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.getheader("location") or "", text


class Browser:
    """What the command opens: it signs in at the issuer and follows it back, in the background."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: list[str] = []
        self.page = ""
        self.change: Callable[[str], str] = lambda location: location
        self._thread = threading.Thread()
        monkeypatch.setattr(webbrowser, "open", self.open)

    def open(self, url: str) -> bool:
        self.opened.append(url)
        self._thread = threading.Thread(target=self._sign_in, args=(url,))
        self._thread.start()
        return True

    def close(self) -> None:
        if self._thread.ident:
            self._thread.join()

    def _sign_in(self, url: str) -> None:
        _, form = asked("GET", url)
        query = form.partition('name="query" value="')[2].partition('"')[0].replace("&amp;", "&")
        parts = urlsplit(url)
        login = f"{parts.scheme}://{parts.netloc}/login"
        location, _ = asked("POST", login, urlencode({"query": query, "username": EDITOR}))
        _, self.page = asked("GET", self.change(location))


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    found = Browser(monkeypatch)
    yield found
    found.close()


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    """The user pool's pages; ports that no other test has."""
    with issuers.serving("https://api.example.com") as serving:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        monkeypatch.setattr(browser_login, "PORTS", (port,))
        serving.redirect_uris["cli"] = [f"http://localhost:{port}/"]
        groups = {"cognito:groups": ["editors"]}
        of_api = {"iss": ISSUER, "client_id": AUDIENCE, "token_use": "access", **groups}
        serving.access = of_api
        yield serving


@pytest.fixture
def options(issuer: Issuer, admin_server: AdminServer) -> list[str]:
    return [
        f"--api={admin_server.url}",
        "--client-id=cli",
        f"--region={REGION}",
        f"--login-url={issuer.url}",
    ]


def nobody_is_signed_in() -> bool:
    with pytest.raises(RequestRefused):
        login_file.read()
    return True


def test_signs_in_with_a_browser(
    run: Run, options: list[str], browser: Browser, issuer: Issuer, admin_server: AdminServer
) -> None:
    outcome = run("login", *options)
    assert outcome.status == 0, outcome
    browser.close()
    assert "close this page" in browser.page
    signed_in = login_file.read()
    assert [signed_in.access_token, signed_in.refresh_token] == [issuer.issued[1], issuer.issued[3]]
    assert signed_in.pool is not None
    assert signed_in.pool.login_url == issuer.url
    (url,) = browser.opened
    asked_for = parse_qs(urlsplit(url).query)
    assert asked_for["scope"] == ["openid aws.cognito.signin.user.admin"]
    assert run("links", "queue").status == 0
    assert admin_server.requests[-1][2]["authorization"] == f"Bearer {signed_in.access_token}"
    # Codes and tokens are printed nowhere.
    shown = "\n".join([outcome.out, *outcome.stderr])
    assert not any(secret in shown for secret in issuer.issued)


def test_the_email_address_is_filled_in(run: Run, options: list[str], browser: Browser) -> None:
    assert run("login", EDITOR, *options).status == 0
    assert parse_qs(urlsplit(browser.opened[0]).query)["login_hint"] == [EDITOR]
    assert login_file.read().user == EDITOR


@pytest.mark.parametrize(
    "change",
    [
        lambda location: location.partition("&state")[0],
        lambda location: location[:-1] + "!",
        lambda location: f"{location}&state=x",
        lambda location: location.partition("?")[0],
    ],
)
def test_another_pages_answer_signs_nobody_in(
    run: Run, options: list[str], browser: Browser, issuer: Issuer, change: Callable[[str], str]
) -> None:
    browser.change = change
    outcome = run("login", *options)
    assert outcome.summary == ("Error: Another page answered in the browser. Nobody was signed in.")
    assert nobody_is_signed_in()
    assert len(issuer.codes) == 1  # it was sent to nobody


def test_who_cancels_is_not_signed_in(run: Run, options: list[str], browser: Browser) -> None:
    browser.change = lambda location: location.replace("code=", "error=access_denied&x=")
    assert run("login", *options).summary == "Error: Nobody was signed in (access_denied)."
    assert nobody_is_signed_in()


def test_a_code_that_cognito_refuses(
    run: Run, options: list[str], browser: Browser, issuer: Issuer
) -> None:
    issuer.token_answer = (400, b'{"error": "invalid_grant"}', {})
    outcome = run("login", *options)
    assert outcome.summary == "Error: Cognito did not accept the sign-in (400). Try again."
    assert nobody_is_signed_in()


def test_a_token_that_the_api_does_not_take_is_not_kept(
    run: Run, options: list[str], browser: Browser, issuer: Issuer
) -> None:
    issuer.access = {}
    assert run("login", *options).status != 0
    assert nobody_is_signed_in()


def test_an_idle_connection_is_no_answer(
    run: Run, options: list[str], browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_login._Handler, "timeout", 0.2)
    idle = []

    def connect_first(location: str) -> str:
        idle.append(socket.create_connection(("127.0.0.1", browser_login.PORTS[0])))
        return location

    browser.change = connect_first
    assert run("login", *options).status == 0
    idle[0].close()


def test_the_server_answers_one_request_and_is_gone(
    run: Run, options: list[str], browser: Browser
) -> None:
    assert run("login", *options).status == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", browser_login.PORTS[0]), timeout=5)


def test_waits_for_some_minutes_and_no_longer(
    run: Run, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser_login.SECONDS == 300
    monkeypatch.setattr(browser_login, "SECONDS", 0)
    monkeypatch.setattr(browser_login._Server, "timeout", 0.01)
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    outcome = run("login", *options)
    assert outcome.summary == "Error: Nobody signed in within 0 minutes."
    assert any("/oauth2/authorize?" in line for line in outcome.stderr)


def test_takes_another_port_where_one_is_in_use(
    run: Run,
    options: list[str],
    browser: Browser,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = browser_login.PORTS[0]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        monkeypatch.setattr(browser_login, "PORTS", (number, port))
        assert run("login", *options).status == 0
        monkeypatch.setattr(browser_login, "PORTS", (number,))
        assert run("login", *options).summary == (
            f"Error: The ports {number} are in use. Free one, or sign in with --password."
        )


@pytest.mark.parametrize("with_variable", [True, False])
def test_machines_without_a_browser_send_the_password(
    run: Run,
    issuer: Issuer,
    admin_server: AdminServer,
    users: Users,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    *,
    with_variable: bool,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", users.pool.endpoint or "")
    users.add(EDITOR, "editors")
    options = [
        f"--api={admin_server.url}",
        f"--client-id={users.pool.client_id}",
        f"--region={REGION}",
        f"--login-url={issuer.url}",
    ]
    if with_variable:
        monkeypatch.setenv("SEEALSO_PASSWORD", PASSWORD)
        assert run("login", EDITOR, *options).status == 0
    else:
        summary = run("login", EDITOR, "--password", *options).summary
        assert summary == "Error: Not running in a terminal; set SEEALSO_PASSWORD to the password."
    assert browser.opened == []


def test_the_ports_are_registered() -> None:
    resources = cfn_yaml.load(str(ROOT / "template.yaml"))["Resources"]
    client = resources["UserPoolClient"]["Properties"]
    assert client["CallbackURLs"] == [f"http://localhost:{port}/" for port in browser_login.PORTS]
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["AllowedOAuthScopes"] == browser_login._SCOPES.split()
