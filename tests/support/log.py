"""The lines that functions log."""

import json
from typing import Any

import pytest


class Log:
    """What the functions have logged so far, on standard output."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured
        self._text = ""

    def text(self) -> str:
        self._text += self._captured.readouterr().out
        return self._text

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text().splitlines()]

    def line(self) -> dict[str, Any]:
        """The only line."""
        (only,) = self.lines()
        return only

    def clear(self) -> None:
        self._captured.readouterr()
        self._text = ""
