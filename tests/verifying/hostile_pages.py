"""Pages of a MiB that cost a parser as much as its submitter can make them cost."""

from typing import Final

MIB: Final = 1024 * 1024


def numbered(piece: str) -> bytes:
    """A MiB of pieces with numbers in them."""
    count = MIB // len(piece % 0)
    return "".join(piece % number for number in range(count)).encode()[:MIB]


def filled(piece: str, head: str = "") -> bytes:
    return (head + piece * (MIB // len(piece))).encode()[:MIB]


HOSTILE: Final = {
    "elements": filled("<div>"),
    "less-than signs": filled("<"),
    "attributes of one tag": b"<a" + numbered(" a%d=1"),
    "attributes of body": numbered("<body a%d=1>"),
    "fonts and paragraphs": filled("<font><p>"),
    "different formatting in paragraphs": numbered("<b x=%d><p>"),
    "formatting, closed in another order": filled("<b><i><u><p></b></i></u>"),
    "formatting, closed late": filled("</b>", "<b>" * 1000 + "<div>" * 50_000),
    "nested tables": filled("<table><tr><td>"),
    "links in tables": filled("<table><a href=x>"),
    "links in links": filled("<a href=x><p>"),
    "short links": filled("<a href>"),
    "links to the site": numbered("<a href=//site.example/%x>"),
    "links with a long base": filled("<a href=x>", f"<base href=//site.example/{'%41/' * 1000}>"),
    "a link of a MiB": filled("%41", "<a href=//site.example/"),
    "templates": filled("<template>"),
    "SVG in MathML": filled("<math><mi><svg><desc>"),
    "entities": filled("&CounterClockwiseContourIntegra"),
    "NULs": bytes(MIB),
    "a title of a MiB": filled("x", "<title>"),
}
