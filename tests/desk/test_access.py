"""Who may open a screen, and send its forms."""

from seealso.store.tables import Store
from tests.support.desk import request, sign_in


def test_an_editor_sees_the_queue(deployed_environment: Store) -> None:
    found = sign_in(deployed_environment).get("/desk")
    assert found.status == 200
    assert "<h1>Queue</h1>" in found.body
    assert found.headers["cache-control"] == "no-store"


def test_without_a_session_there_is_nothing_to_see(deployed_environment: Store) -> None:
    found = request("GET", "/desk", {"accept": "text/html"})
    assert found.status == 403
    assert "<h1>Sign in</h1>" in found.body


def test_other_groups_are_refused(deployed_environment: Store) -> None:
    assert sign_in(deployed_environment, groups=["readers"]).get("/desk").status == 403


def test_unknown_addresses_are_not_found(deployed_environment: Store) -> None:
    assert sign_in(deployed_environment).get("/desk/nothing").status == 404


def test_a_refusal_keeps_the_navigation(deployed_environment: Store) -> None:
    editor = sign_in(deployed_environment)
    for path, status in (("/desk/audit", 403), ("/desk/articles/99", 404), ("/desk/links/x", 404)):
        found = editor.get(path)
        assert found.status == status
        assert '<a href="/desk/articles"' in found.body
        assert editor.form_token in found.body  # of the button that signs out


def test_the_navigation_says_where_one_is(deployed_environment: Store) -> None:
    editor = sign_in(deployed_environment)
    assert '<a href="/desk" aria-current="page">Queue</a>' in editor.get("/desk").body
    assert '<a href="/desk/articles" aria-current="page">' in editor.get("/desk/articles").body
    below = editor.get("/desk/articles/new").body
    assert '<a href="/desk/articles" aria-current="true">' in below
    assert below.count("aria-current") == 1
