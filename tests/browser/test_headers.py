"""The headers of pages, MDN's HTTP Observatory's score of them, and the Nu HTML Checker's word."""

from pathlib import Path

import pytest

from tests.browser import checks, needs_checkers
from tests.browser.forms import new_url
from tests.browser.http import Answer, get, post, request, submit
from tests.browser.network import Network
from tests.support.content_security_policy import CONTENT_SECURITY_POLICY

SAME = "strict-origin-when-cross-origin"


@pytest.fixture
def answers(network: Network) -> dict[str, Answer]:
    """An answer of each kind of page."""
    article, site = network.article_url("plain"), network.domain("plain")
    german, full = network.article_url("german"), network.article_url("one place")
    url = network.url
    status = submit(article, new_url())
    submit(full, new_url())
    return {
        "home": get(url),
        "article": get(article),
        "german": get(german),
        "arabic": get(network.article_url("arabic")),
        "full": get(full),
        "site": get(f"{url}/s/{site}"),
        "problem": get(f"{url}/problems/page-full"),
        "no-article": get(f"{url}/a/2147483646"),
        "no-site": get(f"{url}/s/2147483646"),
        "no-link": get(f"{url}/l/{32 * '0'}"),
        "refused": post(f"{article}/links", url="https://192.0.2.1/"),
        "malformed": post(f"{article}/links", url="\x00"),
        "too-large": post(f"{article}/links", url=300_000 * "x"),
        "status": get(url + status),
        "status-without-token": get(url + status.partition("?")[0]),
    }


def test_every_page_has_the_headers_of_pages(answers: dict[str, Answer]) -> None:
    for name, answer in answers.items():
        headers = answer.headers
        assert headers["content-type"] == "text/html; charset=utf-8", name
        directives = [
            part.strip().partition(" ") for part in headers["content-security-policy"].split(";")
        ]
        assert {
            directive: value for directive, _, value in directives
        } == CONTENT_SECURITY_POLICY, name
        assert headers["x-content-type-options"] == "nosniff", name
        assert headers["cross-origin-resource-policy"] == "same-origin", name
        assert headers["strict-transport-security"].startswith("max-age=63072000"), name
        assert "set-cookie" not in headers, name
        assert "last-modified" not in headers, name
        is_private = name.startswith("status") or name == "no-link"
        assert headers["referrer-policy"] == ("no-referrer" if is_private else SAME), name


def test_only_public_pages_are_stored_and_indexed(answers: dict[str, Answer]) -> None:
    for name, answer in answers.items():
        headers = answer.headers
        is_public = name in ("home", "article", "german", "arabic", "full", "site", "problem")
        if is_public:
            assert headers["cache-control"].startswith("public, max-age="), name
            assert headers["etag"].startswith('"'), name
        else:
            assert headers["cache-control"] == "no-store", name
        assert ('<meta name="robots" content="noindex">' in answer.body) != is_public, name
    assert {name: answer.status for name, answer in answers.items() if answer.status != 200} == {
        "no-article": 404,
        "no-site": 404,
        "no-link": 404,
        "refused": 422,
        "malformed": 422,
        "too-large": 413,
    }


def test_the_answer_to_a_form_is_a_303_that_tells_no_referrer(network: Network) -> None:
    article = network.article_url("plain")
    consents = {"has_right_to_share": "true", "agrees_to_link_back": "true"}
    answer = post(f"{article}/links", url=new_url(), **consents)
    assert (answer.status, answer.headers["referrer-policy"]) == (303, "no-referrer")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body == ""


@needs_checkers
@pytest.mark.parametrize("name", ["article", "no-article", "refused", "too-large"])
def test_observatory_gives_at_least_130(
    answers: dict[str, Answer], network: Network, name: str
) -> None:
    wanted = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    preflight = request("OPTIONS", network.article_url("plain"), **wanted)
    answer = answers[name]
    observed = checks.observatory(answer.status, answer.headers, answer.body, preflight.headers)
    assert observed.score >= 130, observed


@needs_checkers
def test_html_and_css_are_valid(
    answers: dict[str, Answer], network: Network, tmp_path: Path
) -> None:
    files = []
    for name, answer in answers.items():
        files.append(tmp_path / f"{name}.html")
        files[-1].write_text(answer.body, "utf-8")
    style = answers["article"].body.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    files.append(tmp_path / "site.css")
    files[-1].write_text(get(network.url + style).body, "utf-8")
    assert checks.vnu(files) == []
