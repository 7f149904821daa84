"""Walls are recognized with any status, and a page that only writes about one is none."""

import pytest

from seealso.verifying import walls
from seealso.verifying.child import judge
from seealso.verifying.fetching import Fetched
from seealso.verifying.finding import Answer, Finding
from seealso.verifying.outcomes import outcome_of
from tests.verifying.page_cases import LINK, PAGE_URL, TARGETS

STATUSES = (200, 202, 401, 403, 405, 429, 503)
PAGES = {
    "anubis": """<!doctype html><title>Making sure you're not a bot!</title>
        <script id="anubis_version" type="application/json">"1.24.0"</script>
        <script id="anubis_challenge" type="application/json">{"rules": {}}</script>
        <p>Loading... <a href="https://anubis.example/">Protected</a>""",
    "cloudflare": """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
        <meta http-equiv="refresh" content="360"></head><body><div class="main-wrapper"></div>
        <script>(function(){window._cf_chl_opt = {cvId: '3'}}())</script>""",
    "go-away": """<title>Checking you are not a bot</title><link rel="stylesheet"
        href="/.well-known/.git.gammaspectra.live/git/go-away/cmd/go-away/assets/style.css">""",
    "datadome": """<title>blog.example</title><p>Please enable JS
        <script src="https://ct.captcha-delivery.com/c.js"></script>""",
    "imperva": '<iframe id="main-iframe" src="/_Incapsula_Resource?SWUDNSAI=31"></iframe>',
    "human": '<title>Access denied</title><div id="px-captcha"></div>',
    "ddos-guard": "<title> DDoS-Guard </title>",
}
HEADERS = {
    "cloudflare": {"cf-mitigated": "challenge"},
    "vercel": {"x-vercel-mitigated": "Challenge"},
    "aws-waf": {"x-amzn-waf-action": "captcha"},
}


def judged(
    body: str, status: int = 200, headers: dict[str, str] | None = None, url: str = PAGE_URL
) -> Finding:
    return judge(
        Answer(status, {"content-type": "text/html"} | (headers or {}), url, body.encode()), TARGETS
    )


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("wall", PAGES)
def test_recognizes_walls_by_their_page(wall: str, status: int) -> None:
    assert judged(PAGES[wall], status) == Finding("wall", (wall,))


@pytest.mark.parametrize("status", [*STATUSES, 404, 500])
@pytest.mark.parametrize("wall", HEADERS)
def test_recognizes_walls_by_their_headers(wall: str, status: int) -> None:
    page = f"<title>Wait</title>{LINK}"
    assert judged(page, status, HEADERS[wall]) == Finding("wall", (wall,))


@pytest.mark.parametrize(
    "host", ["consent.video.example", "guce.news.example", "myprivacy.paper.example"]
)
def test_recognizes_consent_walls_by_where_a_page_redirects(host: str) -> None:
    page, wall = "https://blog.example/1", f"https://{host}/m?continue=x"
    assert walls.wall_of_redirects([page, wall]) == "consent"
    assert walls.wall_of_redirects([page, wall, page]) is None
    # Someone's own page.
    assert walls.wall_of_redirects([wall]) is None
    assert walls.wall_of_redirects([wall, f"https://{host}/n"]) is None


@pytest.mark.parametrize(
    ("finding", "found"),
    [(Finding("missing", ("no-link",)), "unreachable"), (Finding("seen"), "seen")],
)
def test_a_consent_wall_is_one_without_the_link(finding: Finding, found: str) -> None:
    hops = ["https://blog.example/1", "https://consent.example/m"]
    fetched = Fetched(hops[-1], 200, {}, b"", False, hops)
    outcome = outcome_of(fetched, lambda _: finding)
    assert outcome.found == found
    assert outcome.codes == (() if found == "seen" else ("wall-consent",))


@pytest.mark.parametrize(
    "page",
    [
        "<title>Just a moment... of peace</title>",
        "<h1>Just a moment...</h1>",
        "<p>Anubis puts <code>anubis_challenge</code> into its page.",
        '<p id="anubis_challenge">x',
        '&lt;script id="anubis_challenge">',
        '<textarea><script id="anubis_challenge"></script></textarea>',
        '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>',
        '<a href="https://ct.captcha-delivery.com/c.js">x</a>',
    ],
)
def test_a_page_about_walls_is_none(page: str) -> None:
    assert judged(page)._replace(title=None) == Finding("missing", ("no-link",))


@pytest.mark.parametrize(
    "headers", [{"cf-ray": "1"}, {"cf-mitigated": ""}, {"x-amzn-waf-action": "allow"}]
)
def test_other_headers_of_the_same_services_are_no_walls(headers: dict[str, str]) -> None:
    assert judged(LINK, headers=headers).kind == "seen"


def test_a_page_with_the_link_is_seen_whatever_stands_beside_it() -> None:
    assert judged(PAGES["anubis"] + LINK).kind == "seen"


@pytest.mark.parametrize("url", ["https://consenting.example/", "https://example.example/consent."])
def test_other_hosts_are_no_consent_walls(url: str) -> None:
    assert judged(LINK, url=url).kind == "seen"
