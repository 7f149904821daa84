"""The screens of articles: their lists, writing, what others saved first, and purging.

What they change is done by editing/articles.py and editing/purging.py, as for the admin endpoint.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup

from seealso.desk.access import Visit, for_admins, for_editors
from seealso.desk.article_form import (
    FIELDS,
    LABELS,
    MINE,
    THEIRS,
    Written,
    digest,
    field_value,
    form_state,
    refuse_open_choices,
    unchanged,
    version_of,
    written,
)
from seealso.desk.pages import desk_page, redirect
from seealso.editing import articles as editing
from seealso.editing import purging
from seealso.errors import Refusal
from seealso.http.cursors import list_page
from seealso.http.handler import Route
from seealso.http.problems import PROBLEMS, refusal_headers
from seealso.http.requests import is_id
from seealso.http.responses import Response
from seealso.store.batching import Reading, need_item, read_needs, read_query, read_together
from seealso.store.tables import Store
from seealso.tables import articles, sites
from seealso.tables.articles import Article, article_of
from seealso.tables.pages import page_key
from seealso.tables.sites import Site, site_of
from seealso.web.article_page import article_text
from seealso.web.languages import ENGLISH, language_of
from seealso.web.links import article_href, site_name

ANY_STATE = "any"
SHOWN = 50  # articles of a list
_CHOICES = 100  # sites that a form suggests; all others are named by their number
_LIST = "/desk/articles"
_ENGLISH = language_of(ENGLISH)


# ---- lists -----------------------------------------------------------------------------------


def list_articles(visit: Visit) -> Response:
    """GET /desk/articles, by site and state; with `id`, the way to that article."""
    request = visit.request
    if (article_id := (request.query_string("id") or "").strip()) and is_id(article_id):
        return redirect(_path(int(article_id)))
    states = (*articles.STATES, ANY_STATE)
    state = request.query_choice("state", states) or "draft"
    typed_domain = (request.query_string("domain") or "").strip()
    domain = int(typed_domain) if is_id(typed_domain) else None
    errors = {"id": "", "domain": ""}
    if article_id:
        errors["id"] = "Enter the number of an article."
    if typed_domain and domain is None:
        errors["domain"] = "Enter the number of a site."
    elif domain is None and state not in articles.UNPUBLISHED:
        errors["domain"] = (
            "Choose a site: only drafts and deleted articles are listed of all sites."
        )
    page = list_page(request, f"desk-articles-{domain}-{state}", limit=SHOWN)
    found: Sequence[articles.Listed] = []
    if not errors["domain"]:
        wanted = articles.STATES if state == ANY_STATE else [state]
        below = int(page.after) if page.after else None
        found = articles.list_articles(visit.store, domain, wanted, page.limit + 1, below)
    body = page.body("articles", found, lambda article: article.id)
    around = _read_around(visit.store, [article.domain for article in body["articles"]])
    where = {"state": state, **({"domain": typed_domain} if typed_domain else {})}
    cursor = body["next_cursor"]
    values = {
        "articles": [
            {
                "href": _path(article.id),
                "id": article.id,
                "title": article.title,
                "site": around.name(article.domain),
                "language": language_of(around.site(article.domain).language),
                "state": article.state,
                "date": article.date,
            }
            for article in body["articles"]
        ],
        "choices": around.choices,
        "states": states,
        "state": state,
        "domain": typed_domain,
        "site": around.name(domain) if domain is not None else None,
        "id": article_id,
        "errors": errors,
        "first": f"{_LIST}?{urlencode(where)}" if page.after else None,
        "next": f"{_LIST}?{urlencode({**where, 'cursor': cursor})}" if cursor else None,
    }
    return desk_page(
        visit, "articles.html", "Articles", values, 400 if any(errors.values()) else 200
    )


# ---- writing ---------------------------------------------------------------------------------


def new_article(visit: Visit) -> Response:
    """GET /desk/articles/new; `domain` may name the site."""
    domain = visit.request.query_integer("domain", minimum=0)
    typed = dict.fromkeys(LABELS, "") | {
        "domain": field_value("domain", domain),
        "date": visit.now.date().isoformat(),
    }
    return _writing(visit, None, Written(typed, 0, {}, {}))


def create_article(visit: Visit) -> Response:
    """POST /desk/articles/new: a draft, a published article, or a preview."""
    sent = written(visit.form)
    button = visit.form.one("do")
    try:
        names = [name for name in LABELS if sent.typed.get(name, "").strip() or name in _REQUIRED]
        members = sent.members(names)
        if button == "publish":
            members["state"] = "published"
        article_id, article = editing.parse_new(members)
        if button == "preview":
            return _writing(visit, None, sent, preview_of=article)
        created = editing.create(visit.store, visit.context, article_id, article)
    except Refusal as refusal:
        return _writing(visit, None, sent, refusal)
    is_draft = created.state == "draft"
    return redirect(_path(created.id), "article-created" if is_draft else "article-published")


# An article has a value in these fields; the form sends the others empty for none.
_REQUIRED = ("domain", "title", "text", "date")


def article_page(visit: Visit) -> Response:
    """GET /desk/articles/{id}: its form, or of a deleted article what it was."""
    article = _article(visit)
    if article.state == "deleted":
        return _deleted(visit, article)
    return _writing(visit, article, unchanged(article))


def save_article(visit: Visit) -> Response:
    """POST /desk/articles/{id}: what was changed is saved, or shown as readers would see it."""
    article_id = _article_id(visit)
    sent = written(visit.form)
    button = visit.form.one("do")
    try:
        refuse_open_choices(sent.choices)
        if button == "preview":
            typed = [name for name in FIELDS if name in sent.typed]
            columns = editing.parse_patch(sent.members(typed))
            current = _article(visit)
            shown = editing.with_columns(current, columns)
            return _writing(visit, current, sent, preview_of=shown)
        columns = editing.parse_patch(sent.members(sent.changed))
        done = _save(visit, article_id, sent.version, button, columns)
    except Refusal as refusal:
        return _refused(visit, article_id, sent, refusal)
    return redirect(_path(article_id), done)


def _save(
    visit: Visit, article_id: int, version: int, button: str, columns: Mapping[str, Any]
) -> str:
    """Save an article by one of the form's buttons; returns what the next page says."""
    change, done = _CHANGES.get(button, (editing.patch_columns, "article-saved"))
    if change is editing.patch_columns and not columns:
        return "article-unchanged"
    change(visit.store, visit.context, article_id, version, columns)
    return done


_CHANGES: Mapping[str, tuple[Callable[..., Article], str]] = {
    "publish": (editing.publish, "article-published"),
    "unpublish": (editing.unpublish, "article-unpublished"),
    "restore": (editing.restore, "article-restored"),
}


def _refused(visit: Visit, article_id: int, sent: Written, refusal: Refusal) -> Response:
    """The form again, with all that was typed."""
    current = _current(visit, article_id, refusal)
    if current is None:
        detail = "The article has been purged meanwhile. Saving makes a new one of what you wrote."
        sent = sent._replace(typed={**sent.typed, "id": ""}, read={}, choices={})
        return _writing(visit, None, sent, Refusal("conflict", detail))
    if refusal.name == "precondition-failed" or sent.choices:
        return _conflict(visit, current, sent, refusal)
    return _writing(visit, current, sent, refusal)


def _current(visit: Visit, article_id: int, refusal: Refusal) -> Article | None:
    """The article as it is stored now; a conflict has read it already."""
    if refusal.name == "not-found":
        return None
    if "current" in refusal.members:
        current = refusal.members["current"]
        return Article(**current) if current else None
    return articles.get_article(visit.store, article_id)


def _writing(
    visit: Visit,
    article: Article | None,
    sent: Written,
    refusal: Refusal | None = None,
    preview_of: Article | None = None,
) -> Response:
    """The form of an article, None for a new one; with the preview of what was typed."""
    if article:
        at_first = unchanged(article)
        sent = sent._replace(
            typed={**at_first.typed, **sent.typed}, read={**at_first.read, **sent.read}
        )
    numbers = sent.members(["domain", "source_id"])
    domain = numbers["domain"] if isinstance(numbers["domain"], int) else None
    source_id = numbers["source_id"] if isinstance(numbers["source_id"], int) else None
    domains = [*([article.domain] if article else []), *([] if domain is None else [domain])]
    around = _read_around(visit.store, domains, source_id)
    site = around.site(domain) if domain is not None else None
    title = f"Edit “{article.title}”" if article else "New article"
    values = {
        "article": article,
        "action": _path(article.id) if article else f"{_LIST}/new",
        "form": form_state(sent.typed, sent.read, sent.version, refusal),
        "choices": around.choices,
        "site": site,
        "site_name": around.name(domain) if domain is not None else None,
        "language": language_of(site.language) if site else _ENGLISH,
        "source": _source_hint(around, source_id),
        "public_href": _public_href(around, article),
        "preview": _preview(around, preview_of) if preview_of else None,
    }
    return _answer(visit, "article.html", title, values, refusal)


def _answer(
    visit: Visit, template: str, title: str, values: Mapping[str, Any], refusal: Refusal | None
) -> Response:
    """A screen, with the status of a refusal that it shows."""
    if refusal is None:
        return desk_page(visit, template, title, values)
    status = PROBLEMS[refusal.name].status
    answer = desk_page(visit, template, f"Error: {title}", values, status)
    return answer._replace(headers=answer.headers | refusal_headers(refusal))


def _public_href(around: "_Around", article: Article | None) -> str | None:
    """Where readers find the article; None if they do not."""
    if article is None or article.state != "published":
        return None
    return article_href(around.site(article.domain), article.id)


# ---- what others saved first -----------------------------------------------------------------


def _conflict(visit: Visit, current: Article, sent: Written, refusal: Refusal) -> Response:
    """Both versions of each field that differs, and the choice of one.

    Saved is then over the current version, so that a third editor's change is a conflict again.
    """
    from seealso.desk.comparing import compare  # costly to import, and conflicts are rare

    theirs = unchanged(current)
    fields = []
    for name in FIELDS:
        if sent.typed.get(name, theirs.typed[name]) == theirs.typed[name]:
            continue
        is_mine = digest(sent.typed[name]) != sent.read.get(name)
        is_theirs = theirs.read[name] != sent.read.get(name)
        # Who alone has changed a field is probably right.
        choice = "" if is_mine and is_theirs else MINE if is_mine else THEIRS
        rows = compare(sent.typed[name], theirs.typed[name])
        fields.append(
            {
                "name": name,
                "label": LABELS[name],
                "is_mine": is_mine,
                "is_theirs": is_theirs,
                "choice": sent.choices.get(name, choice),
                "rows": rows,
                "is_white_space": all(row.is_same for row in rows),
            }
        )
    is_meanwhile = refusal.name == "precondition-failed"
    values = {
        "article": current,
        "action": _path(current.id),
        "form": form_state(
            sent.typed, theirs.read, current.version, None if is_meanwhile else refusal
        ),
        "fields": fields,
        "mine": MINE,
        "theirs": THEIRS,
    }
    title = f"Two versions of “{current.title}”"
    return _answer(visit, "article_conflict.html", title, values, refusal)


# ---- deleted articles, and purging -----------------------------------------------------------


def _deleted(visit: Visit, article: Article, refusal: Refusal | None = None) -> Response:
    around = _read_around(visit.store, [article.domain], article.source_id)
    values = {
        "article": article,
        "action": _path(article.id),
        "site_name": around.name(article.domain),
        "preview": _preview(around, article),
    }
    title = f"Deleted: “{article.title}”"
    return _answer(visit, "article_deleted.html", title, values, refusal)


def delete_article(visit: Visit) -> Response:
    """POST /desk/articles/{id}/delete."""
    return _set_state(visit, editing.delete, "article-deleted")


def restore_article(visit: Visit) -> Response:
    """POST /desk/articles/{id}/restore."""
    return _set_state(visit, editing.restore, "article-restored")


def _set_state(visit: Visit, change: Callable[..., Article], done: str) -> Response:
    article_id = _article_id(visit)
    try:
        change(visit.store, visit.context, article_id, version_of(visit.form))
    except Refusal as refusal:
        if refusal.name != "precondition-failed":
            raise
        done = "article-changed"
    return redirect(_path(article_id), done)


def purge_page(visit: Visit) -> Response:
    """GET /desk/articles/{id}/purge: what will be lost."""
    article = _article(visit)
    if article.state != "deleted":
        return redirect(_path(article.id))
    return _purging(visit, article, "", None)


def purge_article(visit: Visit) -> Response:
    """POST /desk/articles/{id}/purge; `title` must be typed."""
    article = _article(visit)
    typed = visit.form.one("title")
    try:
        if _words(typed) != _words(field_value("title", article.title)):
            detail = "This is not the article's title. Type it as it is shown above."
            raise Refusal.of_field("invalid-fields", "title", detail)
        purging.purge(visit.store, visit.context, article.id, version_of(visit.form))
    except Refusal as refusal:
        if refusal.name in ("precondition-failed", "conflict"):
            return redirect(_path(article.id), "article-changed")
        return _purging(visit, article, typed, refusal)
    return redirect(f"{_LIST}?state=deleted", "article-purged")


def _purging(visit: Visit, article: Article, typed: str, refusal: Refusal | None) -> Response:
    page = visit.store.client.get_item(visit.store.links, page_key(article.id)) or {}
    written_title = dict.fromkeys(LABELS, "") | {"title": typed}
    values = {
        "article": article,
        "action": f"{_path(article.id)}/purge",
        "form": form_state(written_title, {}, article.version, refusal),
        "kilobytes": -(-len(article.text.encode()) // 1024),
        "published": page.get("published", 0),
        "pending": page.get("pending", 0),
    }
    return _answer(visit, "article_purge.html", f"Purge “{article.title}”", values, refusal)


def _words(title: str) -> list[str]:
    return title.split()


# ---- what is around an article ---------------------------------------------------------------


class _Around(NamedTuple):
    """The sites and the source that a screen names, read in one round trip."""

    sites: Mapping[int, Site]
    choices: Sequence[tuple[int, str]]  # numbers and names of sites
    source: Article | None

    def site(self, domain: int) -> Site:
        return self.sites.get(domain) or site_of(domain, None)

    def name(self, domain: int) -> str:
        return site_name(self.site(domain), _ENGLISH)


def _read_around(store: Store, domains: Sequence[int], source_id: int | None = None) -> _Around:
    """The first sites, those of some domains, and the article with an id."""
    needs: dict[Any, Any] = {domain: sites.site_need(store, domain) for domain in domains}
    if source_id:
        needs["source"] = need_item(store.articles, id=source_id)
    readings: list[Reading[Any]] = [
        read_query(sites.list_query(store, -1), _CHOICES),
        read_needs(needs),
    ]
    listed, items = read_together(store, readings)
    known = {item["domain"]: site_of(item["domain"], item) for item in listed}
    choices = [(domain, site_name(site, _ENGLISH)) for domain, site in known.items()]
    source = items.get("source")
    return _Around(
        known | {domain: site_of(domain, items.get(domain)) for domain in domains},
        choices,
        article_of(source) if source else None,
    )


def _source_hint(around: _Around, source_id: int | None) -> dict[str, Any] | None:
    """What the form says of the source whose id was typed."""
    if not source_id:
        return None
    source = around.source
    if source is None:
        return {"title": None}
    return {"href": _path(source.id), "title": source.title, "state": source.state}


def _preview(around: _Around, article: Article) -> dict[str, Any]:
    """An article as its page would show it."""
    source = around.source
    site = around.site(article.domain)
    html: Markup = article_text(
        {
            "id": article.id,
            "domain": article.domain,
            "title": article.title,
            "text": article.text,
            "date": article.date,
            "source_id": article.source_id,
        },
        {"id": source.id, "domain": source.domain, "title": source.title}
        if source and source.state == "published"
        else None,
        site,
    )
    return {"html": html, "language": language_of(site.language)}


# ---- requests --------------------------------------------------------------------------------


def _path(article_id: int) -> str:
    return f"{_LIST}/{article_id}"


def _article_id(visit: Visit) -> int:
    return visit.request.path_integer("id", minimum=1)


def _article(visit: Visit) -> Article:
    """The article in the path. Raises Refusal `not-found`."""
    article = articles.get_article(visit.store, _article_id(visit))
    if article is None:
        raise editing.no_article()
    return article


ROUTES: dict[str, Route] = {
    "GET /desk/articles": for_editors(list_articles),
    "GET /desk/articles/new": for_editors(new_article),
    "POST /desk/articles/new": for_editors(create_article),
    "GET /desk/articles/{id}": for_editors(article_page),
    "POST /desk/articles/{id}": for_editors(save_article),
    "POST /desk/articles/{id}/delete": for_editors(delete_article),
    "POST /desk/articles/{id}/restore": for_editors(restore_article),
    "GET /desk/articles/{id}/purge": for_admins(purge_page),
    "POST /desk/articles/{id}/purge": for_admins(purge_article),
}
