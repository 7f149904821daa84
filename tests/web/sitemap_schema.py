"""The rules of sitemaps.org's schemas (sitemap.xsd of 2008-03-26, siteindex.xsd of 2009-04-08)."""

import re
from datetime import date, datetime
from typing import NamedTuple
from xml.etree import ElementTree

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# An xsd:dateTime; its offset is 14 hours at most.
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
)


class Located(NamedTuple):
    url: str
    modified: date | datetime | None  # a date, or a moment


def read_index(body: str) -> list[str]:
    """The URLs of a sitemap index."""
    return [found.url for found in _read(body, "sitemapindex", "sitemap")]


def read_sitemap(body: str) -> list[Located]:
    """The URLs of a sitemap."""
    return _read(body, "urlset", "url")


def _read(body: str, root_name: str, name: str) -> list[Located]:
    assert len(body.encode()) <= 50 * 1024 * 1024
    root = ElementTree.fromstring(body.encode())  # noqa: S314 our own
    assert root.tag == NAMESPACE + root_name
    assert root.attrib == {}
    assert 1 <= len(root) <= 50_000
    found = []
    for element in root:
        assert element.tag == NAMESPACE + name
        # A sequence: loc, then lastmod or nothing.
        names = [child.tag.removeprefix(NAMESPACE) for child in element]
        assert names in (["loc"], ["loc", "lastmod"])
        url = element[0].text or ""
        assert 12 <= len(url) <= 2048
        found.append(Located(url, _modified(element[1].text or "") if len(names) > 1 else None))
    return found


def _modified(text: str) -> date | datetime:
    if _DAY.fullmatch(text):
        return date.fromisoformat(text)
    assert _MOMENT.fullmatch(text)
    return datetime.fromisoformat(text)
