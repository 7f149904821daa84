"""How HTTP requests leave this machine: proxies and certificates, from the environment.

boto3 reads the same variables by itself. The store's client uses neither.
"""

import os
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

# The first that is set, as boto3 does.
_CA_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


def is_loopback(url: str) -> bool:
    """Whether a URL is of this machine."""
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")


def proxy_for(url: str) -> str | None:
    """The URL of the proxy for a URL (HTTPS_PROXY, HTTP_PROXY, NO_PROXY); None for none.

    This machine is never reached through a proxy, which would see tokens sent over plain HTTP.
    """
    parts = urlsplit(url)
    if is_loopback(url) or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxy = getproxies().get(parts.scheme)
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def proxy_name(proxy: str) -> str:
    """A proxy's host and port, without the password that its URL may hold."""
    return urlsplit(proxy).netloc.rpartition("@")[2]


def ca_bundle() -> tuple[str, str] | None:
    """The variable that names a file of trusted certificates, and the file; None for neither."""
    return next(((name, os.environ[name]) for name in _CA_BUNDLES if os.environ.get(name)), None)


def direct_only(endpoint: str) -> str:
    """What to do if the store at an endpoint is not reached and a proxy is set; else empty."""
    host = urlsplit(endpoint).hostname
    bundle = ca_bundle()
    if proxy := proxy_for(endpoint):
        reason = f"do not use the proxy {proxy_name(proxy)}"
    elif bundle and urlsplit(endpoint).scheme == "https":
        reason = f"trust Amazon's certificates only, not those of {bundle[0]}"
    else:
        return ""
    return (
        f" Commands that use the tables {reason}: run them where {host} can be reached directly, "
        "such as AWS CloudShell or a VPC with a gateway endpoint."
    )
