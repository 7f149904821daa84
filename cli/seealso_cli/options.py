"""What commands of the admin endpoint take alike: options, versions, objects of files."""

from typing import Any, BinaryIO

import click

from seealso_cli.errors import Refusal

type Json = dict[str, Any]

json_option = click.option("--json", "as_json", is_flag=True, help="JSON, for scripts.")
domain_option = click.option("--domain", type=click.IntRange(min=0), metavar="N")
version_option = click.option(
    "--version",
    type=click.IntRange(min=1),
    metavar="N",
    help="Change version N and no later one; left out: the version of now.",
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Check only; write nothing.")
file_type = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True)
file_argument = click.argument("file", type=click.File("rb"), metavar="FILE")


def version_now(path: str, given: int | None) -> int:
    """The version given, or the one that is there now."""
    from seealso_cli import admin_api

    version: int = given or admin_api.request("GET", path)["version"]
    return version


def version_read(body: Json) -> int | None:
    """The version that an object of a file was read at, if it has one."""
    version = body.get("version")
    return version if type(version) is int and version > 0 else None


def read_object(file: BinaryIO) -> Json:
    """The one JSON object of a file. Raises Refusal."""
    from seealso_cli.bulk.rows import JSON_SPACE, NotJson, json_value

    try:
        text = file.read().decode().removeprefix("\ufeff").strip(JSON_SPACE)
        value, end = json_value(text, 0)
    except UnicodeDecodeError:
        raise Refusal(400, "FILE can't be taken: it is not UTF-8.") from None
    except NotJson as reason:
        raise Refusal(400, f"FILE can't be taken: {reason}.") from None
    if end < len(text) or not isinstance(value, dict):
        raise Refusal(400, "FILE can't be taken: it must hold one JSON object and nothing else.")
    return value
