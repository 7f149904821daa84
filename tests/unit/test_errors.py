"""errors.py: messages with their ids and values, refusals, and what a failed write tells."""

import pytest

from seealso.errors import CancellationReason, FieldError, Message, Refusal, StoreError


def test_a_message_is_its_template_with_the_values() -> None:
    message = Message("{name} must be at least {minimum}.", name="cap", minimum=0)
    assert str(message) == "cap must be at least 0."
    assert message.id == "{name} must be at least {minimum}."
    assert message.values == {"name": "cap", "minimum": 0}


def test_braces_of_a_message_without_values_are_text() -> None:
    assert str(Message("article_url must contain {id}.")) == "article_url must contain {id}."


def test_values_are_not_templates() -> None:
    assert str(Message("{name} is unknown.", name="{other} {0}")) == "{other} {0} is unknown."


def test_a_refusal_of_a_field_names_it() -> None:
    refusal = Refusal.of_field("malformed-request", "limit", "limit is wrong.")
    assert (refusal.name, str(refusal.detail)) == ("malformed-request", "limit is wrong.")
    assert refusal.errors == [FieldError("limit", refusal.detail)]
    assert (refusal.retry_after, refusal.members) == (None, {})


@pytest.mark.parametrize("index", [0, 1])
def test_a_single_write_has_one_condition(index: int) -> None:
    error = StoreError("ConditionalCheckFailedException", "-", {"id": 1})
    assert error.condition_failed(index) is (index == 0)
    assert error.existing() == {"id": 1}
    assert not StoreError("ValidationException", "-").condition_failed(index)


def test_an_action_of_a_transaction_has_its_own_reason() -> None:
    reasons = [
        CancellationReason("None", None),
        CancellationReason("ConditionalCheckFailed", {"id": 2}),
        CancellationReason("TransactionConflict", None),
    ]
    error = StoreError("TransactionCanceledException", "-", reasons=reasons)
    assert [error.condition_failed(index) for index in range(3)] == [False, True, False]
    assert [error.existing(index) for index in range(3)] == [None, {"id": 2}, None]
