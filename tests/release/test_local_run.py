"""The local run: sources that are live, its log, and errors in one line with file and line."""

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import emulator, live, run, sources
from local.paths import ROOT
from local.steps import Failure
from seealso.errors import StoreError
from seealso.store.calls import Call
from seealso.store.tables import LOCAL_SECONDS, current_store, reset_store

FUNCTION = (
    "from seealso.shared import answer\n\n\ndef handler(event, context):\n    return answer()\n"
)
SHARED = "def answer():\n    return 1\n"
# The kinds of files that the package has. Certificates change once in years.
READ_ONCE = sorted(
    {path.suffix for path in (ROOT / "layers/common/seealso").rglob("*.*")}
    - {".pem", ".py", ".pyc", ".typed"}
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    write(tmp_path / "functions/show/app.py", FUNCTION)
    write(tmp_path / "layers/common/seealso/shared.py", SHARED)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class Worker:
    """A process that serves a live function as the emulator's does; each call is one request."""

    def __init__(self, checkout: Path) -> None:
        program = f"""
            import sys
            from pathlib import Path
            answers = sys.stdout
            sys.stdout = sys.stderr
            sys.path.append({str(ROOT)!r})
            from local.live import live_handler
            root = Path({str(checkout)!r})
            handler = live_handler("Show", "show", root, root / "functions.log")
            for _request in sys.stdin:
                try:
                    print(handler(None, None), file=answers, flush=True)
                except Exception as error:
                    print(type(error).__name__, file=answers, flush=True)
        """
        self.log = checkout / "functions.log"
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-c", textwrap.dedent(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def call(self) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def worker(checkout: Path) -> Iterator[Worker]:
    worker = Worker(checkout)
    yield worker
    worker.process.kill()
    worker.process.communicate()


def test_changes_of_functions_and_layers_are_live_with_the_next_request(
    checkout: Path, worker: Worker
) -> None:
    assert worker.call() == "1"
    # As long as before and within the same second, so that a .pyc file would still seem valid.
    write(checkout / "layers/common/seealso/shared.py", SHARED.replace("1", "2"))
    assert worker.call() == "2"
    write(checkout / "functions/show/app.py", FUNCTION.replace("answer()", "-answer()"))
    assert worker.call() == "-2"


@pytest.mark.parametrize("suffix", READ_ONCE)
def test_changes_of_what_is_not_python_are_live_too(
    checkout: Path, worker: Worker, suffix: str
) -> None:
    folder = checkout / "layers/common/seealso"
    write(folder / f"file{suffix}", "1")
    source = f"""
        from pathlib import Path
        TEXT = Path(__file__).with_name("file{suffix}").read_text()
        def answer():
            return TEXT
    """
    write(folder / "shared.py", textwrap.dedent(source))
    assert worker.call() == "1"
    write(folder / f"file{suffix}", "2")
    assert worker.call() == "2"


def test_a_broken_source_is_named_in_one_line_and_can_be_mended(
    checkout: Path, worker: Worker
) -> None:
    assert worker.call() == "1"
    shared = checkout / "layers/common/seealso/shared.py"
    write(shared, "def answer(:\n")
    assert worker.call() == "SyntaxError"
    assert "Show: ERROR layers/common/seealso/shared.py:1: SyntaxError" in worker.log.read_text()
    write(shared, "def answer():\n    return 1 / 0\n")
    assert worker.call() == "ZeroDivisionError"
    log = worker.log.read_text()
    assert "Show: ERROR layers/common/seealso/shared.py:2: ZeroDivisionError: division" in log
    assert f'File "{shared}", line 2, in answer' in log
    write(shared, SHARED)
    assert worker.call() == "1"


def test_a_function_that_is_broken_at_its_start_is_live_once_it_is_mended(checkout: Path) -> None:
    app = checkout / "functions/show/app.py"
    write(app, "import nothing\n")
    worker = Worker(checkout)
    assert worker.call() == "ModuleNotFoundError"
    write(app, FUNCTION)
    assert worker.call() == "1"
    worker.process.kill()
    worker.process.communicate()


def test_log_lines_are_readable_and_name_the_request() -> None:
    line = (
        '{"level":"ERROR","message":"unexpected error","timestamp":"2026-01-01T00:00:00Z",'
        '"stack":"seealso-local","function":"Show","route":"GET /x","request_id":"r-1",'
        '"exception_name":"KeyError",'
        '"exception":"Traceback\\n  File \\"ROOT/a.py\\", line 7\\nKeyError: 1"}'
    ).replace("ROOT", str(ROOT))
    assert live.readable("Show", line) == (
        "Show: ERROR unexpected error route=GET /x request_id=r-1\n"
        f'Traceback\n  File "{ROOT}/a.py", line 7\nKeyError: 1\n'
        "Show: ERROR a.py:7: KeyError: 1"
    )
    assert live.readable("Show", '{"level":"INFO","status":200}') == "Show: INFO status=200"
    assert live.readable("Show", "plain [1]") == "Show: plain [1]"
    assert live.readable("Show", "17") == "Show: 17"


@pytest.mark.parametrize(
    ("body", "resource"),
    [
        ({"TableName": "t"}, "t"),
        ({"TableName": "t", "IndexName": "i"}, "t/index/i"),
        ({"RequestItems": {"t": {}, "u": {}}}, "t, u"),
        ({"TransactItems": [{"Put": {"TableName": "u"}}, {"Update": {"TableName": "t"}}]}, "t, u"),
    ],
)
def test_a_denied_action_is_named_with_function_and_resource(
    body: dict[str, object], resource: str, capsys: pytest.CaptureFixture[str]
) -> None:
    class Denied:
        def try_all(self, _calls: list[Call]) -> list[StoreError]:
            # As the emulator words it: without the resource.
            message = "User: arn:x is not authorized to perform: dynamodb:Query because no policy"
            return [StoreError("AccessDeniedException", message)]

    live.name_denied_calls(Denied, "Show")
    Denied().try_all([Call("Query", body)])
    assert capsys.readouterr().out == (
        f"DENIED dynamodb:Query on {resource}. If Show needs it, add it to its Policies in"
        " template.yaml.\n"
    )


# ---- what is checked before a build ------------------------------------------------------------


def test_the_sources_are_valid() -> None:
    sources.check()


def test_a_broken_python_file_is_named_with_its_line(checkout: Path) -> None:
    write(checkout / "functions/show/app.py", "a = 1\nb = (\n")
    with pytest.raises(Failure, match=r"^functions/show/app\.py:2: '\(' was never closed$"):
        sources.check_python(checkout)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("  a: 1\n\tb: 2\n", "template.yaml:8: found a tab"),
        ("  Name: !Ref Missing\n", "template.yaml:7: There is no resource or parameter.* Missing."),
        ("  Name: !GetAtt Missing.Arn\n", "template.yaml:7: There is no resource .* Missing."),
        (
            "  Name: !Sub 'a ${Missing.Arn}/b'\n",
            "template.yaml:7: There is no resource .* Missing.",
        ),
        (
            "  Name: [!Ref Table,\n    !Ref Missing]\n",
            "template.yaml:[78]: There is no .* Missing.",
        ),
        ("  Name: a\n  Name: b\n", "template.yaml:7: Duplicate found 'Name'"),
    ],
)
def test_a_broken_template_is_named_with_its_line(tmp_path: Path, wrong: str, message: str) -> None:
    path = tmp_path / "template.yaml"
    valid = "Globals: {}\nParameters:\n  Size: {Type: Number}\nResources:\n  Table:\n    Type: T\n"
    write(path, valid + "    Size: !Sub '${Size} ${AWS::StackName} ${TableGenerated.Arn}'\n")
    sources.check_template(path)
    write(path, valid + textwrap.indent(wrong, "  "))
    with pytest.raises(Failure, match="^" + message) as raised:
        sources.check_template(path)
    assert "\n" not in str(raised.value)


# ---- make run ----------------------------------------------------------------------------------


@pytest.mark.parametrize("port", ["80000", "0", "-1", "abc", "", "4566x"])
def test_a_wrong_port_is_one_line(
    port: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["make run", f"--port={port}"])
    assert run.main() == 2
    expected = f"PORT must be an integer from 1 to 65535, not {port}.\n"
    assert capsys.readouterr().err == expected


def test_a_second_run_in_a_checkout_leaves_the_first_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "LOCAL", tmp_path)
    monkeypatch.setattr(run, "API_URL", tmp_path / "api-url")
    with run._alone():
        (tmp_path / "api-url").write_text("http://127.0.0.1:4566\n")
        already_running = pytest.raises(Failure, match=r"already running .*127\.0\.0\.1:4566")
        with already_running, run._alone():
            pass
        assert (tmp_path / "api-url").exists()
    with run._alone():
        pass


def test_the_local_run_has_time_limits_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ARTICLES", "LINKS", "SITES", "SKIPS", "AUDIT", "TRANSIENT"):
        monkeypatch.setenv(f"{name}_TABLE", name)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("STORE_ENDPOINT", "http://127.0.0.1:1")
    for value, expected in (("on", LOCAL_SECONDS), ("off", None)):
        monkeypatch.setenv("LOCAL_RUN", value)
        reset_store()
        assert current_store().client.limit_seconds == expected
    reset_store()


def test_no_deployed_function_takes_itself_for_the_local_run() -> None:
    assert "LOCAL_RUN" not in (ROOT / "template.yaml").read_text()
    assert '"LOCAL_RUN": "on"' in Path(emulator.__file__).read_text()
