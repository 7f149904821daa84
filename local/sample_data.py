"""Loads the sample data into a local stack, and checks one page of it."""

import http.client
import json
from pathlib import Path

from local import account, commands
from local.deploy import STACK_NAME
from local.paths import LOCAL, LOGS, ROOT
from local.steps import Failure

ARTICLE = 6646098
# One of a site in German, and one of a site that renders its articles itself.
GERMAN_ARTICLE = 6646040
WIDGET_ARTICLE = 6646126
DRAFT = 6646120
# One of a site that publishes what an editor approves.
REVIEWED_ARTICLE = 6646099
LINKS = (
    (
        ARTICLE,
        "https://reelnotes.example.net/mann-on-paper",
        "Mann on paper: reading Heat 2 before it is filmed",
    ),
    (
        ARTICLE,
        "https://www.kinotagebuch.example.org/heat-2",
        "Heat 2: was wir wissen und was nicht",
    ),
    (ARTICLE, "https://secondunit.example.com/2026/03/waiting-rooms?page=2", None),
    (
        REVIEWED_ARTICLE,
        "https://foundframes.example.org/2026/whose-photographs",
        "Whose photographs are they?",
    ),
    (
        REVIEWED_ARTICLE,
        "https://shop.cheap-frames.example.com/sale?from=harrowmere",
        "Picture frames, 70 % off this week",
    ),
)


def load(port: int, log: Path) -> None:
    """Loads sites and articles with the operators' command line. Raises Failure."""
    target = ["--stack", STACK_NAME]
    # The site that renders itself is one of the demo's (local/demo), on the next port.
    sites_file = log.with_name("sites.json")
    text = (ROOT / "data/sites.json").read_text("utf-8")
    sites_file.write_text(text.replace("//localhost:4567/", f"//localhost:{port + 1}/"), "utf-8")
    sites = ["sites", "load", "--yes", str(sites_file)]
    for arguments in (sites, ["load", "data/articles.jsonl"]):
        seealso = LOCAL / "venv/bin/seealso"
        if commands.run([seealso, *arguments, *target], account.environment(port), log):
            reason = commands.error_line(log)
            raise Failure(f"seealso {' '.join(arguments)} failed: {reason}\nFull output: {log}")


def submit_links(port: int) -> None:
    """Submits related links to the articles, as their owners would. Raises Failure."""
    for article_id, url, title in LINKS:
        submission = {
            "url": url,
            "title": title,
            "has_right_to_share": True,
            "agrees_to_link_back": True,
        }
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(
                "POST",
                f"/articles/{article_id}/links",
                json.dumps(submission),
                {"Content-Type": "application/json"},
            )
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != 201:
            answer = f"{response.status}: {body[:200].decode(errors='replace')}"
            raise Failure(f"Submitting {url} to article {article_id} answered {answer}")


def check_page(port: int, *, is_new: bool = True) -> None:
    """Reads the article as a client would. Raises Failure unless its page is complete.

    In a stack that is not new, editors may have changed the page or deleted it.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", f"/articles/{ARTICLE}")
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200 and (is_new or response.status != 404):
        answer = f"{response.status}: {body[:200].decode(errors='replace')}"
        log = LOGS / "emulator.log"
        raise Failure(f"GET /articles/{ARTICLE} answered {answer}\nSee {log}")
    if not is_new:
        return
    page = json.loads(body)
    related = f"{len(page['same_domain'])} + {len(page['other_domains'])}"
    if related != "8 + 3":
        raise Failure(f"GET /articles/{ARTICLE} has {related} related articles instead of 8 + 3.")
