"""`seealso sites load`: the sites of a file into the store.

Members and ranges: contract.md, "Admin". A site is written whole, so no member may be missing.
"""

import threading
from collections.abc import Iterator

from seealso.dynamodb import Refused, Store, StoreUnavailable
from seealso.fields import SITE, Fault, faults_in
from seealso.site_editing import as_stored
from seealso.sites import COLUMNS, Site, put_site
from seealso_cli.bulk.files import Damaged, File, Line
from seealso_cli.bulk.rows import (
    JSON_SPACE,
    NotJson,
    Row,
    bad_row,
    json_rows,
    json_value,
    object_row,
)
from seealso_cli.bulk.writer import patiently, unusable
from seealso_cli.errors import Unable
from seealso_cli.progress import Display
from seealso_cli.stack import OpenStore

LARGEST_FILE = 16 * 1024**2  # bytes; an array is read at once

_NONE: frozenset[str] = frozenset()


def load_sites(path: str, open_store: OpenStore | None) -> int:
    """Load a file of sites; without a store to open, only check it.

    Returns the exit status: 0, 1 if sites were bad, 130 if interrupted. Raises Unable.
    """
    display = Display(None)
    store = open_store() if open_store else None
    good = bad = 0
    domains: set[int] = set()
    try:
        with File(path) as file:
            for row in read_sites(file):
                faults = row.faults or faults_in(row.columns, SITE)
                if not faults and row.columns["domain"] in domains:
                    faults = [
                        Fault("domain", "twice in this file; the site that came first stands")
                    ]
                if faults:
                    bad += 1
                    display.report(file.name, row.line, faults)
                    continue
                if store:
                    _put_patiently(store, as_stored(Site(**row.columns)), display)
                domains.add(row.columns["domain"])
                good += 1
    except KeyboardInterrupt:
        display.say(f"Interrupted. {good} sites are in; it is safe to run the same command again.")
        return 130
    except (StoreUnavailable, Refused) as error:
        raise Unable(f"{unusable(error)} {good} sites are in.") from None
    finally:
        if store:
            store.client.close()
    written = "" if store else "; nothing was written (--dry-run)"
    display.say(f"{good + bad} sites: {good} {'written' if store else 'good'}, {bad} bad{written}")
    return 1 if bad else 0


def _put_patiently(store: Store, site: Site, display: Display) -> None:
    patiently(lambda: put_site(store, site), display.note, threading.Event())


# ---- reading ---------------------------------------------------------------------------------


def read_sites(file: File) -> Iterator[Row]:
    """The sites of a JSON array or of JSON Lines, with the line on which each begins."""
    lines: list[Line] = []
    size = 0
    try:
        for line in file.lines():
            lines.append(line)
            size += len(line.content or b"")
            if size > LARGEST_FILE:
                raise Unable(f"{file.name} is larger than {LARGEST_FILE // 1024**2} MB.")
    except Damaged as damaged:
        raise Unable(f"{file.name}: {damaged}.") from None
    content = b"".join(line.content or b"" for line in lines)
    if not content.lstrip().startswith(b"["):
        yield from json_rows(iter(lines), COLUMNS, _NONE)
        return
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        yield bad_row(content.count(b"\n", 0, error.start) + 1, "not UTF-8")
        return
    yield from _array_rows(text)


def _array_rows(text: str) -> Iterator[Row]:
    """The elements of a JSON array; after what is no JSON nothing more can be made out."""
    position = _skip_space(text, text.index("[") + 1)
    line, counted = 1, 0
    separator = ","
    while separator == "," and not (text[position : position + 1] == "]" and counted == 0):
        line += text.count("\n", counted, position)
        counted = position
        try:
            value, end = json_value(text, position)
        except NotJson as reason:
            yield bad_row(reason.line or line, f"{reason}; the rest of the file is left out")
            return
        yield object_row(line, value, COLUMNS, _NONE)
        position = _skip_space(text, end)
        separator = text[position : position + 1]
        if separator == ",":
            position = _skip_space(text, position + 1)
    if text[position:].strip(JSON_SPACE) != "]":
        line += text.count("\n", counted, position)
        yield bad_row(
            line, "not JSON: a comma or the array's end is expected, and nothing after it"
        )


def _skip_space(text: str, position: int) -> int:
    while text[position : position + 1] and text[position] in JSON_SPACE:
        position += 1
    return position
