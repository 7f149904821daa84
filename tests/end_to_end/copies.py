"""The deployed functions, and copies under narrower roles to show that policies hold no excess."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local import account
from local.deploy import STACK_NAME
from tests.end_to_end.conftest import Deployed


def invoke_copy(
    deployed: Deployed,
    function: str,
    event: object,
    *,
    without: str | None,
    name: str | None = None,
) -> Any:
    """The answer of a copy of the function (see copy_of)."""
    with copy_of(deployed, function, without=without, name=name) as copy:
        return _invoked(_functions(deployed), copy, event)


@contextmanager
def copy_of(
    deployed: Deployed, function: str, *, without: str | None, name: str | None = None
) -> Iterator[str]:
    """The name of a copy of the function whose policy lacks one table or index.

    `function` is its name in template.yaml, `without` a table's there or `index/<name>`; `name`
    is the copy's own where there is another one that lacks the same.
    """
    endpoint = account.endpoint(deployed.stack.port)
    iam = account.session().client("iam", endpoint_url=endpoint)
    functions = _functions(deployed)

    properties = processed_template(deployed)["Resources"][function]["Properties"]
    names = physical_names(deployed)
    original = functions.get_function(FunctionName=names[function])["Configuration"]

    name = name or f"{function}-without-{(without or 'nothing').replace('/', '-')}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_FOR_LAMBDA))["Role"]
    original_role = names[f"{function}Role"]
    for policy in iam.list_role_policies(RoleName=original_role)["PolicyNames"]:
        document: Any = iam.get_role_policy(RoleName=original_role, PolicyName=policy)
        statements = document["PolicyDocument"]["Statement"]
        if without:
            statements = _narrowed(statements, f"/{names.get(without, without)}")
        iam.put_role_policy(
            RoleName=name,
            PolicyName=policy,
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
        )
    functions.create_function(
        FunctionName=name,
        Role=role["Arn"],
        Code=properties["Code"],
        Layers=[layer["Arn"] for layer in original["Layers"]],
        **{key: original[key] for key in ("Runtime", "Handler", "Timeout", "Environment")},
    )
    functions.get_waiter("function_active_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 0, "MaxAttempts": 1000}
    )
    yield name
    functions.delete_function(FunctionName=name)  # its process would stay until the stack ends


def invoke(deployed: Deployed, function: str, event: object) -> Any:
    """The answer of the deployed function, called past the gateway."""
    return _invoked(_functions(deployed), f"{physical_names(deployed)[function]}:live", event)


def environment(deployed: Deployed, function: str) -> dict[str, str]:
    """The deployed function's environment."""
    name = physical_names(deployed)[function]
    found = _functions(deployed).get_function_configuration(FunctionName=name)
    variables: dict[str, str] = found["Environment"]["Variables"]
    return variables


def processed_template(deployed: Deployed) -> Any:
    """template.yaml after the SAM transform, as it was deployed and wired."""
    template = _cloudformation(deployed).get_template(
        StackName=STACK_NAME, TemplateStage="Processed"
    )
    return template["TemplateBody"]


def physical_names(deployed: Deployed) -> dict[str, str]:
    """The names of the stack's resources by their names in template.yaml."""
    resources = _cloudformation(deployed).describe_stack_resources(StackName=STACK_NAME)
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in resources["StackResources"]
    }


def _invoked(functions: Any, name: str, event: object) -> Any:
    invoked = functions.invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(invoked["Payload"].read())


def _cloudformation(deployed: Deployed) -> Any:
    endpoint = account.endpoint(deployed.stack.port)
    return account.session().client("cloudformation", endpoint_url=endpoint)


def _functions(deployed: Deployed) -> Any:
    endpoint = account.endpoint(deployed.stack.port)
    return account.session().client("lambda", endpoint_url=endpoint)


_FOR_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def _narrowed(statements: list[Any], ending: str) -> list[Any]:
    """The statements without the resources that end so, of which there must be some."""
    kept = []
    for statement in statements:
        resources = statement["Resource"]
        listed = resources if isinstance(resources, list) else [resources]
        if left := [each for each in listed if not each.endswith(ending)]:
            kept.append(statement | {"Resource": left})
    assert kept != statements, f"no policy names {ending}"
    return kept
