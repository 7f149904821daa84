"""tests/support/leaks.py: what an answer may show is what was sent, in any spelling."""

import pytest

from tests.support.leaks import check_no_leak, sent_text


@pytest.mark.parametrize(
    "shown",
    ["dynamodb", "arn:aws:x", "t-ArticlesTable", "Traceback (most", "KeyError", "secret-table"],
)
def test_finds_what_is_internal(shown: str) -> None:
    with pytest.raises(AssertionError):
        check_no_leak(f"{shown} is not a known field.", sent_text("/articles", '{"title": 1}'))


def test_finds_what_a_test_says_is_internal() -> None:
    check_no_leak("Query", "")
    with pytest.raises(AssertionError):
        check_no_leak("Query", "", ["Query"])


@pytest.mark.parametrize(
    "sent",
    [
        '{"dynamodb": 1}',
        '{"\\u0064ynamodb": 1}',
        "dynam%6Fdb=1",
        b'{"DynamoDB": 1}',
        "/articles?x=dynamodb",
    ],
)
def test_what_was_sent_may_be_repeated(sent: str | bytes) -> None:
    check_no_leak("dynamodb is not a known field.", sent_text("/articles", None, sent))
