"""What a changing request is made of: a JSON object from a file, and the version it is based on."""

from typing import Any, BinaryIO

from seealso_cli import admin_api
from seealso_cli.errors import RequestRefused
from seealso_cli.strict_json import WHITESPACE, InvalidJson, parse_value

type Json = dict[str, Any]


def parse_object(file: BinaryIO) -> Json:
    """The JSON object that a file holds. Raises RequestRefused."""
    try:
        text = file.read().decode().removeprefix("\ufeff").strip(WHITESPACE)
        value, end = parse_value(text, 0)
    except UnicodeDecodeError:
        raise RequestRefused(400, "FILE is invalid: it is not UTF-8.") from None
    except InvalidJson as reason:
        raise RequestRefused(400, f"FILE is invalid: {reason}.") from None
    if end < len(text) or not isinstance(value, dict):
        raise RequestRefused(400, "FILE is invalid: it must contain exactly one JSON object.")
    return value


def version_of(body: Json) -> int | None:
    """The version that `show --json` printed into this object, if it has one."""
    version = body.get("version")
    return version if type(version) is int and version > 0 else None


def get_version(path: str) -> int:
    """The current version of the article or link at this path.

    Raises RequestRefused, CommandFailed.
    """
    version: int = admin_api.request("GET", path)["version"]
    return version
