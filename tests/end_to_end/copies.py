"""Copies of a deployed function under a narrower role, to show that its policy holds no excess."""

import json
from typing import Any

from local import account
from local.deploy import STACK_NAME
from tests.end_to_end.conftest import Deployed


def invoke_copy(deployed: Deployed, function: str, event: object, *, without: str | None) -> Any:
    """The answer of a copy of the function whose policy lacks one table or index.

    `function` is its name in template.yaml, `without` a table's there or `index/<name>`.
    """
    session, endpoint = account.session(), account.endpoint(deployed.stack.port)
    cloudformation = session.client("cloudformation", endpoint_url=endpoint)
    iam = session.client("iam", endpoint_url=endpoint)
    functions = session.client("lambda", endpoint_url=endpoint)

    template: Any = cloudformation.get_template(StackName=STACK_NAME, TemplateStage="Processed")
    properties = template["TemplateBody"]["Resources"][function]["Properties"]
    resources = cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    original = functions.get_function(FunctionName=names[function])["Configuration"]

    name = f"{function}-without-{(without or 'nothing').replace('/', '-')}"
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
    invoked = functions.invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(invoked["Payload"].read())


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
