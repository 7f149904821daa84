"""Pages are judged in a process that can do nothing else, and whose failures are findings."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seealso.verifying import sandbox
from seealso.verifying.child import CPU_SECONDS, judge
from seealso.verifying.finding import Answer, Finding
from seealso.verifying.sandbox import Sandbox
from tests.verifying.hostile_pages import HOSTILE, MIB
from tests.verifying.page_cases import ARTICLE, CASES, LINK, PAGE_URL, TARGETS

SEEN = Finding("seen", (), ARTICLE)
TOO_COMPLEX = Finding("other", ("too-complex",))
CRASHED = Finding("other", ("crashed",))
# Starting the child, 0.1 s, and what a limit of whole seconds may be exceeded by.
MAX_CPU = CPU_SECONDS + 1


def page(body: bytes | str) -> Answer:
    encoded = body.encode() if isinstance(body, str) else body
    return Answer(200, {"content-type": "text/html"}, PAGE_URL, encoded)


@pytest.fixture
def judges() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


def process_of(judges: Sandbox) -> int:
    judges.judge(page(""), TARGETS)
    assert judges._process
    return judges._process.pid


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_finds_what_is_found_without_a_sandbox(judges: Sandbox) -> None:
    found = {case.name: judges.judge(case.answer, TARGETS) for case in CASES}
    assert found == {case.name: judge(case.answer, TARGETS) for case in CASES}


def test_text_survives_the_way_back(judges: Sandbox) -> None:
    title = "“A” \\ \U0001f600 é\u2028"
    assert (
        judges.judge(page(f"<meta charset=utf-8><title>{title}</title>"), TARGETS).title
        == title.strip()
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_takes_bounded_cpu(name: str) -> None:
    before = children_cpu()
    judges = Sandbox()
    finding = judges.judge(page(HOSTILE[name]), TARGETS)
    still_works = judges.judge(page(LINK), TARGETS)
    judges.close()
    assert children_cpu() - before < MAX_CPU
    assert finding.kind == "missing" or finding == TOO_COMPLEX
    assert still_works == SEEN


def test_a_page_that_takes_too_much_memory_is_too_complex(judges: Sandbox) -> None:
    hostile = HOSTILE["different formatting in paragraphs"]
    assert judges.judge(page(hostile), TARGETS) == TOO_COMPLEX


def test_the_parser_is_imported_by_the_child_alone() -> None:
    program = "import sys, seealso.verifying.sandbox; sys.exit('turbohtml' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_threads_take_turns(judges: Sandbox) -> None:
    def judge_many(number: int) -> set[str | None]:
        body = f"<title>{number}</title>"
        return {judges.judge(page(body), TARGETS).title for _ in range(10)}

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(judge_many, range(8))) == [{str(number)} for number in range(8)]


def test_the_childs_environment_is_empty(judges: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    assert Path(f"/proc/{process_of(judges)}/environ").read_bytes() == b""


def test_the_child_gets_the_path_of_libraries(
    judges: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere/lib")
    environment = Path(f"/proc/{process_of(judges)}/environ").read_bytes()
    assert environment == b"LD_LIBRARY_PATH=/nowhere/lib\0"


def test_other_processes_cannot_read_this_one(judges: Sandbox) -> None:
    get_dumpable = 3  # linux/prctl.h
    assert ctypes.CDLL(None).prctl(get_dumpable, 0, 0, 0, 0) == 0


@pytest.mark.parametrize(
    "attempt", ["socket.socket()", "open('/proc/self/environ')", "os.pipe()", "bytearray(2**28)"]
)
def test_a_page_can_open_nothing(attempt: str) -> None:
    program = f"import os, socket; from seealso.verifying import child; child._limit(); {attempt}"
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert b"Too many open files" in done.stderr or b"MemoryError" in done.stderr


@pytest.mark.parametrize(
    ("judging", "finding"),
    [
        ("1 / 0", CRASHED),
        ("os.kill(os.getpid(), signal.SIGSEGV)", CRASHED),
        ("os.write(1, b'no finding' + bytes([10]))", CRASHED),
        ("bytearray(2**30)", TOO_COMPLEX),
        ("[None for _ in iter(int, 1)]", TOO_COMPLEX),
        pytest.param("all(True for _ in iter(int, 1))", TOO_COMPLEX, marks=pytest.mark.slow),
    ],
)
def test_a_failure_is_a_finding(
    judging: str, finding: Finding, monkeypatch: pytest.MonkeyPatch, judges: Sandbox
) -> None:
    program = sandbox._PROGRAM.replace(
        "child.main()",
        "import os, signal; child.CPU_SECONDS = 1; right = child.judge; "
        f"child.judge = lambda a, t: right(a, t) if a.body else {judging}; child.main()",
    )
    monkeypatch.setattr(sandbox, "_PROGRAM", program)
    assert judges.judge(page(""), TARGETS) == finding
    assert judges.judge(page(LINK), TARGETS) == SEEN


def test_an_error_is_logged_without_its_message(
    monkeypatch: pytest.MonkeyPatch, judges: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    program = sandbox._PROGRAM.replace(
        "child.main()", "child.judge = lambda a, t: {}[a.body.decode()]; child.main()"
    )
    monkeypatch.setattr(sandbox, "_PROGRAM", program)
    assert judges.judge(page("from the page"), TARGETS) == CRASHED
    assert capfd.readouterr().err == "KeyError in <string>:1\n"


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        '["other", "seen", [], null, null, null, null]',
        '[ID, "fine", [], null, null, null, null]',
        '[ID, "seen", null, null, null, null, null]',
        '[ID, "seen", [1], null, null, null, null]',
        '[ID, "seen", [], 1, null, null, null]',
        '[ID, "seen", [], null, null, null]',
        '[ID, "seen", [], null, null, null, null]\\n[ID, "seen", [], null, null, null, null]',
        "[" * 4000,
        "x" * 5000,
    ],
)
def test_an_answer_that_is_none_is_a_crash(
    line: str, monkeypatch: pytest.MonkeyPatch, judges: Sandbox
) -> None:
    program = (
        "import json, sys; request = json.loads(sys.stdin.readline()); "
        f"print('''{line}'''.replace('ID', json.dumps(request['id'])), flush=True); "
        "sys.stdin.read()"
    )
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "_PROGRAM", program)
        assert judges.judge(page(LINK), TARGETS) == CRASHED
    assert judges.judge(page(LINK), TARGETS) == SEEN


def test_a_child_that_was_killed_is_started_again(judges: Sandbox) -> None:
    process = process_of(judges)
    os.kill(process, signal.SIGKILL)
    assert judges.judge(page(LINK), TARGETS) == SEEN
    assert process_of(judges) != process


def test_a_child_that_does_not_answer_is_ended() -> None:
    judges = Sandbox(seconds=0.5)
    process = process_of(judges)
    os.kill(process, signal.SIGSTOP)
    assert judges.judge(page(bytes(MIB)), TARGETS) == TOO_COMPLEX
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    judges.close()


def test_closing_ends_the_child(judges: Sandbox) -> None:
    process = process_of(judges)
    judges.close()
    judges.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
