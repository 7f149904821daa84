"""Refusals of the API and missing responses: exit statuses, and what is printed on stderr."""

import json
from typing import Any

import pytest

from seealso_cli import admin_api, login_file
from seealso_cli.login_file import Login
from tests.cli.admin_server import AdminServer
from tests.cli.conftest import Run
from tests.cli.support import Outcome
from tests.support.gateway import Response

NEW = {"id": 41, "domain": 7, "title": "A", "text": "", "date": "2026-02-25"}


def problem(status: int, **members: Any) -> Response:
    body = {"type": "/problems/x", "status": status, "request_id": "r1"} | members
    return Response(status, {"content-type": "application/problem+json"}, json.dumps(body))


def gateway_error(status: int, message: str) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps({"message": message}))


@pytest.fixture
def as_editor(as_editor: Run, admin_server: AdminServer) -> Run:
    """Runs `seealso` as an editor, with an article to change."""
    as_editor("articles", "create", "-", stdin=json.dumps(NEW).encode())
    admin_server.requests.clear()
    return as_editor


def test_prints_every_invalid_field(as_editor: Run) -> None:
    body = {"domain": -1, "title": "", "text": "", "date": "today", "color": 1}
    outcome = as_editor("articles", "create", "-", stdin=json.dumps(body).encode())
    assert outcome.status == 1
    assert outcome.out == ""
    assert outcome.stderr[0] == "Error: Some fields are invalid."
    fields = {line.split(":")[0] for line in outcome.stderr[1:]}
    assert fields == {"  color", "  domain", "  title", "  date"}


def test_prints_current_state_after_conflict(as_editor: Run) -> None:
    as_editor("articles", "patch", 41, "--title=Theirs")
    as_editor("articles", "publish", 41)
    outcome = as_editor("articles", "patch", 41, "--title=Mine", "--version=1")
    assert outcome == Outcome(
        6,
        "",
        [
            (
                "Error: The article has changed since you read it. "
                "Review `current` and retry with its ETag."
            ),
            "  The current version is 3, published, Theirs.",
        ],
    )


@pytest.mark.parametrize(
    ("answer", "status", "stderr"),
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
        (gateway_error(403, "Forbidden"), 4, ["Error: Forbidden"]),
        (problem(404, detail="None."), 5, ["Error: None."]),
        (gateway_error(404, "Not Found"), 5, ["Error: Not Found"]),
        (problem(409, detail="Full.", cap=5), 6, ["Error: Full."]),
        (
            problem(412, detail="Changed.", current=None),
            6,
            ["Error: Changed.", "  It no longer exists."],
        ),
        (problem(428, detail="If-Match."), 6, ["Error: If-Match."]),
        (problem(500, detail="Oh."), 2, ["Error: The API failed: Oh. (request id: r1)"]),
        (
            gateway_error(503, "Service Unavailable"),
            2,
            ["Error: The API failed: Service Unavailable (request id: none)"],
        ),
        (
            Response(302, {"location": "https://elsewhere.example.com/"}, ""),
            2,
            ["Error: The API failed: HTTP status 302 (request id: none)"],
        ),
        (
            Response(502, {}, "<html>"),
            2,
            ["Error: The API failed: HTTP status 502 (request id: none)"],
        ),
    ],
)
def test_refused_change_exits_with_status(
    as_editor: Run,
    admin_server: AdminServer,
    answer: Response,
    status: int,
    stderr: list[str],
) -> None:
    admin_server.canned = [answer]
    outcome = as_editor("articles", "publish", 41, "--version=1")
    assert outcome == Outcome(status, "", stderr)
    # A change is not retried.
    assert len(admin_server.requests) == 1


def test_editor_is_not_allowed_to_read_the_audit(as_editor: Run) -> None:
    outcome = as_editor("audit")
    assert outcome.status == 4
    assert outcome.stderr == ["Error: This operation requires the admins group."]


@pytest.mark.parametrize(
    "busy", [gateway_error(429, "Too Many Requests"), problem(503, detail="Busy.")]
)
def test_retries_reads_while_busy(
    as_editor: Run, admin_server: AdminServer, busy: Response
) -> None:
    busy.headers["retry-after"] = "7"
    admin_server.canned = [busy] * (admin_api.MAX_READ_ATTEMPTS - 1)
    assert as_editor("articles", "show", 41).status == 0
    admin_server.canned = [busy] * admin_api.MAX_READ_ATTEMPTS
    assert as_editor("articles", "show", 41).status == 2


def test_rejects_responses_of_other_servers(as_editor: Run, admin_server: AdminServer) -> None:
    for body in ("<html>", "[]", "7"):
        admin_server.canned = [Response(200, {}, body)]
        outcome = as_editor("articles", "show", 41)
        assert outcome.status == 2
        assert outcome.stderr[0].startswith(
            "Error: The server's response is not from a seealso API"
        )


def test_reports_unreachable_api(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_api, "MAX_PAUSE_SECONDS", 0.0)
    login_file.write(Login("http://127.0.0.1:9", "t"))
    outcome = run("articles", "show", 41)
    assert outcome.status == 2
    assert outcome.stderr[0].startswith("Error: Could not reach http://127.0.0.1:9 (")


def test_reports_unknown_result_after_truncated_response(
    as_editor: Run, admin_server: AdminServer
) -> None:
    """The change may have been made: the editor has to check."""
    admin_server.canned = [Response(200, {"content-length": "100"}, "{}")]
    outcome = as_editor("articles", "publish", 41, "--version=1")
    assert outcome.status == 2
    assert outcome.stderr[0].endswith(
        " The change may or may not have been made. Check before you retry."
    )
    assert outcome.out == ""
