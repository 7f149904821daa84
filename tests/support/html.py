"""HTML as a browser reads it: parsed by the rules of the HTML Standard."""

from collections.abc import Iterator

from justhtml import Element, JustHTML, Node


class Tree:
    """A parsed page."""

    def __init__(self, html: str) -> None:
        document = JustHTML(html, sanitize=False, collect_errors=True)
        assert document.errors == []
        self.elements = list(elements(document.root))
        self.root = self.one("html")

    def all(self, name: str, /, **attributes: str) -> list[Element]:
        """The elements of a name with these attributes (`id_` is id), in order."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.name == name and wanted.items() <= dict(element.attrs).items()
        ]

    def one(self, name: str, /, **attributes: str) -> Element:
        """The only element of a name with these attributes."""
        (element,) = self.all(name, **attributes)
        return element

    def section(self, heading: str) -> Element | None:
        """The section with this heading; None if there is none."""
        for section in self.all("section"):
            if any(text(title) == heading for title in named(section, "h1", "h2")):
                return section
        return None


def elements(node: Node) -> Iterator[Element]:
    """The elements in a node, in order, itself included."""
    if isinstance(node, Element):
        yield node
    for child in node.children or []:
        yield from elements(child)


def named(element: Element | None, *names: str) -> list[Element]:
    """The elements of some names within another."""
    assert element is not None
    return [each for each in elements(element) if each.name in names]


def text(element: Element) -> str:
    """What an element shows, with white space as a browser collapses it."""
    return " ".join(element.to_text(separator="", strip=False).split())


def links(element: Element | None) -> list[tuple[str | None, str]]:
    """Address and text of each link in an element."""
    return [(link.attrs.get("href"), text(link)) for link in named(element, "a")]
