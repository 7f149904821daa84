"""The sites and articles that the tests in a browser read, each worker process its own."""

import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from local import account, commands
from local.deploy import STACK_NAME
from local.paths import LOCAL, ROOT
from local.stack import Stack

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# Above all ids of the sample data, so that these articles are in none of its lists.
_FIRST = 1_500_000_000 + 1_000_000 * _WORKER

# By kind, what differs from `_site()`, and how many articles it has.
_KINDS: dict[str, tuple[dict[str, Any], int]] = {
    "plain": ({"blocked_hosts": ["blocked.example.net"]}, 140),
    "listed": ({}, 75),
    "german": ({"name": "Der Prüfstein", "language": "de", "text_format": "markdown"}, 60),
    "arabic": ({"name": "المفكرة", "language": "ar", "publish": "approved"}, 60),
    "one place": ({"cap": 1}, 60),
    "one in the queue": ({"publish": "approved", "pending_cap": 1}, 60),
    "renders itself": ({"article_url": f"https://itself-{_WORKER}.example.net/{{id}}"}, 10),
}


def _long_text() -> str:
    """4 KB of prose: it has to compress as an article does."""
    rows = (ROOT / "data/articles.jsonl").read_text("utf-8").splitlines()
    paragraphs = [each for row in rows for each in json.loads(row)["text"].split("\n\n")]
    text = ""
    for paragraph in paragraphs:
        if len(text) + len(paragraph) > 4_100:
            return text.strip()
        text += f"{paragraph}\n\n"
    raise AssertionError


LONG_TEXT = _long_text()
MARKDOWN = """Der Kessel war älter als das Haus.

## Wer ihn brachte

Niemand wusste es, *auch die Tante nicht*. Drei Dinge standen fest:

1. Er hatte einen Griff aus **Buchenholz**.
2. Er sang eine Terz tiefer, wenn er leer war.
3. Im `April` kam er in den Schrank.

> Ein Kessel ist kein Wetterbericht, aber fast.

Mehr dazu [im Heimatmuseum](https://museum.example.org/kessel).
"""


class Network:
    """The sites by kind, and articles that no other test reads or writes."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.url = stack.api_url
        self.stack = stack
        self._folder = folder
        self._domains = dict(zip(_KINDS, count(_FIRST), strict=False))
        self._articles: dict[str, list[int]] = defaultdict(list)
        self._load_samples()

    def domain(self, kind: str) -> int:
        return self._domains[kind]

    def new_article(self, kind: str) -> int:
        """The id of an article without links, the newest first; 9 older ones stay."""
        ids = self._articles[kind]
        assert len(ids) > 9, f"give the site {kind!r} more articles"
        return ids.pop()

    def article_url(self, kind: str) -> str:
        return f"{self.url}/a/{self.new_article(kind)}"

    def site_url(self, kind: str) -> str:
        return f"{self.url}/s/{self.domain(kind)}"

    def load(
        self, sites: Sequence[Mapping[str, Any]], articles: Sequence[Mapping[str, Any]]
    ) -> None:
        """Loads sites and articles as operators do."""
        self._folder.mkdir(parents=True, exist_ok=True)
        site_file, article_file = self._folder / "sites.json", self._folder / "articles.jsonl"
        site_file.write_text(json.dumps(sites), "utf-8")
        article_file.write_text("".join(json.dumps(row) + "\n" for row in articles), "utf-8")
        log = self._folder / "load.log"
        seealso = str(LOCAL / "venv/bin/seealso")
        for arguments in (["sites", "load", "--yes", str(site_file)], ["load", str(article_file)]):
            command = [seealso, *arguments, "--stack", STACK_NAME]
            failed = commands.run(command, account.environment(self.stack.port), log)
            assert not failed, log.read_text("utf-8")

    def _load_samples(self) -> None:
        # Mixed evenly: a long run of one site would be a skip range, for which a load waits.
        order = sorted(
            (number / total, kind, number)
            for kind, (_, total) in _KINDS.items()
            for number in range(total)
        )
        articles = []
        for article_id, (_, kind, number) in enumerate(order, _FIRST):
            source = self._articles[kind][0] if number else 0
            articles.append(_article(article_id, self.domain(kind), kind, number, source))
            self._articles[kind].append(article_id)
        sites = [_site(self.domain(kind), kind, changes) for kind, (changes, _) in _KINDS.items()]
        self.load(sites, articles)


def site(domain: int, **members: Any) -> dict[str, Any]:
    """A site of a file of sites; by default its pages are ours, and it publishes at once."""
    return {
        "domain": domain,
        "hosts": [f"site-{domain}.example.net"],
        "name": f"Site {domain}",
        "article_url": "",
        "cap": 5,
        "publish": "at_once",
        "pending_cap": 20,
        "pending_days": 14,
        "blocked_hosts": [],
        **members,
    }


def article(article_id: int, domain: int, title: str, text: str, source: int = 0) -> dict[str, Any]:
    """A row of a file of articles."""
    row = {"id": article_id, "domain": domain, "title": title, "text": text}
    return row | {"date": "2026-03-07", "srcId": source}


def _site(domain: int, kind: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    return site(domain, **{"name": f"The {kind} site", **changes})


def _article(article_id: int, domain: int, kind: str, number: int, source: int) -> dict[str, Any]:
    if kind == "german":
        return article(article_id, domain, f"Vom Kessel, Teil {number}", MARKDOWN, source)
    if kind == "arabic":
        return article(
            article_id, domain, f"الغلاية القديمة {number}", "كانت الغلاية أقدم من البيت.", source
        )
    return article(article_id, domain, f"Of kettles and houses, part {number}", LONG_TEXT, source)
