"""The desk's screens as a browser reads them: parsed by the rules of the HTML Standard."""

from justhtml import Element

from tests.support.desk import Browser
from tests.support.gateway import Response
from tests.support.html import Tree, named, text


def screen(browser: Browser, target: str, status: int = 200) -> Tree:
    """A screen, which must be valid HTML."""
    return tree_of(browser.get(target), status)


def tree_of(response: Response, status: int = 200) -> Tree:
    assert response.status == status, response
    return Tree(response.body)


def form(page: Tree, action: str) -> Element:
    """The only form with this action."""
    return page.one("form", action=action)


def fields(element: Element) -> list[tuple[str, str]]:
    """What a form sends as it is, without its token, which Browser.post() adds."""
    sent = []
    for field in named(element, "input", "select"):
        name = field.attrs.get("name")
        is_box = field.attrs.get("type") == "checkbox"
        if not name or name == "form_token" or (is_box and "checked" not in field.attrs):
            continue
        sent.append((name, field.attrs.get("value") or ""))
    return sent


def press(browser: Browser, page: Tree, action: str, *more: tuple[str, str]) -> Response:
    """The answer to a form of a page, with some fields filled in."""
    filled = dict(more)
    kept = [field for field in fields(form(page, action)) if field[0] not in filled]
    return browser.post(action, [*kept, *more])


def follow(browser: Browser, response: Response) -> Tree:
    """The screen that a form leads to."""
    assert response.status == 303, response
    return screen(browser, response.headers["location"])


def facts(element: Element) -> dict[str, str]:
    """The terms of a description list with what they say."""
    names, values = named(element, "dt"), named(element, "dd")
    return {text(name): text(value) for name, value in zip(names, values, strict=True)}
