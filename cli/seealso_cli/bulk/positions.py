"""The position of a load that can be resumed: a small file, written while the load is running.

A resumed load reads the rows before the position again, without writing them: later rows may have
the same ids, rows of CSV and gzipped files have no offsets, and checking a row takes a hundredth
of the time that DynamoDB takes to write it.
"""

import json
from pathlib import Path
from typing import NamedTuple

from seealso_cli.errors import CommandFailed
from seealso_cli.replacing import replace_text


class Position(NamedTuple):
    """How far a load has come: its first `rows` rows, over all of its files, are written.

    `digest` is the InputFile.digest after the last of them. `new` and `updated` count the articles
    that they wrote.
    """

    rows: int = 0
    digest: str = ""
    new: int = 0
    updated: int = 0


class PositionFile:
    """The file that has the position of a load into `target`, the name of a table of articles."""

    def __init__(self, path: str, target: str) -> None:
        self._path = Path(path)
        self._target = target

    def read(self) -> Position:
        """The position to go on from; the first row if there is no file. Raises CommandFailed."""
        try:
            members = json.loads(self._path.read_bytes())
            target = members.pop("target")
            position = Position(**members)
        except FileNotFoundError:
            return Position()
        except OSError as error:
            raise CommandFailed(f"Could not read {self._path}: {error.strerror}") from None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CommandFailed(
                f"{self._path} is not the position of a load: delete it, or name another file."
            ) from None
        if target != self._target:
            raise CommandFailed(
                f"{self._path} is the position of a load into {target}: delete it, or name another "
                "file."
            )
        return position

    def write(self, position: Position) -> None:
        """Replace the position. Raises CommandFailed."""
        try:
            replace_text(
                self._path, json.dumps({"target": self._target, **position._asdict()}) + "\n"
            )
        except OSError as error:
            raise CommandFailed(f"Could not write {self._path}: {error.strerror}") from None

    def remove(self) -> None:
        """Delete the file of a complete load. Raises CommandFailed."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise CommandFailed(f"Could not remove {self._path}: {error.strerror}") from None
