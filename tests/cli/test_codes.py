"""Signing in to a stack whose editors use one-time codes (the parameter EditorsMfa).

The emulators ask for no codes, so Cognito is a script here: each call that is expected, and its
answer (AWS, "TOTP software token MFA").
"""

from typing import Any

import pytest

from seealso_cli import cognito, login_file
from seealso_cli.errors import RequestRefused
from seealso_cli.login_file import Login, UserPoolClient
from tests.cli.conftest import Run

API = "https://api.example.com"
OPTIONS = [f"--api={API}", "--client-id=client", "--region=eu-west-1"]
TOKENS = {
    "AuthenticationResult": {"AccessToken": "access", "ExpiresIn": 3600, "RefreshToken": "refresh"}
}
USER = {"USERNAME": "ann@example.com"}


class Script:
    """The calls that Cognito expects, in this order; an answer may be an error to raise."""

    def __init__(self, *steps: tuple[str, dict[str, Any], Any]) -> None:
        self.steps = list(steps)

    def __call__(self, _client: UserPoolClient, operation: str, **parameters: Any) -> Any:
        expected, some, answer = self.steps.pop(0)
        assert operation == expected
        assert {name: parameters[name] for name in some} == some
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SEEALSO_PASSWORD", "a-Horse-1-battery")
    monkeypatch.setenv("SEEALSO_CODE", "123456")

    def started(*steps: tuple[str, dict[str, Any], Any]) -> Script:
        script = Script(*steps)
        monkeypatch.setattr(cognito, "call_unsigned", script)
        return script

    return started


def challenge(name: str, session: str) -> dict[str, str]:
    return {"ChallengeName": name, "Session": session}


def test_sends_the_code_that_cognito_asks_for(run: Run, play: Any) -> None:
    answers = {**USER, "SOFTWARE_TOKEN_MFA_CODE": "123456"}
    script = play(
        ("initiate_auth", {}, challenge("SOFTWARE_TOKEN_MFA", "s1")),
        ("respond_to_auth_challenge", {"ChallengeResponses": answers, "Session": "s1"}, TOKENS),
    )
    assert run("login", USER["USERNAME"], *OPTIONS).status == 0
    assert script.steps == []
    assert login_file.read().access_token == "access"


def test_a_required_app_is_set_up_at_the_first_sign_in(
    run: Run, play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEALSO_NEW_PASSWORD", "another-Horse-2-battery")
    script = play(
        ("initiate_auth", {}, challenge("NEW_PASSWORD_REQUIRED", "s1")),
        ("respond_to_auth_challenge", {"Session": "s1"}, challenge("MFA_SETUP", "s2")),
        ("associate_software_token", {"Session": "s2"}, {"SecretCode": "KEY", "Session": "s3"}),
        (
            "verify_software_token",
            {"Session": "s3", "UserCode": "123456"},
            {"Status": "SUCCESS", "Session": "s4"},
        ),
        (
            "respond_to_auth_challenge",
            {"ChallengeName": "MFA_SETUP", "ChallengeResponses": USER, "Session": "s4"},
            TOKENS,
        ),
    )
    outcome = run("login", USER["USERNAME"], *OPTIONS)
    assert outcome.status == 0
    assert outcome.stderr[0] == "Add this key to your authenticator app (time-based): KEY"
    assert script.steps == []


def test_an_editor_may_ask_for_codes(run: Run, play: Any) -> None:
    token = {"AccessToken": "access"}
    script = play(
        ("initiate_auth", {}, TOKENS),
        ("associate_software_token", token, {"SecretCode": "KEY"}),
        ("verify_software_token", {**token, "UserCode": "123456"}, {"Status": "SUCCESS"}),
        (
            "set_user_mfa_preference",
            {**token, "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}},
            {},
        ),
    )
    assert run("login", USER["USERNAME"], "--set-up-codes", *OPTIONS).status == 0
    assert script.steps == []


@pytest.mark.parametrize(
    ("verified", "status"),
    [(RequestRefused(401, "Cognito refused: Code mismatch"), 3), ({"Status": "ERROR"}, 2)],
)
def test_a_wrong_code_signs_nobody_in(
    run: Run, play: Any, verified: dict[str, str] | Exception, status: int
) -> None:
    play(
        ("initiate_auth", {}, challenge("MFA_SETUP", "s1")),
        ("associate_software_token", {}, {"SecretCode": "KEY", "Session": "s2"}),
        ("verify_software_token", {}, verified),
    )
    assert run("login", USER["USERNAME"], *OPTIONS).status == status
    assert not login_file.path().exists()


def test_other_challenges_and_tokens_have_no_codes(run: Run, play: Any) -> None:
    play(("initiate_auth", {}, challenge("SMS_MFA", "s1")))
    outcome = run("login", USER["USERNAME"], *OPTIONS)
    assert outcome.status == 2
    assert outcome.stderr[-1].endswith("requires SMS_MFA, which this command does not support.")
    login_file.write(Login(API, "token"))
    assert run("login", "--token-stdin", f"--api={API}", "--set-up-codes").status == 2
