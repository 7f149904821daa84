"""What counts as a link back, case by case, and what else a finding says."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seealso.limits import MAX_LINK_TITLE
from seealso.submitting import parsing
from seealso.urls import article_urls
from seealso.verifying.child import judge
from seealso.verifying.finding import (
    MAX_URL_SHOWN,
    MISSING,
    Answer,
    Finding,
    clean_title,
    target_urls,
)
from tests.verifying.page_cases import ARTICLE, CASES, LINK, PAGE_URL, TARGETS, Case

HTML = {"content-type": "text/html; charset=utf-8"}


def judged(body: str, url: str = PAGE_URL) -> Finding:
    return judge(Answer(200, HTML, url, body.encode()), TARGETS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_page_cases(case: Case) -> None:
    assert judge(case.answer, TARGETS)._replace(title=None, canonical=None) == case.finding


def test_page_cases_are_many_and_reach_every_code() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60
    assert {code for case in CASES for code in case.codes or ()} == set(MISSING)


def test_title_and_canonical_of_a_page_with_the_link() -> None:
    page = f'<title>\n A  page </title><link rel="x Canonical" href="/p?utm_source=x">{LINK}'
    assert judged(page) == Finding(
        "seen", (), ARTICLE, None, "A page", "https://blog.example/p?utm_source=x"
    )


@pytest.mark.parametrize(
    "href", ["1.html", PAGE_URL, f"{PAGE_URL}?utm_source=feed", "#top", "http://[", "mailto:x"]
)
def test_a_canonical_url_of_the_page_itself_is_none(href: str) -> None:
    assert judged(f'<link rel="canonical" href="{href}">').canonical is None


def test_the_article_as_the_canonical_url_is_a_mention_and_no_link() -> None:
    finding = judged(f'<link rel="canonical" href="{ARTICLE}">')
    assert finding == Finding("missing", ("mention-only",), ARTICLE, canonical=ARTICLE)


def test_a_page_without_the_link_has_a_title() -> None:
    assert judged("<title>A page</title>").title == "A page"


def test_the_title_is_the_documents_first() -> None:
    page = "<svg><title>An icon</title></svg><title>A &amp; B</title><title>Another</title>"
    assert judged(page).title == "A & B"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (None, None),
        ("", None),
        (" \n\u200b\u3164 ", None),
        ("\x00\x01", None),
        ("  A\tpage \r\n of\u00a0mine ", "A page of mine"),
        ("\u202eegap A\u202c", "egap A"),
        ("x" * MAX_LINK_TITLE, "x" * MAX_LINK_TITLE),
        ("x" * (MAX_LINK_TITLE + 1), "x" * (MAX_LINK_TITLE - 1) + "…"),
        ("x " * 1_000_000, ("x " * MAX_LINK_TITLE)[: MAX_LINK_TITLE - 1] + "…"),
    ],
)
def test_cleans_titles(text: str | None, title: str | None) -> None:
    assert clean_title(text) == title


@given(st.text(max_size=300))
@example("\ud800")
@example("\x85 \u2066")
@example("x" * 199 + "\u202e  y")
def test_a_submitter_could_have_sent_any_clean_title(text: str) -> None:
    title = clean_title(text)
    assert parsing._title(title) == (title, None)


def test_a_finding_is_small() -> None:
    title = "<title>" + "\U0001f600" * 1000 + "</title>"
    page = f'{title}<link rel=canonical href="/{"é" * 600}">'
    page += f'<a rel="{"é" * 1000}" href="{ARTICLE}#{"é" * 600}">'
    finding = judged(page)
    assert finding.kind == "seen"
    assert finding.href
    assert finding.canonical
    assert len(finding.href) == len(finding.canonical) == MAX_URL_SHOWN
    assert len(json.dumps(finding, ensure_ascii=False).encode()) < 4000


def test_targets_are_the_pattern_on_each_host_and_the_page_of_this_api() -> None:
    targets = target_urls(
        "https://x.example/{id}?p={id}", ["x.example", "y.example"], 7, "http://api"
    )
    assert set(targets) == {
        "https://x.example/7?p=7",
        "https://y.example/7?p=7",
        "http://api/a/7",
    }


@pytest.mark.parametrize(
    "pattern", ["", "https://x.example/#/{id}", "https://x.example/?utm_id={id}"]
)
def test_a_pattern_that_cannot_tell_articles_apart_is_no_target(pattern: str) -> None:
    assert target_urls(pattern, ["x.example"], 7, "http://api") == ("http://api/a/7",)
    assert len(article_urls(pattern, ["x.example"], 7)) == (2 if pattern else 0)


def test_an_article_at_a_port_is_found_there_alone() -> None:
    targets = ["http://localhost:4566/a/1"]
    for port, kind in ((4566, "seen"), (4567, "missing")):
        page = f'<a href="http://localhost:{port}/a/1">x</a>'.encode()
        assert judge(Answer(200, HTML, PAGE_URL, page), targets).kind == kind


@pytest.mark.parametrize("status", [201, 202, 204, 206, 304, 401, 403, 404, 410, 429, 500, 503])
def test_a_response_that_is_not_200_is_not_judged(status: int) -> None:
    answer = Answer(status, HTML, PAGE_URL, f"<title>Error</title>{LINK}".encode())
    assert judge(answer, TARGETS) == Finding("other", ("status",))
