"""The two ways in which a command fails. Both end it with a message on stderr.

click.ClickException
    CommandFailed    nothing more can be done: no such stack, no response, an unwritable file
    RequestRefused   the request was refused, by the API, by Cognito or before it was sent
"""

from typing import IO, Any

import click

# By the HTTP status of a refusal. With any other status the command failed: 2.
EXIT_STATUSES = {
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

# From no error to the worst, for commands that do several things.
SEVERITY = (0, 1, 5, 6, 4, 3, 2)


class CommandFailed(click.ClickException):
    """The message says what is wrong and what to do next."""

    exit_code = 2


class RequestRefused(click.ClickException):
    """`status` is an HTTP status; `lines` are printed below the message."""

    def __init__(self, status: int, message: str, lines: list[str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.exit_code = EXIT_STATUSES.get(status, 2)  # type: ignore[misc] # click reads it off self
        self.lines = lines or []

    def show(self, file: IO[Any] | None = None) -> None:
        super().show(file)
        for line in self.lines:
            click.echo(f"  {line}", file=file, err=file is None)


def reworded(error: CommandFailed | RequestRefused, message: str) -> CommandFailed | RequestRefused:
    """The same error with another message."""
    if isinstance(error, RequestRefused):
        return RequestRefused(error.status, message, error.lines)
    return CommandFailed(message)
