"""The file that keeps an editor signed in: nobody else can read it, and it is never half there."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from seealso_cli.errors import Refusal, Unable

SIGN_IN = "sign in with `seealso login`"


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool's client. `endpoint`: Cognito's in its region; None: as AWS has it."""

    client_id: str
    region: str
    endpoint: str | None


@dataclass(frozen=True, slots=True)
class Login:
    """Who is signed in where.

    `expires_at` is in seconds since 1970. Of a token of another issuer nothing but itself is known.
    """

    api_url: str
    access_token: str
    user: str | None = None
    expires_at: float | None = None
    refresh_token: str | None = None
    pool: Pool | None = None


def path() -> Path:
    """Where the file is (XDG Base Directory Specification)."""
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    # A relative one is to be ignored.
    base = Path(folder) if Path(folder).is_absolute() else Path.home() / ".config"
    return base / "seealso" / "login.json"


def read() -> Login:
    """The login of now. Raises Refusal where nobody is signed in."""
    try:
        members = json.loads(path().read_bytes())
        pool = members.pop("pool")
        return Login(**members, pool=Pool(**pool) if pool else None)
    except FileNotFoundError:
        raise Refusal(401, f"You are not signed in: {SIGN_IN}.") from None
    except OSError as error:
        raise Unable(f"{path()} can't be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Refusal(401, f"{path()} is damaged: {SIGN_IN} again.") from None


def write(login: Login) -> None:
    """Keep a login in place of the one before. Raises Unable."""
    file = path()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp's files are their owner's alone.
        handle, temporary = tempfile.mkstemp(prefix=".login-", dir=file.parent)
        try:
            with os.fdopen(handle, "w") as stream:
                json.dump(asdict(login), stream, indent=2)
            Path(temporary).replace(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Unable(f"{file} can't be written: {error.strerror}") from None


def remove() -> None:
    """Forget who was signed in. Raises Unable."""
    try:
        path().unlink(missing_ok=True)
    except OSError as error:
        raise Unable(f"{path()} can't be removed: {error.strerror}") from None
