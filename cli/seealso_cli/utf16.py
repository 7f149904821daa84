"""Files that are not UTF-8, recognized by their first bytes."""

UTF_16 = "it is UTF-16; save it as UTF-8"

_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")


def is_utf_16(start: bytes) -> bool:
    """Whether a file that starts like this is UTF-16 (or UTF-32).

    Without a byte order mark, ASCII characters have NULs between them.
    """
    if start.startswith(_BYTE_ORDER_MARKS):
        return True
    return len(start) >= 4 and not (any(start[0:4:2]) and any(start[1:4:2]))
