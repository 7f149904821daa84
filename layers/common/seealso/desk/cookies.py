"""The desk's cookies: for this host alone, for https alone, and for no script."""

from seealso.http.requests import Request

# The prefix binds a cookie to this very host, so that no other host of its domain can set it
# (RFC 6265bis, 4.1.3.2). It needs Secure, which browsers grant to http on this machine, too.
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


def read(request: Request, name: str) -> str | None:
    """The value of a cookie; None if there is none."""
    for pair in request.headers.get("cookie", "").split(";"):
        # Of space, this alone: a name that begins with another space is not the one with the prefix
        # for browsers, so that other hosts of the domain can set it.
        found, _, value = pair.strip(" \t").partition("=")
        if found == name:
            return value
    return None


def written(name: str, value: str, max_age: int | None = None) -> str:
    """A Set-Cookie header; without `max_age`, the cookie ends with the browser."""
    lifetime = "" if max_age is None else f"; Max-Age={max_age}"
    return f"{name}={value}; {_ATTRIBUTES}{lifetime}"


def removed(name: str) -> str:
    """A Set-Cookie header that ends a cookie."""
    return written(name, "", 0)
