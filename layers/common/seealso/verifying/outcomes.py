"""From what came of fetching a page to a row of design.md's table, with the reasons as codes.

A code says why a page is not `seen`, for programs; explanations.py has the words. The codes are
those of finding.py and fetching.py, `wall-<name>` for a wall, `gone` and `status`.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from seealso.verifying import walls
from seealso.verifying.fetching import Fetched, FetchFailed
from seealso.verifying.finding import MAX_URL_SHOWN, Answer, Finding
from seealso.verifying.verdicts import Found

# Answers of servers that do not want to show the page now, or not to us. 202 is how some walls
# answer.
_NOT_NOW: Final = frozenset({202, 401, 403, 429})
# How a fetch may fail by the page's own fault; whatever else fails may succeed later.
_FAULTS: Final[dict[str, Found]] = {
    "bad-url": "not-found",
    "bad-redirect": "not-found",
    "blocked-host": "missing",
    "too-many-redirects": "not-found",
}


class JudgingFailed(Exception):
    """The process that reads pages has crashed."""


# What a page is taken for on which that process crashes again and again.
UNREADABLE_CODE: Final = "too-complex"


class Outcome(NamedTuple):
    """What a check found; `final_url`, `status` and `finding` where there was an answer."""

    found: Found
    codes: tuple[str, ...] = ()
    status: int | None = None
    final_url: str | None = None
    finding: Finding | None = None

    def evidence(self, at: str) -> dict[str, Any]:
        """What is kept of it (tables/checks.py), with URLs cut."""
        entry: dict[str, Any] = {"at": at, "found": self.found, "codes": list(self.codes)}
        finding = self.finding
        more = {
            "status": self.status,
            "final_url": self.final_url and self.final_url[:MAX_URL_SHOWN],
            "href": finding and finding.href,
            "rel": finding and finding.rel,
            "canonical": finding and finding.canonical,
        }
        return entry | {name: value for name, value in more.items() if value is not None}


def outcome_of(fetched: Fetched | FetchFailed, judge: Callable[[Answer], Finding]) -> Outcome:
    """The outcome of a fetch; `judge` is Sandbox.judge for the article. Raises JudgingFailed."""
    if isinstance(fetched, FetchFailed):
        return Outcome(_FAULTS.get(fetched.kind, "unreachable"), (fetched.kind,))
    answer = Answer(fetched.status, fetched.headers, fetched.url, fetched.body, fetched.is_cut_off)
    finding = judge(answer)
    if "crashed" in finding.codes:
        raise JudgingFailed
    wall = walls.wall_of_redirects(fetched.hops)
    if wall and finding.kind != "seen":
        finding = Finding("wall", (wall,))
    found, codes = _row(fetched.status, finding)
    return Outcome(found, codes, fetched.status, fetched.url, finding)


def _row(status: int, finding: Finding) -> tuple[Found, tuple[str, ...]]:
    match finding.kind:
        case "seen":
            return "seen", ()
        case "missing":
            return "missing", finding.codes
        case "wall":
            return "unreachable", tuple(f"wall-{wall}" for wall in finding.codes)
    if "status" not in finding.codes:
        return "unreachable", finding.codes
    if status == 410:
        return "gone", ("gone",)
    if status in _NOT_NOW or status >= 500:
        return "unreachable", ("status",)
    return ("not-found" if status >= 300 else "missing"), ("status",)
