"""Adds the parts of an HTTP API that the emulator lacks: routes, authorizers, CORS and an address.

SAM writes them into the API's OpenAPI Body, which AWS imports and the emulator ignores. This module
converts the Body into separate resources and updates the deployed stack with them. New routes and
authorizers in the template therefore need no change here, and CloudFormation resolves references.
The addresses that AWS would give the API and the user pool's login pages become the emulator's.
"""

import json
from contextlib import suppress
from typing import Any

from botocore.exceptions import WaiterError

from local import account
from local.deploy import STACK_NAME, failure_reason
from local.steps import Failure

type Json = Any

# The API's custom domain name. Every client can resolve it, and paths have no stage prefix.
HOST = "127.0.0.1"
_BUCKET = f"{STACK_NAME}-wired"
_KEY = "template.json"


def wire(port: int) -> str:
    """Adds the missing parts to the deployed stack. Returns the API's base URL.

    Raises Failure if the stack does not have exactly one HTTP API or the update fails.
    """
    cloudformation = account.session().client("cloudformation", endpoint_url=account.endpoint(port))
    found = cloudformation.get_template(StackName=STACK_NAME, TemplateStage="Processed")
    body = found["TemplateBody"]
    if isinstance(body, str):
        body = json.loads(body)
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    cloudformation.update_stack(
        StackName=STACK_NAME,
        TemplateURL=_stored(port, with_addresses(with_routes(body), port)),
        Parameters=[
            {"ParameterKey": parameter["ParameterKey"], "UsePreviousValue": True}
            for parameter in stack.get("Parameters", [])
        ],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        cloudformation.get_waiter("stack_update_complete").wait(
            StackName=STACK_NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
    except WaiterError as error:
        reason = failure_reason(port) or error
        raise Failure(
            f"Adding routes and authorizers to the local stack failed: {reason}"
        ) from None
    return f"http://{HOST}:{port}"


def _stored(port: int, template: Json) -> str:
    """The URL of the template in the emulator's S3; a TemplateBody would be limited to 50 KB."""
    endpoint = account.endpoint(port)
    s3 = account.session().client("s3", endpoint_url=endpoint)
    location = {"LocationConstraint": account.REGION}
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration=location)
    s3.put_object(Bucket=_BUCKET, Key=_KEY, Body=json.dumps(template).encode())
    return f"{endpoint}/{_BUCKET}/{_KEY}"


def with_routes(template: Json) -> Json:
    """The processed template, with the contents of the HTTP API's Body as separate resources."""
    resources = template["Resources"]
    apis = [
        name for name, resource in resources.items() if resource["Type"] == "AWS::ApiGatewayV2::Api"
    ]
    if len(apis) != 1:
        raise Failure(
            f"template.yaml has {len(apis)} HTTP APIs. The local run supports exactly one."
        )
    api = apis[0]
    properties = resources[api]["Properties"]
    body = properties["Body"]
    # The emulator reads the names of the Body (allowOrigins), not CloudFormation's (AllowOrigins).
    wired_api = resources[api] | {
        "Properties": properties | {"CorsConfiguration": body.get("x-amazon-apigateway-cors", {})}
    }
    return template | {
        "Resources": resources
        | {api: wired_api}
        | _authorizers(api, body)
        | _routes(api, body)
        | _address(api)
    }


def with_addresses(template: Json, port: int) -> Json:
    """The processed template with the emulator's addresses for those of AWS.

    Login pages are at localhost, since at the API's own host there are only the API's routes.
    """
    text = json.dumps(template)
    addresses = {
        '{"Fn::GetAtt": ["Api", "ApiEndpoint"]}': f"http://{HOST}:{port}",
        '{"Fn::Sub": "https://${DeskLogin}.auth.${AWS::Region}.amazoncognito.com"}': (
            f"http://localhost:{port}"
        ),
    }
    for reference, address in addresses.items():
        if reference not in text:
            raise Failure(f"The processed template does not have {reference}.")
        text = text.replace(reference, json.dumps(address))
    return json.loads(text)


def _routes(api: str, body: Json) -> dict[str, Json]:
    resources: dict[str, Json] = {}
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            number = len(resources) // 2
            integration = operation["x-amazon-apigateway-integration"]
            resources[f"WiredIntegration{number}"] = {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": {"Ref": api},
                    "IntegrationType": integration["type"].upper(),
                    "IntegrationUri": integration["uri"],
                    "PayloadFormatVersion": integration["payloadFormatVersion"],
                },
            }
            resources[f"WiredRoute{number}"] = {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {
                    "ApiId": {"Ref": api},
                    "RouteKey": _route_key(method, path),
                    "Target": {"Fn::Sub": f"integrations/${{WiredIntegration{number}}}"},
                    **_authorization(operation),
                },
            }
    return resources


def _route_key(method: str, path: str) -> str:
    if path == "/$default":
        return "$default"
    return f"{'ANY' if method == 'x-amazon-apigateway-any-method' else method.upper()} {path}"


def _authorization(operation: Json) -> dict[str, Json]:
    for requirement in operation.get("security", []):
        for name, scopes in requirement.items():
            return {
                "AuthorizationType": "JWT",
                "AuthorizerId": {"Ref": f"WiredAuthorizer{name}"},
                "AuthorizationScopes": scopes,
            }
    return {}


def _authorizers(api: str, body: Json) -> dict[str, Json]:
    schemes = body.get("components", {}).get("securitySchemes", {})
    return {
        f"WiredAuthorizer{name}": {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": {
                "ApiId": {"Ref": api},
                "Name": name,
                "AuthorizerType": "JWT",
                "IdentitySource": [authorizer["identitySource"]],
                "JwtConfiguration": {
                    "Issuer": authorizer["jwtConfiguration"]["issuer"],
                    "Audience": authorizer["jwtConfiguration"]["audience"],
                },
            },
        }
        for name, scheme in schemes.items()
        if (authorizer := scheme["x-amazon-apigateway-authorizer"])
    }


def _address(api: str) -> dict[str, Json]:
    return {
        "WiredDomain": {
            "Type": "AWS::ApiGatewayV2::DomainName",
            "Properties": {
                "DomainName": HOST,
                "DomainNameConfigurations": [{"EndpointType": "REGIONAL"}],
            },
        },
        "WiredMapping": {
            "Type": "AWS::ApiGatewayV2::ApiMapping",
            "Properties": {
                "ApiId": {"Ref": api},
                "DomainName": {"Ref": "WiredDomain"},
                "Stage": "$default",
            },
        },
    }
