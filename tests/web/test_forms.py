"""The form of an article's page, and the page where a submission stands: without any script."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from seealso.errors import StoreUnavailable
from seealso.store.client import Client
from seealso.store.tables import Store, current_store
from seealso.tables import links as links_table
from seealso.tables.articles import Article, article_item, put_articles
from seealso.tables.links import Cause, Status, get_link
from seealso.tables.sites import Site
from tests.support import gateway
from tests.support.environment import new_container
from tests.support.factories import page_item, put_item, put_site
from tests.support.fake_pages import MISSING, STATUS, FakePages, Page, run_all
from tests.support.gateway import Response
from tests.support.log import Log
from tests.support.requests import FORM
from tests.web.pages import Tree, get, links, named, text

ID, GERMAN_ID, MODERATED_ID = 101, 102, 103
URL = "https://blog.example.net/page"
CONSENTS = {"has_right_to_share": "true", "agrees_to_link_back": "true"}
OWN = "https://api.example.com"


@pytest.fixture(autouse=True)
def network(deployed_environment: Store) -> Store:
    store = deployed_environment
    put_site(store, Site(7, ["heat.example.com"], "Heat", publish="at_once"), ["spam.example.net"])
    put_site(store, Site(8, [], "Der Bach", publish="at_once", language="de"))
    put_site(store, Site(9, [], "Slow", publish="approved", pending_days=14))
    articles = [
        Article(article_id, domain, f"Title {article_id}", "Text.", "2026-02-25")
        for article_id, domain in ((ID, 7), (GERMAN_ID, 8), (MODERATED_ID, 9))
    ]
    assert not any(put_articles(store, [(article, None) for article in articles]))
    new_container()
    return store


def send(target: str, members: dict[str, str], origin: str | None = OWN) -> Response:
    """The answer to a form, as a browser sends it from one of our pages."""
    headers = {"content-type": FORM} | ({"origin": origin} if origin else {})
    return gateway.request("POST", target, headers, urlencode(members).encode())


def submit(article_id: int = ID, origin: str | None = OWN, **members: str) -> Response:
    fields = {"url": URL, "title": "", "company_fax": "", "idempotency_key": ""}
    return send(f"/a/{article_id}/links", fields | CONSENTS | members, origin)


def followed(response: Response) -> Tree:
    """The page that a 303 leads to."""
    assert response.status == 303, response
    assert response.body == ""
    page = get(response.headers["location"])
    assert page.status == 200, page
    return Tree(page.body)


def errors(response: Response) -> list[tuple[str | None, str]]:
    """The error summary: each field's address and its error."""
    page = Tree(response.body)
    main = page.one("main", id_="main")
    first = next(child for child in named(main, "div", "article"))
    assert first.attrs["id"] == "problem"
    assert text(named(first, "h2")[0]) in ("There is a problem", "Es gibt ein Problem")
    assert text(page.one("title")).startswith(("Error: ", "Fehler: "))
    summary = links(first)
    for href, error in summary:
        field = (href or "").removeprefix("#")
        shown = page.one("p", id_=f"{field}-error")
        assert text(shown).endswith(error)
        (control,) = [each for each in page.elements if each.attrs.get("id") == field]
        assert control.attrs["aria-invalid"] == "true"
        assert f"{field}-error" in (control.attrs["aria-describedby"] or "").split()
    return summary


def test_a_submission_leads_to_its_status_page() -> None:
    response = submit(title="My page")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
    page = followed(response)
    assert text(page.one("h1")) == "Your link is on the page"
    assert text(page.one("dd", class_="address")) == URL
    address = text(page.one("code", id_="keep"))
    assert address == OWN + response.headers["location"]
    assert "It is the only way to withdraw your link." in text(page.one("div", class_="keep"))


def test_a_status_page_is_private() -> None:
    response = get(submit().headers["location"])
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-robots-tag"] == "noindex"
    assert Tree(response.body).one("meta", name="robots").attrs["content"] == "noindex"


def test_only_the_token_can_withdraw() -> None:
    location = urlsplit(submit().headers["location"])
    without = Tree(get(location.path).body)
    assert without.all("form") == []
    assert without.all("div", class_="keep") == []
    refused = send(f"{location.path}/withdraw", {"token": "0" * 32})
    assert refused.status == 403
    page = Tree(refused.body)
    assert text(page.one("h1")) == "Forbidden"
    assert (f"{location.path}?token={'0' * 32}", "Back to your link") in links(page.root)
    odd = Tree(send(f"{location.path}/withdraw", {"token": '"&x=1'}).body)
    assert (location.path, "Back to your link") in links(odd.root)


@pytest.mark.parametrize("origin", ["null", None, OWN])
def test_withdraws_whatever_the_origin(network: Store, origin: str | None) -> None:
    # Under no-referrer, a browser sends `Origin: null` with a form.
    location = urlsplit(submit().headers["location"])
    token = parse_qs(location.query)["token"][0]
    page = followed(send(f"{location.path}/withdraw", {"token": token}, origin))
    assert text(page.one("h1")) == "Your link is withdrawn"
    assert page.all("form") == []
    link = get_link(network, location.path.removeprefix("/l/"))
    assert link is not None
    assert (link.status, link.url) == ("withdrawn", None)


def test_a_pending_link_says_what_it_waits_for() -> None:
    page = followed(submit(MODERATED_ID))
    assert text(page.one("h1")) == "Your link is waiting for an editor"
    labels = [text(label) for label in page.all("dt")]
    assert "Expires" in labels
    assert "Published" not in labels


@pytest.mark.parametrize(
    ("members", "status", "fields"),
    [
        ({"url": ""}, 422, ["#url"]),
        ({"url": "ftp://example.com/"}, 422, ["#url"]),
        ({"url": "https://spam.example.net/x"}, 422, ["#url"]),
        ({"url": "https://api.example.com/a/101"}, 422, ["#url"]),
        ({"title": "x" * 201}, 422, ["#title"]),
        ({"has_right_to_share": ""}, 422, ["#has_right_to_share"]),
        ({"agrees_to_link_back": "maybe"}, 422, ["#agrees_to_link_back"]),
        (
            {"url": "x", "title": "\u202e", "has_right_to_share": "", "agrees_to_link_back": ""},
            422,
            ["#url", "#title", "#has_right_to_share", "#agrees_to_link_back"],
        ),
    ],
)
def test_a_refused_form_keeps_what_was_typed(
    members: dict[str, str], status: int, fields: list[str]
) -> None:
    response = send(f"/a/{ID}/links", {"url": URL, "title": ""} | CONSENTS | members)
    assert response.status == status
    assert response.headers["cache-control"] == "no-store"
    assert sorted(href or "" for href, _ in errors(response)) == sorted(fields)
    page = Tree(response.body)
    sent = {"url": URL, "title": ""} | members
    for field in ("url", "title"):
        assert page.one("input", name=field).attrs["value"] == sent[field]
    for field in CONSENTS:
        is_checked = "checked" in page.one("input", name=field).attrs
        assert is_checked == bool((CONSENTS | members)[field])
    # A corrected form that is sent twice is still one submission.
    key = page.one("input", name="idempotency_key").attrs["value"] or ""
    assert len(key) == 32
    assert text(page.one("h1")) == f"Title {ID}"


def test_a_duplicate_is_refused_at_the_url() -> None:
    submit()
    response = submit(url="http://www.blog.example.net/page/#top")
    assert response.status == 409
    assert errors(response) == [("#url", "This URL has already been submitted.")]


def test_a_reload_after_an_error_is_still_one_submission() -> None:
    key = "0123456789abcdef"
    first, second = submit(idempotency_key=key), submit(idempotency_key=key)
    assert first.headers["location"] == second.headers["location"]


def test_a_full_page_says_so(network: Store) -> None:
    full = {f"link#{n}": [f"https://{n}.example.net/", None, n, n] for n in range(5)}
    put_item(network, network.links, page_item(ID, full))
    response = submit()
    assert response.status == 409
    assert errors(response) == [("#url", "This page already has the maximum of 5 links.")]
    assert Tree(response.body).one("input", name="url").attrs["value"] == URL


def test_too_many_submissions_say_when_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBMITS_PER_TEN_MINUTES", "1")
    submit()
    response = submit(url="https://blog.example.net/2")
    assert response.status == 429
    assert int(response.headers["retry-after"]) > 0
    assert "Try again later." in errors(response)[0][1]


@pytest.mark.parametrize(
    "url",
    ["https://example.com/" + "x" * 2_100, "https://example.com/" + "ж" * 1_400],
)
def test_what_is_too_long_comes_back_whole(url: str) -> None:
    response = submit(url=url, title="🐝" * 200)
    assert response.status == 422
    ((field, error),) = errors(response)
    assert field == "#url"
    assert "2,048 bytes" in error
    page = Tree(response.body)
    assert page.one("input", name="url").attrs["value"] == url
    assert page.one("input", name="title").attrs["value"] == "🐝" * 200
    # A browser would cut what is typed or pasted, without a word.
    assert not any("maxlength" in field.attrs for field in page.all("input"))


def test_a_broken_key_is_replaced() -> None:
    assert followed(submit(idempotency_key="short"))


def test_an_error_on_a_page_without_a_catalog_is_marked_as_english(network: Store) -> None:
    put_site(network, Site(7, name="حرارة", publish="at_once", language="ar"))
    new_container()
    summary = Tree(submit(url="x").body).one("div", id_="problem")
    assert (summary.attrs["lang"], summary.attrs["dir"]) == ("en", "ltr")


@pytest.mark.parametrize(("cap", "words"), [(0, "takes no links."), (1, "maximum of 1 link.")])
def test_a_small_cap_is_said_in_its_own_words(network: Store, cap: int, words: str) -> None:
    put_site(network, Site(7, name="Heat", publish="at_once", cap=cap))
    put_item(network, network.links, page_item(ID, {"link#a": ["https://a.net/", None, 1, 1]}))
    new_container()
    assert words in errors(submit())[0][1]


def test_the_status_says_when_the_article_is_not_public(network: Store) -> None:
    location = submit().headers["location"]
    hidden = Article(ID, 7, "A secret title", "Text.", "2026-02-25", state="draft", version=2)
    put_item(network, network.articles, article_item(hidden))
    page = Tree(get(location).body)
    assert text(page.one("h1")) == "The article is not public at the moment"
    assert "Title 101" not in text(page.root)
    assert "A secret title" not in text(page.root)
    assert not any(href == f"/a/{ID}" for href, _ in links(page.root))


def ended(network: Store, location: str, status: Status, **how: Any) -> tuple[Tree, Tree]:
    """The status page after an editor's decision with a reason, and after its withdrawal."""
    path, _, query = location.partition("?")
    link = get_link(network, path.removeprefix("/l/"))
    assert link
    cause = Cause(datetime(2026, 11, 20, tzinfo=UTC), "editor", "Not about heat.", True)
    transition = links_table.reject if status == "rejected" else links_table.remove
    transition(network, link, cause, **how)
    before = Tree(get(location).body)
    token = parse_qs(query)["token"][0]
    return before, followed(send(f"{path}/withdraw", {"token": token}))


@pytest.mark.parametrize("status", ["rejected", "removed"])
@pytest.mark.parametrize(
    ("keep_blocked", "words"),
    [(True, "It cannot be submitted again."), (False, "You can submit it again.")],
)
def test_says_whether_a_link_that_editors_ended_can_be_submitted_again(
    network: Store, status: Status, words: str, *, keep_blocked: bool
) -> None:
    location = submit(MODERATED_ID).headers["location"]
    page, _ = ended(network, location, status, keep_blocked=keep_blocked)
    assert words in text(page.one("p", class_="lead"))
    assert (submit(MODERATED_ID).status == 303) != keep_blocked


def test_an_editors_decision_stays_after_the_link_is_erased(network: Store) -> None:
    pages = ended(network, submit(MODERATED_ID).headers["location"], "rejected")
    for page in pages:
        assert text(page.one("h1")) == "Your link was not accepted"
        assert "Not about heat." in text(page.root)
        times = [each.attrs["datetime"] for each in page.all("time")]
        assert times[-1] == "2026-11-20T00:00:00.000Z"


def test_the_article_may_have_moved_to_another_site(network: Store) -> None:
    location = submit().headers["location"]
    put_site(network, Site(10, name="Cold", article_url="https://cold.example.org/{id}"))
    moved = Article(ID, 10, "Title 101", "Text.", "2026-02-25", version=2)
    put_item(network, network.articles, article_item(moved))
    new_container()
    page = Tree(get(location).body)
    hrefs = [href for href, _ in links(page.root)]
    assert hrefs.count(f"https://cold.example.org/{ID}") == 2


def test_the_same_error_is_said_once() -> None:
    unknown = {f"unknown_{number}": "x" for number in range(30)}
    assert len(errors(send(f"/a/{ID}/links", {"url": URL, **CONSENTS, **unknown}))) == 1


@pytest.mark.parametrize(
    ("target", "location"),
    [
        (f"/a/{ID}/links", f"/a/{ID}"),
        (f"/l/{'0' * 32}/withdraw", f"/l/{'0' * 32}"),
        (f"/l/{'0' * 32}/check", f"/l/{'0' * 32}"),
    ],
)
def test_a_forms_address_leads_to_its_page(target: str, location: str) -> None:
    response = get(target)
    assert (response.status, response.headers["location"]) == (303, location)


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
def test_a_form_of_another_origin_is_refused(origin: str) -> None:
    response = submit(origin=origin)
    assert response.status == 403
    assert errors(response)[0][0] == "#url"


def test_what_fills_the_hidden_field_waits_for_an_editor(network: Store) -> None:
    response = submit(company_fax="+1 555 0100")
    page = followed(response)
    assert text(page.one("h1")) == "Your link is waiting for an editor"
    link = get_link(network, urlsplit(response.headers["location"]).path.removeprefix("/l/"))
    assert link is not None
    assert (link.status, link.needs_editor) == ("pending", "honeypot")


def test_a_refused_form_keeps_the_hidden_field() -> None:
    page = Tree(submit(company_fax="x", url="").body)
    assert page.one("input", name="company_fax").attrs["value"] == "x"


@pytest.mark.parametrize(
    ("target", "members", "status"),
    [
        ("/a/999/links", {"url": URL, **CONSENTS}, 404),
        ("/a/x/links", {"url": URL, **CONSENTS}, 404),
        (f"/a/{ID}/links", {"url": "x" * 300_000}, 413),
        ("/l/unknown/withdraw", {"token": "x"}, 404),
        (f"/l/{'0' * 32}/withdraw", {"token": "x"}, 404),
    ],
)
def test_other_refusals_are_pages_of_their_own(
    target: str, members: dict[str, str], status: int
) -> None:
    response = send(target, members)
    assert response.status == status, response
    page = Tree(response.body)
    assert page.one("meta", name="robots").attrs["content"] == "noindex"
    assert page.all("form") == []


def test_a_form_in_json_is_refused() -> None:
    headers = {"content-type": "application/json"}
    response = gateway.request("POST", f"/a/{ID}/links", headers, "{}")
    assert response.status == 415
    assert Tree(response.body).one("h1")


def test_speaks_german_on_a_german_site() -> None:
    response = submit(GERMAN_ID, url="", agrees_to_link_back="")
    (_, of_url), (_, of_consent) = errors(response)
    assert of_url == "Geben Sie die Adresse Ihrer Seite ein."
    assert "Artikel" in of_consent
    page = followed(submit(GERMAN_ID))
    assert page.root.attrs["lang"] == "de"
    assert text(page.one("h1")) == "Ihr Link steht auf der Seite"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-CH,de;q=0.9,en;q=0.8", "de"),
        ("fr, de;q=0.9", "de"),
        ("en;q=0.1, de", "de"),
        ("de;q=0, en", "en"),
        ("en-GB, de", "en"),
        ("*", "en"),
        (";q=1,,x;q=y", "en"),
    ],
)
def test_an_error_page_has_the_language_that_the_reader_prefers(
    accepted: str, language: str
) -> None:
    page = Tree(get("/a/999", accept_language=accepted).body)
    assert page.root.attrs["lang"] == language


def test_an_error_page_is_translated() -> None:
    page = Tree(get("/a/999", accept_language="de").body)
    assert text(page.one("h1")) == "Nicht gefunden"


def test_while_the_store_does_not_answer_a_form_can_be_sent_again(
    network: Store, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    def fails(*_arguments: object, **_options: object) -> None:
        raise StoreUnavailable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(Client, "transact", fails)
        response = submit(title="My page")
    assert response.status == 503
    assert int(response.headers["retry-after"]) > 0
    assert log.lines()[-1]["message"] == "store unavailable: no answer"
    page = Tree(response.body)
    assert text(page.one("h1")) == "Temporarily unavailable"
    again = {field.attrs["name"]: field.attrs["value"] for field in page.all("input")}
    assert (again["url"], again["title"]) == (URL, "My page")
    # Sent twice, it is one submission.
    locations = [
        send(f"/a/{ID}/links", {str(name): str(value) for name, value in again.items()})
        for _ in range(2)
    ]
    assert locations[0].status == 303
    assert locations[0].headers["location"] == locations[1].headers["location"]


def test_check_again_makes_a_check_due(network: Store) -> None:
    location = submit().headers["location"]
    page = Tree(get(location).body)
    (form,) = [
        each for each in page.elements if (each.attrs.get("action") or "").endswith("/check")
    ]
    assert text(form) == "Check again"
    path, _, token = location.partition("?token=")
    assert send(f"{path}/check", {"token": "another"}).status == 403
    world = FakePages(datetime.now(UTC), {URL: Page(finding=MISSING)})
    run_all(world.tools(current_store))
    page = followed(send(f"{path}/check", {"token": token}, origin="null"))
    status = text(page.one("section", id_="status"))
    assert "not found on your page" in status
    assert "Your page has no link to the article." in status
    assert "Last checked" in status
    assert send(f"{path}/check", {"token": token}).status == 429


def test_says_what_was_found_in_german(network: Store) -> None:
    location = submit(GERMAN_ID).headers["location"]
    world = FakePages(datetime.now(UTC), {URL: Page(finding=MISSING)})
    run_all(world.tools(current_store))
    status = text(Tree(get(location).body).one("section", id_="status"))
    assert "Ihre Seite hat keinen Link zum Artikel." in status
    assert "Nächste Prüfung" in status


def test_a_link_that_is_verified_says_what_it_waits_for(network: Store) -> None:
    put_site(network, Site(9, [], "Slow", publish="verified"))
    new_container()
    page = followed(submit(MODERATED_ID))
    assert text(page.one("h1")) == "Your link is waiting for its check"


@pytest.mark.parametrize(
    ("cap", "page", "headline"),
    [
        (0, Page(), "Your link is waiting for a place"),
        (5, Page(410, STATUS), "Your page is not checked any more"),
        (5, Page(503, STATUS), "Your link is waiting for its check"),
    ],
)
def test_a_checked_link_says_what_it_waits_for(
    network: Store, cap: int, page: Page, headline: str
) -> None:
    put_site(network, Site(9, [], "Slow", publish="verified"))
    new_container()
    location = submit(MODERATED_ID).headers["location"]
    put_site(network, Site(9, [], "Slow", publish="verified", cap=cap))
    run_all(FakePages(datetime.now(UTC), {URL: page}).tools(current_store))
    assert text(Tree(get(location).body).one("h1")) == headline
