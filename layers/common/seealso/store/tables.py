"""The store: a client and the names of the tables, as the function's environment has them."""

import os
import threading
from typing import Any

from seealso.settings import is_local_run, string
from seealso.store.caches import Cache
from seealso.store.client import Client
from seealso.store.protocol import Credentials

# The time limit of a request and of each attempt in the local run, where a busy machine may answer
# late; below the 29 s after which the local run ends a function.
LOCAL_SECONDS = 25.0


class Store:
    """The project's tables: a client and their names; for one thread."""

    def __init__(
        self,
        client: Client,
        articles: str,
        links: str,
        sites: str,
        skips: str,
        audit: str,
        transient: str,
    ) -> None:
        self.client = client
        self.articles = articles
        self.links = links
        self.sites = sites
        self.skips = skips
        self.audit = audit
        self.transient = transient
        # What tables/sites.py has read recently: a domain's site, and whether a host is a site's.
        self.site_cache: Cache[int, Any] = Cache(50.0, 1000)
        self.host_cache: Cache[str, tuple[int, ...]] = Cache(50.0, 1000)
        # What submitting/rate_limit.py hashes addresses with: (day, key).
        self.day_key: tuple[str, bytes] | None = None
        # What tables/sites.py has read of the stack's settings, which never change.
        self.settings: dict[str, str] = {}


_local = threading.local()


def current_store() -> Store:
    """This thread's store, made from the environment (template.yaml) when it is first needed.

    Raises SettingsError.
    """
    store: Store | None = getattr(_local, "store", None)
    if store is None:
        store = _local.store = _open_store()
    return store


def reset_store() -> None:
    """Let this thread's next current_store() read the environment anew."""
    if store := getattr(_local, "store", None):
        store.client.close()
    _local.store = None


def _open_store() -> Store:
    region = string("AWS_REGION")
    endpoint = (
        os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
        or os.environ.get("AWS_ENDPOINT_URL")
        or string("STORE_ENDPOINT")
    )
    client = Client(endpoint.rstrip("/"), region, _environment_credentials)
    if is_local_run():
        client.limit_seconds = client.attempt_seconds = LOCAL_SECONDS
    return Store(
        client,
        articles=string("ARTICLES_TABLE"),
        links=string("LINKS_TABLE"),
        sites=string("SITES_TABLE"),
        skips=string("SKIPS_TABLE"),
        audit=string("AUDIT_TABLE"),
        transient=string("TRANSIENT_TABLE"),
    )


def _environment_credentials() -> Credentials:
    # Read for each request: a function that lives for long is handed new ones.
    return Credentials(
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        os.environ.get("AWS_SESSION_TOKEN"),
    )
