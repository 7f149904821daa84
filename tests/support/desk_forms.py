"""What the desk's pages have: forms as a browser would send them, and nothing harmful."""

from collections.abc import Iterable

from justhtml import Element

from tests.support.html import Tree, named, text

type Pairs = list[tuple[str, str]]


def form_of(tree: Tree, action: str, button: str = "") -> Element:
    """The only form of a page with this action, and with a button that begins so."""
    (form,) = (
        form
        for form in tree.all("form", action=action)
        if any(text(each).startswith(button) for each in named(form, "button"))
    )
    return form


def pairs_of(form: Element) -> Pairs:
    """The names and values that a browser would send, without the form token."""
    pairs: Pairs = []
    for field in named(form, "input", "textarea", "select"):
        attributes = field.attrs
        name = attributes.get("name")
        is_off = attributes.get("type") in ("radio", "checkbox") and "checked" not in attributes
        if name and name != "form_token" and not is_off:
            pairs.append((name, _value(field)))
    return pairs


def _value(field: Element) -> str:
    if field.name == "textarea":
        # The parser has dropped the line end after the tag, as browsers do.
        return field.to_text(separator="", strip=False)
    if field.name == "select":
        chosen = [each for each in named(field, "option") if "selected" in each.attrs]
        return (chosen or named(field, "option"))[0].attrs.get("value") or ""
    return field.attrs.get("value") or ""


def changed(pairs: Iterable[tuple[str, str]], **values: object) -> Pairs:
    """The pairs with other values for some names."""
    return [(name, str(values.get(name, value))) for name, value in pairs]


def error_of(tree: Tree, field: str) -> str:
    """The error of a field, which it must be described by."""
    (element,) = [each for each in tree.elements if each.attrs.get("id") == field]
    described = (element.attrs.get("aria-describedby") or "").split()
    assert f"{field}-error" in described
    return text(tree.one("p", id=f"{field}-error"))


def check_harmless(page: Tree) -> None:
    """Only elements that the templates have, without handlers, and links to the desk alone."""
    for element in page.elements:
        assert element.name not in ("img", "svg", "iframe", "object", "math", "style", "base")
        assert not [name for name in element.attrs if name.startswith("on") or name == "style"]
        href = element.attrs.get("href") or element.attrs.get("action") or ""
        assert href.startswith(("/", "#")) or not href, href
    assert len(page.all("script")) == 1
