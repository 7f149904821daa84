"""An article for search engines: schema.org's `Article` as JSON-LD.

Of the members that Google recommends for it, dateModified and image are not there: an article has
one date and no image. Its author is its site, because an article names no person.
"""

import json
from datetime import datetime
from typing import Any

from markupsafe import Markup

from seealso.reading.page import ShownArticle
from seealso.times import names_a_day

# No tag or comment can begin or end within the data, and old JavaScript takes U+2028 and U+2029 as
# the end of a line.
_ESCAPES = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def json_ld(
    article: ShownArticle,
    *,
    site_name: str,
    site_url: str,
    url: str,
    source_url: str | None,
    language: str,
) -> Markup:
    """The content of the article's `<script type="application/ld+json">`; all URLs are absolute."""
    site = {"@type": "Organization", "name": site_name, "url": site_url}
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": article["title"],
        "datePublished": _date(article["date"]),
        "inLanguage": language,
        "url": url,
        "mainEntityOfPage": url,
        "author": site,
        "publisher": site,
    }
    if source_url is not None:
        data["isBasedOn"] = source_url
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(_ESCAPES))  # noqa: S704 escaped


def _date(date: str) -> str:
    """ISO 8601 in the one form that all readers take, with the offset if it is known."""
    return date if names_a_day(date) else datetime.fromisoformat(date).isoformat()
