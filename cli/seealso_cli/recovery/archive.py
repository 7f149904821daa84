"""A file with all that a stack would need elsewhere: sites, blocked hosts, articles and links.

JSON Lines, optionally gzipped. Each line is an object of one member, which is its kind:

    {"seealso": {"format": 1, "at": "2026-11-27T12:00:00.000Z"}}     the first line
    {"site": {...}}, {"block": {"host": "..."}}
    {"article": {...}}                                               with its state and version
    {"item": {...}}                        links, their claims and checks, as the table has them
    {"end": {"lines": 1234}}               the last line, without which the file is incomplete

Pages are not in it: they follow from their links. Neither are secrets, rate limits, the audit and
editors' accounts.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import IO, Any

from seealso.errors import StoreError, StoreUnavailable
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.tables.articles import Article
from seealso.tables.sites import Site, SiteRecord, get_setting
from seealso.times import rfc3339
from seealso_cli.bulk.export import output_file
from seealso_cli.bulk.files import InputFile, UnreadableFile
from seealso_cli.bulk.scanning import scan_pages
from seealso_cli.bulk.writer import check_store, describe_failure
from seealso_cli.errors import CommandFailed
from seealso_cli.progress import ProgressDisplay
from seealso_cli.recovery.backups import Backup, records_of
from seealso_cli.recovery.contents import Contents
from seealso_cli.recovery.invariants import has_types_of, is_whole_site, readable_article
from seealso_cli.recovery.verifying import read_sites
from seealso_cli.stores import OpenStore

_FORMAT = 1
_PAGE_SIZE = 250
_KEPT = ("link#", "claim#", "checks#")


def export_all(path: str, open_store: OpenStore) -> int:
    """Write the whole of a stack to a file, `-` for stdout. Returns the exit status.

    Raises CommandFailed.
    """
    store = open_store()
    display = ProgressDisplay(None)
    lines = 0
    try:
        check_store(open_store)
        with display, output_file(path) as file:
            for kind, value in _records(store, display):
                _write(file, kind, value)
                lines += 1
                display.update(kind, lines, lines)
            _write(file, "end", {"lines": lines})
    except KeyboardInterrupt:
        display.print_line("Interrupted. Nothing was exported.")
        return 130
    except (StoreUnavailable, StoreError) as error:
        raise CommandFailed(
            f"{describe_failure(error, open_store)} Nothing was exported."
        ) from None
    except OSError as error:
        if path == "-":
            raise  # streams.py says how the command ends
        raise CommandFailed(f"Could not write {path}: {error.strerror or error}") from None
    finally:
        store.client.close()
    display.print_line(f"{lines - 1:,} items exported in {display.seconds:.1f} s")
    return 0


def _write(file: IO[bytes], kind: str, value: Json) -> None:
    file.write(json.dumps({kind: value}, ensure_ascii=False).encode() + b"\n")


def _records(store: Store, display: ProgressDisplay) -> Iterator[tuple[str, Json]]:
    notify = display.print_notice
    yield "seealso", {"format": _FORMAT, "at": rfc3339(datetime.now(UTC))}
    site_items = read_sites(store, notify)
    for item in site_items:
        if item["kind"] == "site" and not is_whole_site(item):
            display.print_line(f"site {item['id']} is incomplete: it is left out")
    sites, blocks = records_of(site_items)
    for record in sites:
        yield "site", record.members()
    for host in blocks:
        yield "block", {"host": host}
    for page in scan_pages(store, store.articles, notify, page_size=_PAGE_SIZE):
        for item in page:
            article = readable_article(item)
            if article is None:
                display.print_line(f"article {item['id']} is incomplete: it is left out")
            else:
                yield "article", asdict(article)
    for page in scan_pages(store, store.links, notify):
        for item in page:
            if item["pk"].startswith(_KEPT):
                yield "item", item


def read_archive(path: str, contents: Contents) -> Backup:
    """The backup in a file, all of which is read once to see that it is complete.

    Raises CommandFailed.
    """
    sites: list[SiteRecord] = []
    blocks: list[str] = []
    taken_at = datetime.now(UTC)
    for kind, value in _read(path):
        match kind:
            case "seealso":
                taken_at = value
            case "site":
                sites.append(value)
            case "block":
                blocks.append(value)
            case "article":
                contents.add_articles([value])
            case "item":
                contents.add_items([value])
    contents.complete()

    def articles() -> Iterator[list[Article]]:
        for kind, value in _read(path):
            if kind == "article":
                yield [value]

    return Backup(taken_at, sites, blocks, contents, articles)


def _read(path: str) -> Iterator[tuple[str, Any]]:
    """Yield the kind of each line but the last, and what _value() makes of it.

    Raises CommandFailed.
    """
    lines = 0
    kind = ""
    with InputFile(path) as file:
        try:
            for line in file.lines():
                if line.content is None:
                    raise ValueError("too long")  # noqa: TRY301
                ((kind, value),) = json.loads(line.content).items()
                if (lines == 0) != (kind == "seealso") or (
                    kind == "seealso" and value["format"] != _FORMAT
                ):
                    raise ValueError("of another format")  # noqa: TRY301
                if kind == "end" and value["lines"] != lines:
                    raise ValueError("lines are missing")  # noqa: TRY301
                known = None if kind == "end" else _value(kind, value)
                lines += 1
                if kind != "end":
                    yield kind, known
        except UnreadableFile as error:
            raise CommandFailed(f"Could not read {file.name}: {error}.") from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise CommandFailed(
                f"{file.name} is no complete file of `seealso export --all`: line {lines + 1}: "
                f"{error}"
            ) from None
    if kind != "end":
        raise CommandFailed(f"{file.name} is incomplete: its last line is missing.")


def _value(kind: str, value: Any) -> Any:
    """What a line of a kind has: when it was made, a site, a host, an article, or an item.

    Raises AttributeError, KeyError, TypeError or ValueError for one that cannot be read.
    """
    match kind:
        case "seealso":
            return datetime.fromisoformat(value["at"])
        case "site":
            blocked = tuple(map(str, value.pop("blocked_hosts")))
            if not has_types_of(Site, value):
                raise ValueError("a site cannot be read")
            return SiteRecord(Site(**value), blocked)
        case "block":
            return str(value["host"])
        case "article":
            if (article := readable_article(value)) is None:
                raise ValueError("an article cannot be read")
            return article
        case "item" if value["pk"].startswith(_KEPT):
            return value
    raise ValueError("of no known kind")


def check_scope(store: Store, contents: Contents) -> None:
    """Let the stack claim URLs in the scope in which the file's links have. Raises CommandFailed.

    The first submission would fix it otherwise (deploying.md, "Changing DuplicateScope").
    """
    claim = contents.any_claim()
    if claim is None:
        return
    scope = "network" if claim.split("#")[2] == "network" else "page"
    stored = get_setting(store, "duplicate-scope", scope)
    if stored != scope:
        raise CommandFailed(
            f"The links of the file were submitted under DuplicateScope={scope}, and those of the "
            f"stack under {stored}. Load the file into a stack with DuplicateScope={scope}."
        )
