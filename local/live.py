"""Runs a function of the local run from the checkout's sources, and copies its output to a log.

The emulator's copy of a function (build.py) is only a call of live_handler(). Whenever a source has
changed since the last request, the function is imported again: no deployment, and nothing is lost.
"""

import importlib
import importlib.util
import json
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from local.paths import FUNCTION_LOG, ROOT

type Handler = Callable[[Any, Any], Any]

_DENIED = re.compile(r"not authorized to perform: (\S+)")
_FRAME = re.compile(r'File "(.+)", line (\d+)')
# What functions read only once, when they are imported or later.
_SOURCES = {".css", ".graphql", ".html", ".js", ".json", ".po", ".py", ".svg"}
# Members of a log line that are shown elsewhere in it, or only have a meaning for CloudWatch.
_HIDDEN = {
    *("_aws", "exception", "exception_name", "function", "level", "message", "service"),
    *("stack", "timestamp"),
}


def live_handler(
    resource: str, folder: str, root: Path = ROOT, log: Path = FUNCTION_LOG
) -> Handler:
    """The handler of a function in functions/: `resource` is its name in template.yaml."""
    # A .pyc file may be stale: it has whole seconds, and a source may change twice in one.
    sys.dont_write_bytecode = True
    sys.stdout = _Copied(sys.stdout, resource, log)
    sys.stderr = _Copied(sys.stderr, resource, log)
    function = _Function(root, resource, folder)

    def handler(event: Any, context: Any) -> Any:
        try:
            return function.current()(event, context)
        except Exception as error:
            print("".join(traceback.format_exception(error)), end="", flush=True)
            print(f"ERROR {cause(error, root)}", flush=True)
            raise

    try:
        function.current()
    except Exception as error:  # noqa: BLE001 the next request imports it again
        print(f"ERROR {cause(error, root)}", flush=True)
    return handler


def cause(error: BaseException, root: Path = ROOT) -> str:
    """One line: the file and line of the checkout where the error occurred, and the error."""
    files = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        files.append((error.filename, error.lineno))
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    summary = f"{type(error).__name__}: {message}"
    for file, line in reversed(files):
        if Path(file).is_relative_to(root) and file != __file__:
            return f"{Path(file).relative_to(root)}:{line}: {summary}"
    return summary


def readable(resource: str, line: str, root: Path = ROOT) -> str:
    """A line of a function's output for a person: JSON as words, a traceback on its own lines."""
    try:
        members = json.loads(line)
    except ValueError:
        members = None
    if not isinstance(members, dict) or "level" not in members:
        return f"{resource}: {line}"
    others = [f"{name}={value}" for name, value in members.items() if name not in _HIDDEN]
    message = [members["message"]] if members.get("message") else []
    text = " ".join([f"{resource}: {members['level']}", *message, *others])
    exception = str(members.get("exception", "")).rstrip()
    if not exception:
        return text
    places = [
        f"{Path(file).relative_to(root)}:{line}: "
        for file, line in _FRAME.findall(exception)
        if Path(file).is_relative_to(root)
    ]
    place = places[-1] if places else ""
    return f"{text}\n{exception}\n{resource}: ERROR {place}{exception.splitlines()[-1]}"


def name_denied_calls(client: type[Any], resource: str) -> None:
    """Makes the store's Client print each call that the function's policies do not allow.

    The emulator's own message, unlike that of AWS, leaves out the table.
    """
    original = client.try_all

    def try_all(self: Any, calls: Any, *arguments: Any, **options: Any) -> Any:
        outcomes = original(self, calls, *arguments, **options)
        for call, outcome in zip(calls, outcomes, strict=True):
            denied = _DENIED.search(str(outcome)) if isinstance(outcome, Exception) else None
            if denied:
                print(
                    f"DENIED {denied[1]} on {', '.join(_tables(call.body))}. If {resource} needs"
                    " it, add it to its Policies in template.yaml.",
                    flush=True,
                )
        return outcomes

    client.try_all = try_all


def _tables(body: Any) -> list[str]:
    """The tables, or the index, of a call's body."""
    if "TableName" in body:
        index = body.get("IndexName")
        return [f"{body['TableName']}/index/{index}" if index else body["TableName"]]
    if "RequestItems" in body:
        return list(body["RequestItems"])
    actions = [action for item in body.get("TransactItems", []) for action in item.values()]
    return sorted({action["TableName"] for action in actions})


class _Function:
    """A function's handler, imported again when a source has changed."""

    def __init__(self, root: Path, resource: str, folder: str) -> None:
        self.resource = resource
        self.sources = root / "functions" / folder, root / "layers/common"
        self.state: dict[Path, int] = {}
        self.handler: Handler | None = None
        for source in self.sources:
            sys.path.insert(0, str(source))

    def current(self) -> Handler:
        state = {
            path: path.stat().st_mtime_ns
            for source in self.sources
            for path in source.rglob("*")
            if path.suffix in _SOURCES
        }
        if self.handler is None or state != self.state:
            self.handler = None
            for name, module in list(sys.modules.items()):
                if self._is_source(getattr(module, "__file__", None)):
                    del sys.modules[name]
            importlib.invalidate_caches()
            if self.resource == "CheckLinks":
                from local import demo_page

                demo_page.inject()
            # Under another name: `app` is the module that the emulator is importing.
            spec = importlib.util.spec_from_file_location("function", self.sources[0] / "app.py")
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            self.handler, self.state = module.handler, state
            if store_client := sys.modules.get("seealso.store.client"):
                name_denied_calls(store_client.Client, self.resource)
        return self.handler

    def _is_source(self, file: str | None) -> bool:
        return bool(file) and any(Path(file or "").is_relative_to(path) for path in self.sources)


class _Copied:
    """An output stream whose lines are also appended to the log, in readable form."""

    def __init__(self, stream: TextIO, resource: str, log: Path) -> None:
        self._stream, self._resource, self._log = stream, resource, log
        self._line = ""

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        if lines:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("a", encoding="utf-8") as file:
                file.write("".join(f"{readable(self._resource, line)}\n" for line in lines))
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
