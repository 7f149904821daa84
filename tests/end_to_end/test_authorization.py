"""Who is let in to the admin endpoint as deployed: its routes, and tokens that are refused."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from local import account
from local.editors import ADMIN, EDITOR
from tests.end_to_end.conftest import Deployed
from tests.end_to_end.copies import processed_template
from tests.end_to_end.requests import SignedIn, new_article, new_domain, published_article, sign_in
from tests.end_to_end.test_links import submit
from tests.end_to_end.tokens import REFUSED, refused_tokens, resigned

PAGES = {
    "/",
    "/a/{id}",
    "/a/{id}/links",
    "/s/{domain}",
    "/s/{domain}/feed.atom",
    "/feed.atom",
    "/robots.txt",
    "/sitemaps/{domain}",
    "/sitemaps/{domain}/{part}",
    "/assets/{name}",
    "/problems/{name}",
    "/l/{link_id}",
    "/l/{link_id}/withdraw",
    "/l/{link_id}/check",
}
PUBLIC_READS = {
    "/articles/{id}",
    "/articles/{id}/related",
    "/domains/{domain}/articles",
    "/sites",
    "/openapi.json",
    "/links/{link_id}",
    "/consent",
    "/graphql",
}
# Without the authorizer: the desk itself looks at sessions (tests/desk/test_security.py).
DESK = {"/desk", "/desk/{proxy+}"}
PUBLIC = {
    *(f"{method} {path}" for method in ("GET", "HEAD") for path in PUBLIC_READS | PAGES | DESK),
    "POST /desk/{proxy+}",
    "POST /articles/{id}/links",
    "POST /articles/{id}/links/preview",
    "POST /webmention",
    "POST /links/{link_id}/check",
    "POST /l/{link_id}/check",
    "DELETE /links/{link_id}",
    "POST /graphql",
    "POST /a/{id}/links",
    "POST /l/{link_id}/withdraw",
}
FOR_ADMINS = {
    "POST /admin/articles/{id}/purge",
    "POST /admin/links/{link_id}/erase",
    "PUT /admin/sites/{domain}",
    "POST /admin/blocks",
    "DELETE /admin/blocks/{host}",
    "GET /admin/audit",
}

type Operation = dict[str, Any]


class Network(NamedTuple):
    """What requests are about: a site, its article with a pending link, a host that is blocked."""

    domain: int
    article_id: int
    link_id: str
    host: str


def api(template: Any) -> Any:
    """The HTTP API's OpenAPI Body, which AWS makes the routes from."""
    return template["Resources"]["Api"]["Properties"]["Body"]


def operations(template: Any) -> dict[str, Operation]:
    """What the Body says of each route, by route key."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in api(template)["paths"].items()
        for method, operation in methods.items()
    }


def function_of(operation: Operation) -> str:
    """Whom a route calls."""
    uri: str = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
    return uri


def admin_routes(deployed: Deployed) -> list[str]:
    return [each for each in operations(processed_template(deployed)) if " /admin" in each]


@pytest.fixture(scope="module")
def bearers(deployed: Deployed) -> dict[str, str | None]:
    return refused_tokens(deployed)


@pytest.fixture
def network(deployed: Deployed) -> Network:
    """All of it with version 1, in a domain of its own."""
    admin, domain = sign_in(deployed, ADMIN), new_domain()
    host = f"blocked-{domain}.example.net"  # one item for all sites that block it
    site = {
        "name": "Iron",
        "article_url": "https://iron.example.net/{id}",
        "blocked_hosts": [host],
    }
    assert admin.request("PUT", f"/admin/sites/{domain}", site).status == 201
    article_id = published_article(admin, domain)
    submitted = submit(deployed, article_id, f"https://pans-{domain}.example.net/")
    assert submitted.json()["status"] == "pending"
    return Network(domain, article_id, submitted.json()["link_id"], host)


def answers(sender: SignedIn, network: Network, routes: list[str]) -> dict[str, int]:
    """The status of a request to each route in turn, with all but the token as it must be."""
    article = new_article(network.domain)
    bodies: dict[str, Any] = {
        "POST /admin/articles": article,
        "PUT /admin/articles/{id}": article,
        "PATCH /admin/articles/{id}": {"title": "Another title"},
        "POST /admin/links/{link_id}/reject": {"reason": "Not about pans."},
        "PUT /admin/sites/{domain}": {"name": "Pans", "article_url": "https://p.example.net/{id}"},
        "POST /admin/blocks": {"host": f"other-{network.host}", "domain": network.domain},
    }
    found = {}
    for route in routes:
        method, _, path = route.partition(" ")
        path = path.replace("{id}", str(network.article_id)).replace("{link_id}", network.link_id)
        path = path.replace("{host}", network.host).replace("{domain}", str(network.domain))
        target = f"{path}?domain={network.domain}" if "/admin/audit" not in path else path
        version = None if method == "GET" else 1
        found[route] = sender.request(method, target, bodies.get(route), version).status
    return found


def stored(deployed: Deployed, network: Network) -> list[str]:
    """Every item of the tables that is about the network."""
    client: Any = account.session().client(
        "dynamodb", endpoint_url=account.endpoint(deployed.stack.port)
    )

    def all_items() -> Iterator[str]:
        for output, table in deployed.stack.outputs.items():
            if output.endswith("Table"):
                for part in client.get_paginator("scan").paginate(TableName=table):
                    yield from (
                        json.dumps([output, each], sort_keys=True) for each in part["Items"]
                    )

    marks = (str(network.domain), f"page#{network.article_id}", network.link_id)
    return sorted(item for item in all_items() if any(mark in item for mark in marks))


# ---- routes ----------------------------------------------------------------------------------


def test_every_route_is_public_on_purpose_or_behind_the_authorizer(deployed: Deployed) -> None:
    found = operations(processed_template(deployed))
    behind = {route for route, each in found.items() if each.get("security") == [{"Editors": []}]}

    assert set(found) - behind == PUBLIC
    assert behind > FOR_ADMINS
    assert all(route.split(" ")[1].startswith("/admin/") for route in behind)


def test_what_serves_an_admin_route_can_be_called_in_no_other_way(deployed: Deployed) -> None:
    template = processed_template(deployed)
    found = operations(template)
    serving = {function_of(each) for route, each in found.items() if " /admin/" in route}

    assert len(serving) == 1
    assert {function_of(found[route]) for route in PUBLIC}.isdisjoint(serving)
    types = [each["Type"] for each in template["Resources"].values()]
    assert "AWS::Lambda::Url" not in types


def test_the_authorizer_and_the_function_ask_for_the_same_token(deployed: Deployed) -> None:
    template = processed_template(deployed)
    schemes = api(template)["components"]["securitySchemes"]
    asked = schemes["Editors"]["x-amazon-apigateway-authorizer"]["jwtConfiguration"]
    admin = template["Resources"]["Admin"]["Properties"]["Environment"]["Variables"]

    assert asked["issuer"] == admin["ADMIN_ISSUER"]
    assert asked["audience"] == [admin["ADMIN_AUDIENCE"]]


# ---- tokens ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("token", "status"), REFUSED.items())
def test_every_admin_route_refuses_a_token_that_is(
    deployed: Deployed,
    network: Network,
    bearers: dict[str, str | None],
    token: str,
    status: int,
) -> None:
    routes = admin_routes(deployed)
    before = stored(deployed, network)

    found = answers(SignedIn(deployed, bearers[token]), network, routes)

    assert found == dict.fromkeys(routes, status)
    assert stored(deployed, network) == before


def test_an_editor_is_refused_on_the_admins_routes_alone(
    deployed: Deployed, network: Network
) -> None:
    before = stored(deployed, network)

    found = answers(sign_in(deployed, EDITOR), network, sorted(FOR_ADMINS))

    assert found == dict.fromkeys(sorted(FOR_ADMINS), 403)
    assert stored(deployed, network) == before
    others = [route for route in admin_routes(deployed) if route not in FOR_ADMINS]
    found = answers(sign_in(deployed, EDITOR), network, others)
    assert set(found.values()) <= {200, 201, 202, 409, 412}


def test_the_same_requests_of_an_admin_are_all_let_through(
    deployed: Deployed, network: Network
) -> None:
    before = stored(deployed, network)

    found = answers(sign_in(deployed, ADMIN), network, admin_routes(deployed))

    # Each was made for version 1, which the ones before it have changed.
    assert set(found.values()) <= {200, 201, 202, 204, 409, 412}
    assert stored(deployed, network) != before


def test_a_forged_token_is_refused_for_its_fault_and_not_for_how_it_was_made(
    deployed: Deployed,
) -> None:
    assert SignedIn(deployed, resigned(deployed)).request("GET", "/admin/audit").status == 200


def test_a_refusal_tells_nothing_but_how_to_be_let_in(
    deployed: Deployed, bearers: dict[str, str | None]
) -> None:
    of_the_gateway = SignedIn(deployed, None).request("GET", "/admin/links")
    unauthorized = SignedIn(deployed, bearers["an ID token"]).request("GET", "/admin/links")
    forbidden = SignedIn(deployed, bearers["in no group"]).request("GET", "/admin/links")

    assert list(of_the_gateway.json()) == ["message"]
    assert unauthorized.headers["Content-Type"] == "application/problem+json"
    assert unauthorized.headers["WWW-Authenticate"] == "Bearer"
    assert set(unauthorized.json()) == {"type", "title", "status", "detail", "request_id"}
    assert forbidden.json()["detail"] == "This operation requires the editors group."
