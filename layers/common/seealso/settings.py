"""A function's settings: read from its environment and checked when the function starts.

Each function names its own in a NamedTuple, made at import, so that a wrong value fails the start
with one clear line and never a request. template.yaml sets the variables.
"""

import os


class SettingsError(Exception):
    """A variable of the function's environment is missing or has a value that it must not have."""


def string(name: str) -> str:
    """A required variable. Raises SettingsError."""
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"The environment variable {name} is required.")
    return value


def optional(name: str) -> str:
    """A variable that may be missing or empty."""
    return os.environ.get(name, "")


def integer(name: str, minimum: int, maximum: int) -> int:
    """A variable that is a decimal number within bounds. Raises SettingsError."""
    value = string(name)
    if not (value.isascii() and value.isdecimal() and minimum <= int(value) <= maximum):
        raise SettingsError(
            f"The environment variable {name} must be an integer from {minimum} to {maximum}."
        )
    return int(value)


def choice(name: str, *choices: str) -> str:
    """A variable that has one of some values. Raises SettingsError."""
    value = string(name)
    if value not in choices:
        raise SettingsError(
            f"The environment variable {name} must be one of: {', '.join(choices)}."
        )
    return value


def is_local_run() -> bool:
    """Whether the function runs on a developer's machine; template.yaml never sets the variable."""
    return os.environ.get("LOCAL_RUN") == "on"
