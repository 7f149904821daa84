"""Walls: pages that stand in front of the one that was asked for, to keep out bots or to ask for
consent, often with status 200. They say nothing of the page behind, and their title is not its.

Each is known by something that a page which merely writes about the wall does not have.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from ada_url import URL

# The headers by which a response says so itself: name, values and the wall.
BY_HEADER: Final = (
    # Cloudflare, "Detecting challenge responses"
    ("cf-mitigated", frozenset({"challenge"}), "cloudflare"),
    # Vercel, "Response headers"
    ("x-vercel-mitigated", frozenset({"challenge", "deny"}), "vercel"),
    # AWS WAF, "CAPTCHA and Challenge actions"
    ("x-amzn-waf-action", frozenset({"captcha", "challenge"}), "aws-waf"),
)
# A document's whole title.
BY_TITLE: Final = {
    "Just a moment...": "cloudflare",
    "DDoS-Guard": "ddos-guard",
}
# CSS selectors of elements that only a wall has.
BY_SELECTOR: Final = {
    "script#anubis_challenge": "anubis",
    "script#anubis_version": "anubis",
    'link[href*="/.git.gammaspectra.live/git/go-away/"]': "go-away",
    'script[src*=".captcha-delivery.com/"]': "datadome",
    'iframe[src*="/_Incapsula_Resource"]': "imperva",
    "#px-captcha": "human",
}
# Hosts to which networks send readers who have not consented yet.
_CONSENT_HOST = re.compile(r"(consent|guce|myprivacy)\.")


def wall_of_headers(headers: Mapping[str, str]) -> str | None:
    """The wall that a response's headers name; `headers` by lowercase name."""
    for name, values, wall in BY_HEADER:
        if headers.get(name, "").strip().lower() in values:
            return wall
    return None


def wall_of_redirects(hops: Sequence[str]) -> str | None:
    """The wall to which a page redirects; `hops` are the http and https URLs on the way."""
    first, last = URL(hops[0]).hostname, URL(hops[-1]).hostname
    return "consent" if last != first and _CONSENT_HOST.match(last) else None
