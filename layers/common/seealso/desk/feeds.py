"""Atom feeds of the queue (RFC 4287): the newest pending links of the network, or of a site.

A feed is public to whoever has its address, whose key is the only secret. Its entries lead to the
desk and not to what was submitted, and all that submitters wrote is plain text: without < and >, so
that a reader that takes text for HTML finds no markup in it either.
"""

from uuid import UUID

from seealso.errors import Refusal
from seealso.http.compression import compressed
from seealso.http.requests import Request
from seealso.http.responses import NOT_STORED, Response
from seealso.store.tables import Store
from seealso.tables.notices import FeedAddress, find_feed
from seealso.tables.queue import QueuedLink, list_newest_pending
from seealso.web.xml_text import xml_text

SHOWN = 30
_HEADERS = {
    **NOT_STORED,
    "content-type": "application/atom+xml; charset=utf-8",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}
_NEVER = "1970-01-01T00:00:00.000Z"  # `updated` is required, also of a feed without entries
_NO_MARKUP = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
    }
)


def queue_feed(store: Store, request: Request) -> Response:
    """GET /desk/feeds/{key}. Raises Refusal `not-found`."""
    address = find_feed(store, request.path["key"])
    if address is None:
        raise Refusal("not-found", "There is no feed at this address; it may have been replaced.")
    links = list_newest_pending(store, address.domain, SHOWN)
    document = _document(address, links, request.base_url)
    return compressed(request, Response(200, dict(_HEADERS), document))


def _document(address: FeedAddress, links: list[QueuedLink], base_url: str) -> str:
    scope = "all sites" if address.domain is None else f"site {address.domain}"
    page = "/desk" if address.domain is None else f"/desk?domain={address.domain}"
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
        # Of the key's hash: whoever replaces the address has a new feed to subscribe to.
        f"<id>{UUID(address.digest[:32]).urn}</id>",
        f"<title>Pending links of {scope}</title>",
        f"<updated>{links[0]['submitted_at'] if links else _NEVER}</updated>",
        f"<author><name>{xml_text(base_url.partition('://')[2])}</name></author>",
        f'<link rel="alternate" type="text/html" href="{xml_text(base_url + page)}"/>',
        *(_entry(link, base_url) for link in links),
        "</feed>",
    ]
    return "\n".join(lines) + "\n"


def _entry(link: QueuedLink, base_url: str) -> str:
    url = link["url"] or ""
    host = url.partition("://")[2].partition("/")[0]
    article = f"{link['article_title'] or 'Article'} ({link['article_id']})"
    page = f"{base_url}/desk/links/{link['link_id']}"
    summary = f"{url}\nFor {article} of site {link['domain']}"
    return "\n".join(
        [
            "<entry>",
            f"<id>{UUID(link['link_id']).urn}</id>",
            f"<title>{_plain(link['title'] or host)}</title>",
            f"<published>{link['submitted_at']}</published>",
            f"<updated>{link['submitted_at']}</updated>",
            f'<link rel="alternate" type="text/html" href="{xml_text(page)}"/>',
            f'<summary type="text">{_plain(summary)}</summary>',
            "</entry>",
        ]
    )


def _plain(text: str) -> str:
    return xml_text(text.translate(_NO_MARKUP))
