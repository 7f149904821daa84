"""Submitting as deployed: through the gateway, under the functions' own policies."""

import json
import threading
from collections import Counter
from typing import Any

import pytest

from local.paths import ROOT
from local.sample_data import ARTICLE
from tests.end_to_end.conftest import Deployed, Response

RACERS = 16
# Of domain 1, whose site publishes at once; no other test writes to their pages.
RACED = [
    article["id"]
    for article in map(json.loads, (ROOT / "data/articles.jsonl").read_text("utf-8").splitlines())
    if article["domain"] in (1, 2, 3)
]


def submit(deployed: Deployed, article_id: int, url: str, **headers: str) -> Response:
    body = {"url": url, "has_right_to_share": True, "agrees_to_link_back": True}
    sent = {"Content-Type": "application/json", **headers}
    path = f"/articles/{article_id}/links"
    return deployed.request("POST", path, headers=sent, body=json.dumps(body).encode())


def page(deployed: Deployed, article_id: int) -> Any:
    return deployed.get(f"/articles/{article_id}").json()


def test_a_link_is_submitted_shown_and_withdrawn(deployed: Deployed) -> None:
    url = "https://cinema.example.net/heat-2"
    submitted = submit(deployed, ARTICLE, url)
    receipt = submitted.json()

    assert submitted.status == 201
    assert submitted.headers["Location"] == receipt["status_url"]
    assert receipt["status_url"].startswith(f"{deployed.stack.api_url}/links/")
    assert url in [link["url"] for link in page(deployed, ARTICLE)["links"]]
    status_path = receipt["status_url"].removeprefix(deployed.stack.api_url)
    assert deployed.get(status_path).json()["status"] == "published"

    duplicate = submit(deployed, RACED[-1], "http://www.cinema.example.net/heat-2/?utm_source=x")
    assert duplicate.status == 409
    assert duplicate.json()["type"] == "/problems/duplicate-link"
    assert duplicate.json()["article_id"] == ARTICLE

    token = {"Authorization": f"Bearer {receipt['withdraw_token']}"}
    assert deployed.request("DELETE", status_path).status == 401
    assert deployed.request("DELETE", status_path, headers=token).status == 204
    assert deployed.request("DELETE", status_path, headers=token).status == 204
    assert url not in [link["url"] for link in page(deployed, ARTICLE)["links"]]


def test_a_form_is_taken_from_the_networks_own_pages_alone(deployed: Deployed) -> None:
    form = b"url=https%3A%2F%2Fforms.example.net%2F&has_right_to_share=on&agrees_to_link_back=on"
    path = f"/articles/{ARTICLE}/links"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    own = headers | {"Origin": "https://screenlight.example.com"}
    foreign = headers | {"Origin": "https://elsewhere.example.com"}

    assert deployed.request("POST", path, headers=foreign, body=form).status == 403
    assert deployed.request("POST", path, headers=own, body=form).status == 201


def race(deployed: Deployed, article_id: int, label: str) -> list[Response]:
    """Sixteen submissions of different URLs to one page, all at once."""
    start = threading.Barrier(RACERS)
    answers: list[Response] = []

    def racer(number: int) -> None:
        start.wait()
        answers.append(submit(deployed, article_id, f"https://{label}-{number}.example.net/"))

    threads = [threading.Thread(target=racer, args=(number,)) for number in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def assert_five_of_sixteen(deployed: Deployed, article_id: int, label: str) -> None:
    answers = race(deployed, article_id, label)
    assert Counter(answer.status for answer in answers) == {201: 5, 409: RACERS - 5}
    refused = {answer.json()["type"] for answer in answers if answer.status == 409}
    assert refused == {"/problems/page-full"}
    shown = page(deployed, article_id)
    assert len(shown["links"]) == 5
    assert shown["places_left"] == 0


@pytest.mark.parametrize("article_id", RACED[:3])
def test_of_sixteen_racing_links_five_get_in(deployed: Deployed, article_id: int) -> None:
    assert_five_of_sixteen(deployed, article_id, f"race-{article_id}")


@pytest.mark.long
@pytest.mark.parametrize("article_id", RACED[3:23])
def test_of_sixteen_racing_links_five_get_in_every_time(
    deployed: Deployed, article_id: int
) -> None:
    assert_five_of_sixteen(deployed, article_id, f"race-{article_id}")
