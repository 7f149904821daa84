"""What real AWS refuses, charges or forgets and the emulator does not: read from the template."""

import json
import re
from typing import Any

import pytest

from local.paths import ROOT
from seealso.store.client import ATTEMPT_SECONDS, EDITOR_PATIENCE, WRITE_PATIENCE
from tests.template.processed import of_type, processed, source, strings

# Names that need to be unique within another resource of the stack only, or that the user chooses.
NAMES_WITHIN_THE_STACK = {
    ("AWS::ApiGatewayV2::Stage", "StageName"),
    ("AWS::CloudWatch::Alarm", "MetricName"),  # with the stack as its dimension
    ("AWS::Cognito::UserPoolClient", "ClientName"),
    ("AWS::Cognito::UserPoolGroup", "GroupName"),
    ("AWS::Lambda::Alias", "Name"),
}
CHOSEN_NAMES = {("AWS::ApiGatewayV2::DomainName", "DomainName")}
VERSION_DESCRIPTION_LIMIT = 256  # Lambda, PublishVersion
SECRET_ID = 4  # characters before the period in an origin secret


def is_of_the_stack(value: Any) -> bool:
    """Whether a name refers to the stack's name or id, or to a resource of the stack."""
    names = {
        match for text in strings(value) for match in (text, *re.findall(r"\$\{([A-Za-z:]+)", text))
    }
    return bool(names & ({"AWS::StackName", "AWS::StackId"} | set(processed()["Resources"])))


def test_no_name_is_the_same_in_two_stacks() -> None:
    shared = {
        (resource["Type"], name, json.dumps(value))
        for resource in processed()["Resources"].values()
        for name, value in resource.get("Properties", {}).items()
        if name.endswith("Name")
        and (resource["Type"], name) not in NAMES_WITHIN_THE_STACK | CHOSEN_NAMES
        and not is_of_the_stack(value)
    }
    assert not shared


def test_no_output_is_exported() -> None:
    """An export's name is unique in its account and region."""
    assert not [output for output in processed()["Outputs"].values() if "Export" in output]


def test_schedules_permissions_and_routes_are_at_the_alias() -> None:
    aliases = set(of_type("AWS::Lambda::Alias"))
    functions = set(of_type("AWS::Lambda::Function"))
    callers = [
        *(
            each["Properties"]["FunctionName"]
            for each in of_type("AWS::Lambda::Permission").values()
        ),
        *(
            each["Properties"]["Target"]["Arn"]
            for each in of_type("AWS::Scheduler::Schedule").values()
        ),
        *(
            operation["x-amazon-apigateway-integration"]["uri"]
            for api in of_type("AWS::ApiGatewayV2::Api").values()
            for operations in api["Properties"]["Body"]["paths"].values()
            for operation in operations.values()
        ),
    ]
    assert len(callers) > 60
    for caller in callers:
        named = {name for text in strings(caller) for name in re.findall(r"\w+", text)}
        assert named & aliases, caller
        assert not named & functions, caller


def test_a_function_outlasts_its_patience_with_the_store() -> None:
    """Else it is ended before it can say that the store does not answer, or what it has done."""
    default = source()["Globals"]["Function"]["Timeout"]
    own = {
        resource["Properties"]["CodeUri"]: resource["Properties"].get("Timeout", default)
        for resource in source()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    for name in ("admin", "desk"):
        assert EDITOR_PATIENCE.seconds + 5 <= own[f"functions/{name}/"] < 30  # the gateway's limit
    assert default >= WRITE_PATIENCE.seconds + ATTEMPT_SECONDS


def test_what_is_kept_is_deleted_when_its_first_deployment_fails() -> None:
    kept = {
        name: resource
        for name, resource in processed()["Resources"].items()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
        and resource["Type"] != "AWS::Lambda::Version"  # deleted with its function in any case
    }
    tables = set(of_type("AWS::DynamoDB::Table")) - {"TransientTable"}
    assert set(kept) == {*tables, "UserPool"}
    for resource in kept.values():
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"
        # Protection is off in the first deployment (local/release.py).
        protection = {"DeletionProtection", "DeletionProtectionEnabled"} & set(
            resource["Properties"]
        )
        assert {"DeletionProtection", "IsProtected"} & set(
            strings([resource["Properties"][name] for name in protection])
        )


def test_no_address_of_aws_is_fixed() -> None:
    """China and other partitions have other domains: AWS::URLSuffix."""
    fixed = [
        text
        for text in strings(source()["Resources"])
        if "amazonaws.com" in text and not text.endswith(".amazonaws.com")
    ]
    assert not fixed


def test_charged_options_are_off_unless_asked_for() -> None:
    parameters = source()["Parameters"]
    assert parameters["Tracing"]["Default"] == "PassThrough"
    assert parameters["EncryptionKey"]["Default"] == "aws-owned"
    for function in of_type("AWS::Lambda::Function").values():
        assert function["Properties"]["TracingConfig"] == {"Mode": {"Ref": "Tracing"}}
    for table in of_type("AWS::DynamoDB::Table").values():
        assert table["Properties"]["SSESpecification"] == {
            "SSEEnabled": {"Fn::If": ["UsesManagedKey", True, False]}
        }


def longest(value: Any) -> str:
    """The longest value that a string or an intrinsic function of a template may have."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    match function, argument:
        case "Ref", name:
            parameter = source()["Parameters"][name]
            lengths: list[int] = [
                parameter.get("MaxLength", 0),
                len(str(parameter.get("MaxValue", ""))),
                *(len(str(each)) for each in parameter.get("AllowedValues", [])),
            ]
            assert max(lengths), name
            return "x" * max(lengths)
        case "Fn::Select", [
            0,
            {"Fn::Split": [".", {"Ref": "OriginSecret" | "OriginSecretPrevious"}]},
        ]:
            return "x" * SECRET_ID
        case "Fn::If", [_, *branches]:
            return max(map(longest, branches), key=len)
        case "Fn::Join", [separator, parts]:
            return str(separator).join(map(longest, parts))
        case "Fn::Sub", [str(text), named]:
            values = {name: longest(each) for name, each in named.items()}
        case "Fn::Sub", str(text):
            values = {}
        case _:
            raise AssertionError(value)
    return re.sub(
        r"\$\{(\w+)\}", lambda match: values.get(match[1]) or longest({"Ref": match[1]}), text
    )


def test_a_versions_description_fits_with_the_longest_values() -> None:
    versions = of_type("AWS::Lambda::Version").values()
    descriptions = [longest(version["Properties"]["Description"]) for version in versions]
    assert len(descriptions) == 12
    assert max(map(len, descriptions)) <= VERSION_DESCRIPTION_LIMIT


def named(value: Any) -> set[str]:
    """The parameters that a value refers to."""
    texts = {match for text in strings(value) for match in re.findall(r"\$\{(\w+)\}", text)}
    return (texts | set(strings(value))) & set(source()["Parameters"])


def test_a_version_is_published_when_a_parameter_of_its_function_changes() -> None:
    """A version's description is the only property that follows a parameter's value."""
    resources = source()["Resources"]
    for name, function in resources.items():
        if function["Type"] == "AWS::Serverless::Function":
            properties = function["Properties"]
            version = next(
                each["Properties"]
                for each in of_type("AWS::Lambda::Version").values()
                if each["Properties"]["FunctionName"] == {"Ref": name}
            )
            # AdminIssuer and its kind are in conditions, whose branches the description has.
            assert named(properties.get("Environment", {})) <= named(version["Description"]), name


def test_every_public_get_route_answers_head() -> None:
    (api,) = of_type("AWS::ApiGatewayV2::Api").values()
    for path, operations in api["Properties"]["Body"]["paths"].items():
        if "get" in operations and "security" not in operations["get"]:
            assert (
                operations["head"]["x-amazon-apigateway-integration"]
                == operations["get"]["x-amazon-apigateway-integration"]
            ), path
        else:
            assert "head" not in operations, path


def test_an_import_with_warnings_fails_the_deployment() -> None:
    (api,) = of_type("AWS::ApiGatewayV2::Api").values()
    assert api["Properties"]["FailOnWarnings"] is True


def test_cors_allows_every_header_and_authorization() -> None:
    (api,) = of_type("AWS::ApiGatewayV2::Api").values()
    cors = api["Properties"]["Body"]["x-amazon-apigateway-cors"]
    assert cors["allowOrigins"] == ["*"]
    assert "allowCredentials" not in cors  # with credentials, a browser takes * for a name
    assert set(cors["allowHeaders"]) == {"*", "Authorization"}


def test_costly_routes_have_limits_of_their_own() -> None:
    (stage,) = of_type("AWS::ApiGatewayV2::Stage").values()
    (api,) = of_type("AWS::ApiGatewayV2::Api").values()
    routes = {
        f"{method.upper()} {path}"
        for path, operations in api["Properties"]["Body"]["paths"].items()
        for method in operations
        if path in ("/graphql", "/openapi.json")
    }
    settings = stage["Properties"]["RouteSettings"]
    assert set(settings) == routes
    for limits in settings.values():
        # What a route's settings leave out is AWS's default and not DefaultRouteSettings.
        assert limits == {
            "ThrottlingRateLimit": {"Ref": "CostlyRequestsPerSecond"},
            "ThrottlingBurstLimit": {"Ref": "CostlyRequestsBurst"},
        }


@pytest.mark.parametrize("value", ["-", "The request failed: it's 50 % too long"])
def test_access_log_lines_are_json(value: str) -> None:
    """API Gateway writes - for a variable without a value, and escapes quotes in values."""
    (stage,) = of_type("AWS::ApiGatewayV2::Stage").values()
    condition, settings, otherwise = stage["Properties"]["AccessLogSettings"]["Fn::If"]
    assert (condition, otherwise) == ("WritesAccessLogs", {"Ref": "AWS::NoValue"})
    assert source()["Parameters"]["AccessLogs"]["Default"] == "off"
    form = settings["Format"]
    assert "\n" not in form
    line = json.loads(re.sub(r"\$context\.[A-Za-z.]+", value, form))
    assert set(line.values()) == {value}
    assert {"error", "integration_error"} < set(line)
    # None of them has a query string, an address of a client or its user agent.
    assert set(re.findall(r"\$context\.([A-Za-z.]+)", form)) == {
        *("requestTime", "requestId", "routeKey", "status", "responseLength", "responseLatency"),
        *("integrationLatency", "error.message", "integrationErrorMessage"),
    }


def test_editors_names_ignore_case_and_a_second_factor_is_possible() -> None:
    (pool,) = of_type("AWS::Cognito::UserPool").values()
    assert pool["Properties"]["UsernameConfiguration"] == {"CaseSensitive": False}
    assert pool["Properties"]["MfaConfiguration"] == {"Ref": "EditorsMfa"}
    assert pool["Properties"]["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert source()["Parameters"]["EditorsMfa"]["Default"] == "OPTIONAL"


def test_the_default_address_can_be_closed_only_with_an_own_domain() -> None:
    rules = source()["Rules"]["ClosedAddressNeedsOwnDomain"]
    assert {"DefaultAddress", "closed"} < set(strings(rules["RuleCondition"]))
    assert "DomainName" in set(strings(rules["Assertions"]))
    (api,) = of_type("AWS::ApiGatewayV2::Api").values()
    (server,) = api["Properties"]["Body"]["servers"]
    assert server["x-amazon-apigateway-endpoint-configuration"] == {
        "disableExecuteApiEndpoint": {"Fn::If": ["IsDefaultAddressClosed", True, False]}
    }


def test_concurrency_of_public_functions_alone_can_be_limited() -> None:
    limited = {
        name: function["Properties"]["ReservedConcurrentExecutions"]
        for name, function in of_type("AWS::Lambda::Function").items()
        if "ReservedConcurrentExecutions" in function["Properties"]
    }
    assert set(limited) == {"GetArticle", "Related", "Page", "SubmitLink", "Graphql"}
    # 0, the default, means no limit; in a function's properties it would switch the function off.
    no_limit = {"Ref": "AWS::NoValue"}
    for value in limited.values():
        assert value == {"Fn::If": ["LimitsPublic", {"Ref": "PublicConcurrency"}, no_limit]}


def test_a_functions_routes_fit_into_its_policy() -> None:
    # Each is a statement of about 430 bytes, and a policy has at most 20 KB (AWS "Lambda quotas").
    for name, function in source()["Resources"].items():
        if function["Type"] == "AWS::Serverless::Function":
            assert len(function["Properties"].get("Events", {})) <= 20 * 1024 // 430, name


def test_functions_that_make_absolute_urls_know_the_public_one() -> None:
    for name, function in source()["Resources"].items():
        if function["Type"] == "AWS::Serverless::Function":
            properties = function["Properties"]
            code = (ROOT / properties["CodeUri"] / "app.py").read_text()
            variables = properties.get("Environment", {}).get("Variables", {})
            makes_urls = any(each in code for each in ("base_url", "seealso.web", "seealso.desk"))
            assert makes_urls == ("PUBLIC_URL" in variables), name
