"""What the API refuses, or does not answer: exit statuses, and what is said on stderr."""

import json
from typing import Any

import pytest

from seealso_cli import admin_api, login_file
from seealso_cli.login_file import Login
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Admin
from tests.cli.support import Printed
from tests.support.gateway import Response

NEW = {"id": 41, "domain": 7, "title": "A", "text": "", "date": "2026-02-25"}


def problem(status: int, **members: Any) -> Response:
    body = {"type": "/problems/x", "status": status, "request_id": "r1"} | members
    return Response(status, {"content-type": "application/problem+json"}, json.dumps(body))


def gateways(status: int, message: str) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps({"message": message}))


@pytest.fixture
def as_editor(as_editor: Admin, admin_server: AdminServer) -> Admin:
    """An editor, with an article to work on."""
    as_editor("articles", "create", "-", stdin=json.dumps(NEW).encode())
    admin_server.requests.clear()
    return as_editor


def test_each_field_at_fault_is_told(as_editor: Admin) -> None:
    body = {"domain": -1, "title": "", "text": "", "date": "today", "colour": 1}
    outcome = as_editor("articles", "create", "-", stdin=json.dumps(body).encode())
    assert outcome.status == 1
    assert outcome.out == ""
    assert outcome.told[0] == "Error: Some fields are not as they must be."
    fields = {line.split(":")[0] for line in outcome.told[1:]}
    assert fields == {"  colour", "  domain", "  title", "  date"}


def test_what_is_there_now_is_told(as_editor: Admin) -> None:
    as_editor("articles", "patch", 41, "--title=Theirs")
    as_editor("articles", "publish", 41)
    outcome = as_editor("articles", "patch", 41, "--title=Mine", "--version=1")
    assert outcome == Printed(
        6,
        "",
        [
            "Error: The article has changed since: look at it as it is now, then send its version.",
            "  It is version 3 now, published, Theirs.",
        ],
    )


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (problem(400, detail="Bad."), 1, ["Error: Bad."]),
        (problem(413, detail="Large."), 1, ["Error: Large."]),
        (problem(415, detail="Send JSON."), 1, ["Error: Send JSON."]),
        (
            problem(422, detail="No.", errors=[{"field": "a", "detail": "a is \x1b[2Jbad."}]),
            1,
            ["Error: No.", "  a: a is \\x1b[2Jbad."],
        ),
        (
            problem(422, detail="a is bad.", errors=[{"field": "a", "detail": "a is bad."}]),
            1,
            ["Error: a is bad."],
        ),
        (problem(403, detail="Not you."), 4, ["Error: Not you."]),
        (gateways(403, "Forbidden"), 4, ["Error: Forbidden"]),
        (problem(404, detail="None."), 5, ["Error: None."]),
        (gateways(404, "Not Found"), 5, ["Error: Not Found"]),
        (problem(409, detail="Full.", cap=5), 6, ["Error: Full."]),
        (
            problem(412, detail="Changed.", current=None),
            6,
            ["Error: Changed.", "  It is not there any more."],
        ),
        (problem(428, detail="If-Match."), 6, ["Error: If-Match."]),
        (problem(500, detail="Oh."), 2, ["Error: The API can't do it: Oh. (request id: r1)"]),
        (
            gateways(503, "Service Unavailable"),
            2,
            ["Error: The API can't do it: Service Unavailable (request id: none)"],
        ),
        (
            Response(302, {"location": "https://elsewhere.example.com/"}, ""),
            2,
            ["Error: The API can't do it: HTTP status 302 (request id: none)"],
        ),
        (
            Response(502, {}, "<html>"),
            2,
            ["Error: The API can't do it: HTTP status 502 (request id: none)"],
        ),
    ],
)
def test_each_refusal_of_a_change(
    as_editor: Admin, admin_server: AdminServer, answer: Response, status: int, told: list[str]
) -> None:
    admin_server.instead = [answer]
    outcome = as_editor("articles", "publish", 41, "--version=1")
    assert outcome == Printed(status, "", told)
    # A change is sent once.
    assert len(admin_server.requests) == 1


def test_an_editor_is_no_admin(as_editor: Admin) -> None:
    outcome = as_editor("sites", "list")
    assert outcome.status == 4
    assert outcome.told == ["Error: This is for the group admins; your token is not in it."]


@pytest.mark.parametrize("busy", [gateways(429, "Too Many Requests"), problem(503, detail="Busy.")])
def test_reads_are_tried_again(as_editor: Admin, admin_server: AdminServer, busy: Response) -> None:
    busy.headers["retry-after"] = "7"
    admin_server.instead = [busy] * (admin_api.ATTEMPTS - 1)
    assert as_editor("articles", "show", 41).status == 0
    admin_server.instead = [busy] * admin_api.ATTEMPTS
    assert as_editor("articles", "show", 41).status == 2


def test_what_is_no_seealso_api(as_editor: Admin, admin_server: AdminServer) -> None:
    for body in ("<html>", "[]", "7"):
        admin_server.instead = [Response(200, {}, body)]
        outcome = as_editor("articles", "show", 41)
        assert outcome.status == 2
        assert outcome.told[0].startswith("Error: This is not the answer of a seealso API")


def test_no_api(run: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_api, "LONGEST_PAUSE_SECONDS", 0.0)
    login_file.write(Login("http://127.0.0.1:9", "t"))
    outcome = run("articles", "show", 41)
    assert outcome.status == 2
    assert outcome.told[0].startswith("Error: http://127.0.0.1:9 does not answer (")


def test_an_answer_that_breaks_off(as_editor: Admin, admin_server: AdminServer) -> None:
    """It may have been done: the editor has to look."""
    admin_server.instead = [Response(200, {"content-length": "100"}, "{}")]
    outcome = as_editor("articles", "publish", 41, "--version=1")
    assert outcome.status == 2
    assert outcome.told[0].endswith(
        " Whether it was done is not known: look before you send it again."
    )
    assert outcome.out == ""


def test_interrupted(as_editor: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(admin_api, "request", interrupted)
    assert as_editor("articles", "show", 41) == Printed(130, "", ["Interrupted."])
