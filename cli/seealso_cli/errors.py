"""How a command says that it cannot do its work, and how it then ends."""

from typing import IO, Any

import click

# What a refusal of the API means for the command that was refused; all else is Unable.
EXIT_STATUS = {
    400: 1,
    413: 1,
    415: 1,
    422: 1,
    401: 3,
    403: 4,
    404: 5,
    409: 6,
    412: 6,
    428: 6,
}


class Unable(click.ClickException):
    """Nothing (more) can be done. The message says what is in the way, and the way out."""

    exit_code = 2


class Refusal(click.ClickException):
    """What was asked for is refused; `status` is HTTP's, `lines` say more than the message."""

    def __init__(self, status: int, message: str, lines: list[str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.exit_code = EXIT_STATUS.get(status, 2)  # type: ignore[misc] # click reads it off self
        self.lines = lines or []

    def show(self, file: IO[Any] | None = None) -> None:
        super().show(file)
        for line in self.lines:
            click.echo(f"  {line}", file=file, err=file is None)
