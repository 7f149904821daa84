"""What the emulator leaves out of an HTTP API: routes, authorizers, CORS and an address.

SAM writes them into the API's OpenAPI Body, which AWS imports and the emulator ignores. Here the
deployed stack is updated with the same things as resources of their own, made from the Body. So a
route or an authorizer that the template gains needs nothing here, and CloudFormation resolves every
reference.
"""

import json
from typing import Any

from local import account
from local.deploy import STACK_NAME
from local.steps import Failure

type Json = Any

# A custom domain by this name: every client can resolve it, and paths reach functions unprefixed.
HOST = "127.0.0.1"
_BUCKET = f"{STACK_NAME}-wired"
_KEY = "template.json"


def wire(port: int) -> str:
    """Adds to the deployed stack what the emulator left out. Returns the API's base URL.

    Raises Failure when the stack has no HTTP API or the update fails.
    """
    cloudformation = account.session().client("cloudformation", endpoint_url=account.endpoint(port))
    body = cloudformation.get_template(StackName=STACK_NAME, TemplateStage="Processed")[
        "TemplateBody"
    ]
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    cloudformation.update_stack(
        StackName=STACK_NAME,
        TemplateURL=_stored(port, with_routes(json.loads(body) if isinstance(body, str) else body)),
        Parameters=[
            {"ParameterKey": parameter["ParameterKey"], "UsePreviousValue": True}
            for parameter in stack.get("Parameters", [])
        ],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName=STACK_NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    return f"http://{HOST}:{port}"


def _stored(port: int, template: Json) -> str:
    """The template's URL in the emulator's S3: as a request's TemplateBody it may have 50 KB."""
    endpoint = account.endpoint(port)
    s3 = account.session().client("s3", endpoint_url=endpoint)
    location = {"LocationConstraint": account.REGION}
    s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration=location)
    s3.put_object(Bucket=_BUCKET, Key=_KEY, Body=json.dumps(template).encode())
    return f"{endpoint}/{_BUCKET}/{_KEY}"


def with_routes(template: Json) -> Json:
    """The processed template with what its HTTP API's Body says as resources of their own."""
    resources = template["Resources"]
    apis = [name for name, it in resources.items() if it["Type"] == "AWS::ApiGatewayV2::Api"]
    if len(apis) != 1:
        raise Failure(f"template.yaml has {len(apis)} HTTP APIs; the local run serves one.")
    api = apis[0]
    properties = resources[api]["Properties"]
    body = properties["Body"]
    # In the Body's own spelling, which is the one that the emulator reads.
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


def _routes(api: str, body: Json) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            number = len(made) // 2
            integration = operation["x-amazon-apigateway-integration"]
            made[f"WiredIntegration{number}"] = {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": {"Ref": api},
                    "IntegrationType": integration["type"].upper(),
                    "IntegrationUri": integration["uri"],
                    "PayloadFormatVersion": integration["payloadFormatVersion"],
                },
            }
            made[f"WiredRoute{number}"] = {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {
                    "ApiId": {"Ref": api},
                    "RouteKey": _route_key(method, path),
                    "Target": {"Fn::Sub": f"integrations/${{WiredIntegration{number}}}"},
                    **_authorization(operation),
                },
            }
    return made


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
