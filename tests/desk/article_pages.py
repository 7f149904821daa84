"""An article's form as a browser has it: its fields with what they hold, and what it sends."""

import re
from typing import NamedTuple

from justhtml import Element

from tests.support.desk import Browser
from tests.support.gateway import Response
from tests.support.html import Tree, named, text


class ArticleForm(NamedTuple):
    """The main form of a page, with what its fields hold."""

    action: str
    fields: list[tuple[str, str]]

    def filled(self, **typed: str) -> list[tuple[str, str]]:
        """What a browser sends after some fields were filled in: lines end with CR LF."""
        own = {name: value for name, value in self.fields if name not in typed}
        changed = {**own, **typed}
        order = list(dict.fromkeys([name for name, _ in self.fields] + list(typed)))
        several = [pair for pair in self.fields if pair[0] == "conflict"]
        sent = [(name, changed[name]) for name in order if name not in ("conflict", "form_token")]
        return [(name, re.sub("\r\n|\r|\n", "\r\n", value)) for name, value in [*sent, *several]]

    @property
    def values(self) -> dict[str, str]:
        return dict(self.fields)


def form_on(page: Tree, id_: str = "article") -> ArticleForm:
    """The form with an id."""
    return form_of(page.one("form", id_=id_))


def form_of(form: Element) -> ArticleForm:
    """A form of a page."""
    fields = [
        (str(field.attrs["name"]), _value(field))
        for field in named(form, "input", "textarea")
        if field.attrs.get("type") != "radio" or "checked" in field.attrs
    ]
    return ArticleForm(str(form.attrs.get("action", "")), fields)


def _value(field: Element) -> str:
    if field.name == "textarea":
        return field.to_text(separator="", strip=False)
    return str(field.attrs.get("value", ""))


def opened(browser: Browser, target: str, status: int = 200) -> Tree:
    """A page of the desk, which must be valid HTML."""
    return shown(browser.get(target), status)


def shown(answer: Response, status: int = 200) -> Tree:
    assert answer.status == status, answer
    assert answer.headers["cache-control"] == "no-store"
    return Tree(answer.body)


def errors(page: Tree) -> dict[str, str]:
    """The summary's errors by the id that each leads to, which the page must have."""
    ids = {element.attrs.get("id") for element in page.elements}
    found = {}
    for link in named(page.one("div", id_="problem"), "a"):
        target = str(link.attrs["href"]).removeprefix("#")
        assert target in ids, target
        found[target] = text(link)
    return found


def send(browser: Browser, form: ArticleForm, do: str, **typed: str) -> Response:
    """Presses one of the form's buttons."""
    return browser.post(form.action, [*form.filled(**typed), ("do", do)])
