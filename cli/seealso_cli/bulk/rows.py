"""Rows of JSON Lines and CSV files. An invalid row does not affect the rows around it.

JSON Lines: jsonlines.org. CSV: RFC 4180 with a header, in UTF-8.
"""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

from seealso.fields import has_surrogate
from seealso_cli.bulk.files import MAX_ROW_BYTES, InputFile, Line, UnreadableFile
from seealso_cli.strict_json import WHITESPACE, InvalidJson, parse_value, quote_name

type Columns = dict[str, Any]

MAX_UNKNOWN_NAMES = 10  # that are reported one by one

EMPTY = "the file is empty"
_TOO_LONG = f"longer than {MAX_ROW_BYTES // 1024**2} MB"
_NOT_JSON_LINES = (
    "a JSON array or an object on several lines; JSON Lines has one object on each line (as the "
    "output of `jq -c .[]`)"
)
_DELIMITERS = {";": "a semicolon", "\t": "a tab", "|": "a vertical bar", ",": "a comma"}
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,9})", re.ASCII)


class RowError(NamedTuple):
    """What is wrong with a column or, where that is empty, with the whole row."""

    column: str
    problem: str


class Row(NamedTuple):
    """A row and the line that it begins on. It has no columns if it has `errors`."""

    line: int
    columns: Columns
    errors: list[RowError]


def read_rows(
    file: InputFile,
    file_format: str | None,
    required: frozenset[str],
    optional: frozenset[str],
    numbers: frozenset[str],
    delimiter: str = ",",
) -> Iterator[Row]:
    """Yield the rows of a file with these columns.

    `file_format`: jsonl or csv; None: detected from the first line. `numbers`: columns of whole
    numbers, which CSV has as decimal digits; others are left as strings. `delimiter`: of CSV.
    """
    lines = file.lines()
    has_content = False
    try:
        for first in lines:
            if first.content is None:
                has_content = True
                yield invalid_row(first.number, _TOO_LONG)
            elif first.content.strip():
                break
        else:
            if not has_content:
                yield invalid_row(1, EMPTY)
            return
        lines = chain([first], lines)
        start = first.content.strip()
        if file_format == "jsonl" or (file_format is None and start[:1] in b"{["):
            if file_format is None and (start in (b"[", b"{") or start.startswith(b"[{")):
                yield invalid_row(first.number, f"{_NOT_JSON_LINES}; skipping the file")
            else:
                yield from read_json_rows(lines, required, optional)
        else:
            yield from _read_csv_rows(lines, required, optional, numbers, delimiter)
    except UnreadableFile as error:
        yield invalid_row(file.line_number + 1, f"{error}; skipping the rest of the file")


def invalid_row(line: int, reason: str) -> Row:
    """A row that can't be read."""
    return Row(line, {}, [RowError("", reason)])


def check_names(
    names: Iterable[str], required: frozenset[str], optional: frozenset[str]
) -> list[RowError]:
    """What is missing, unknown or duplicate among the names of columns or members."""
    counts = Counter(iter(names))
    errors = [RowError(name, "is required") for name in sorted(required - counts.keys())]
    unknown = sorted(counts.keys() - required - optional)
    errors += [RowError(quote_name(name), "unknown field") for name in unknown[:MAX_UNKNOWN_NAMES]]
    if len(unknown) > MAX_UNKNOWN_NAMES:
        errors.append(RowError("", f"{len(unknown) - MAX_UNKNOWN_NAMES} more unknown fields"))
    errors += [
        RowError(name, "appears more than once")
        for name in sorted(required | optional)
        if counts[name] > 1
    ]
    return errors


# ---- JSON Lines ------------------------------------------------------------------------------


def read_json_rows(
    lines: Iterator[Line], required: frozenset[str], optional: frozenset[str]
) -> Iterator[Row]:
    """Yield the rows of lines with one JSON object each; blank lines are skipped."""
    for number, content in lines:
        if content is None:
            yield invalid_row(number, _TOO_LONG)
        elif content.strip():
            yield _parse_json_line(number, content, required, optional)


def _parse_json_line(
    number: int, content: bytes, required: frozenset[str], optional: frozenset[str]
) -> Row:
    try:
        text = content.decode().strip(WHITESPACE)
    except UnicodeDecodeError as error:
        return invalid_row(number, f"not UTF-8 (byte {error.start + 1} of the line)")
    try:
        value, end = parse_value(text, 0)
    except InvalidJson as reason:
        return invalid_row(number, str(reason))
    if end < len(text):
        return invalid_row(number, "invalid JSON: more than one value on the line")
    return row_of(number, value, required, optional)


def row_of(line: int, value: Any, required: frozenset[str], optional: frozenset[str]) -> Row:
    """The row for a parsed JSON value."""
    if not isinstance(value, dict):
        kind = ", but an array" if isinstance(value, list) else ""
        return invalid_row(line, f"not a JSON object{kind}")
    return Row(line, value, check_names(value, required, optional))


# ---- CSV -------------------------------------------------------------------------------------


def _read_csv_rows(
    lines: Iterator[Line],
    required: frozenset[str],
    optional: frozenset[str],
    numbers: frozenset[str],
    delimiter: str,
) -> Iterator[Row]:
    csv.field_size_limit(MAX_ROW_BYTES)
    records = _read_records(lines, delimiter)
    header = next(records, None)
    if header is None:
        yield invalid_row(1, EMPTY)
        return
    names = _known_names(header.fields, required | optional)
    errors = header.errors or check_names(names, required, optional)
    if errors:
        # One report in place of one for each column.
        if other := _other_delimiter(header.fields):
            errors = [RowError("", other)]
        yield Row(header.line, {}, [*errors, RowError("", "invalid header; skipping the file")])
        return
    for record in records:
        yield _row_of_record(record, names, numbers)


def _known_names(fields: Sequence[str], known: frozenset[str]) -> list[str]:
    """The names of a header, which may be in any case; unknown ones as they are."""
    by_key = {name.casefold(): name for name in known}
    return [by_key.get(field.strip().casefold(), field) for field in fields]


def _other_delimiter(header: Sequence[str]) -> str | None:
    """What to do about a header that is not separated as expected."""
    if len(header) != 1:
        return None
    for delimiter, name in _DELIMITERS.items():
        if delimiter in header[0]:
            option = "tab" if delimiter == "\t" else f"'{delimiter}'"
            return f"the columns are separated by {name}; use --delimiter {option}"
    return None


class _Record(NamedTuple):
    line: int
    fields: list[str]
    errors: list[RowError]


def _row_of_record(record: _Record, names: list[str], numbers: frozenset[str]) -> Row:
    if record.errors:
        return Row(record.line, {}, record.errors)
    if len(record.fields) != len(names):
        return invalid_row(
            record.line, f"{len(record.fields)} columns, but the header has {len(names)}"
        )
    columns: Columns = dict(zip(names, record.fields, strict=True))
    for name in numbers:
        if name in columns and _NUMBER.fullmatch(columns[name]):
            columns[name] = int(columns[name])
    return Row(record.line, columns, [])


class _RecordTooLong(Exception):
    pass


def _read_records(lines: Iterator[Line], delimiter: str) -> Iterator[_Record]:
    """Yield CSV records. A record spans several lines if a quoted field does.

    Records without any content are skipped: spreadsheets write them for rows that were cleared.

    After an invalid record, reading resumes on its second line. So an unclosed quote does not
    consume the valid rows below it.
    """
    reread: deque[Line] = deque()
    while True:
        consumed: list[Line] = []
        try:
            reader = csv.reader(_decode(lines, reread, consumed), delimiter=delimiter, strict=True)
            fields = next(reader, None)
        except csv.Error:
            reason = "invalid CSV: an unclosed or unescaped quote, or a bare carriage return"
        except _RecordTooLong:
            reason = _TOO_LONG
        else:
            if fields is None:
                return
            if any(fields):
                yield _Record(consumed[0].number, fields, _check_encoding(fields))
            continue
        yield _Record(consumed[0].number, [], [RowError("", reason)])
        reread.extendleft(reversed(consumed[1:]))


def _decode(lines: Iterator[Line], reread: deque[Line], consumed: list[Line]) -> Iterator[str]:
    """Yield lines, as strings, for as long as one record needs them; they go into `consumed`."""
    size = 0
    while line := reread.popleft() if reread else next(lines, None):
        consumed.append(line)
        if line.content is None or (size := size + len(line.content)) > MAX_ROW_BYTES:
            raise _RecordTooLong
        # Invalid UTF-8 becomes lone surrogates, so that the end of the record is still found.
        yield line.content.decode(errors="surrogateescape")


def _check_encoding(fields: list[str]) -> list[RowError]:
    return [
        RowError("", f"not UTF-8 (column {index + 1})")
        for index, field in enumerate(fields)
        if has_surrogate(field)
    ]
