"""Each code that a check may leave has words, in English and in German."""

from dataclasses import replace
from typing import get_args

import pytest

from seealso.tables.checks import Checks
from seealso.tables.links import Link
from seealso.verifying import fetching, walls
from seealso.verifying.explanations import explanation, found_link
from seealso.verifying.finding import MISSING, OTHER
from seealso.web.languages import language_of

PENDING = Link(
    link_id="1",
    article_id=1,
    domain=1,
    url="https://example.com/",
    title=None,
    status="pending",
    version=1,
    link_back="missing",
    submitted_at="",
    published_at=None,
    claim="",
    consent={},
    token_hash="",
)

OF_WALLS = {wall for _, _, wall in walls.BY_HEADER} | {*walls.BY_TITLE.values(), "consent"}
CODES = sorted(
    {*MISSING, *OTHER, *get_args(fetching.Kind.__value__), "duplicate", "gone"}
    | {f"wall-{wall}" for wall in OF_WALLS | set(walls.BY_SELECTOR.values())}
)


def checks(*codes: str, status: int | None = 418) -> Checks:
    entry = {"at": "", "found": "missing", "codes": list(codes), "href": "https://x.example/"}
    return Checks("1", evidence=[{**entry, "status": status}])


@pytest.mark.parametrize("code", [code for code in CODES if code not in ("busy-host", "crashed")])
def test_each_code_has_words(code: str) -> None:
    (message,) = explanation(PENDING, checks(code))
    german = language_of("de").text(message)
    assert str(message) != german
    for text in (str(message), german):
        assert text.endswith(".")
        assert "{" not in text


def test_a_server_that_refuses_is_told_whom_to_let_through() -> None:
    for status in (401, 403, 429):
        (message,) = explanation(PENDING, checks("status", status=status))
        assert str(status) in str(message)
        assert "seealso" in str(message)
    (message,) = explanation(PENDING, checks("status", status=503))
    assert str(message) == "The server of your page answered with status 503."


def test_a_second_reason_is_told_where_it_helps() -> None:
    texts = list(map(str, explanation(PENDING, checks("near-miss", "meta-refresh", "cut-off"))))
    assert texts == [
        "Your page links to https://x.example/ but not to this article.",
        "Your page sends browsers elsewhere (meta refresh), which is not followed.",
    ]


def test_before_the_first_check_and_after_the_end() -> None:
    assert list(map(str, explanation(PENDING, Checks("1")))) == [
        "Your page has not been looked at yet."
    ]
    assert explanation(replace(PENDING, status="withdrawn"), Checks("1")) == []


def test_a_near_miss_is_not_found() -> None:
    assert found_link(checks("near-miss")) is None
    assert found_link(Checks("1")) is None
