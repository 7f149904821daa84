"""Pages as a browser reads them: the answer's HTML, parsed by the rules of the HTML Standard."""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

from tests.support import gateway
from tests.support.gateway import Response


class Tree:
    """A parsed page."""

    def __init__(self, html: str) -> None:
        # Raises for anything that the standard calls a parse error.
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        self.root: Element = parser.parse(html)

    def all(self, name: str, /, **attributes: str) -> list[Element]:
        """The elements of a name with these attributes (`id_` is id), in order."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            element
            for element in self.root.iter(name)
            if all(element.get(key) == value for key, value in wanted.items())
        ]

    def one(self, name: str, /, **attributes: str) -> Element:
        (element,) = self.all(name, **attributes)
        return element

    def section(self, heading: str) -> Element | None:
        """The section with this heading; None if there is none."""
        for section in self.root.iter("section"):
            for level in ("h1", "h2"):
                if any(text(title) == heading for title in section.iter(level)):
                    return section
        return None

    def names(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each element's name and attributes."""
        for element in self.root.iter():
            if isinstance(element.tag, str):
                yield element.tag, element.attrib


def text(element: Element) -> str:
    """What an element shows, with white space as a browser collapses it."""
    return " ".join("".join(element.itertext()).split())


def links(element: Element | None) -> list[tuple[str | None, str]]:
    """Address and text of each link in an element."""
    assert element is not None
    return [(link.get("href"), text(link)) for link in element.iter("a")]


def get(target: str, **headers: str) -> Response:
    return gateway.get(target, {name.replace("_", "-"): value for name, value in headers.items()})


def tree(target: str, status: int = 200) -> Tree:
    """The page at a path, which must be valid HTML."""
    response = get(target)
    assert response.status == status, response
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Tree(response.body)
