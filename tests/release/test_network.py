"""No release and no deployed stack can have pages fetched over any network but the internet.

The local run's checks reach pages on loopback: local/demo_page.py puts another network into
fetching.py. What makes that possible is no part of a release, and nothing in it stands for that.
"""

import ast
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from cfnlint.decode import cfn_yaml

from local.paths import ROOT
from tests.release.test_build import parameters_in
from tests.release.test_imports import run

PACKAGE = ROOT / "layers/common/seealso"
# What the local run is known by, in names and in code, compiled or not.
LOCAL_RUN = ("demo_page", "demo-page", "DEMO_PAGE", "LOCAL_API_URL", "local.live")

# Whoever adds a variable or a parameter to this function: it must not lead checks elsewhere. The
# resolver and TLS have variables of their own, too, such as HOSTALIASES and SSL_CERT_FILE.
VARIABLES = {
    *(f"{name}_TABLE" for name in ("ARTICLES", "AUDIT", "LINKS", "SITES", "SKIPS", "TRANSIENT")),
    "CHECK_FETCHES_PER_HOUR",
    "CONTACT_URL",  # in the User-Agent
    "OWN_URLS",  # what links are compared with
    "RELEASE",
    "SERVER_TIMING",
    "STACK_NAME",
    "STORE_ENDPOINT",  # of DynamoDB
}
PARAMETERS = {
    "Architecture",
    "CheckFetchesPerHour",
    "ContactUrl",
    "DomainName",
    "FipsEndpoints",
    "ProbeVersions",  # by CodeDeploy, before traffic
    "PublicUrl",
    "ServerTiming",
    "Tracing",
}
PROPERTIES = {
    "AutoPublishAliasAllProperties",
    "CodeUri",
    "Description",
    "Environment",
    "EventInvokeConfig",
    "Events",
    "Layers",
    "LoggingConfig",
    "Policies",
    "Timeout",
    "VersionDescription",
}

# Functions of seealso/settings.py, which read a variable.
SETTINGS = {"choice", "integer", "optional", "string"}

FETCHED = """
import json, os, socket, sys
port, variables = json.load(sys.stdin)
os.environ.update(variables)
import app
from seealso.verifying import addresses, connections, fetching

assert fetching.PUBLIC == connections.Network(
    connections.system_resolve, addresses.is_allowed, connections.system_tls, 10.0
)
socket.getaddrinfo = lambda host, _, **options: [(2, 1, 6, "", ("127.0.0.1", port))]
urls = ("http://demo-page.example.com/", "https://www.example.org/")
print(json.dumps([app.TOOLS.fetch(url, lambda host: None).kind for url in urls]))
"""

POSTED = """
import json, os, socket, sys
port, variables = json.load(sys.stdin)
os.environ.update(variables)
import app

socket.getaddrinfo = lambda host, _, **options: [(2, 1, 6, "", ("127.0.0.1", port))]
print(json.dumps([app._post({}, b"{}").kind]))
"""


def test_a_release_has_nothing_of_the_local_run(release: Path) -> None:
    files = [path for path in release.rglob("*") if path.is_file()]
    assert any(path.name == "fetching.pyc" for path in files)
    for path in files:
        for word in LOCAL_RUN:
            assert word not in str(path.relative_to(release)), path
            assert word.encode() not in path.read_bytes(), (path, word)


@pytest.mark.parametrize(
    ("function", "program", "requests"), [("CheckLinks", FETCHED, 2), ("Notify", POSTED, 1)]
)
def test_a_built_function_reaches_no_loopback_whatever_its_environment(
    built: Path, function: str, program: str, requests: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        port = server.getsockname()[1]
        proxy = f"http://127.0.0.1:{port}"
        variables = {
            "LOCAL_RUN": "on",
            "LOCAL_API_URL": proxy,
            "DEMO_PAGE_FOLDER": "/tmp",  # noqa: S108 nothing is written there
            "NOTIFY_URL": "https://demo-page.example.com/",
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), proxy),
        }
        kinds = json.loads(run(built, function, program, [port, variables]))
        assert kinds == ["forbidden-address"] * requests
        try:
            server.accept()
        except BlockingIOError:
            return
    raise AssertionError("something connected")


def test_no_parameter_or_variable_is_about_the_network_of_checks() -> None:
    template = cfn_yaml.load(str(ROOT / "template.yaml"))
    function = template["Resources"]["CheckLinks"]["Properties"]
    common = template["Globals"]["Function"]
    of_common = common["Environment"]["Variables"]
    assert {*function["Environment"]["Variables"], *of_common} == VARIABLES
    assert parameters_in([function, common], template) == PARAMETERS
    assert function.keys() - {"MemorySize"} == PROPERTIES


def test_only_what_is_known_reads_the_environment() -> None:
    """Of all that fetches and judges, only the sandbox, which names its child's libraries."""
    readers = {
        path.name
        for path in (PACKAGE / "verifying").glob("*.py")
        if {"environ", "environb", "getenv", "settings"} & set(names(path))
    }
    assert readers == {"sandbox.py"}
    app = ROOT / "functions/check_links/app.py"
    read = {
        argument.value
        for call in ast.walk(ast.parse(app.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in SETTINGS
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant)
    }
    assert read == {"CONTACT_URL", "OWN_URLS", "CHECK_FETCHES_PER_HOUR"}
    assert not {"environ", "environb", "getenv"} & set(names(app))


def test_only_fetching_knows_that_there_are_other_networks() -> None:
    users = {
        path.name
        for folder in (PACKAGE, ROOT / "functions")
        for path in folder.rglob("*.py")
        if {"Network", "PUBLIC", "fetch_over"} & set(names(path))
    }
    assert users == {"connections.py", "fetching.py"}


def names(path: Path) -> Iterator[str]:
    """All names that a source uses or imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.FunctionDef(name=name):
                yield name
            case ast.ImportFrom(module=module):
                yield from (module or "").split(".")
                yield from (alias.name for alias in node.names)
            case ast.Import():
                yield from (part for alias in node.names for part in alias.name.split("."))
