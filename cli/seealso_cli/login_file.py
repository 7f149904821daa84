"""The file that keeps an editor signed in. Only its owner can read it; it is never partial."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from seealso_cli.errors import CommandFailed, RequestRefused
from seealso_cli.replacing import replace_text


@dataclass(frozen=True, slots=True)
class UserPoolClient:
    """A client of a Cognito user pool. `endpoint` None: AWS's own in the region.

    `login_url` is the base URL of the pool's pages; None if it is not known.
    """

    client_id: str
    region: str
    endpoint: str | None
    login_url: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """An access token and the API that it is for.

    `expires_at` is in seconds since 1970. The last four are None for another issuer's token.
    """

    api_url: str
    access_token: str
    user: str | None = None
    expires_at: float | None = None
    refresh_token: str | None = None
    pool: UserPoolClient | None = None


def path() -> Path:
    """The path of the file (XDG Base Directory Specification)."""
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    # The specification says to ignore a relative path.
    base = Path(folder) if Path(folder).is_absolute() else Path.home() / ".config"
    return base / "seealso" / "login.json"


def read() -> Login:
    """The stored login. Raises RequestRefused if nobody is signed in, and CommandFailed."""
    try:
        members = json.loads(path().read_bytes())
        pool = members.pop("pool")
        return Login(**members, pool=UserPoolClient(**pool) if pool else None)
    except FileNotFoundError:
        raise RequestRefused(401, "You are not signed in. Sign in with `seealso login`.") from None
    except OSError as error:
        raise CommandFailed(f"Could not read {path()}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise RequestRefused(
            401, f"{path()} is damaged. Sign in again with `seealso login`."
        ) from None


def write(login: Login) -> None:
    """Store a login in place of the previous one. Raises CommandFailed."""
    file = path()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_text(file, json.dumps(asdict(login), indent=2))
    except OSError as error:
        raise CommandFailed(f"Could not write {file}: {error.strerror}") from None


def remove() -> None:
    """Delete the stored login. Raises CommandFailed."""
    try:
        path().unlink(missing_ok=True)
    except OSError as error:
        raise CommandFailed(f"Could not remove {path()}: {error.strerror}") from None
