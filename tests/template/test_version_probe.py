"""The probe of new versions: what CodeDeploy is told, and what the probe may do and knows."""

import re
from typing import Any

import pytest

from local import environments
from tests.support import gateway
from tests.support.functions import start
from tests.template.processed import processed, source


def resources() -> dict[str, Any]:
    found: dict[str, Any] = processed(ProbeVersions="true")["Resources"]
    return found


def of_type(kind: str) -> dict[str, Any]:
    return {name: each for name, each in resources().items() if each["Type"] == kind}


def test_dev_and_the_local_run_have_nothing_of_codedeploy() -> None:
    default = processed()["Resources"]
    assert not [name for name, each in default.items() if "CodeDeploy" in each["Type"]]
    assert not [name for name, each in default.items() if "UpdatePolicy" in each]
    probes = [each for name, each in default.items() if name.startswith("VersionProbe")]
    assert {each["Condition"] for each in probes} == {"ProbesVersions"}
    assert source()["Parameters"]["ProbeVersions"]["Default"] == "false"


@pytest.mark.parametrize("name", environments.names())
def test_all_other_environments_probe(name: str) -> None:
    chosen = environments.environment(name).parameters["ProbeVersions"]
    assert chosen == ("false" if name == "dev" else "true")


def test_prods_template_differs_from_devs_by_codedeploy_alone() -> None:
    """The transform looks at few parameters; of the others, the template has references."""
    dev, prod = (
        processed(**environments.environment(name).parameters)["Resources"]
        for name in ("dev", "prod")
    )
    assert {prod[name]["Type"].split("::")[1] for name in prod.keys() - dev.keys()} == {
        "CodeDeploy",
        "IAM",
    }
    assert dev.keys() < prod.keys()
    for name in dev:
        assert dev[name] == {key: prod[name][key] for key in prod[name] if key != "UpdatePolicy"}


def test_every_alias_moves_all_at_once_after_the_probe() -> None:
    aliases = of_type("AWS::Lambda::Alias")
    assert "UpdatePolicy" not in aliases.pop("VersionProbeAliaslive")
    assert len(aliases) == 11
    for name, alias in aliases.items():
        update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        hook = {"Fn::If": ["ProbesVersions", {"Ref": "VersionProbe"}, {"Ref": "AWS::NoValue"}]}
        assert update["BeforeAllowTrafficHook"] == hook
        group = resources()[update["DeploymentGroupName"]["Ref"]]["Properties"]
        config = group["DeploymentConfigName"]["Fn::Sub"]
        assert config == ["CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": "AllAtOnce"}], (
            name
        )


def test_codedeploy_may_call_the_probe() -> None:
    """Its role, which SAM makes, has a policy of AWS for functions whose names begin like this."""
    function = resources()["VersionProbe"]["Properties"]
    assert function["FunctionName"] == {"Fn::Sub": "CodeDeployHook_${AWS::StackName}"}
    (policy,) = resources()["CodeDeployServiceRole"]["Properties"]["ManagedPolicyArns"]
    assert policy.endswith(":aws:policy/service-role/AWSCodeDeployRoleForLambda")


def test_the_probe_asks_the_version_of_the_function_that_serves_each_route() -> None:
    variables = resources()["VersionProbe"]["Properties"]["Environment"]["Variables"]
    for route, variable in start("version_probe")._VERSIONS.items():
        function = gateway.routes()[route].title().replace("_", "")
        version = resources()[variables[variable]["Ref"]]
        assert version["Type"] == "AWS::Lambda::Version"
        assert version["Properties"]["FunctionName"] == {"Ref": function}, route


def test_the_probe_may_call_what_it_asks_and_tell_codedeploy_and_no_more() -> None:
    (policy,) = resources()["VersionProbeRole"]["Properties"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    allowed = {each["Action"]: each["Resource"] for each in statements}
    assert {each["Effect"] for each in statements} == {"Allow"}
    variables = start("version_probe")._VERSIONS.values()
    functions = {each.removesuffix("_VERSION").title().replace("_", "") for each in variables}
    versions = [{"Fn::Sub": f"${{{name}.Arn}}:*"} for name in sorted(functions)]
    put_status = "codedeploy:PutLifecycleEventHookExecutionStatus"
    status = allowed.pop(put_status)["Fn::Sub"]
    assert allowed == {
        "lambda:InvokeFunction": versions,
        "cloudformation:DescribeStacks": {"Ref": "AWS::StackId"},
    }
    # CloudFormation names SAM's application STACK-ServerlessDeploymentApplication-XYZ.
    assert "ServerlessDeploymentApplication" in resources()
    assert re.search(r":deploymentgroup:\$\{AWS::StackName\}-\*$", status)
