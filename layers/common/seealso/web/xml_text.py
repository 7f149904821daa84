"""Text in XML documents."""

import re

# All but Char (XML 1.0, 2.2). Not even a character reference may name these.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A parser turns a literal carriage return into a line feed (XML 1.0, 2.11).
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"},
)


def xml_text(text: str) -> str:
    """The text for an element or a double-quoted attribute, without what XML forbids."""
    return _FORBIDDEN.sub("", text).translate(_ESCAPES)
