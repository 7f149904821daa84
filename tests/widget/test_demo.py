"""The two sites of the local run that embed the widget (local/demo)."""

import socket
import urllib.request
from urllib.error import HTTPError

import pytest

from local import demo, emulator
from local.sample_data import WIDGET_ARTICLE
from seealso.store.tables import Store
from seealso.tables.articles import Article, put_articles
from tests.support import gateway
from tests.support.node_packages import serving


def test_sites_render_their_own_pages(deployed_environment: Store) -> None:
    text = "First <b>.\n\nSecond."
    article = Article(WIDGET_ARTICLE, 1, "Slugs & frogs", text, "2026-03-08T10:00:00Z")
    put_articles(deployed_environment, [(article, None)])
    port = emulator.free_port()
    with serving(gateway.application) as api, demo.serving(port, api) as is_served:
        assert is_served
        for path in ("/", f"/a/{WIDGET_ARTICLE}"):
            policy, own = _get(port, path)
            assert f"script-src {api}; connect-src {api}; style-src 'self';" in policy
            assert '<h1>Slugs &amp; frogs</h1>\n<p class="date">March 8, 2026</p>' in own
            assert "<p>First &lt;b&gt;.</p>\n<p>Second.</p>" in own
            assert f'<see-also article="{WIDGET_ARTICLE}" api="{api}">' in own
        _, foreign = _get(port, "/", host="elsewhere.localhost")
        assert "Two tickets and a thermos" in foreign
        for path, status in (("/a/5", 404), ("/b", 404)):
            with pytest.raises(HTTPError) as raised:
                _get(port, path)
            assert raised.value.code == status
            raised.value.close()


def test_nothing_is_served_if_the_port_is_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port in (taken.getsockname()[1], 65536):
            with demo.serving(port, "http://127.0.0.1:1") as is_served:
                assert not is_served


def _get(port: int, path: str, host: str = "localhost") -> tuple[str, str]:
    """The policy and the body of an answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"host": host})
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return answer.headers["content-security-policy"], answer.read().decode()
