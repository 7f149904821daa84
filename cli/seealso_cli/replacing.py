"""Small files that are replaced as a whole, so that a reader never sees half of one."""

import os
import tempfile
from pathlib import Path


def replace_text(file: Path, text: str) -> None:
    """Write a file in place of the previous one, readable by its owner alone. Raises OSError."""
    # mkstemp creates files that only their owner can read.
    handle, temporary = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(text)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
