"""A client with types made from docs/openapi.json compiles, and a client with errors does not."""

from pathlib import Path

import pytest

from tests.typescript_client import CLIENT, PACKAGES, errors

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        not PACKAGES.is_available(),
        reason="needs Node 20, npm and their packages, which make test fetches; "
        "CI=true fails without",
    ),
]

EXPECTED_ERROR = "  // @ts-expect-error"


def test_the_client_compiles() -> None:
    assert errors(CLIENT) == []


def test_each_error_in_the_client_is_the_expected_one(tmp_path: Path) -> None:
    source = CLIENT.read_text()
    client = tmp_path / "client.ts"
    client.write_text(source.replace(EXPECTED_ERROR, "  //"))
    messages = errors(client)
    expected = [
        "Property 'otherDomains' does not exist",
        "Type 'number[]' is not assignable to type 'string'",
        "Type 'false' is not assignable to type 'true'",
        "'id' does not exist in type '{ link_id: string; }'",
        "Property 'header' is missing",
        "have no overlap",
    ]
    assert len(messages) == len(expected) == source.count(EXPECTED_ERROR)
    for message, part in zip(messages, expected, strict=True):
        assert part in message
