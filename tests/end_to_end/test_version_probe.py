"""The probe of new versions, over Lambda with IAM, and a CodeDeploy that the emulator lacks."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from local import account
from local.deploy import STACK_NAME
from seealso.probing import probes
from tests.end_to_end import copies
from tests.end_to_end.conftest import Deployed
from tests.support.functions import start

EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "execution-1"}
GOOD, BAD = "Succeeded", "Failed"
FUNCTIONS = ("Admin", "Desk", "GetArticle", "Graphql", "Page", "Related", "SubmitLink")
BROKEN_IMPORT = "import seealso_missing\n"
WRONG_ANSWER = """
import json
def handler(event, context):
    page = {"article": {"id": 1, "domain": 1}, "same_domain": [], "other_domains": []}
    return {"statusCode": 200, "headers": {}, "body": json.dumps(page)}
"""
SLOW_ANSWER = """
import time
def handler(event, context):
    time.sleep(2)
    return {"statusCode": 200, "headers": {}, "body": "<html></html>"}
"""


class CodeDeploy:
    """What the probe tells CodeDeploy."""

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []

    def put_lifecycle_event_hook_execution_status(self, **sent: str) -> None:
        self.told.append(sent)


class Probed:
    """The probe in this process, for versions of the deployed functions or in place of one."""

    def __init__(self, deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
        self.deployed = deployed
        self.patch = monkeypatch
        self.session: Any = account.session()
        self.codedeploy = CodeDeploy()
        self.stack_status = "UPDATE_IN_PROGRESS"
        names = copies.physical_names(deployed)
        for function in FUNCTIONS:
            self.put(function, f"{names[function]}:live")
        monkeypatch.setenv("ORIGIN_SECRETS", " ")
        monkeypatch.setenv("STACK_ID", STACK_NAME)
        # A busy machine may need long to start a function.
        monkeypatch.setattr(probes, "SLOWEST_SECONDS", 100.0)
        monkeypatch.setattr(probes, "MEDIAN_SECONDS", 100.0)
        self.module = start("version_probe")
        monkeypatch.setattr(self.module, "_TIMEOUT_SECONDS", 100)

    def put(self, function: str, version: str) -> None:
        words = re.findall("[A-Z][a-z]+", function)
        self.patch.setenv(f"{'_'.join(words).upper()}_VERSION", version)

    def client(self, service: str, **options: Any) -> Any:
        if service == "codedeploy":
            return self.codedeploy
        if service == "cloudformation":
            return self
        endpoint = account.endpoint(self.deployed.stack.port)
        return self.session.client(service, endpoint_url=endpoint, **options)

    def describe_stacks(self, **_: str) -> Any:
        return {"Stacks": [{"StackStatus": self.stack_status}]}

    def status(self) -> str:
        """The verdict of the probe."""
        with self.patch.context() as patch:
            patch.setattr(boto3, "Session", lambda: self)
            self.module.handler(EVENT, None)
        (told,) = self.codedeploy.told
        assert told == {
            "deploymentId": "d-1",
            "lifecycleEventHookExecutionId": "execution-1",
            "status": told["status"],
        }
        return told["status"]


@pytest.fixture
def probed(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Probed:
    return Probed(deployed, monkeypatch)


@pytest.fixture
def make_version(probed: Probed) -> Iterator[Callable[[str], str]]:
    """Functions with other sources."""
    functions = probed.client("lambda")
    names = copies.physical_names(probed.deployed)
    role = functions.get_function(FunctionName=names["Page"])["Configuration"]["Role"]
    made: list[str] = []

    def make(source: str) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", source)
        name = f"VersionProbe-{len(made)}"
        functions.create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.13",
            Handler="app.handler",
            Timeout=29,
            Code={"ZipFile": archive.getvalue()},
        )
        made.append(name)
        return name

    yield make
    for name in made:
        functions.delete_function(FunctionName=name)


def test_good_versions_pass(probed: Probed, capsys: pytest.CaptureFixture[str]) -> None:
    assert probed.status() == GOOD
    (line,) = capsys.readouterr().out.splitlines()
    assert "20 articles: median " in json.loads(line)["message"]
    assert json.loads(line)["level"] == "INFO"


@pytest.mark.parametrize(
    ("function", "source", "message"),
    [
        ("Graphql", BROKEN_IMPORT, r"POST /graphql \(.*\) failed: .*seealso_missing"),
        ("Admin", BROKEN_IMPORT, r"GET /admin/articles \(.*\) failed: .*seealso_missing"),
        ("GetArticle", WRONG_ANSWER, r"answered with article 1 of domain 1, not"),
        ("Page", SLOW_ANSWER, r"GET / took \d+\.\d s\. The limit is 1\.0 s"),
    ],
)
def test_a_broken_version_fails(
    probed: Probed,
    make_version: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    source: str,
    message: str,
) -> None:
    probed.put(function, make_version(source))
    if source == SLOW_ANSWER:
        # It alone is asked with this limit: it is the first after the sites, which are warm.
        monkeypatch.setattr(probes, "SLOWEST_SECONDS", 1.0)
        monkeypatch.setattr(probes, "_newest_articles", lambda _: [])
    assert probed.status() == BAD
    logged = json.loads(capsys.readouterr().out)
    assert logged["level"] == "ERROR"
    assert re.search(message, logged["message"]), logged


def test_a_version_that_lacks_a_permission_fails(
    probed: Probed, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "GetArticle-for-the-probe"
    with copies.copy_of(
        probed.deployed, "GetArticle", without="index/timeline-id", name=name
    ) as copy:
        probed.put("GetArticle", copy)
        assert probed.status() == BAD
    assert "GET /articles/" in capsys.readouterr().out


def test_a_rollback_is_not_stopped(probed: Probed, capsys: pytest.CaptureFixture[str]) -> None:
    probed.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
    probed.put("Page", "missing")
    assert probed.status() == GOOD
    assert "not probed: the stack is in UPDATE_ROLLBACK_IN_PROGRESS" in capsys.readouterr().out


def test_an_error_of_the_probe_itself_is_a_verdict(
    probed: Probed, capsys: pytest.CaptureFixture[str]
) -> None:
    probed.put("Page", "missing")
    assert probed.status() == BAD
    assert "ResourceNotFoundException" in json.loads(capsys.readouterr().out)["message"]
