"""Deployments to one emulator from one checkout: extremes side by side, and a first one that fails.

Functions are invoked at their aliases, past the gateway, which serves one stack here.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import account, build, deploy, emulator, environments, guard, release
from local.steps import Failure
from seealso_cli import jobs
from tests.support.events import event
from tests.template.processed import source

pytestmark = pytest.mark.long

REQUESTS = {
    "GetArticle": event("GET /articles/{id}", {"id": "1"}),
    "Related": event("GET /articles/{id}/related", {"id": "1"}),
    "SubmitLink": event("GET /links/{link_id}", {"link_id": "0" * 32}),
    "Graphql": event("GET /graphql", query="query=%7Bqa_ai_by_pk(id%3A1)%7Bid%7D%7D"),
    "Admin": event("GET /admin/articles"),
    "Desk": event("GET /desk"),
}
JOBS = ("ExpireLinks", "RecordSkips")
# Their names are unique within their API or user pool.
NAMED_WITHIN_OTHERS = {"AWS::ApiGatewayV2::Stage", "AWS::Cognito::UserPoolGroup"}
# It is created last, and its log group does not exist.
BROKEN_STREAM = """
  BrokenStream:
    Type: AWS::Logs::LogStream
    DependsOn: [ArticlesTable, LinksTable, SitesTable, SkipsTable, AuditTable, UserPool]
    Properties:
      LogGroupName: /missing
"""


class Emulator:
    """A running emulator: clients, and deployments with the parameters of the local run."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder
        self.built = build.build_local()

    def client(self, service: str) -> Any:
        session: Any = account.session()
        return session.client(service, endpoint_url=account.endpoint(self.port))

    def deploy(
        self, stack: str, parameters: dict[str, str] | None = None, template: Path | None = None
    ) -> None:
        deploy.deploy(
            self.port,
            template or self.built / "template.yaml",
            self.folder / f"{stack}.log",
            stack,
            deploy.PARAMETERS | (parameters or {}),
        )

    def names(self, stack: str) -> dict[str, tuple[str, str]]:
        """Type and physical name of a stack's resources, by logical id."""
        resources = self.client("cloudformation").describe_stack_resources(StackName=stack)
        return {
            each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
            for each in resources["StackResources"]
        }

    def invoke(self, stack: str, function: str, sent: object) -> Any:
        name = self.names(stack)[function][1]
        answer = self.client("lambda").invoke(
            FunctionName=f"{name}:live", Payload=json.dumps(sent).encode()
        )
        return json.loads(answer["Payload"].read())

    def tables(self) -> list[str]:
        names: list[str] = self.client("dynamodb").list_tables()["TableNames"]
        return names

    def works(self, stack: str) -> None:
        """Each function starts with its settings and reaches its tables."""
        statuses = {
            name: self.invoke(stack, name, sent).get("statusCode")
            for name, sent in REQUESTS.items()
        }
        assert statuses == {
            **dict.fromkeys(("GetArticle", "Related", "SubmitLink"), 404),
            "Graphql": 200,
            **dict.fromkeys(("Admin", "Desk"), 401),
        }
        assert [self.invoke(stack, job, {}) for job in JOBS] == [None, None]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("emulator")
    port = emulator.free_port()
    with guard.held(folder / "lease"):
        emulator.start(port, folder / "state", folder / "lease", folder / "emulator.log")
        yield Emulator(port, folder)


def extremes(bound: str) -> dict[str, str]:
    """Every parameter with a bound at that bound, and with choices at the first or last of them."""
    chosen = {}
    for name, parameter in source()["Parameters"].items():
        # The machine's; closing needs a certificate; with the CDN, only it is answered (see below);
        # a budget needs an address, and the emulator knows neither one, nor CodeDeploy, nor styles.
        if name in ("Architecture", "DefaultAddress", "Cdn", "MonthlyBudget", "ProbeVersions"):
            continue
        if name == "LoginStyle":
            continue
        if "AllowedValues" in parameter:
            chosen[name] = str(parameter["AllowedValues"][0 if bound == "MinValue" else -1])
        elif bound in parameter:
            chosen[name] = str(parameter[bound])
    return chosen | {"DeletionProtection": "false"}


def test_stacks_with_all_minima_and_all_maxima_work_side_by_side(running: Emulator) -> None:
    running.deploy("seealso-minima", extremes("MinValue"))
    running.deploy("seealso-maxima", extremes("MaxValue"))
    running.works("seealso-minima")
    running.works("seealso-maxima")
    minima, maxima = (
        set(running.names(f"seealso-{name}").values()) for name in ("minima", "maxima")
    )
    assert len(minima) > 70
    assert {kind for kind, _ in minima & maxima} <= NAMED_WITHIN_OTHERS
    schedules = running.client("scheduler").list_schedules()["Schedules"]
    assert len(schedules) == 8
    assert len({schedule["Name"] for schedule in schedules}) == 8


def test_behind_the_cdn_functions_answer_it_alone(running: Emulator) -> None:
    new, previous = "1a2b." + "0" * 64, "3c4d." + "1" * 64
    parameters = {
        "Cdn": "on",
        "PublicUrl": "https://www.example.com",
        "OriginSecret": previous,
    }
    running.deploy("seealso-cdn", parameters)
    distribution = running.names("seealso-cdn")["Distribution"][1]
    cloudfront = running.client("cloudfront")

    def sent() -> str:
        config = cloudfront.get_distribution_config(Id=distribution)["DistributionConfig"]
        header = config["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]
        return str(header["HeaderValue"])

    def statuses(secret: str) -> set[int]:
        shown = {"x-origin-secret": secret}
        answers = [
            running.invoke("seealso-cdn", name, asked | {"headers": asked["headers"] | shown})
            for name, asked in REQUESTS.items()
        ]
        return {answer["statusCode"] for answer in answers}

    assert sent() == previous
    assert statuses("") == statuses(new) == {403}
    assert statuses(previous) == {200, 401, 404}

    running.deploy(
        "seealso-cdn", parameters | {"OriginSecret": new, "OriginSecretPrevious": previous}
    )
    assert sent() == new
    assert statuses(previous) == statuses(new) == {200, 401, 404}


def test_a_failed_first_deployment_leaves_nothing_and_can_be_repeated(running: Emulator) -> None:
    text = (running.built / "template.yaml").read_text()
    template = running.built / f"failing-{running.port}.yaml"  # beside what it names
    template.write_text(text.replace("\nResources:\n", f"\nResources:\n{BROKEN_STREAM}"))
    before = running.tables()
    try:
        with pytest.raises(Failure, match="BrokenStream"):
            running.deploy("seealso-failing", template=template)
    finally:
        template.unlink()
    assert running.tables() == before
    pools = running.client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]
    assert "seealso-failing-editors" not in [pool["Name"] for pool in pools]

    # As docs/deploying.md says.
    cloudformation = running.client("cloudformation")
    cloudformation.delete_stack(StackName="seealso-failing")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="seealso-failing", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    running.deploy("seealso-failing")
    running.works("seealso-failing")


def test_make_deploy_protects_a_new_stack_in_the_end_and_shows_what_it_changes_later(
    running: Emulator, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in account.environment(running.port).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SAM_CLI_POLL_DELAY", "0.3")
    staging = environments.environment("staging")
    staging = staging._replace(parameters=staging.parameters | {"LoginStyle": "off"})
    release.deploy(staging, running.built)

    assert release._status(staging) == "UPDATE_COMPLETE"
    stack = running.client("cloudformation").describe_stacks(StackName=staging.stack_name)
    deployed = {
        each["ParameterKey"]: each["ParameterValue"] for each in stack["Stacks"][0]["Parameters"]
    }
    secrets = {"OriginSecret": "****", "OriginSecretPrevious": "****"}
    assert deployed == staging.parameters | secrets
    name = running.names(staging.stack_name)["ArticlesTable"][1]
    table = running.client("dynamodb").describe_table(TableName=name)["Table"]
    assert str(table["DeletionProtectionEnabled"]).lower() == "true"  # here a string
    output = capfd.readouterr().out
    assert output.splitlines()[-len(jobs.JOBS) :] == [
        f"Running the job {job}." for job in jobs.JOBS
    ]

    parameters = staging.parameters | {"LogRetentionDays": "14"}
    release.deploy(staging._replace(parameters=parameters), running.built)
    output = capfd.readouterr().out
    assert f"What changes in {staging.stack_name}:" in output
    assert "x Logs::LogGroup changed" in output
    assert "  UPDATE_COMPLETE" in output
    group = f"/aws/lambda/{staging.stack_name}-requests"
    (found,) = running.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["retentionInDays"] == 14

    release.deploy(staging._replace(parameters=parameters), running.built)
    output = capfd.readouterr().out
    assert "What changes in" not in output
    assert "Running the job" not in output
