"""GET /consent: the wording of what submitters confirm."""

import re

import pytest

from seealso.contract.submitting import ConsentWording
from seealso.store.tables import Store
from tests.support import gateway
from tests.support.requests import conforms

RIGHT = {"en": "right to share", "de": "veröffentlichen darf"}


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("", "en"),
        ("?language=", "en"),
        ("?language=en-GB", "en"),
        ("?language=de", "de"),
        ("?language=de-AT", "de"),
        ("?language=DE-Latn-AT", "de"),
        ("?language=fr", "en"),
        ("?language=x%00%F0%9F%90%9D", "en"),
    ],
)
def test_has_the_wording_in_a_language(network: Store, query: str, language: str) -> None:
    response = gateway.get(f"/consent{query}")
    conforms(ConsentWording, response.body)
    wording = response.json()
    assert wording["language"] == language
    assert RIGHT[language] in wording["has_right_to_share"]
    for rule in (wording["rule"], wording["rule_for_one"]):
        assert re.findall(r"\{\w*\}", rule) == ["{cap}"]


def test_may_be_cached(network: Store) -> None:
    whole = gateway.get("/consent?language=de")
    assert whole.headers["cache-control"] == "public, max-age=300"
    tag = {"if-none-match": whole.headers["etag"]}
    assert gateway.request("GET", "/consent?language=de", tag).status == 304
    assert gateway.request("GET", "/consent", tag).status == 200
    head = gateway.request("HEAD", "/consent?language=de")
    assert (head.status, head.body, head.headers["etag"]) == (200, "", whole.headers["etag"])


def test_rejects_a_repeated_language(network: Store) -> None:
    assert gateway.get("/consent?language=de&language=en").status == 400
