"""The sites of a file: a JSON array, or JSON Lines.

Members and ranges: contract.md, "Admin". Only `domain` is required of each: what an existing site
has and the file does not name is kept.
"""

from collections.abc import Iterator

from seealso.fields import SITE, integer, problems_in
from seealso_cli.bulk.files import InputFile, Line, UnreadableFile
from seealso_cli.bulk.rows import EMPTY, Row, RowError, invalid_row, read_json_rows, row_of
from seealso_cli.errors import CommandFailed
from seealso_cli.strict_json import WHITESPACE, InvalidJson, parse_value

MAX_FILE_BYTES = 16 * 1024**2  # an array is read into memory

_CHECKS = {**SITE, "version": integer(0)}
_REQUIRED = frozenset({"domain"})
_OPTIONAL = frozenset(_CHECKS) - _REQUIRED


def read_sites(file: InputFile) -> Iterator[Row]:
    """Yield all sites of a file, checked. Of sites with the same domain, the first valid counts.

    Raises CommandFailed.
    """
    domains: set[int] = set()
    for row in _read_rows(file):
        errors = row.errors or [RowError(*problem) for problem in problems_in(row.columns, _CHECKS)]
        if not errors and row.columns["domain"] in domains:
            errors = [RowError("domain", "duplicate domain; the first site is used")]
        if not errors:
            domains.add(row.columns["domain"])
        yield Row(row.line, row.columns, errors)


def _read_rows(file: InputFile) -> Iterator[Row]:
    """Yield the members of each site, and the line that it begins on. Raises CommandFailed."""
    lines = _read_lines(file)
    content = b"".join(line.content or b"" for line in lines)
    if all(line.content is not None and not line.content.strip() for line in lines):
        yield invalid_row(1, EMPTY)
        return
    if not content.lstrip().startswith(b"["):
        yield from read_json_rows(iter(lines), _REQUIRED, _OPTIONAL)
        return
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        yield invalid_row(content.count(b"\n", 0, error.start) + 1, "not UTF-8")
        return
    yield from _parse_array(text)


def _read_lines(file: InputFile) -> list[Line]:
    lines: list[Line] = []
    size = 0
    try:
        for line in file.lines():
            lines.append(line)
            size += len(line.content or b"")
            if size > MAX_FILE_BYTES:
                raise CommandFailed(f"{file.name} is larger than {MAX_FILE_BYTES // 1024**2} MB.")
    except UnreadableFile as error:
        raise CommandFailed(f"Could not read {file.name}: {error}.") from None
    return lines


def _parse_array(text: str) -> Iterator[Row]:
    """Yield the elements of a JSON array; invalid JSON ends it."""
    position = _skip_whitespace(text, text.index("[") + 1)
    line, counted = 1, 0  # `line` is the one at the index `counted`
    separator = ","
    while separator == "," and not (text[position : position + 1] == "]" and counted == 0):
        line += text.count("\n", counted, position)
        counted = position
        try:
            value, end = parse_value(text, position)
        except InvalidJson as reason:
            yield invalid_row(reason.line or line, f"{reason}; skipping the rest of the file")
            return
        yield row_of(line, value, _REQUIRED, _OPTIONAL)
        position = _skip_whitespace(text, end)
        separator = text[position : position + 1]
        if separator == ",":
            position = _skip_whitespace(text, position + 1)
    if text[position:].strip(WHITESPACE) != "]":
        line += text.count("\n", counted, position)
        yield invalid_row(line, "invalid JSON: expected a comma, or ] and the end of the file")


def _skip_whitespace(text: str, position: int) -> int:
    while text[position : position + 1] and text[position] in WHITESPACE:
        position += 1
    return position
