"""Submitted links in the desk's words: what each list and the link's own screen say of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from seealso.desk.lists import name_of
from seealso.store.batching import Reading
from seealso.store.tables import Store
from seealso.tables import sites
from seealso.tables.checks import Checks
from seealso.tables.links import BY_CHECK, BY_SUBMITTER, Link, host_of
from seealso.tables.queue import QueuedLink
from seealso.tables.sites import Site
from seealso.times import seconds_since
from seealso.verifying.explanations import for_editors, of_code, sentences
from seealso.web.links import article_href

_LINK_BACK = {
    "unchecked": "Not looked at yet",
    "seen": "The page links to the article",
    "missing": "No link to the article was found on the page",
    "unreachable": "The page could not be reached",
}
NEEDS_EDITOR = {
    "honeypot": "a field was filled in that people do not see, as robots do",
    "webmention": "it came by webmention, and the site wants those reviewed",
    "moved": "its address now leads to another domain than the one that was submitted",
    "restored": "an editor restored it",
}
ATTENTION = {
    "moved": "its address leads to another domain than when it was published",
    "unreachable": "its page has not been reached for a week",
}
_BY_POLICY = {
    "verified": "for its check, which publishes it if its page links back; or approve it now",
    "approved": "the site publishes what an editor approves",
    "at_once": "the site asked for approval when it was submitted",
}
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


class Url(NamedTuple):
    """A URL in three parts, of which the host is emphasized; `href` is None if it is not http."""

    before: str
    host: str
    after: str
    href: str | None


class Shown(NamedTuple):
    """A link as lists show it. `why` is why an editor is needed, or should look at it."""

    link: QueuedLink
    url: Url | None  # None once it is erased
    site_name: str
    article_href: str
    found: str
    why: str | None
    submitted: str
    expires: str | None

    @property
    def choice(self) -> str:
        """How a form names the link as it was seen."""
        return f"{self.link['link_id']}.{self.link['version']}"

    @property
    def host(self) -> str | None:
        """The host that would be blocked with it; None once it is erased."""
        return host_of(self.link["url"]) if self.link["url"] else None


class Event(NamedTuple):
    """A part of a link's story. `reason` is an editor's, `evidence` what a check has kept."""

    at: str
    words: str
    by: str | None = None
    reason: str | None = None
    is_told: bool = False  # whether the submitter may read the reason
    evidence: Sequence[tuple[str, str]] = ()


# ---- lists -----------------------------------------------------------------------------------


def read_shown(store: Store, links: Iterable[QueuedLink], now: datetime) -> Reading[list[Shown]]:
    """Links with what their sites add to them."""
    listed = list(links)
    policies = yield from sites.read_policies(store, {link["domain"] for link in listed})
    return [shown(link, policies[link["domain"]], now) for link in listed]


def shown(link: QueuedLink, site: Site, now: datetime) -> Shown:
    """A link as lists show it."""
    expires_at = link["expires_at"]
    return Shown(
        link,
        url_parts(link["url"]) if link["url"] else None,
        name_of(site),
        article_href(site, link["article_id"]),
        _found(link, now),
        _why(link, site),
        ago(link["submitted_at"], now),
        _expiry(expires_at, now) if expires_at else None,
    )


def queued(link: Link) -> QueuedLink:
    """A link's record as lists have it."""
    return cast(QueuedLink, {name: getattr(link, name) for name in QueuedLink.__annotations__})


def url_parts(url: str) -> Url:
    """A URL with its host apart: what is before it may look like another host, as a user does."""
    scheme, separator, rest = url.partition("://")
    end = min((rest.find(each) for each in "/?#\\" if each in rest), default=len(rest))
    user, at, host = rest[:end].rpartition("@")
    is_http = bool(separator) and scheme.lower() in ("http", "https")
    return Url(f"{scheme}{separator}{user}{at}", host, rest[end:], url if is_http else None)


def ago(at: str, now: datetime) -> str:
    """How long ago a time was, such as "3 hours ago"."""
    length = _length(seconds_since(at, now))
    return f"{length} ago" if length else "just now"


def _found(link: QueuedLink, now: datetime) -> str:
    words = _LINK_BACK[link["link_back"]]
    return f"{words} ({ago(link['link_back_at'], now)})" if link["link_back_at"] else words


def _why(link: QueuedLink, site: Site) -> str | None:
    if link["attention"]:
        return ATTENTION[link["attention"]]
    if link["status"] != "pending":
        return None
    if link["needs_editor"]:
        return NEEDS_EDITOR[link["needs_editor"]]
    return _BY_POLICY[site.publish]


def _expiry(at: str, now: datetime) -> str:
    length = _length(-seconds_since(at, now))
    return f"in {length}" if length else "within the hour"


def _length(seconds: float) -> str:
    for size, unit in _UNITS:
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return ""


# ---- the story of one link -------------------------------------------------------------------


def story(link: Link, checks: Checks) -> list[Event]:
    """What happened to a link, the first first: its submission, its changes and its checks."""
    # Of the same moment are a check and the change that it has brought about, in this order.
    events = [_submission(link), *map(_check, checks.evidence), *_changes(link)]
    return sorted(events, key=lambda event: event.at)


def _submission(link: Link) -> Event:
    words = "Came by webmention" if link.is_webmention else "Submitted"
    if link.published_at == link.submitted_at:
        words += ", and published at once as the site's policy was"
    return Event(link.submitted_at, words)


_CHANGES = {
    "pending": "Restored: pending again",
    "published": "Published",
    "lapsed": "Hidden: its page does not link to the article any more",
    "rejected": "Rejected",
    "expired": "Expired",
    "withdrawn": "Withdrawn",
    "removed": "Removed",
}
_ACTORS = {BY_SUBMITTER: "its submitter", BY_CHECK: "a check", "schedule": "the hourly job"}


def _changes(link: Link) -> Iterator[Event]:
    previous = None
    for entry in link.history:
        words, reason = _CHANGES[entry["status"]], entry.get("reason")
        if entry["status"] == previous and entry["by"] == BY_SUBMITTER:
            words = "URL and title erased"
        if entry["by"] == BY_CHECK and reason:
            message = of_code(reason)
            reason = str(for_editors(message)) if message else reason
        is_told = entry.get("tell_submitter", False)
        yield Event(entry["at"], words, _ACTORS.get(entry["by"], entry["by"]), reason, is_told)
        previous = entry["status"]


def _check(evidence: Mapping[str, Any]) -> Event:
    words = " ".join(str(for_editors(each)) for each in sentences(evidence))
    names = {
        "status": "Status",
        "final_url": "Address after redirects",
        "href": "Its link",
        "rel": "rel of its link",
        "canonical": "rel=canonical of the page",
    }
    known = [(words, str(evidence[name])) for name, words in names.items() if evidence.get(name)]
    return Event(evidence["at"], f"Checked: {words}", evidence=known)
