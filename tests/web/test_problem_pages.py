"""Problems as pages: each has one, which says what it means and what to do."""

import pytest

from seealso.http.problems import PROBLEMS
from tests.web.pages import get, tree

pytestmark = pytest.mark.usefixtures("deployed_environment")


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_is_explained(name: str) -> None:
    page = tree(f"/problems/{name}")
    meaning, remedy = page.all("p")[-2:]
    assert page.root.attrs["lang"] == "en"
    assert meaning != remedy
    assert "`" not in get(f"/problems/{name}").body


def test_names_of_members_are_code() -> None:
    body = get("/problems/invalid-fields").body
    assert "<code>errors</code> names each field" in body


def test_an_unknown_problem_is_not_found() -> None:
    assert get("/problems/unknown").status == 404
