"""The origin secret: what the CDN shows, so that requests past it can be told from its own.

template.yaml gives it to CloudFront, which sends it with each request, and to the functions. Where
there is one, nobody else is answered, and the viewer's address is what the CDN says it is: the
gateway sees the CDN's. While a secret is replaced, there are two.
"""

from collections.abc import Sequence
from hmac import compare_digest

from seealso.errors import Refusal
from seealso.http.requests import Request


def with_viewer_address(request: Request, secrets: Sequence[str]) -> Request:
    """The CDN's request, with its viewer's address. Raises Refusal for a request past the CDN."""
    shown = request.headers.get("x-origin-secret", "").encode()
    if not any(compare_digest(shown, secret.encode()) for secret in secrets):
        raise Refusal("forbidden", "This address is not public. Use the API's public address.")
    # Only where a cached answer would do, the CDN does not tell it (template.yaml, CachedRequests).
    address = request.headers.get("x-viewer-address", request.client_address)
    return request._replace(client_address=address)
