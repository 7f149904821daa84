"""Rows of JSON Lines and CSV files, one at a time; a bad one never spoils another.

JSON Lines: jsonlines.org. CSV: RFC 4180 with a header, in UTF-8.
"""

import csv
import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from seealso.fields import Fault, has_surrogate
from seealso_cli.bulk.files import LONGEST_ROW, Damaged, File, Line

type Columns = dict[str, Any]

JSON_SPACE = " \t\r\n"  # RFC 8259, section 2

_TOO_LONG = f"longer than {LONGEST_ROW // 1024**2} MB"
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,9})", re.ASCII)


class NotJson(ValueError):
    """Why a text is no JSON that is taken here, and on which of its lines, if that is known."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


class Row(NamedTuple):
    """A row and the line that it begins on; `faults` instead of columns where it can't be read."""

    line: int
    columns: Columns
    faults: list[Fault]


def read_rows(
    file: File,
    file_format: str | None,
    required: frozenset[str],
    optional: frozenset[str],
    numbers: frozenset[str],
) -> Iterator[Row]:
    """The rows of a file whose columns have these names.

    `file_format`: jsonl or csv; None: as its first line looks. `numbers`: the columns that hold
    whole numbers in plain decimal; in CSV they become integers where they are such.
    """
    lines = file.lines()
    try:
        for first in lines:
            if first.content is None:
                yield bad_row(first.number, _TOO_LONG)
            elif first.content.strip():
                break
        else:
            return
        lines = chain([first], lines)
        if file_format == "jsonl" or (file_format is None and first.content.lstrip()[:1] in b"{["):
            yield from json_rows(lines, required, optional)
        else:
            yield from _csv_rows(lines, required, optional, numbers)
    except Damaged as damaged:
        yield bad_row(file.line_number + 1, f"{damaged}; the rest of the file is left out")


# ---- JSON Lines ------------------------------------------------------------------------------


def json_rows(
    lines: Iterator[Line], required: frozenset[str], optional: frozenset[str]
) -> Iterator[Row]:
    """The rows of lines that hold a JSON object each; blank ones are passed over."""
    for number, content in lines:
        if content is None:
            yield bad_row(number, _TOO_LONG)
        elif content.strip():
            yield _json_row(number, content, required, optional)


def _json_row(
    number: int, content: bytes, required: frozenset[str], optional: frozenset[str]
) -> Row:
    try:
        text = content.decode().strip(JSON_SPACE)
    except UnicodeDecodeError as error:
        return bad_row(number, f"not UTF-8 (byte {error.start + 1} of the line)")
    try:
        value, end = json_value(text, 0)
    except NotJson as reason:
        return bad_row(number, str(reason))
    if end < len(text):
        return bad_row(number, "not JSON: more on the line than one value")
    return object_row(number, value, required, optional)


def object_row(number: int, value: Any, required: frozenset[str], optional: frozenset[str]) -> Row:
    """The row that a JSON value on a line is."""
    if not isinstance(value, dict):
        return bad_row(number, "not a JSON object")
    return Row(number, value, wrong_names(value, required, optional))


def json_value(text: str, start: int) -> tuple[Any, int]:
    """The JSON value that begins at an index of a text, and the index of its end.

    Stricter than RFC 8259 asks: no member may be there twice. Raises NotJson.
    """
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON: {error.msg} (column {error.colno})", error.lineno) from None
    except RecursionError:
        raise NotJson("not JSON that can be read: nested too deeply") from None
    except NotJson:
        raise
    except ValueError:
        # Python's limit of digits (sys.set_int_max_str_digits) is far beyond any column's range.
        raise NotJson("a number has too many digits") from None


def _members(pairs: list[tuple[str, Any]]) -> Columns:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise NotJson(f"{shown(twice)} is there twice")
    return members


def _not_a_constant(name: str) -> None:
    raise NotJson(f"not JSON: {name}")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_not_a_constant)


# ---- CSV -------------------------------------------------------------------------------------


def _csv_rows(
    lines: Iterator[Line],
    required: frozenset[str],
    optional: frozenset[str],
    numbers: frozenset[str],
) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_ROW)
    records = _records(lines)
    header = next(records)
    names = header.fields
    faults = header.faults or wrong_names(names, required, optional)
    if faults:
        more = Fault("", "the header is wrong, so the file is left out")
        yield Row(header.line, {}, [*faults, more])
        return
    for record in records:
        if record.faults:
            yield Row(record.line, {}, record.faults)
        elif len(record.fields) != len(names):
            yield bad_row(
                record.line, f"{len(record.fields)} columns, where the header has {len(names)}"
            )
        else:
            columns: Columns = dict(zip(names, record.fields, strict=True))
            for name in numbers:
                if name in columns and _NUMBER.fullmatch(columns[name]):
                    columns[name] = int(columns[name])
            yield Row(record.line, columns, [])


class _Record(NamedTuple):
    line: int
    fields: list[str]
    faults: list[Fault]


class _RecordTooLong(Exception):
    pass


def _records(lines: Iterator[Line]) -> Iterator[_Record]:
    """CSV records, which go over several lines where a quoted field does.

    After a bad one, reading goes on at the line below its first: so a quote that is never closed
    does not swallow the good rows below it.
    """
    again: deque[Line] = deque()
    while True:
        taken: list[Line] = []
        try:
            fields = next(csv.reader(_text(lines, again, taken), strict=True), None)
        except csv.Error:
            reason = "not CSV: a quote that is not closed or not doubled, or a bare carriage return"
        except _RecordTooLong:
            reason = _TOO_LONG
        else:
            if fields is None:
                return
            if fields:
                yield _Record(taken[0].number, fields, _not_utf8(fields))
            continue
        yield _Record(taken[0].number, [], [Fault("", reason)])
        again.extendleft(reversed(taken[1:]))


def _text(lines: Iterator[Line], again: deque[Line], taken: list[Line]) -> Iterator[str]:
    """Lines for one record, as many as it takes; those are kept in `taken`."""
    size = 0
    while line := again.popleft() if again else next(lines, None):
        taken.append(line)
        if line.content is None or (size := size + len(line.content)) > LONGEST_ROW:
            raise _RecordTooLong
        # Bytes that are no UTF-8 become lone surrogates, so that the record's end is still found.
        yield line.content.decode(errors="surrogateescape")


def _not_utf8(fields: list[str]) -> list[Fault]:
    return [
        Fault("", f"not UTF-8 (column {index + 1})")
        for index, field in enumerate(fields)
        if has_surrogate(field)
    ]


# ---- both ------------------------------------------------------------------------------------


def shown(name: str) -> str:
    """A name from a file, fit for a terminal: at most 64 characters, nothing that controls it."""
    return ascii(name[:64])


def wrong_names(
    names: Iterable[str], required: frozenset[str], optional: frozenset[str]
) -> list[Fault]:
    """What is missing, unknown or there twice among the names of columns or members."""
    counts = Counter(iter(names))
    given = counts.keys()
    faults = [Fault(name, "missing") for name in sorted(required - given)]
    unknown = sorted(given - required - optional)
    faults += [Fault(shown(name), "unknown") for name in unknown[:10]]
    if len(unknown) > 10:
        faults.append(Fault("", f"{len(unknown) - 10} more unknown ones"))
    faults += [Fault(name, "twice") for name in sorted(required | optional) if counts[name] > 1]
    return faults


def bad_row(line: int, reason: str) -> Row:
    """A row that can't be read."""
    return Row(line, {}, [Fault("", reason)])
