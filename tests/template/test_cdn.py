"""CloudFront in front of the API: what it caches, what it passes on, and who may come past it."""

import ast
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from local.paths import ROOT
from tests.support.gateway import routes
from tests.template.processed import of_type, processed, source, strings

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
ALL_METHODS = {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"}
PRIVATE = ("/desk", "/desk/*", "/l/*", "/admin/*")
# Routes that answer GET with no-store; all others may be cached.
NOT_CACHED = {
    "/a/{id}/links",
    "/l/{link_id}",
    "/l/{link_id}/check",
    "/l/{link_id}/withdraw",
    "/links/{link_id}",
}
# AWS "Quotas on CloudFront", "Quotas on CloudFront Functions", "Quotas on policies".
MAX_BEHAVIORS = 25
MAX_FUNCTION_BYTES = 10 * 1024
MAX_QUERY_STRINGS = 10
# Request headers that code reads, and why a cached answer does not depend on them.
HEADERS = {
    "accept": "in the cache key of /graphql, the only route that reads it",
    "accept-encoding": "in every cache key, as gzip or not",
    "accept-language": "for refusals alone, which are not stored; it is sent to the API",
    "authorization": "of routes that are not cached",
    "content-type": "of bodies",
    "cookie": "of the desk, which is not cached",
    "host": "replaced by PublicUrl",
    "idempotency-key": "of submissions",
    "if-match": "of editors' changes",
    "if-modified-since": "CloudFront compares it itself",
    "if-none-match": "CloudFront compares it itself",
    "origin": "of submissions, and of the desk",
    "sec-fetch-mode": "of the desk",
    "x-forwarded-proto": "replaced by PublicUrl",
    "x-origin-secret": "the same in all requests",
    "x-viewer-address": "of submissions",
}


def config() -> dict[str, Any]:
    (distribution,) = of_type("AWS::CloudFront::Distribution").values()
    found: dict[str, Any] = distribution["Properties"]["DistributionConfig"]
    return found


def behavior_of(path: str) -> dict[str, Any]:
    """The first behavior whose pattern matches; in patterns, * also matches slashes."""
    for behavior in config()["CacheBehaviors"]:
        parts = map(re.escape, behavior["PathPattern"].split("*"))
        if re.fullmatch(".*".join(parts), path):
            found: dict[str, Any] = behavior
            return found
    default: dict[str, Any] = config()["DefaultCacheBehavior"]
    return default


def behaviors() -> list[dict[str, Any]]:
    return [*config()["CacheBehaviors"], config()["DefaultCacheBehavior"]]


def is_cached(behavior: dict[str, Any]) -> bool:
    return bool(behavior["CachePolicyId"] != CACHING_DISABLED)


def policy(name: dict[str, str]) -> dict[str, Any]:
    """The cache policy that a behavior refers to."""
    properties = processed()["Resources"][name["Ref"]]["Properties"]
    found: dict[str, Any] = properties["CachePolicyConfig"]
    return found


def key(name: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = policy(name)["ParametersInCacheKeyAndForwardedToOrigin"]
    return found


@pytest.mark.parametrize("route", sorted(routes()))
def test_every_route_is_cached_as_it_should_be(route: str) -> None:
    method, _, template = route.partition(" ")
    path = re.sub(r"\{[\w+]+\}", "7", template)
    behavior = behavior_of(path)
    assert method in behavior["AllowedMethods"]
    should_be_cached = (
        method in ("GET", "HEAD")
        and template not in NOT_CACHED
        and not path.startswith(("/admin/", "/desk"))
    )
    if should_be_cached:
        assert is_cached(behavior)
    elif template != "/graphql":  # whose POST has the behavior of its GET
        assert not is_cached(behavior)


@pytest.mark.parametrize("pattern", PRIVATE)
def test_private_pages_have_behaviors_of_their_own(pattern: str) -> None:
    (behavior,) = [each for each in config()["CacheBehaviors"] if each["PathPattern"] == pattern]
    assert behavior_of(pattern.replace("*", "links/7")) == behavior
    assert not is_cached(behavior)
    # It has all cookies, query strings and headers, Authorization included.
    assert behavior["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER


def test_what_has_no_behavior_is_not_cached() -> None:
    assert behavior_of("/new/7") == config()["DefaultCacheBehavior"]
    assert not is_cached(config()["DefaultCacheBehavior"])


def test_only_get_and_head_are_cached() -> None:
    for behavior in behaviors():
        assert "CachedMethods" not in behavior  # GET and HEAD by default


def test_viewers_cannot_send_an_address_of_their_own() -> None:
    """Where all their headers are passed on, the function replaces this one."""
    function = {"Fn::GetAtt": ["ViewerAddress", "FunctionARN"]}
    passed = [{"EventType": "viewer-request", "FunctionARN": function}]
    for behavior in behaviors():
        if is_cached(behavior):
            # Without the function, which would be charged for each page view.
            assert behavior["OriginRequestPolicyId"] == {"Ref": "CachedRequests"}
            assert "FunctionAssociations" not in behavior
        else:
            assert behavior["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST_HEADER
            assert behavior["FunctionAssociations"] == passed
            assert set(behavior["AllowedMethods"]) == ALL_METHODS
    (requests,) = of_type("AWS::CloudFront::OriginRequestPolicy").values()
    properties = requests["Properties"]["OriginRequestPolicyConfig"]
    sent = {name.lower() for name in properties["HeadersConfig"]["Headers"]}
    assert "accept-language" in sent
    assert not {"x-viewer-address", "x-origin-secret", "cookie", "authorization"} & sent
    assert properties["CookiesConfig"] == {"CookieBehavior": "none"}
    assert properties["QueryStringsConfig"] == {"QueryStringBehavior": "none"}


def test_caches_keep_what_the_origin_allows() -> None:
    for behavior in filter(is_cached, behaviors()):
        found = policy(behavior["CachePolicyId"])
        assert (found["MinTTL"], found["DefaultTTL"]) == (0, 0)
        assert found["MaxTTL"] >= 365 * 24 * 3600  # files with a hash in their name
        parameters = key(behavior["CachePolicyId"])
        assert parameters["CookiesConfig"] == {"CookieBehavior": "none"}
        assert parameters["EnableAcceptEncodingGzip"] is True
        assert behavior["Compress"] is True  # reads in JSON, which functions send as they are
    # With these statuses CloudFront ignores no-store.
    uncached = {
        each["ErrorCode"]: each["ErrorCachingMinTTL"] for each in config()["CustomErrorResponses"]
    }
    assert uncached == dict.fromkeys((400, 403, 405, 500, 502, 503, 504), 0)


def calls(folder: str) -> Iterator[ast.Call]:
    for path in (ROOT / folder).rglob("*.py"):
        if "desk" in path.parts:
            continue  # it is not cached
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield node


def test_every_query_parameter_of_a_cached_route_is_in_its_cache_key() -> None:
    readers = ("query_string", "query_integer", "query_choice")
    folders = [
        each
        for each in ("layers", *(f"functions/{name}" for name in set(routes().values())))
        if each != "functions/admin"
    ]
    read = {
        call.args[0].value
        for folder in folders
        for call in calls(folder)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in readers
        and isinstance(call.args[0], ast.Constant)
    }
    reads = key({"Ref": "CachedReads"})["QueryStringsConfig"]
    assert reads["QueryStringBehavior"] == "whitelist"
    assert set(reads["QueryStrings"]) == read - {"token"}  # of /l, which is not cached

    from seealso.graphql import transport

    graphql = key({"Ref": "CachedGraphql"})["QueryStringsConfig"]
    assert graphql["QueryStringBehavior"] == "whitelist"
    assert set(graphql["QueryStrings"]) == set(transport._MEMBERS)
    for each in (reads, graphql):
        assert len(each["QueryStrings"]) <= MAX_QUERY_STRINGS
    assert behavior_of("/graphql")["CachePolicyId"] == {"Ref": "CachedGraphql"}


def test_no_cached_answer_depends_on_a_header_that_its_key_lacks() -> None:
    read: set[Any] = set()
    for folder in ("layers", "functions"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            read |= set(
                re.findall(r"(?:request|self)\.headers(?:\.get\(|\[)\s*[\"']([^\"']+)", text)
            )
    assert read == set(HEADERS)
    headers = key({"Ref": "CachedGraphql"})["HeadersConfig"]
    assert headers == {"HeaderBehavior": "whitelist", "Headers": ["Accept"]}
    assert key({"Ref": "CachedReads"})["HeadersConfig"] == {"HeaderBehavior": "none"}


def test_cached_answers_can_be_read_by_pages_of_every_origin() -> None:
    (api,) = of_type("AWS::ApiGatewayV2::Api").values()
    gateway = api["Properties"]["Body"]["x-amazon-apigateway-cors"]
    (answers,) = of_type("AWS::CloudFront::ResponseHeadersPolicy").values()
    cors = answers["Properties"]["ResponseHeadersPolicyConfig"]["CorsConfig"]
    # Where the gateway has said something, that stands: a preflight may be about Authorization.
    assert cors["OriginOverride"] is False
    assert set(cors["AccessControlAllowHeaders"]["Items"]) <= set(gateway["allowHeaders"])
    assert cors["AccessControlAllowCredentials"] is False
    assert cors["AccessControlAllowOrigins"]["Items"] == gateway["allowOrigins"] == ["*"]
    assert cors["AccessControlExposeHeaders"]["Items"] == gateway["exposeHeaders"]
    assert cors["AccessControlMaxAgeSec"] == gateway["maxAge"]
    assert set(cors["AccessControlAllowMethods"]["Items"]) < set(gateway["allowMethods"])
    for behavior in behaviors():
        expected = {"Ref": "CachedAnswers"} if is_cached(behavior) else None
        assert behavior.get("ResponseHeadersPolicyId") == expected
        # A client that sends a header of its own asks first.
        assert "OPTIONS" in behavior["AllowedMethods"]


def test_the_distribution_fits_into_aws_quotas() -> None:
    assert len(behaviors()) <= MAX_BEHAVIORS
    (function,) = of_type("AWS::CloudFront::Function").values()
    assert len(function["Properties"]["FunctionCode"].encode()) <= MAX_FUNCTION_BYTES
    assert function["Properties"]["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"


def test_the_cdn_is_made_only_when_asked_for() -> None:
    assert source()["Parameters"]["Cdn"]["Default"] == "off"
    for resource in processed()["Resources"].values():
        if resource["Type"].startswith("AWS::CloudFront::"):
            assert resource["Condition"] == "HasCdn"
    for each in secrets_in_functions().values():
        assert each["Fn::If"][0::2] == ["AnswersCdnAlone", ""]


def test_the_cdn_demands_a_public_url_and_a_secret() -> None:
    rule = source()["Rules"]["CdnNeedsPublicUrlAndSecret"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Cdn"}, "off"]}]}
    assert [each["Assert"] for each in rule["Assertions"]] == [
        *(
            {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]}
            for name in ("PublicUrl", "OriginSecret")
        ),
        {"Fn::Equals": [{"Ref": "DefaultAddress"}, "open"]},
    ]
    # Whatever its own domain is, which may be the one that readers use.
    (api,) = config()["Origins"]
    assert ".execute-api." in api["DomainName"]["Fn::Sub"]


def secrets_in_functions() -> dict[str, Any]:
    """The variable with the secrets of each function that has it."""
    variables = {
        name: function["Properties"]["Environment"]["Variables"]
        for name, function in of_type("AWS::Lambda::Function").items()
    }
    return {
        name: each["ORIGIN_SECRETS"] for name, each in variables.items() if "ORIGIN_SECRETS" in each
    }


def test_functions_with_routes_know_the_secrets_before_cloudfront_sends_them() -> None:
    answering = {folder.title().replace("_", "") for folder in routes().values()}
    assert set(secrets_in_functions()) == answering | {"VersionProbe"}  # which asks them
    (distribution,) = of_type("AWS::CloudFront::Distribution").values()
    assert distribution["DependsOn"] == sorted(f"{name}Aliaslive" for name in answering)
    assert set(distribution["DependsOn"]) <= set(of_type("AWS::Lambda::Alias"))


def test_secrets_are_shown_nowhere() -> None:
    """But for its id, a secret is in the functions' environment and in CloudFront's header."""
    for name in ("OriginSecret", "OriginSecretPrevious"):
        parameter = source()["Parameters"][name]
        assert parameter["NoEcho"] is True
        assert re.fullmatch(parameter["AllowedPattern"], "1a2b." + "0" * 64)
        assert not re.fullmatch(parameter["AllowedPattern"], "0" * 64)
    (api,) = config()["Origins"]
    assert api["OriginCustomHeaders"] == [
        {"HeaderName": "X-Origin-Secret", "HeaderValue": {"Ref": "OriginSecret"}}
    ]
    others = json.loads(json.dumps(processed()))
    for resource in others["Resources"].values():
        properties = resource.get("Properties", {})
        properties.get("Environment", {}).get("Variables", {}).pop("ORIGIN_SECRETS", None)
    others["Resources"]["Distribution"]["Properties"]["DistributionConfig"].pop("Origins")
    text = json.dumps(others["Resources"]) + json.dumps(others["Outputs"])
    secret = re.compile(r'\{"Fn::Split": \[".", \{"Ref": "OriginSecret(Previous)?"\}\]\}')
    assert "OriginSecret" not in secret.sub("", text)
    # Of a split secret, the first part alone.
    assert len(secret.findall(text)) == len(
        re.findall(r'"Fn::Select": \[0, ' + secret.pattern, text)
    )


def test_cloudfront_logs_no_query_strings() -> None:
    assert not {"Logging"} & set(config())
    assert not [each for each in behaviors() if "RealtimeLogConfigArn" in each]
    kinds = {resource["Type"] for resource in processed()["Resources"].values()}
    assert not {kind for kind in kinds if kind.startswith("AWS::Logs::Delivery")}
    assert not [text for text in strings(processed()) if "cs-uri-query" in text]


@pytest.mark.skipif(
    shutil.which("node") is None and os.environ.get("CI") != "true", reason="needs Node"
)
@pytest.mark.parametrize("address", ["198.51.100.23", "2001:db8:1:2::1"])
def test_the_function_tells_the_viewers_address(address: str) -> None:
    (function,) = of_type("AWS::CloudFront::Function").values()
    forged = {"value": "192.0.2.1", "multiValue": [{"value": "192.0.2.1"}, {"value": "192.0.2.2"}]}
    headers = {"x-viewer-address": forged, "accept": {"value": "*/*"}}
    told = {"value": address}
    request = {"method": "POST", "uri": "/articles/7/links", "headers": headers}
    event = {"version": "1.0", "viewer": {"ip": address}, "request": request}
    code = function["Properties"]["FunctionCode"]
    program = f"{code}\nconsole.log(JSON.stringify(handler({json.dumps(event)})))"
    output = subprocess.run(
        ["node", "--eval", program], capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(output) == request | {"headers": headers | {"x-viewer-address": told}}
