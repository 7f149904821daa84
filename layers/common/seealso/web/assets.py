"""The style sheet, the script and the icon, served under names that change with their content."""

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from seealso.web.widget import widget_script

_FOLDER = Path(__file__).with_name("assets")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# What pages ask for; the widget (widget.py) has a name that never changes.
_NAMES = ("desk.css", "desk.js", "icon.svg", "site.css", "site.js")
WIDGET = "see-also.js"
_HASHED = re.compile(r"([a-z]+)\.[0-9a-f]{10}\.([a-z]+)")

_HALF_MINUTE = 30
_HOUR = 3600
_YEAR = 365 * 24 * _HOUR


class Asset(NamedTuple):
    """A file as it is served; `max_age` in seconds, `sharing` for Cross-Origin-Resource-Policy."""

    text: str
    media_type: str
    max_age: int
    sharing: str = "same-origin"


def asset_path(name: str) -> str:
    """The path under which a file is served, such as /assets/site.0f3a9c1e.css."""
    return f"/assets/{_hashed(name)}"


def find_asset(served_name: str) -> Asset | None:
    """The file that is served under a name; None if there is none."""
    if served_name == WIDGET:
        # Pages of other sites name it, so that it keeps its name (Fetch standard, "CORP check").
        return Asset(widget_script(), _TYPES[".js"], _HOUR, "cross-origin")
    match = _HASHED.fullmatch(served_name)
    name = f"{match[1]}.{match[2]}" if match else ""
    if name not in _NAMES:
        return None
    # A page from a cache may be older than the last deployment, and name the file that was then.
    max_age = _YEAR if served_name == _hashed(name) else _HALF_MINUTE
    return Asset(_text(name), _TYPES[Path(name).suffix], max_age)


@cache
def _hashed(name: str) -> str:
    stem, _, suffix = name.rpartition(".")
    return f"{stem}.{sha256(_text(name).encode()).hexdigest()[:10]}.{suffix}"


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
