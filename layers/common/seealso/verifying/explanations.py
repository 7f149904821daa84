"""What a check found, in words for people: sentences by the codes of outcomes.py.

They speak to whoever submitted the page, and say what to do where something can be done.
"""

from collections.abc import Mapping
from typing import Any, Final

from seealso.errors import Message
from seealso.tables.checks import Checks
from seealso.tables.links import CLAIM_HOLDERS, Link

# What a server's owner allows to let checks through (fetching.py sends it with the version).
USER_AGENT: Final = "seealso"

_NOT_YET = Message("Your page has not been looked at yet.")
_SEEN = Message("Your page links to the article.")
_WALL = Message(
    "Something stands in front of your page, such as a check for bots or a request for consent. "
    "Let the User-Agent {agent} through.",
    agent=USER_AGENT,
)
_CODES = {
    "blocked-host": Message("Your page's address leads to a host that is blocked here."),
    "bad-redirect": Message("Your page's address redirects to one that could not be submitted."),
    "bad-url": Message("Your page's address could not be submitted any more."),
    "connection": Message("The server of your page did not accept a connection."),
    "cut-off": Message("Only the first 1 MiB of your page was read: the link must be in it."),
    "dns": Message("The host of your page was not found."),
    "duplicate": Message("Your page's address leads to a page that was submitted before."),
    "forbidden-address": Message("The host of your page is not on the public internet."),
    "gone": Message("The server says that your page is gone for good (status 410)."),
    "meta-refresh": Message(
        "Your page sends browsers elsewhere (meta refresh), which is not followed."
    ),
    "no-link": Message("Your page has no link to the article."),
    "not-html": Message("What is at your page's address is not an HTML page."),
    "own-page": Message("Your page's address leads to the article itself."),
    "protocol": Message("The server of your page did not answer as a web server does."),
    "timeout": Message("The server of your page took longer than 10 seconds."),
    "tls": Message("The certificate of your page's server is not valid for its host."),
    "too-complex": Message("Your page is too large or too deep to be read."),
    "too-many-redirects": Message("Your page's address redirects more than three times."),
}
# Whether the server asks who is there.
_REFUSALS = frozenset({401, 403, 429})
# What may be said beside the first reason.
_BESIDE = frozenset({"cut-off", "meta-refresh"})


def explanation(link: Link, checks: Checks) -> list[Message]:
    """What the last check found, in one or two sentences."""
    last = checks.last
    if last is None:
        return [_NOT_YET] if link.status in CLAIM_HOLDERS else []
    return sentences(last)


def sentences(evidence: Mapping[str, Any]) -> list[Message]:
    """What one check found, by its evidence (tables/checks.py)."""
    codes: list[str] = evidence["codes"]
    if not codes:
        return [_SEEN]
    beside = [code for code in codes[1:] if code in _BESIDE][:1]
    href, status = evidence.get("href"), evidence.get("status")
    return [_sentence(code, href, status) for code in (codes[0], *beside)]


def of_code(code: str) -> Message | None:
    """What a code says by itself, as in a link's history; None if it needs the evidence."""
    return _WALL if code.startswith("wall-") else _CODES.get(code)


def for_editors(message: Message) -> Message:
    """The English sentence for those whose page it is not."""
    text = message.id.replace("Your page", "The page").replace("your page", "the page")
    return Message(text, **message.values)


def found_link(checks: Checks) -> dict[str, str | None] | None:
    """The hyperlink that the last check found, as contract.md shows it; None if it found none."""
    last = checks.last
    if last is None or last["found"] != "seen":
        return None
    return {name: last.get(name) for name in ("href", "rel", "final_url")}


def _sentence(code: str, href: str | None, status: int | None) -> Message:
    if code.startswith("wall-"):
        return _WALL
    match code:
        case "status" if status in _REFUSALS:
            return Message(
                "The server of your page refused to show it (status {status}). Let the User-Agent "
                "{agent} through.",
                status=status,
                agent=USER_AGENT,
            )
        case "status":
            return Message("The server of your page answered with status {status}.", status=status)
        case "near-miss":
            return Message("Your page links to {href} but not to this article.", href=href)
        case "other-article":
            return Message("Your page links to {href}, which is another article.", href=href)
        case "mention-only":
            return Message(
                "Your page names {href} but not in a link (<a href>): only that counts.", href=href
            )
    return _CODES[code]
