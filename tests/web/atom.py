"""What RFC 4287 requires of a feed; feedparser reads feeds that break it."""

import re
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import feedparser

ATOM = "{http://www.w3.org/2005/Atom}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# Section 3.3: a date-time of RFC 3339, with upper-case letters.
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


class Entry(NamedTuple):
    id: str
    title: str
    updated: datetime
    url: str
    author: str
    language: str | None


class Feed(NamedTuple):
    id: str
    title: str
    updated: datetime
    url: str
    self_url: str
    author: str
    language: str | None
    entries: list[Entry]


def read_feed(body: str) -> Feed:
    """The feed in a body that RFC 4287 allows and that feedparser takes as well-formed."""
    read = feedparser.parse(body.encode())
    assert not read.bozo, read.get("bozo_exception")
    assert read.version == "atom10"
    root = ElementTree.fromstring(body.encode())  # noqa: S314 our own
    assert root.tag == f"{ATOM}feed"
    entries = [_entry(element) for element in root.findall(f"{ATOM}entry")]
    assert [entry.id for entry in entries] == [entry.id for entry in read.entries]
    assert [entry.url for entry in entries] == [entry.link for entry in read.entries]
    assert len({entry.id for entry in entries}) == len(entries)
    allowed = {"id", "title", "updated", "author", "link", "entry"}
    assert {element.tag for element in root} <= {ATOM + name for name in allowed}
    return Feed(
        id=_id(root),
        title=_one(root, "title").text or "",
        updated=_moment(root, "updated"),
        url=_link(root, "alternate", "text/html"),
        self_url=_link(root, "self", "application/atom+xml"),
        author=_author(root),
        language=root.get(LANGUAGE),
        entries=entries,
    )


def _entry(element: Element) -> Entry:
    allowed = {"id", "title", "published", "updated", "author", "link"}
    assert {child.tag for child in element} <= {ATOM + name for name in allowed}
    assert _moment(element, "published") == _moment(element, "updated")
    return Entry(
        id=_id(element),
        title=_one(element, "title").text or "",
        updated=_moment(element, "updated"),
        # An entry without content must have one (section 4.1.2).
        url=_link(element, "alternate", "text/html"),
        author=_author(element),
        language=element.get(LANGUAGE),
    )


def _one(element: Element, name: str) -> Element:
    (found,) = element.findall(ATOM + name)
    return found


def _id(element: Element) -> str:
    text = _one(element, "id").text or ""
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)
    return text


def _moment(element: Element, name: str) -> datetime:
    text = _one(element, name).text or ""
    assert _DATE_TIME.fullmatch(text)
    return datetime.fromisoformat(text)


def _author(element: Element) -> str:
    author = _one(element, "author")
    assert _is_absolute(_one(author, "uri").text or "")
    name = _one(author, "name").text
    assert name
    return name


def _link(element: Element, relation: str, media_type: str) -> str:
    (found,) = [each for each in element.findall(f"{ATOM}link") if each.get("rel") == relation]
    assert found.get("type") == media_type
    href = found.get("href") or ""
    assert _is_absolute(href)
    return href


def _is_absolute(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc)
