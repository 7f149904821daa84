"""Whose pages may submit links: this network's own."""

from seealso.errors import Refusal
from seealso.store.tables import Store
from seealso.tables import sites


def check_origin(store: Store, origin: str | None, base_url: str) -> None:
    """Refuse a submission that a foreign site's page sent; a client that is no page sends none.

    `base_url` is that of this API (Request.base_url). Raises Refusal `foreign-origin`.
    """
    if origin is None:
        return
    if origin == "null":
        detail = (
            "The page hides its origin (Origin: null), as a file, a sandboxed frame and "
            "Referrer-Policy: no-referrer do. Submit from a page of one of this network's sites."
        )
        raise Refusal("foreign-origin", detail)
    # An origin is a scheme and a host (RFC 6454, section 6.1).
    host = origin.lower().partition("://")[2]
    own_host = base_url.lower().partition("://")[2]
    # A gateway on loopback is the local run's, where forms are served from any port.
    if host == own_host or (_is_loopback(host) and _is_loopback(own_host)):
        return
    if not host or not sites.has_host(store, host):
        detail = "Links can be submitted only from this network's own sites."
        raise Refusal("foreign-origin", detail)


def _is_loopback(host: str) -> bool:
    name, _, port = host.partition(":")
    return name in ("localhost", "127.0.0.1") and (not port or port.isdecimal())
