"""URLs that are taken: by which links, for how long, and what the answer tells of them."""

import pytest

from seealso.reading.page import read_page
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables import links
from tests.submitting import sample_network
from tests.submitting.sample_network import OTHER, SHOWN, WAITING
from tests.support import requests
from tests.support.invariants import check
from tests.support.requests import KEY, URL, fields, post, posted, problem

OTHER_SPELLING = "http://www.EXAMPLE.com./page/?utm_source=mail#top"
# Lives that end with a claim held, of a link that nobody can see.
NOT_SHOWN: dict[str, tuple[int, list[links.Status]]] = {
    "pending": (WAITING, []),
    "rejected": (WAITING, ["rejected"]),
    "removed while it waited": (WAITING, ["removed"]),
    "removed": (SHOWN, ["removed"]),
    "lapsed": (SHOWN, ["lapsed"]),
}
ENDED: dict[str, tuple[int, list[links.Status]]] = {
    "withdrawn while it waited": (WAITING, ["withdrawn"]),
    "expired": (WAITING, ["expired"]),
    "withdrawn": (SHOWN, ["withdrawn"]),
    "withdrawn after a lapse": (SHOWN, ["lapsed", "withdrawn"]),
    "expired after a lapse": (SHOWN, ["lapsed", "expired"]),
}


@pytest.mark.parametrize("article_id", [SHOWN, OTHER, WAITING])
def test_a_link_that_is_shown_is_named(anywhere: Store, article_id: int) -> None:
    posted(SHOWN)
    before = sample_network.uncounted(anywhere)
    for url in (URL, OTHER_SPELLING):
        response = post(article_id, fields(url))
        assert (response.status, problem(response)) == (409, "duplicate-link")
        assert (response.json()["article_id"], response.json()["url"]) == (SHOWN, URL)
    assert sample_network.uncounted(anywhere) == before


def bare_duplicate(article_id: int) -> Json:
    """The answer to a duplicate that tells nothing of the link which has the URL."""
    response = post(article_id)
    assert response.status == 409
    body = requests.without_request_id(response)
    assert set(body) == {"type", "title", "status", "detail"}
    assert body["type"] == "/problems/duplicate-link"
    return body


@pytest.mark.parametrize("life", NOT_SHOWN)
@pytest.mark.parametrize("scope", ["network", "page"])
def test_does_not_reveal_a_link_that_is_not_shown(
    network: Store, monkeypatch: pytest.MonkeyPatch, life: str, scope: str
) -> None:
    monkeypatch.setenv("DUPLICATE_SCOPE", scope)
    article_id, statuses = NOT_SHOWN[life]
    receipt = posted(article_id)
    sample_network.change(network, receipt, *statuses)
    before = sample_network.uncounted(network)
    bare = bare_duplicate(article_id)
    if scope == "network":
        assert bare_duplicate(OTHER) == bare
    assert sample_network.uncounted(network) == before


def test_all_duplicates_that_are_not_shown_look_alike(network: Store) -> None:
    answers = []
    for number, (article_id, statuses) in enumerate(NOT_SHOWN.values()):
        url = f"https://example.com/{number}"
        sample_network.change(network, posted(article_id, url), *statuses)
        answers.append(requests.without_request_id(post(OTHER, fields(url))))
    posted(SHOWN)
    sample_network.set_state(network, SHOWN, "draft")
    answers.append(bare_duplicate(OTHER))
    assert all(each == answers[0] for each in answers)


@pytest.mark.parametrize("state", ["draft", "deleted"])
def test_does_not_reveal_a_link_of_an_unpublished_article(network: Store, state: str) -> None:
    posted(SHOWN)
    sample_network.set_state(network, SHOWN, state)
    bare_duplicate(OTHER)


def test_a_pending_link_is_shown_nowhere(network: Store) -> None:
    """Not on the page, not in the room that it has, not in other people's receipts."""
    empty = read_page(network, WAITING)
    receipt = posted(WAITING)
    assert read_page(network, WAITING) == empty
    response = post(WAITING, fields("https://example.com/2"))
    assert (response.status, response.json()["places_left"]) == (201, 5)
    for answer in (response, post(WAITING), post(SHOWN), requests.read("0" * 32)):
        assert receipt["link_id"] not in answer.body
        assert receipt["withdraw_token"] not in answer.body


def test_a_wrong_token_reveals_no_status(network: Store) -> None:
    answers = []
    for number, (article_id, statuses) in enumerate((NOT_SHOWN | ENDED).values()):
        receipt = posted(article_id, f"https://example.com/{number}")
        sample_network.change(network, receipt, *statuses)
        answers.append(
            requests.without_request_id(requests.withdraw(receipt["link_id"], "Bearer no"))
        )
    assert all(each == answers[0] for each in answers)


@pytest.mark.parametrize("life", ENDED)
def test_the_url_of_an_ended_link_is_free(network: Store, life: str) -> None:
    article_id, statuses = ENDED[life]
    receipt = posted(article_id, key=KEY)
    sample_network.change(network, receipt, *statuses)
    for again in (article_id, OTHER):
        later = posted(again, OTHER_SPELLING)
        assert later["link_id"] != receipt["link_id"]
        requests.withdrawn(later)
    check(network, within_caps=False)


# ---- scope -----------------------------------------------------------------------------------


def test_scope_network_refuses_the_url_everywhere(anywhere: Store) -> None:
    posted(SHOWN)
    assert [problem(post(article_id)) for article_id in (SHOWN, OTHER, WAITING)] == [
        "duplicate-link"
    ] * 3


def test_scope_page_refuses_the_url_on_its_page(
    anywhere: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUPLICATE_SCOPE", "page")
    for article_id in (SHOWN, OTHER, WAITING):
        posted(article_id)
        assert problem(post(article_id, fields(OTHER_SPELLING))) == "duplicate-link"
    check(anywhere, within_caps=False)


def test_scope_page_names_the_link_of_the_page(
    network: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUPLICATE_SCOPE", "page")
    posted(SHOWN)
    posted(OTHER)
    assert post(OTHER).json()["article_id"] == OTHER


# ---- equivalence, as clients meet it -----------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/page",
        "https://www.example.com/page",
        "https://EXAMPLE.com.:443/page",
        "https://example.com/page/",
        "https://example.com/page/index.html",
        "https://example.com/%70age?",
        "https://example.com/a/../page?fbclid=1&utm_campaign=x",
        " https://example.com/pa\nge#part ",
    ],
)
def test_equivalent_urls_are_duplicates(network: Store, url: str) -> None:
    posted()
    assert problem(post(body=fields(url))) == "duplicate-link"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://example.com/Page",
        "https://example.com/page//",
        "https://example.com/page?a",
        "https://example.com/page?a=",
        "https://example.com/page?UTM_source=x",
        "https://m.example.com/page",
        "https://example.org/page",
        "https://example.com/%2Fpage",
    ],
)
def test_different_urls_are_not_duplicates(network: Store, url: str) -> None:
    posted()
    assert posted(url=url)["places_left"] == 3
