"""What commands print."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from seealso_cli.output import escape_unprintable
from tests.cli.support import unprintable


@given(st.text())
def test_escapes_unprintable_characters_only(text: str) -> None:
    assert unprintable(escape_unprintable(text)) == set()
    assert "\n" not in escape_unprintable(text)
    # Everything else is left as it is.
    if not unprintable(text.replace("\n", "\r")):
        unassigned = any(unicodedata.category(sign) in ("Cn", "Co") for sign in text)
        assert unassigned or escape_unprintable(text) == text
