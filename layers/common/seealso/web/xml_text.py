"""Text in XML documents."""

import re

# What is no Char (XML 1.0, 2.2). Not even a character reference may name these.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A parser turns a literal carriage return into a line feed (XML 1.0, 2.11).
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"},
)


def xml_text(text: str) -> str:
    """The text for an element or a double-quoted attribute, without what XML forbids."""
    return _FORBIDDEN.sub("", text).translate(_ESCAPES)
