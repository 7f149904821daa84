"""What a changing request is made of: a JSON object from a file, and the version it is based on."""

from typing import Any, BinaryIO

from seealso_cli import admin_api
from seealso_cli.errors import CommandFailed, RequestRefused
from seealso_cli.output import escape_unprintable
from seealso_cli.strict_json import WHITESPACE, InvalidJson, parse_value
from seealso_cli.utf16 import UTF_16, is_utf_16

type Json = dict[str, Any]


def parse_object(file: BinaryIO) -> Json:
    """The JSON object that a file holds. Raises RequestRefused, CommandFailed."""
    name = file_name(file)
    text = read_text(file).strip(WHITESPACE)
    if not text:
        raise RequestRefused(400, f"{name} is empty.")
    try:
        value, end = parse_value(text, 0)
    except InvalidJson as reason:
        line = f" (line {reason.line})" if reason.line else ""
        raise RequestRefused(400, f"{name} is invalid: {reason}{line}.") from None
    if end < len(text) or not isinstance(value, dict):
        kind = "; it is a JSON array" if isinstance(value, list) else ""
        raise RequestRefused(
            400, f"{name} is invalid: it must contain exactly one JSON object{kind}."
        )
    return value


def read_text(file: BinaryIO) -> str:
    """The text of a file in UTF-8, without BOM. Raises RequestRefused, CommandFailed."""
    try:
        content = file.read()
    except OSError as error:
        raise CommandFailed(f"Could not read {file_name(file)}: {error.strerror}.") from None
    if is_utf_16(content):
        raise RequestRefused(400, f"{file_name(file)} is invalid: {UTF_16}.")
    try:
        return content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise RequestRefused(400, f"{file_name(file)} is invalid: it is not UTF-8.") from None


def file_name(file: BinaryIO) -> str:
    """A file's name for messages."""
    name = getattr(file, "name", "<stdin>")
    # click's name of `-`; a redirected descriptor has a number.
    return (
        escape_unprintable(name)
        if name != "<stdin>" and isinstance(name, str)
        else "Standard input"
    )


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
