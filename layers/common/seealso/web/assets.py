"""The style sheet, the script and the icon, served under names that change with their content."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).with_name("assets")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# What pages ask for; the widget (widget.py) has a name that never changes.
_NAMES = ("icon.svg", "site.css", "site.js")


_YEAR = 365 * 24 * 3600


class Asset(NamedTuple):
    """A file as it is served; `max_age` in seconds, `sharing` for Cross-Origin-Resource-Policy."""

    text: str
    media_type: str
    max_age: int = _YEAR
    sharing: str = "same-origin"


def asset_path(name: str) -> str:
    """The path under which a file is served, such as /assets/site.0f3a9c1e.css."""
    return f"/assets/{_hashed(name)}"


def find_asset(hashed_name: str) -> Asset | None:
    """The file that is served under a name; None if there is none."""
    for name in _NAMES:
        if hashed_name == _hashed(name):
            return Asset(_text(name), _TYPES[Path(name).suffix])
    return None


@cache
def _hashed(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{sha256(_text(name).encode()).hexdigest()[:10]}.{suffix}"


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
