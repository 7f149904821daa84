"""Bodies that are no good: refused by name on every route that takes one, never a 500."""

import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seealso.contract import admin as contract
from seealso.store.tables import Store
from tests.editing.sample_network import COLUMNS, DRAFT, SHOWN, SITE, SITED, link_id
from tests.support import requests
from tests.support.gateway import Response
from tests.support.malformed import MALFORMED_JSON
from tests.support.requests import JSON, at_fault, problem
from tests.support.scan import unchanged

# Each route that takes a body: a good one, and how many bytes it may have.
ROUTES: dict[tuple[str, str], tuple[dict[str, Any], int]] = {
    ("POST", "/articles"): (COLUMNS, 2**21),
    ("PUT", f"/articles/{DRAFT}"): (COLUMNS, 2**21),
    ("PATCH", f"/articles/{DRAFT}"): ({"title": "A title"}, 2**21),
    ("POST", f"/links/{link_id(1)}/reject"): ({"reason": "No."}, 2**13),
    ("POST", f"/links/{link_id(2)}/remove"): ({"reason": "No."}, 2**13),
    ("PUT", f"/sites/{SITED}"): (SITE, 2**19),
    ("POST", "/blocks"): ({"host": "spam.example.net"}, 2**13),
}
every_route = pytest.mark.parametrize("route", ROUTES, ids=" ".join)
type Route = tuple[str, str]


def send(route: Route, body: str | bytes | None, **headers: str) -> Response:
    return requests.raw(*route, body, **{"if_match": "1", **headers})


def test_covers_every_route_with_a_body() -> None:
    taking = {each.name for each in contract.OPERATIONS if each.request}
    assert {requests.operation(*route).name for route in ROUTES} == taking


@every_route
def test_rejects_malformed_json(network: Store, route: Route) -> None:
    (name, value), *_ = ROUTES[route][0].items()
    bodies: dict[str, str | bytes] = {
        "not a member": f'{{"{name}": NaN}}',
        "half a pair": f'{{"{name}": "\\ud83d"}}',
        "half a pair in a name": f'{{"\\udc1d": {json.dumps(value)}}}',
        "half a pair as it is": f'{{"{name}": "\ud83d"}}',
        "no UTF-8": f'{{"{name}": "é"}}'.encode("latin-1"),
        "another encoding": json.dumps(ROUTES[route][0]).encode("utf-16"),
        "many digits": f'{{"domain": {"1" * 5000}}}',
        "a large exponent": f'{{"domain": 1e{"1" * 21}}}',
        "a deep list": f'{{"{name}": {"[" * 32}{"]" * 32}}}',
    }
    bodies |= MALFORMED_JSON
    if route[1].endswith("/remove"):
        del bodies["nothing"]  # which a removal may have
    with unchanged(network):
        for why, body in bodies.items():
            response = send(route, body)
            assert (response.status, problem(response), why) == (400, "malformed-request", why)


@every_route
def test_rejects_other_media_types(network: Store, route: Route) -> None:
    body = json.dumps(ROUTES[route][0])
    with unchanged(network):
        for media_type in (
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            f"{JSON}, {JSON}",
        ):
            response = send(route, body, content_type=media_type)
            assert (response.status, problem(response)) == (415, "unsupported-media-type")
    assert send(route, body.encode(), content_type=f"{JSON.upper()} ; charset=utf-8").status < 300


@every_route
def test_limits_the_size_of_bodies(network: Store, route: Route) -> None:
    good, largest = ROUTES[route]
    body = json.dumps(good).ljust(largest)
    with unchanged(network):
        for longer in (f"{body} ", f"{body} ".encode(), f"{body[:-1]}é"):
            response = send(route, longer)
            assert (response.status, problem(response)) == (413, "too-large")
    assert send(route, body).status < 300


@every_route
def test_rejects_repeated_and_unknown_members(network: Store, route: Route) -> None:
    good = json.dumps(ROUTES[route][0])
    name, *_ = ROUTES[route][0]
    with unchanged(network):
        response = send(route, f'{good[:-1]}, "{name}": [], "{"é" * 99}": null, "é": [[[]]]}}')
        assert response.status == 422
        assert {name, "é" * 64, "é"} <= set(at_fault(response))


MANY = {
    "members": ("/articles", "{" + ",".join(f'"{each:x}":0' for each in range(100_000)) + "}"),
    "hosts": (f"/sites/{SITED}", json.dumps({**SITE, "hosts": [""] * 100_000})),
    "blocked hosts": (f"/sites/{SITED}", json.dumps({**SITE, "blocked_hosts": ["a"] * 100_000})),
}


@pytest.mark.parametrize("many", MANY)
def test_the_answer_to_many_errors_is_short(network: Store, many: str) -> None:
    """Lambda hands back 6 MB at most (AWS "Lambda quotas"): with more, the client gets a 500."""
    target, body = MANY[many]
    response = send(("POST" if target == "/articles" else "PUT", target), body)
    assert response.status == 422
    assert len(response.body) < 1_000_000


def test_very_many_members_are_read_quickly(network: Store) -> None:
    """The function has 10 s (template.yaml), for bodies of over ten times as many members."""
    members = ",".join(f'"{each:x}":0' for each in range(15_000))
    started = time.process_time()
    assert send(("POST", "/articles"), f'{{{members},"0":0}}').status == 422
    assert time.process_time() - started < 1


# ---- anything ----------------------------------------------------------------------------------

NAMES = sorted(
    {name for body, _ in ROUTES.values() for name in body}
    | {"id", "state", "version", "source_id", "hosts", "cap", "publish", "pending_cap"}
    | {"pending_days", "blocked_hosts", "keep_blocked"}
)
words = st.text(max_size=20) | st.sampled_from(
    [
        "draft",
        "approved",
        "2026-02-25",
        "a.example.net",
        "https://a.example.net/{id}",
        "http://{id}",
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
# Beginning with good members, some of which are then something else.
objects = st.tuples(
    st.sampled_from([{}, COLUMNS, SITE, {"reason": "No."}, {"host": "a.example.net"}]),
    st.dictionaries(st.sampled_from(NAMES) | words, values, max_size=6),
).map(lambda both: both[0] | both[1])


@every_route
def test_any_object_has_an_answer(network: Store, route: Route) -> None:
    """requests.raw() refuses statuses that the route's contract does not name, such as 500."""

    @settings(max_examples=60)
    @given(objects, st.integers(1, 3))
    @example({"dynamodb": 1, "ArticlesTable": 1, "Traceback": 1}, 1)  # which an answer may repeat
    def case(body: dict[str, Any], version: int) -> None:
        send(route, json.dumps(body), if_match=str(version))

    case()
    assert requests.editor("GET", f"/articles/{SHOWN}").status == 200


@given(st.text(max_size=40))
@settings(max_examples=60)
def test_any_host_has_an_answer(network: Store, host: str) -> None:
    sent = json.dumps({"host": host})
    response = requests.raw("POST", "/blocks", sent)
    assert response.status in (200, 201, 400, 422)
    if response.status < 300:
        stored = response.json()["host"]
        assert requests.raw("POST", "/blocks", json.dumps({"host": stored})).status == 200
        assert requests.admin("DELETE", f"/blocks/{stored}").status == 204
