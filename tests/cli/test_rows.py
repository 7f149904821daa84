"""`seealso load --dry-run`: which rows are valid, and the reports about the others."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seealso.limits import MAX_ID, MAX_TEXT_BYTES
from seealso_cli.bulk.files import MAX_ROW_BYTES
from tests.cli.conftest import RunBulk
from tests.cli.support import COLUMNS, csv_text, jsonl, row, without, write_file

VALID_VALUES = [
    ("id", 1),
    ("id", MAX_ID),
    ("domain", 0),
    ("domain", MAX_ID),
    ("srcId", MAX_ID),
    ("title", "x" * 300),
    ("title", "\U0001f3ac" * 300),
    ("text", ""),
    ("text", "x" * MAX_TEXT_BYTES),
    ("text", "\u20ac" * (MAX_TEXT_BYTES // 3)),
    ("text", 'Two lines,\nand a "quote"\r\nor two\n'),
    ("date", "2024-02-29"),
    ("date", "2026-02-25T10:00:00Z"),
    ("date", "2026-02-25 10:00:00"),
    ("date", "2026-02-25 10:00:00.123456+00"),
    ("date", "2026-02-25T10:00-03:30"),
    ("state", "published"),
    ("state", "draft"),
]

NUMBER = "must be an integer from"
DATE = "must be a date"
INVALID_VALUES: list[tuple[str, Any, str]] = [
    ("id", 0, f"{NUMBER} 1 to 2147483647"),
    ("id", MAX_ID + 1, NUMBER),
    ("id", -1, NUMBER),
    ("id", 10**400, NUMBER),
    ("domain", -1, f"{NUMBER} 0 to 2147483647"),
    ("domain", MAX_ID + 1, NUMBER),
    ("domain", "seven", NUMBER),
    ("srcId", -1, f"{NUMBER} 0 to 2147483647"),
    ("srcId", MAX_ID + 1, NUMBER),
    ("title", "", "must be 1 to 300 characters long (is 0"),
    ("title", "x" * 301, "must be 1 to 300 characters long (is 301"),
    ("text", "x" * (MAX_TEXT_BYTES + 1), "must be at most 300 KB"),
    ("text", "\u20ac" * (MAX_TEXT_BYTES // 3 + 1), "must be at most 300 KB"),
    ("date", "", DATE),
    ("date", "yesterday", DATE),
    ("date", "25.02.2026", DATE),
    ("date", "20260225", DATE),
    ("date", "2026-W09-3", DATE),
    ("date", "2026-02-25T24:00:00", DATE),
    ("date", "2026-02-25T10:00:00Z\n", DATE),
    ("date", "\u0662026-02-25", DATE),
    ("date", "2026-02-30", "is not a valid date"),
    ("date", "2026-13-01", "is not a valid date"),
    ("date", "2026-02-25T10:60:00", "is not a valid date or time"),
    ("state", "deleted", "must be one of: published, draft"),
    ("state", "Draft", "must be one of: published, draft"),
]
INVALID_JSON_VALUES: list[tuple[str, Any, str]] = [
    ("id", True, NUMBER),
    ("id", 7.0, NUMBER),
    ("id", "7", NUMBER),
    ("id", None, NUMBER),
    ("id", [7], NUMBER),
    ("domain", False, NUMBER),
    ("srcId", False, NUMBER),
    ("srcId", [], NUMBER),
    ("title", None, "must be a string"),
    ("title", 7, "must be a string"),
    ("title", "half \ud83d", "contains an unpaired surrogate"),
    ("text", {"a": 1}, "must be a string"),
    ("text", "half \udc00", "contains an unpaired surrogate"),
    ("date", 20260225, DATE),
    ("state", 1, "must be one of: published, draft"),
]
INVALID_CSV_VALUES: list[tuple[str, Any, str]] = [
    ("id", "07", NUMBER),
    ("id", "+7", NUMBER),
    ("id", " 7", NUMBER),
    ("id", "7.0", NUMBER),
    ("id", "\u0667", NUMBER),
    ("id", "", NUMBER),
    ("domain", "", NUMBER),
]


@pytest.mark.parametrize(("field", "value"), VALID_VALUES)
def test_accepts_valid_values(run_bulk: RunBulk, tmp_path: Path, field: str, value: Any) -> None:
    valid = row(**{"article_id": 5, field: value} if field != "id" else {"article_id": value})
    for content in (jsonl([valid]), csv_text([valid], valid)):
        outcome = run_bulk("load", "--dry-run", write_file(tmp_path, content))
        assert outcome.status == 0, outcome.stderr
        assert outcome.summary.startswith("1 rows: 1 valid, 0 invalid, in ")


@pytest.mark.parametrize(("field", "value", "reason"), INVALID_VALUES + INVALID_JSON_VALUES)
def test_rejects_invalid_json_values(
    run_bulk: RunBulk, tmp_path: Path, field: str, value: Any, reason: str
) -> None:
    content = jsonl([row(1), row(2) | {field: value}, row(3)])
    check_one_invalid_row(run_bulk, write_file(tmp_path, content), f"2: {field}: {reason}")


@pytest.mark.parametrize(("field", "value", "reason"), INVALID_VALUES + INVALID_CSV_VALUES)
def test_rejects_invalid_csv_values(
    run_bulk: RunBulk, tmp_path: Path, field: str, value: Any, reason: str
) -> None:
    rows = [row(1, state=""), row(2, state="") | {field: value}, row(3, state="")]
    content = csv_text(rows, [*COLUMNS, "state"])
    check_one_invalid_row(run_bulk, write_file(tmp_path, content), f"3: {field}: {reason}")


def check_one_invalid_row(run_bulk: RunBulk, path: Path, report: str) -> None:
    """Check that one of three rows is invalid and that its only report begins like this."""
    outcome = run_bulk("load", "--dry-run", path)
    assert outcome.status == 1
    assert len(outcome.stderr) == 2, outcome.stderr
    assert outcome.stderr[0].startswith(f"{path}:{report}")
    assert outcome.summary.startswith("3 rows: 2 valid, 1 invalid, in ")


@pytest.mark.parametrize("value", [0, None, ""])
def test_accepts_rows_without_source(run_bulk: RunBulk, tmp_path: Path, value: Any) -> None:
    assert (
        run_bulk("load", "--dry-run", write_file(tmp_path, jsonl([row(srcId=value)]))).status == 0
    )
    assert (
        run_bulk("load", "--dry-run", write_file(tmp_path, csv_text([row(srcId=value)]))).status
        == 0
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "invalid JSON: "),
        (b'{"id": 1', "invalid JSON: "),
        (b"[]", "not a JSON object"),
        (b"7", "not a JSON object"),
        (jsonl([row(2)])[:-1] + b" {}", "invalid JSON: more than one value on the line"),
        (jsonl([row(2)]).replace(b"25", b"\xff5")[:-1], "not UTF-8 (byte "),
        (jsonl([row(2, srcId=float("nan"))])[:-1], "invalid JSON: NaN"),
        (
            jsonl([row(2)]).replace(b'"id": 2', b'"id": 2, "id": 3')[:-1],
            "'id' appears more than once",
        ),
        (b'{"id": ' + b"9" * 5000 + b"}", "a number has too many digits"),
        (b"[" * 100_000, "invalid JSON: nested too deeply"),
        (b" " * (MAX_ROW_BYTES + 1), "longer than 2 MB"),
        (jsonl([without(row(2), "srcId")])[:-1], "srcId: is required"),
        (jsonl([row(2, srcid=0)])[:-1], "'srcid': unknown field"),
        (jsonl([row(2, **{"\x1b[2J\ud800": 0})])[:-1], r"'\x1b[2J\ud800': unknown field"),
    ],
)
def test_rejects_malformed_json_lines(
    run_bulk: RunBulk, tmp_path: Path, line: bytes, reason: str
) -> None:
    content = jsonl([row(1)]) + line + b"\n" + jsonl([row(3)])
    check_one_invalid_row(run_bulk, write_file(tmp_path, content), f"2: {reason}")


def test_reports_every_error_of_a_row(run_bulk: RunBulk, tmp_path: Path) -> None:
    path = write_file(tmp_path, jsonl([row(0, title="", date="2026-02-29")]))
    outcome = run_bulk("load", "--dry-run", path)
    fields = [line.removeprefix(f"{path}:1: ").split(":")[0] for line in outcome.stderr[:-1]]
    assert fields == ["id", "title", "date"]
    assert outcome.summary.startswith("1 rows: 0 valid, 1 invalid")


CSV_LINE = b'2,7,The mill at 2,"Two\r\nlines",2026-02-25,0\r\n'


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (CSV_LINE.replace(b",0\r", b"\r"), "5 columns, but the header has 6"),
        (CSV_LINE.replace(b",0\r", b",0,\r"), "7 columns, but the header has 6"),
        (CSV_LINE.replace(b"mill", b"m\xffll"), "not UTF-8 (column 3)"),
        (CSV_LINE.replace(b"lines", b"l\xffnes"), "not UTF-8 (column 4)"),
        (b'2,7,"The mill at 2,text,2026-02-25,0\r\n', "invalid CSV: an unclosed"),
        (b'2,7,"The" mill at 2,text,2026-02-25,0\r\n', "invalid CSV: an unclosed"),
        (b"2,7,The\rmill,text,2026-02-25,0\r\n", "invalid CSV: "),
        (b"2" * (MAX_ROW_BYTES + 1) + b"\n", "longer than 2 MB"),
        (b'2,7,The mill,"' + b"x" * MAX_ROW_BYTES + b'",2026-02-25,0\r\n', "longer than 2 MB"),
    ],
)
@pytest.mark.parametrize("quoted_after", [True, False])
def test_rejects_malformed_csv_lines(
    run_bulk: RunBulk, tmp_path: Path, line: bytes, reason: str, quoted_after: bool
) -> None:
    header, after = csv_text([row(3)]).split(b"\r\n", 1)
    if quoted_after:
        after = after.replace(b"It stands on the river.", b'"It ""stands"",\nthere"')
    before = b'1,7,The mill at 1,"Two\nlines",2026-02-25,0\n\r\n'
    path = write_file(tmp_path, header + b"\n" + before + line + after)
    check_one_invalid_row(run_bulk, path, f"5: {reason}")


@pytest.mark.parametrize(
    ("header", "reports"),
    [
        ("id,domain,title,text,date", ["srcId: is required"]),
        ("id,domain,title,text,date,src_id", ["srcId: is required", "'src_id': unknown field"]),
        ("ID,Id,domain,title,text,date,srcId", ["id: appears more than once"]),
        ("id,id,domain,title,text,date,srcId", ["id: appears more than once"]),
        ("id;domain", ["the columns are separated by a semicolon; use --delimiter ';'"]),
        ("id\tdomain", ["the columns are separated by a tab; use --delimiter tab"]),
        ("id|domain", ["the columns are separated by a vertical bar; use --delimiter '|'"]),
    ],
)
def test_rejects_invalid_headers(
    run_bulk: RunBulk, tmp_path: Path, header: str, reports: list[str]
) -> None:
    path = write_file(tmp_path, f"{header}\n1,7,T,x,2026-02-25,0\n".encode())
    outcome = run_bulk("load", "--dry-run", path)
    assert outcome.status == 1
    assert outcome.stderr[:-1] == [
        f"{path}:1: {report}" for report in [*reports, "invalid header; skipping the file"]
    ]


def test_rejects_duplicate_ids(run_bulk: RunBulk, tmp_path: Path) -> None:
    rows = [row(4), row(5), row(4, title="Again"), row(MAX_ID), row(5), row(MAX_ID)]
    path = write_file(tmp_path, jsonl(rows))
    outcome = run_bulk("load", "--dry-run", path, path)
    twice = "id: duplicate id; the first row is used"
    assert outcome.stderr[:-1] == [f"{path}:{line}: {twice}" for line in (3, 5, 6)] * 2
    assert outcome.summary.startswith("12 rows: 6 valid, 6 invalid")


def test_invalid_row_does_not_claim_its_id(run_bulk: RunBulk, tmp_path: Path) -> None:
    path = write_file(tmp_path, jsonl([row(4, title=""), row(4)]))
    assert run_bulk("load", "--dry-run", path).summary.startswith("2 rows: 1 valid, 1 invalid")


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("content", [jsonl([row(1), row(2)]), csv_text([row(1), row(2)])])
@pytest.mark.parametrize("before", [b"", b"\n \r\n"])
def test_detects_formats(
    run_bulk: RunBulk, tmp_path: Path, zipped: bool, bom: bytes, content: bytes, before: bytes
) -> None:
    path = write_file(tmp_path, bom + before + content, zipped=zipped)
    assert run_bulk("load", "--dry-run", path).summary.startswith("2 rows: 2 valid, 0 invalid")
    stdin = path.read_bytes()
    outcome = run_bulk("load", "--dry-run", "-", stdin=stdin)
    assert outcome.summary.startswith("2 rows: 2 valid, 0 invalid")


def test_format_option_overrides_detection(run_bulk: RunBulk, tmp_path: Path) -> None:
    path = write_file(tmp_path, b"x" + jsonl([row(1), row(2)]))
    outcome = run_bulk("load", "--dry-run", "--format=jsonl", path)
    assert outcome.summary.startswith("2 rows: 1 valid, 1 invalid")
    path = write_file(tmp_path, csv_text([row(1)]))
    outcome = run_bulk("load", "--dry-run", "--format=csv", path)
    assert outcome.summary.startswith("1 rows: 1 valid, 0 invalid")


@pytest.mark.parametrize("delimiter", [";", "tab", "|"])
def test_reads_columns_separated_by_other_delimiters(
    run_bulk: RunBulk, tmp_path: Path, delimiter: str
) -> None:
    sign = delimiter.replace("tab", "\t")
    text = f"ID{sign} Domain {sign}TITLE{sign}text{sign}Date{sign}SRCID\n1{sign}7{sign}A, b"
    path = write_file(tmp_path, f"{text}{sign}x{sign}2026-02-25{sign}0\n".encode())
    outcome = run_bulk("load", "--dry-run", f"--delimiter={delimiter}", path)
    assert outcome.summary.startswith("1 rows: 1 valid, 0 invalid"), outcome.stderr
    outcome = run_bulk("load", "--dry-run", path)
    assert outcome.stderr[0].endswith(
        f"use --delimiter {delimiter if sign == '\t' else repr(sign)}"
    )
    path = write_file(tmp_path, csv_text([row(1)]))
    outcome = run_bulk("load", "--dry-run", f"--delimiter={delimiter}", path)
    assert outcome.stderr[0].endswith("separated by a comma; use --delimiter ','")


def test_skips_rows_whose_cells_are_all_empty(run_bulk: RunBulk, tmp_path: Path) -> None:
    content = csv_text([row(1)]) + b",,,,,\r\n\r\n,\n" + csv_text([row(2)]).split(b"\r\n")[1]
    outcome = run_bulk("load", "--dry-run", write_file(tmp_path, content + b"\n,,,,,\n"))
    assert (outcome.status, len(outcome.stderr)) == (0, 1), outcome.stderr
    assert outcome.summary.startswith("2 rows: 2 valid, 0 invalid")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("content", [jsonl([row(1), row(2)]), csv_text([row(1), row(2)])])
def test_names_utf_16(run_bulk: RunBulk, tmp_path: Path, encoding: str, content: bytes) -> None:
    path = write_file(tmp_path, content.decode().encode(encoding))
    outcome = run_bulk("load", "--dry-run", path)
    assert outcome.status == 1
    assert outcome.stderr[:-1] == [
        f"{path}:1: it is UTF-16; save it as UTF-8; skipping the rest of the file"
    ]


@pytest.mark.parametrize("indent", [None, 2])
def test_names_json_array(run_bulk: RunBulk, tmp_path: Path, indent: int | None) -> None:
    content = json.dumps([row(1), row(2)], indent=indent).encode()
    path = write_file(tmp_path, content)
    outcome = run_bulk("load", "--dry-run", path)
    assert outcome.status == 1
    assert len(outcome.stderr) == 2
    assert outcome.stderr[0].startswith(f"{path}:1: a JSON array or an object on several lines; ")
    content = json.dumps(row(1), indent=2).encode()
    assert len(run_bulk("load", "--dry-run", write_file(tmp_path, content)).stderr) == 2


def test_sizes_are_exact(run_bulk: RunBulk, tmp_path: Path) -> None:
    path = write_file(tmp_path, jsonl([row(1, text="x" * (MAX_TEXT_BYTES + 1))]))
    assert run_bulk("load", "--dry-run", path).stderr[0] == (
        f"{path}:1: text: must be at most 300 KB, 307,200 bytes (is 307,201 bytes)"
    )


def test_accepts_csv_without_rows(run_bulk: RunBulk, tmp_path: Path) -> None:
    outcome = run_bulk("load", "--dry-run", write_file(tmp_path, csv_text([])))
    assert outcome.status == 0
    assert outcome.summary.startswith("0 rows: 0 valid, 0 invalid")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b",,\n,,\n"])
def test_empty_file_is_an_error(run_bulk: RunBulk, tmp_path: Path, content: bytes) -> None:
    path = write_file(tmp_path, content)
    filled = write_file(tmp_path, jsonl([row()]), "filled")
    outcome = run_bulk("load", "--dry-run", path, filled)
    assert outcome.status == 1
    assert outcome.stderr[0] == f"{path}:1: the file is empty"
    assert outcome.summary.startswith("2 rows: 1 valid, 1 invalid")


def test_reports_damaged_gzip_files(run_bulk: RunBulk, tmp_path: Path) -> None:
    content = gzip.compress(jsonl(row(article_id) for article_id in range(1, 5000)), mtime=0)
    for name, damaged in {
        "cut": content[: len(content) // 2],
        "not gzip": content[:2] + b"abc",
        "with a flipped byte": content[:20000] + bytes([content[20000] ^ 255]) + content[20001:],
    }.items():
        outcome = run_bulk("load", "--dry-run", write_file(tmp_path, damaged, name))
        assert outcome.status == 1, name
        stderr = "the gzip data is truncated or damaged; skipping the rest of the file"
        assert any(line.endswith(stderr) for line in outcome.stderr), name


@pytest.mark.parametrize("after", [b"more", b"\0\0\0more", b"\x1f"])
def test_names_what_follows_gzip_data(run_bulk: RunBulk, tmp_path: Path, after: bytes) -> None:
    path = write_file(tmp_path, gzip.compress(jsonl([row(1), row(2)])) + after)
    outcome = run_bulk("load", "--dry-run", path)
    assert outcome.status == 1
    assert outcome.stderr[0] == (
        f"{path}:3: something else follows the end of the gzip data; skipping the rest of the file"
    )
    assert outcome.summary.startswith("3 rows: 2 valid, 1 invalid")


PIECES = [
    b'"', b",", b"\n", b"\r", b"\r\n", b"{", b"}", b"[", b":", b"\xff", b"\xef\xbb\xbf", b"\x00",
    b"\x1f\x8b", b"1", b'""', b'"\n', b"\\ud800", b"\x1b[0m", b"null", *jsonl([row(1)]).split(b" "),
    *csv_text([row(1)]).split(b","), csv_text([row(1)]), jsonl([row(2)]),
]  # fmt: skip


@given(
    content=st.binary(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join),
    zipped=st.booleans(),
    cut=st.booleans(),
    file_format=st.sampled_from([[], ["--format=csv"], ["--format=jsonl"]]),
)
def test_any_bytes_get_a_report(
    run_bulk: RunBulk, content: bytes, zipped: bool, cut: bool, file_format: list[str]
) -> None:
    stdin = gzip.compress(content) if zipped else content
    outcome = run_bulk("load", "--dry-run", *file_format, "-", stdin=stdin[: -5 if cut else None])
    assert outcome.status in (0, 1)
    assert (outcome.status == 0) == (len(outcome.stderr) == 1)
    assert all(line.isprintable() for line in outcome.stderr)


INVALID_JSON_LINES = [
    b"", b"{", b'{"id": 1}', b"\xff", b'{"id":"', b"[1,", b'"', b"null", b"\x00", b"{}{}", b"\r",
]  # fmt: skip
INVALID_CSV_LINES = [
    b"", b'"', b"\xff,", b"1,2", b'1,7,"open', b'"a"b', b"\r", b'1,7,"",,,',
    b"0,7,T,x,2026-02-25,0", b'"""', b'x,"""', b"\x00", b',,"a', b'7,7,T,"x, 2026',
]  # fmt: skip


@given(
    between=st.lists(
        st.lists(st.sampled_from(INVALID_JSON_LINES), max_size=4), min_size=1, max_size=8
    )
)
def test_reads_valid_json_rows_between_invalid_ones(
    run_bulk: RunBulk, between: list[list[bytes]]
) -> None:
    lines = [
        line
        for index, invalid in enumerate(between, 1)
        for line in [*invalid, json.dumps(row(index)).encode()]
    ]
    outcome = run_bulk("load", "--dry-run", "--format=jsonl", "-", stdin=b"\n".join(lines))
    assert f" {len(between)} valid" in outcome.summary


@given(
    between=st.lists(
        st.lists(st.sampled_from(INVALID_CSV_LINES), max_size=4), min_size=1, max_size=8
    )
)
def test_reads_valid_csv_rows_between_invalid_ones(
    run_bulk: RunBulk, between: list[list[bytes]]
) -> None:
    """The quoted field of a valid row shows that a quote above it was left open."""
    lines = [csv_text([])[:-2]]
    for index, invalid in enumerate(between, 1):
        lines += [*invalid, b'%d,7,"Title",text,2026-02-25,0' % index]
    outcome = run_bulk("load", "--dry-run", "-", stdin=b"\n".join(lines))
    assert f" {len(between)} valid" in outcome.summary, outcome.stderr
