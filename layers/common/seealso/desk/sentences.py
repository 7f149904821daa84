"""Entries of the audit as sentences: who did what, with the names that things had then.

A sentence is made of the entry alone, apart from the name that a site has now: only entries of
sites have the name as of then.
"""

from collections.abc import Mapping
from string import Formatter
from typing import Any, NamedTuple
from urllib.parse import quote

from seealso.tables.audit import AuditEntry
from seealso.tables.links import BY_SUBMITTER

# By action, what the actor did. Every action has one; a test finds the actions in the code.
SENTENCES = {
    "article.create": "wrote {article}",
    "article.replace": "changed {changed} of {article}",
    "article.patch": "changed {changed} of {article}",
    "article.publish": "published {article}",
    "article.unpublish": "took {article} back to its drafts",
    "article.delete": "deleted {article}",
    "article.restore": "restored {article} as a draft",
    "article.purge": "purged {article} for good",
    "article.repair": "repaired the index keys of {article}",
    "article.recover": "brought back {article} from a backup",
    "link.approve": "approved {link}",
    "link.reject": "rejected {link}",
    "link.remove": "removed {link}",
    "link.restore": "made {link} pending again",
    "link.purge": "removed {link} with its article",
    "link.withdraw": "withdrew {link}{on}, which erased its URL and title",
    "link.erase": "erased the URL and the title of {link}",
    "link.repair": "repaired the record of {link}",
    "link.recover": "brought back {link} from a backup",
    "page.repair": "repaired the links on the page of {article}",
    "site.create": "made the site {site}",
    "site.change": "changed {changed} of the site {site}",
    "block.add": "blocked {host} on {where}",
    "block.remove": "unblocked {host} on {where}",
    "block.recover": "blocked {host} on {where} again, from a backup",
    "notices.key": "replaced the webhook's key",
    "notices.feed": "replaced the address of the queue's feed of {where}",
    "host.repair": "repaired where {host} belongs or is blocked",
}
# Of these the sentence ends with the site that they were on, unless it names it before.
_ON_SITE = ("article.", "link.")


class Piece(NamedTuple):
    """A part of a sentence; `href` where it is a link, `is_name` where an editor has named it."""

    text: str
    href: str | None = None
    is_name: bool = False


class Change(NamedTuple):
    """A value before and after."""

    name: str
    before: str
    after: str


def sentence(entry: AuditEntry, site_names: Mapping[int, str]) -> list[Piece]:
    """What was done, from the actor on; an action without a sentence is shown as it is."""
    action, actor = entry["action"], entry["actor"]
    who = "The submitter" if actor == BY_SUBMITTER else actor
    pieces = [Piece(who, f"/desk/audit?editor={quote(actor, safe='')}"), Piece(" ")]
    words = SENTENCES.get(action, action)
    if action.startswith(_ON_SITE) and "{on}" not in words:
        words += "{on}"
    for text, name, _, _ in Formatter().parse(words):
        pieces += [Piece(text)] if text else []
        pieces += _PARTS[name](entry, site_names) if name else []
    return [*pieces, Piece(".")]


def changes(entry: AuditEntry) -> list[Change]:
    """The values that the change has changed, as they are shown."""
    before, after = entry["before"] or {}, entry["after"] or {}
    return [
        Change(name.replace("_", " "), _shown(before.get(name)), _shown(after.get(name)))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _value(entry: AuditEntry, name: str) -> Any:
    """A value as of the change: after it, or before it where there is no after."""
    for values in (entry["after"], entry["before"]):
        if values and values.get(name) is not None:
            return values[name]
    return None


def _article(entry: AuditEntry, _names: Mapping[int, str]) -> list[Piece]:
    title, article_id = _value(entry, "title"), entry["article_id"]
    href = f"/desk/articles/{article_id}"
    # A title of more than 1 KB is in no entry (tables/audit.py).
    if isinstance(title, str):
        return [Piece(title, href, is_name=True)]
    return [Piece(f"article {article_id}", href)]


def _link(entry: AuditEntry, _names: Mapping[int, str]) -> list[Piece]:
    pieces = [Piece("a link", f"/desk/links/{entry['link_id']}")]
    title, article_id = _value(entry, "article_title"), entry["article_id"]
    if article_id is None:
        return pieces
    href = f"/desk/articles/{article_id}"
    if isinstance(title, str):
        return [*pieces, Piece(" for "), Piece(title, href, is_name=True)]
    return [*pieces, Piece(" for "), Piece(f"article {article_id}", href)]


def _site(entry: AuditEntry, names: Mapping[int, str]) -> Piece:
    domain = entry["domain"]
    assert domain is not None
    is_of_site = entry["action"].startswith("site.")
    name = _value(entry, "name") if is_of_site else names.get(domain)
    href = f"/desk/sites/{domain}"
    return Piece(name, href, is_name=True) if name else Piece(f"site {domain}", href)


def _on(entry: AuditEntry, names: Mapping[int, str]) -> list[Piece]:
    return [] if entry["domain"] is None else [Piece(" on "), _site(entry, names)]


def _host(entry: AuditEntry, _names: Mapping[int, str]) -> list[Piece]:
    host = str(_value(entry, "host"))
    return [Piece(host, f"/desk/links?host={quote(host, safe='')}")]


def _where(entry: AuditEntry, names: Mapping[int, str]) -> list[Piece]:
    return [Piece("all sites") if entry["domain"] is None else _site(entry, names)]


def _changed(entry: AuditEntry, _names: Mapping[int, str]) -> list[Piece]:
    found = [change.name for change in changes(entry) if change.name != "version"]
    if not found:
        return [Piece("nothing")]
    *first, last = found
    return [Piece(f"the {', '.join(first)} and {last}" if first else f"the {last}")]


_PARTS = {
    "article": _article,
    "link": _link,
    "site": lambda entry, names: [_site(entry, names)],
    "host": _host,
    "where": _where,
    "on": _on,
    "changed": _changed,
}


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case {"bytes": size, "sha256": digest}:
            return f"{size:,} bytes, SHA-256 {digest}"
        case list():
            return ", ".join(map(str, value))
    return str(value)
