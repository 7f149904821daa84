"""The pages' own files: where they are served, and for how long they may be kept."""

import gzip

import pytest

from seealso.web.assets import asset_path
from tests.support.gateway import get
from tests.web.pages import tree

YEAR = "public, max-age=31536000"
TYPES = {
    "icon.svg": "image/svg+xml",
    "site.css": "text/css; charset=utf-8",
    "site.js": "text/javascript; charset=utf-8",
}
# HTML, style sheet and script of an article page are to take 30 KB, and a widget 5 KB.
MAX_FILES = 16 * 1024
MAX_WIDGET = 5_000

pytestmark = pytest.mark.usefixtures("deployed_environment")


@pytest.mark.parametrize(("name", "media_type"), TYPES.items())
def test_files_may_be_kept_for_a_year(name: str, media_type: str) -> None:
    response = get(asset_path(name))
    assert (response.status, response.headers["content-type"]) == (200, media_type)
    assert response.headers["cache-control"] == YEAR
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_pages_ask_for_these_files_and_no_others() -> None:
    page = tree("/")
    asked = [
        link.attrs["href"]
        for link in page.all("link")
        if link.attrs["rel"] in ("icon", "stylesheet")
    ]
    asked += [script.attrs["src"] for script in page.all("script")]
    assert asked == [asset_path(name) for name in TYPES]


def test_files_are_small() -> None:
    accepts = {"accept-encoding": "gzip"}
    assert sum(len(get(asset_path(name), accepts).content) for name in TYPES) <= MAX_FILES


def test_the_widget_is_for_other_sites_and_keeps_its_name() -> None:
    response = get("/assets/see-also.js", {"accept-encoding": "gzip"})
    assert (response.status, response.headers["content-type"]) == (200, TYPES["site.js"])
    assert response.headers["cache-control"] == "public, max-age=3600"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(response.content) <= MAX_WIDGET
    assert gzip.decompress(response.content).decode() == get("/assets/see-also.js").body


@pytest.mark.parametrize("name", TYPES)
def test_pages_from_before_a_deployment_get_the_current_files(name: str) -> None:
    """A page may come from a cache. Its files are then not kept under their former names."""
    stem, _, suffix = name.rpartition(".")
    response = get(f"/assets/{stem}.0123456789.{suffix}")
    assert (response.status, response.body) == (200, get(asset_path(name)).body)
    assert response.headers["cache-control"] == "public, max-age=30"


@pytest.mark.parametrize(
    "name",
    [
        *("site.css", "site.js", "none.0123456789.css", "site.012345678.css", "site..css"),
        *("site.0123456789.svg", "..%2Fassets.py", "see-also.0123456789.js", "%00"),
    ],
)
def test_other_names_are_unknown(name: str) -> None:
    response = get(f"/assets/{name}")
    assert response.status == 404
    assert response.headers["cache-control"] == "no-store"
