"""The screens of articles: lists, writing, conflicts, states, purging, what they cost and weigh."""

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from seealso.errors import StoreUnavailable
from seealso.limits import MAX_TEXT_BYTES
from seealso.store.client import Client, Usage
from seealso.store.tables import Store, current_store
from seealso.tables import articles
from seealso.tables.articles import Article, get_article, put_articles, raise_highest
from seealso.tables.audit import AuditFilter, list_audit
from seealso.tables.sites import Site
from seealso.web.assets import asset_path, find_asset
from tests.desk.article_pages import errors, form_of, form_on, opened, send, shown
from tests.support import gateway
from tests.support.desk import Browser, sign_in, sign_in_admin
from tests.support.environment import new_container
from tests.support.factories import page_item, put_item, put_site
from tests.support.gateway import Response
from tests.support.html import Tree, links, named, text
from tests.support.payloads import PAYLOADS

SITE = Site(7, hosts=["ledger.example.com"], name="Night Ledger", text_format="markdown")
PUBLISHED, DRAFT, DELETED, SOURCE = 101, 102, 103, 40


@pytest.fixture
def desk_store(deployed_environment: Store) -> Store:
    """Articles of each state on a site with Markdown, and their source on no site."""
    put_site(deployed_environment, SITE)
    made = [
        Article(PUBLISHED, 7, "Heat", "Some *words*.", "2026-02-25", SOURCE),
        Article(DRAFT, 7, "Heat 2", "More words.", "2026-02-26", state="draft"),
        Article(DELETED, 7, "Heat 0", "Old words.", "2026-02-20", state="deleted"),
        Article(SOURCE, 3, "Fire", "Words.", "2026-01-01"),
    ]
    put_articles(deployed_environment, [(each, None) for each in made])
    raise_highest(deployed_environment, DELETED)
    new_container()
    return deployed_environment


@pytest.fixture
def browser(desk_store: Store) -> Browser:
    return sign_in(desk_store)


@pytest.fixture
def admin(desk_store: Store) -> Browser:
    return sign_in_admin(desk_store)


def stored(article_id: int = DRAFT) -> Article:
    article = get_article(current_store(), article_id)
    assert article is not None
    return article


def save(browser: Browser, article_id: int = DRAFT, do: str = "save", **typed: str) -> Response:
    """Opens an article, fills in some fields and presses a button."""
    form = form_on(opened(browser, f"/desk/articles/{article_id}"))
    return send(browser, form, do, **typed)


def notice(browser: Browser, answer: Response) -> str:
    """What the page says that a form has led to."""
    assert answer.status == 303, answer
    return text(
        opened(browser, answer.headers["location"]).one("p", role="status", class_="notice")
    )


# ---- lists -----------------------------------------------------------------------------------


def titles(browser: Browser, query: str, status: int = 200) -> list[str]:
    page = opened(browser, f"/desk/articles{query}", status)
    (section,) = page.all("section", aria_labelledby="shown")
    return [text(link) for item in named(section, "li") for link in named(item, "a")]


def test_the_first_list_has_the_drafts_of_all_sites(browser: Browser, desk_store: Store) -> None:
    put_articles(
        desk_store, [(Article(200, 3, "Of no site", "", "2026-01-01", state="draft"), None)]
    )
    assert titles(browser, "") == ["Of no site", "Heat 2"]


def test_a_list_has_the_articles_of_a_site_in_a_state(browser: Browser) -> None:
    assert titles(browser, "?domain=7&state=published") == ["Heat"]
    assert titles(browser, "?domain=7&state=deleted") == ["Heat 0"]
    assert titles(browser, "?domain=7&state=any") == ["Heat 0", "Heat 2", "Heat"]
    assert titles(browser, "?domain=3&state=draft") == []
    # As the form of the list sends it.
    assert titles(browser, "?domain=&state=deleted") == ["Heat 0"]


def test_a_list_names_sites_states_ids_and_dates(browser: Browser) -> None:
    page = opened(browser, "/desk/articles?domain=7&state=published")
    (section,) = page.all("section", aria_labelledby="shown")
    assert text(named(section, "h2")[0]) == "Published articles of Night Ledger"
    assert text(named(section, "li")[0]) == "Heat Published · Night Ledger · id 101 · 2026-02-25"
    assert links(section) == [("/desk/articles/101", "Heat")]


def test_published_articles_are_listed_by_site(browser: Browser) -> None:
    page = opened(browser, "/desk/articles?state=published", 400)
    assert "Choose a site" in text(page.one("p", id_="domain-error"))


@pytest.mark.parametrize("query", ["?domain=x", "?domain=-1", "?domain=99999999999", "?id=x"])
def test_a_wrong_number_is_shown_beside_its_field(browser: Browser, query: str) -> None:
    name, _, value = query.removeprefix("?").partition("=")
    page = opened(browser, f"/desk/articles{query}", 400)
    assert "Enter the number of" in text(page.one("p", id_=f"{name}-error"))
    assert page.one("input", id_=name).attrs["value"] == value


def test_an_id_leads_to_its_article(browser: Browser) -> None:
    answer = browser.get("/desk/articles?id=102")
    assert (answer.status, answer.headers["location"]) == (303, "/desk/articles/102")


def test_pages_of_a_list_follow_one_another(browser: Browser, desk_store: Store) -> None:
    more = [Article(each, 7, f"Number {each}", "", "2026-01-01") for each in range(1000, 1120)]
    for start in (0, 60):
        put_articles(desk_store, [(each, None) for each in more[start : start + 60]])
    found: list[str] = []
    target: str | None = "/desk/articles?domain=7&state=published"
    pages = 0
    while target:
        page = opened(browser, target)
        (section,) = page.all("section", aria_labelledby="shown")
        found += [text(link) for item in named(section, "li") for link in named(item, "a")]
        following = page.all("a", rel="next")
        target = str(following[0].attrs["href"]) if following else None
        pages += 1
    assert found == [*(f"Number {each}" for each in range(1119, 999, -1)), "Heat"]
    assert pages == 3
    assert page.one("a", rel="first").attrs["href"] == "/desk/articles?state=published&domain=7"


# ---- writing ---------------------------------------------------------------------------------


def test_a_draft_is_written_and_read_again(browser: Browser) -> None:
    page = opened(browser, "/desk/articles/new?domain=7")
    form = form_on(page)
    assert form.values["domain"] == "7"
    answer = send(
        browser, form, "save", title="Frost", text="One.\n\nTwo.", date="2026-03-01", source_id="40"
    )
    assert answer.headers["location"] == "/desk/articles/104?done=article-created"
    assert stored(104) == Article(104, 7, "Frost", "One.\n\nTwo.", "2026-03-01", 40, "draft")
    assert notice(browser, answer) == "The draft is saved."
    form = form_on(opened(browser, "/desk/articles/104"))
    assert form.values["text"] == "One.\n\nTwo."
    assert form.values["source_id"] == "40"


def test_a_new_article_can_be_published_and_have_an_id(browser: Browser) -> None:
    form = form_on(opened(browser, "/desk/articles/new"))
    answer = send(browser, form, "publish", title="Frost", domain="7", id="500")
    assert notice(browser, answer) == "The article is published."
    assert stored(500).state == "published"
    assert gateway.get("/a/500").status == 200
    answer = send(browser, form, "save", title="Another", domain="7", id="500", text="Kept.")
    page = shown(answer, 409)
    assert errors(page) == {"id": "An article with this id already exists."}
    assert form_on(page).values["text"] == "Kept."


def test_only_what_was_changed_is_written(browser: Browser, desk_store: Store) -> None:
    """A browser sends other line ends than the import has written, and no control characters."""
    before = replace(stored(), text="One\rTwo\x0bThree\r\n", title="A\x07b", version=2)
    put_articles(desk_store, [(before, stored())])
    assert notice(browser, save(browser, date="2026-03-02")) == "Your changes are saved."
    assert stored() == replace(before, date="2026-03-02", version=3)
    (entry,) = list_audit(desk_store, AuditFilter(DRAFT), 5)
    assert (entry["action"], entry["actor"]) == ("article.patch", "ann@example.com")


def test_the_end_of_a_line_is_one_for_the_form_and_for_the_page(browser: Browser) -> None:
    ends = ["\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\n"]
    typed = "".join(f"{number}{end}" for number, end in enumerate(ends))
    save(browser, text=typed)
    assert stored().text == "".join(f"{number}\n" for number in range(len(ends)))


def test_a_form_without_changes_writes_nothing(browser: Browser) -> None:
    answer = save(browser)
    assert notice(browser, answer) == "There was nothing to save: no field had changed."
    assert stored().version == 1


def test_a_text_may_begin_with_a_blank_line(browser: Browser) -> None:
    save(browser, text="\n\nIndeed.")
    assert stored().text == "\n\nIndeed."
    assert form_on(opened(browser, f"/desk/articles/{DRAFT}")).values["text"] == "\n\nIndeed."


def test_a_source_can_be_taken_away(browser: Browser) -> None:
    assert stored(PUBLISHED).source_id == SOURCE
    save(browser, PUBLISHED, source_id="")
    assert stored(PUBLISHED).source_id is None


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"title": ""}, {"title": "Title must be 1 to 300 characters long (is 0)."}),
        ({"title": "x" * 301}, {"title": "Title must be 1 to 300 characters long (is 301)."}),
        (
            {"domain": "seven", "source_id": "-1"},
            {
                "domain": "Site's number must be an integer from 0 to 2147483647.",
                "source_id": "Source's id must be an integer from 0 to 2147483647.",
            },
        ),
        ({"date": "2026-02-30"}, {"date": "Date is not a valid date or time."}),
        (
            {"text": "x" * (MAX_TEXT_BYTES + 1)},
            {"text": "Text must be at most 300 KB, 307,200 bytes (is 307,201 bytes)."},
        ),
    ],
)
@pytest.mark.parametrize("target", ["/desk/articles/new", f"/desk/articles/{DRAFT}"])
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    browser: Browser, target: str, typed: dict[str, str], wrong: dict[str, str]
) -> None:
    all_typed = {"title": "T", "domain": "7", "date": "2026-01-01", "text": "Mine.", **typed}
    for do in ("save", "publish", "preview"):
        page = shown(send(browser, form_on(opened(browser, target)), do, **all_typed), 422)
        assert errors(page) == wrong
        for name, error in wrong.items():
            assert text(page.one("p", id_=f"{name}-error")) == f"Error: {error}"
            (field,) = [each for each in page.elements if each.attrs.get("id") == name]
            assert field.attrs["aria-invalid"] == "true"
            assert field.attrs["aria-describedby"] == f"{name}-hint {name}-error"
        assert all_typed.items() <= form_on(page).values.items()
        assert text(page.one("title")).startswith("Error: ")
    # What was wrong is put right, and saved.
    form = form_on(page)
    right = {"title": "T", "domain": "7", "date": "2026-01-01", "text": "Mine.", "source_id": ""}
    assert send(browser, form, "save", **right).status == 303


def test_nothing_typed_is_lost_while_the_store_does_not_answer(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = {"title": "Mine", "text": "Long\n\nwork.", "domain": "7"}
    for target in (f"/desk/articles/{DRAFT}", "/desk/articles/new"):
        form = form_on(opened(browser, target))
        with monkeypatch.context() as patch:
            _break_after_the_session(patch)
            answer = send(browser, form, "publish", **typed)
        assert answer.headers["retry-after"] == "2"
        # Without an action, the browser sends the form to the same address.
        again = form_of(named(shown(answer, 503).one("main"), "form")[0])
        location = browser.post(target, again.filled()).headers["location"]
        assert location.endswith("?done=article-published")
        saved = stored(int(location.partition("?")[0].rpartition("/")[2]))
        assert (saved.title, saved.text) == ("Mine", "Long\n\nwork.")


def _break_after_the_session(patch: pytest.MonkeyPatch) -> None:
    call, calls = Client.try_all, []

    def broken(client: Client, wanted: Any, *more: Any) -> Any:
        calls.append(wanted)
        if len(calls) > 1:
            raise StoreUnavailable("broken for a test")
        return call(client, wanted, *more)

    patch.setattr(Client, "try_all", broken)


def test_an_article_that_was_purged_meanwhile_can_be_saved_as_a_new_one(
    browser: Browser, desk_store: Store
) -> None:
    form = form_on(opened(browser, f"/desk/articles/{DRAFT}"))
    articles.remove_article(desk_store, stored())
    page = shown(send(browser, form, "save", text="Long work."), 409)
    assert "has been purged" in errors(page)["save"]
    answer = send(browser, form_on(page), "save")
    assert answer.headers["location"] == "/desk/articles/104?done=article-created"
    assert stored(104).text == "Long work."


def test_the_source_is_shown_by_its_title(browser: Browser) -> None:
    def hint(source_id: str) -> str:
        form = form_on(opened(browser, f"/desk/articles/{DRAFT}"))
        page = shown(send(browser, form, "preview", source_id=source_id))
        return text(page.one("p", id_="source_id-hint"))

    assert hint(str(SOURCE)) == "Fire"
    assert hint(str(DELETED)) == "Heat 0 (deleted: readers see no source)"
    assert hint("999") == "There is no article with this id."
    assert hint("") == "The article that this one is based on."


@pytest.mark.parametrize("path", ["0", "x", "999", "99999999999"])
def test_there_is_no_page_of_what_is_no_article(browser: Browser, path: str) -> None:
    assert browser.get(f"/desk/articles/{path}").status in (400, 404)


# ---- the preview -----------------------------------------------------------------------------

MARKDOWN = (
    "# Heading\n\nSome *words* <b>here</b>, [a link](https://example.com/) ![x](y)\n\n> Said."
)


def rendered(page: Tree) -> str:
    (article,) = page.all("article")
    return str(article.to_html())


@pytest.mark.parametrize("text_format", ["plain", "markdown"])
@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_a_preview_is_the_page_to_be(
    browser: Browser, desk_store: Store, text_format: str, language: str
) -> None:
    put_site(desk_store, SITE._replace(text_format=text_format, language=language))
    typed = {"title": "Some <i>title</i>", "text": MARKDOWN, "date": "2026-03-01T10:00:00Z"}
    form = form_on(opened(browser, f"/desk/articles/{DRAFT}"))
    preview = shown(send(browser, form, "preview", **typed, source_id=str(SOURCE)))
    assert stored().version == 1
    assert typed.items() <= form_on(preview).values.items()
    send(browser, form_on(preview), "publish")
    page = Tree(gateway.get(f"/a/{DRAFT}").body)
    assert rendered(preview) == rendered(page)
    shown_in = preview.one("div", class_="page")
    assert shown_in.attrs["lang"] == language
    assert shown_in.attrs["dir"] == page.one("html").attrs["dir"]


def test_a_preview_has_the_policy_of_all_pages(browser: Browser) -> None:
    answer = save(browser, do="preview", text="<script>alert(1)</script>")
    policy = gateway.get(f"/a/{PUBLISHED}").headers["content-security-policy"]
    assert answer.headers["content-security-policy"] == policy


def test_a_new_article_has_a_preview(browser: Browser) -> None:
    form = form_on(opened(browser, "/desk/articles/new?domain=7"))
    page = shown(send(browser, form, "preview", title="Frost", text="*So*"))
    assert text(page.one("article")).startswith("Frost")
    assert form_on(page).action == "/desk/articles/new"
    assert "hidden" not in page.one("section", id_="preview").attrs


# ---- states ----------------------------------------------------------------------------------


def test_an_article_is_published_with_what_was_typed(browser: Browser, desk_store: Store) -> None:
    answer = save(browser, do="publish", text="At last.")
    assert notice(browser, answer) == "The article is published."
    assert (stored().state, stored().text, stored().version) == ("published", "At last.", 2)
    (entry,) = list_audit(desk_store, AuditFilter(DRAFT), 5)
    assert entry["action"] == "article.publish"
    page = opened(browser, f"/desk/articles/{DRAFT}")
    assert page.one("a", href=f"/a/{DRAFT}")


def test_a_published_article_becomes_a_draft_with_what_was_typed(browser: Browser) -> None:
    answer = save(browser, PUBLISHED, "unpublish", text="Not yet.")
    assert notice(browser, answer).startswith("The article is a draft again")
    assert (stored(PUBLISHED).state, stored(PUBLISHED).text) == ("draft", "Not yet.")
    assert gateway.get(f"/a/{PUBLISHED}").status == 404


def version(article_id: int) -> list[tuple[str, str]]:
    return [("version", str(stored(article_id).version))]


def test_an_article_is_deleted_and_restored(browser: Browser) -> None:
    answer = browser.post(f"/desk/articles/{DRAFT}/delete", version(DRAFT))
    assert notice(browser, answer) == "The article is deleted. You can restore it."
    page = opened(browser, f"/desk/articles/{DRAFT}")
    assert page.all("textarea") == []
    assert text(page.one("article")).startswith("Heat 2")
    answer = browser.post(f"/desk/articles/{DRAFT}/restore", version(DRAFT))
    assert notice(browser, answer) == "The article is restored, as a draft."
    assert stored().state == "draft"


def test_nothing_is_deleted_that_has_changed_meanwhile(browser: Browser) -> None:
    sent = version(DRAFT)
    save(browser, text="Changed.")
    answer = browser.post(f"/desk/articles/{DRAFT}/delete", sent)
    assert notice(browser, answer).startswith("Somebody else has changed the article meanwhile")
    assert stored().state == "draft"
    assert browser.post(f"/desk/articles/{DRAFT}/delete").headers["location"].endswith("changed")


def test_editors_neither_purge_nor_see_how(browser: Browser, admin: Browser) -> None:
    target = f"/desk/articles/{DELETED}"
    assert browser.get(f"{target}/purge").status == 403
    assert browser.post(f"{target}/purge", [("title", "Heat 0"), *version(DELETED)]).status == 403
    assert opened(browser, target).all("a", href=f"{target}/purge") == []
    assert opened(browser, target).all("a", href=f"/desk/audit?article={DELETED}") == []
    assert opened(admin, target).one("a", href=f"{target}/purge")
    assert opened(admin, target).one("a", href=f"/desk/audit?article={DELETED}")


def test_an_admin_types_the_title_to_purge(admin: Browser, desk_store: Store) -> None:
    put_item(desk_store, desk_store.links, page_item(DELETED, {}) | {"published": 3, "pending": 2})
    target = f"/desk/articles/{DELETED}/purge"
    page = opened(admin, target)
    assert "its links: 3 published and 2 pending" in text(page.one("main"))
    put_item(desk_store, desk_store.links, page_item(DELETED, {}))
    page = shown(admin.post(target, [("title", "Heat"), *version(DELETED)]), 422)
    assert errors(page)["title"].startswith("This is not the article's title.")
    assert page.one("input", id_="title").attrs["value"] == "Heat"
    assert stored(DELETED)
    answer = admin.post(target, [("title", " Heat  0"), *version(DELETED)])
    assert notice(admin, answer) == "The article is purged."
    assert get_article(desk_store, DELETED) is None


def test_only_what_is_deleted_and_unchanged_is_purged(admin: Browser) -> None:
    assert admin.get(f"/desk/articles/{DRAFT}/purge").headers["location"] == "/desk/articles/102"
    for article_id, title, sent in (
        (DRAFT, "Heat 2", version(DRAFT)),
        (DELETED, "Heat 0", [("version", "7")]),
    ):
        answer = admin.post(f"/desk/articles/{article_id}/purge", [("title", title), *sent])
        assert notice(admin, answer).startswith("Somebody else has changed the article")
        assert stored(article_id)


# ---- two editors -----------------------------------------------------------------------------


@pytest.fixture
def other(desk_store: Store) -> Browser:
    return sign_in(desk_store, "cem@example.com")


def in_conflict(
    browser: Browser, other: Browser, mine: dict[str, str], theirs: dict[str, str]
) -> Tree:
    """The page that the second of two editors gets."""
    form = form_on(opened(browser, f"/desk/articles/{DRAFT}"))
    assert save(other, DRAFT, "save", **theirs).status == 303
    return shown(send(browser, form, "save", **mine), 412)


def marked(page: Tree, name: str) -> tuple[list[str], list[str]]:
    """The words that are marked in my version of a field, and in theirs."""
    section = page.one("section", aria_labelledby=f"versions-{name}")
    found: tuple[list[str], list[str]] = ([], [])
    for version_ in named(section, "div"):
        if version_.attrs.get("class") == "version":
            is_theirs = text(named(version_, "p")[0]) == "Theirs"
            found[is_theirs].extend(text(mark) for mark in named(version_, "mark"))
    return found


def choices(page: Tree) -> dict[str, str]:
    fields = form_on(page, "conflict").values
    return {
        name: fields.get(f"keep_{name}", "")
        for key, name in form_on(page, "conflict").fields
        if key == "conflict"
    }


def test_two_versions_are_shown_word_by_word(browser: Browser, other: Browser) -> None:
    page = in_conflict(
        browser,
        other,
        {"text": "More red words.\n\nAnd more."},
        {"text": "More blue words.\n\nAnd more."},
    )
    assert marked(page, "text") == (["red"], ["blue"])
    assert stored().text == "More blue words.\n\nAnd more."


def test_a_field_that_one_editor_has_changed_is_chosen_for_them(
    browser: Browser, other: Browser
) -> None:
    page = in_conflict(
        browser,
        other,
        {"title": "My title", "text": "My text.", "source_id": "5"},
        {"date": "2026-05-05", "text": "Their text.", "source_id": "5"},
    )
    # Both have given it the same source, which is no conflict.
    assert choices(page) == {"title": "mine", "text": "", "date": "theirs"}
    assert "You alone have changed it." in text(page.one("p", id_="title-hint"))
    assert "The other editor alone" in text(page.one("p", id_="date-hint"))
    assert "You have both changed it." in text(page.one("p", id_="text-hint"))
    form = form_on(page, "conflict")
    page = shown(send(browser, form, "save"), 422)
    assert errors(page) == {"text": "Choose which version of this field to keep: Text."}
    assert form_on(page, "conflict").values["text"] == "My text."
    assert choices(page) == {"title": "mine", "text": "", "date": "theirs"}
    answer = send(browser, form_on(page, "conflict"), "save", keep_text="mine", text="Ours.")
    assert notice(browser, answer) == "Your changes are saved."
    assert stored() == Article(DRAFT, 7, "My title", "Ours.", "2026-05-05", 5, "draft", 3)


def test_all_of_theirs_can_be_kept(browser: Browser, other: Browser) -> None:
    page = in_conflict(browser, other, {"text": "Mine."}, {"text": "Theirs."})
    answer = send(browser, form_on(page, "conflict"), "save", keep_text="theirs")
    assert notice(browser, answer).startswith("There was nothing to save")
    assert (stored().text, stored().version) == ("Theirs.", 2)


def test_a_third_version_is_a_conflict_again(browser: Browser, other: Browser) -> None:
    page = in_conflict(
        browser, other, {"text": "Mine.", "title": "My title"}, {"text": "Theirs.", "title": "T"}
    )
    form = form_on(page, "conflict")
    save(other, text="Theirs, again.", date="2026-06-06")
    answer = send(browser, form, "save", keep_text="mine", keep_title="theirs")
    page = shown(answer, 412)
    assert choices(page) == {"text": "mine", "title": "theirs"}
    send(browser, form_on(page, "conflict"), "publish")
    assert stored() == Article(DRAFT, 7, "T", "Mine.", "2026-06-06", None, "published", 4)


def test_what_is_wrong_in_a_conflict_is_said_there(browser: Browser, other: Browser) -> None:
    page = in_conflict(
        browser, other, {"title": "Mine", "text": "Mine."}, {"title": "Theirs", "text": "Theirs."}
    )
    form = form_on(page, "conflict")
    page = shown(send(browser, form, "save", keep_title="mine", keep_text="theirs", title=""), 422)
    assert errors(page) == {"title": "Title must be 1 to 300 characters long (is 0)."}
    assert choices(page) == {"title": "mine", "text": "theirs"}
    send(browser, form_on(page, "conflict"), "save", title="Right")
    assert (stored().title, stored().text) == ("Right", "Theirs.")


def test_what_somebody_has_deleted_is_restored_and_saved(browser: Browser, other: Browser) -> None:
    form = form_on(opened(browser, f"/desk/articles/{DRAFT}"))
    other.post(f"/desk/articles/{DRAFT}/delete", version(DRAFT))
    page = shown(send(browser, form, "publish", text="Mine."), 412)
    assert "deleted this article" in text(page.one("p", class_="lead"))
    assert [button.attrs["value"] for button in page.all("button", name="do")] == ["restore"]
    answer = send(browser, form_on(page, "conflict"), "restore")
    assert notice(browser, answer) == "The article is restored, as a draft."
    assert (stored().text, stored().state) == ("Mine.", "draft")


def test_both_may_have_written_the_same(browser: Browser, other: Browser) -> None:
    page = in_conflict(browser, other, {"text": "Same."}, {"text": "Same."})
    assert "Both versions have the same fields." in text(page.one("p", class_="lead"))
    assert send(browser, form_on(page, "conflict"), "publish").status == 303
    assert (stored().text, stored().state) == ("Same.", "published")


def test_choices_are_kept_while_the_store_does_not_answer(
    browser: Browser, other: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = in_conflict(
        browser, other, {"title": "Mine", "text": "Mine."}, {"title": "Theirs", "text": "Theirs."}
    )
    form = form_on(page, "conflict")
    with monkeypatch.context() as patch:
        _break_after_the_session(patch)
        answer = send(browser, form, "save", keep_title="mine", keep_text="theirs")
    again = form_of(named(shown(answer, 503).one("main"), "form")[0])
    assert browser.post(f"/desk/articles/{DRAFT}", again.filled()).status == 303
    assert (stored().title, stored().text) == ("Mine", "Theirs.")


# ---- what attackers type ---------------------------------------------------------------------

ELEMENTS = {
    *("html", "head", "meta", "title", "link", "script", "body", "header", "main", "nav", "div"),
    *("article", "section", "h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "ul", "ol", "li", "hr"),
    *("a", "time", "span", "pre", "code", "em", "strong", "blockquote", "mark"),
    *("form", "label", "input", "button", "textarea", "select", "option", "datalist"),
    *("fieldset", "legend"),
}
SCRIPTS = {asset_path("desk.js")}


def check_harmless(page: Tree) -> None:
    for element in page.elements:
        assert element.name in ELEMENTS, element.name
        for name, value in element.attrs.items():
            assert not name.startswith("on"), name
            assert name not in ("style", "srcdoc", "formaction"), name
            if name in ("href", "src", "action"):
                scheme = re.match("[A-Za-z][A-Za-z0-9+.-]*:", str(value))
                assert scheme is None or scheme[0] in ("http:", "https:", "mailto:"), value
    assert {each.attrs.get("src") for each in page.all("script")} == SCRIPTS


@pytest.mark.slow
@pytest.mark.parametrize("text_format", ["plain", "markdown"])
def test_nothing_that_editors_type_becomes_markup(
    admin: Browser, desk_store: Store, text_format: str
) -> None:
    everything = "\n\n".join(PAYLOADS)
    made = [
        Article(number, 7, payload[:300], everything, "2026-01-01", SOURCE, state="draft")
        for number, payload in enumerate(PAYLOADS, 1000)
    ]
    put_articles(desk_store, [(each, None) for each in made])
    put_site(desk_store, SITE._replace(name="".join(PAYLOADS)[:200], text_format=text_format))
    target: str | None = "/desk/articles?domain=7"
    while target:
        page = opened(admin, target)
        check_harmless(page)
        target = next((str(each.attrs["href"]) for each in page.all("a", rel="next")), None)
    typed = dict.fromkeys(("title", "text", "domain", "date", "source_id"), everything)
    form = form_on(opened(admin, f"/desk/articles/{DRAFT}"))
    page = shown(send(admin, form, "save", **typed), 422)
    check_harmless(page)
    values = form_on(page).values
    assert values["text"] == _in_html(everything)
    for name in ("title", "domain", "date", "source_id"):
        assert values[name] == _visible(everything).replace("\r", "").replace("\n", "")
    new = form_on(opened(admin, "/desk/articles/new"))
    check_harmless(shown(send(admin, new, "save", **typed, id=everything), 422))
    page = shown(send(admin, form, "preview", text=everything, title=PAYLOADS[0]))
    check_harmless(page)
    save(admin, text="".join(reversed(PAYLOADS)), title=PAYLOADS[1])
    page = shown(send(admin, form, "save", text=everything, title=PAYLOADS[0]), 412)
    check_harmless(page)
    assert form_on(page, "conflict").values["text"] == _in_html(everything)
    for number in (1000, 1010, 1090):
        put_articles(
            desk_store, [(replace(stored(number), state="deleted", version=2), stored(number))]
        )
        check_harmless(opened(admin, f"/desk/articles/{number}"))
        check_harmless(opened(admin, f"/desk/articles/{number}/purge"))
        sent = [("title", everything), ("version", "2")]
        check_harmless(shown(admin.post(f"/desk/articles/{number}/purge", sent), 422))


def _in_html(typed: str) -> str:
    """What a form can hold of a text."""
    return _visible("\n".join(typed.splitlines()))


def _visible(typed: str) -> str:
    return "".join(each for each in typed if each in "\r\n\t" or ord(each) >= 32)


def test_queries_of_lists_do_not_become_markup(browser: Browser) -> None:
    for name in ("domain", "id"):
        for quoted in ("%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "%27%20onfocus=alert(1)"):
            check_harmless(opened(browser, f"/desk/articles?{name}={quoted}", 400))


# ---- measures --------------------------------------------------------------------------------


@pytest.fixture
def round_trips_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Response]], int]:
    """How many round trips to the store a request takes."""

    def counted(ask: Callable[[], Response]) -> int:
        found: list[Usage] = []
        start = Client.start

        def noted(client: Client, *more: Any) -> Usage:
            found.append(start(client, *more))
            return found[-1]

        with monkeypatch.context() as patch:
            patch.setattr(Client, "start", noted)
            assert ask().status in (200, 303, 412, 422)
        (usage,) = found
        return usage.round_trips

    return counted


@pytest.mark.parametrize(
    ("target", "round_trips"),
    [
        ("/desk/articles", 3),
        ("/desk/articles?domain=7&state=any", 3),
        ("/desk/articles/new?domain=7", 2),
        (f"/desk/articles/{PUBLISHED}", 3),
        (f"/desk/articles/{DELETED}", 3),
        (f"/desk/articles/{DELETED}/purge", 3),
    ],
)
def test_a_screen_takes_three_round_trips_at_most(
    admin: Browser, round_trips_of: Any, target: str, round_trips: int
) -> None:
    assert round_trips_of(lambda: admin.get(target)) == round_trips


def test_previews_conflicts_and_changes_take_few_round_trips(
    browser: Browser, round_trips_of: Any
) -> None:
    form = form_on(opened(browser, f"/desk/articles/{DRAFT}"))
    typed = {"title": "Changed", "source_id": str(SOURCE)}
    assert round_trips_of(lambda: send(browser, form, "preview", **typed)) == 3
    assert round_trips_of(lambda: send(browser, form, "preview", date="x")) == 3
    assert round_trips_of(lambda: send(browser, form, "save", **typed)) == 3
    assert round_trips_of(lambda: send(browser, form, "save", text="Another")) == 2
    # What becomes visible is taken out of skip ranges first.
    form = form_on(opened(browser, f"/desk/articles/{DRAFT}"))
    assert round_trips_of(lambda: send(browser, form, "publish")) == 4


def weight(browser: Browser, target: str) -> int:
    """Bytes of a page's first view: its HTML and what it loads, as they are sent."""
    answer = browser.get(target, **{"accept-encoding": "gzip"})
    size = len(answer.content)
    for name in ("site.css", "desk.css", "desk.js", "icon.svg"):
        asset = find_asset(asset_path(name).removeprefix("/assets/"))
        assert asset is not None
        size += len(gzip.compress(asset.text.encode()))
    return size


@pytest.mark.parametrize(
    "target", ["?domain=7&state=published", "/new?domain=7", "/1000", f"/{DELETED}"]
)
def test_a_first_view_is_small(browser: Browser, desk_store: Store, target: str) -> None:
    words = " ".join(f"word{number * 7919 % 1000}" for number in range(3000))
    more = [
        Article(each, 7, f"Of number {each}", words, "2026-01-01") for each in range(1000, 1060)
    ]
    put_articles(desk_store, [(each, None) for each in more])
    assert weight(browser, f"/desk/articles{target}") <= 40 * 1024


WORST_TEXTS = {
    "words": "".join(f"w{number * 7919 % 99_991:05} " for number in range(43_885)),
    "quotes": '"' * MAX_TEXT_BYTES,
    "angle brackets": "<" * MAX_TEXT_BYTES,
    "lines": "a\n" * (MAX_TEXT_BYTES // 2),
    "emoji": "\U0001f525" * (MAX_TEXT_BYTES // 4),
}


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["identity", pytest.param("gzip", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "kind",
    [
        kind if kind == "quotes" else pytest.param(kind, marks=pytest.mark.long)
        for kind in WORST_TEXTS
    ],
)
def test_the_longest_text_fits_into_forms_and_answers(
    browser: Browser, desk_store: Store, kind: str, encoding: str
) -> None:
    """In the form, its preview, and beside another version. Lambda takes 6 MB of JSON."""
    mine, theirs = WORST_TEXTS[kind], WORST_TEXTS["words"][::-1]
    assert len(mine.encode()) > MAX_TEXT_BYTES - 10
    put_articles(desk_store, [(replace(stored(), text=mine, version=2), stored())])
    form = form_on(Tree(browser.get(f"/desk/articles/{DRAFT}").body))
    assert form.values["text"] == mine
    headers = {"accept-encoding": encoding}
    typed = [*form.filled(title="Mine", text=mine[::-1]), ("do", "preview")]
    preview = browser.post(form.action, typed, **headers)
    assert preview.status == 200
    put_articles(desk_store, [(replace(stored(), text=theirs, version=3), stored())])
    conflict = browser.post(form.action, [*typed[:-1], ("do", "save")], **headers)
    assert conflict.status == 412
    for answer in (preview, conflict):
        assert len(json.dumps(answer.content.decode("latin-1"), ensure_ascii=False)) < 6 * 10**6
