"""Two versions of a text: what is marked, and that the longest texts are compared within bounds."""

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seealso.desk import comparing
from seealso.desk.comparing import Piece, Row, compare
from seealso.limits import MAX_TEXT_BYTES


def marked(rows: list[Row]) -> tuple[list[str], list[str]]:
    """What is marked in my version, and in theirs."""
    mine = [piece.text.strip() for row in rows for piece in row.mine if piece.differs]
    theirs = [piece.text.strip() for row in rows for piece in row.theirs if piece.differs]
    return mine, theirs


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("", "", ([], [])),
        ("Same.", "Same.", ([], [])),
        ("", "New.", ([], ["New."])),
        ("Gone.", "", (["Gone."], [])),
        ("One red word.", "One blue word.", (["red"], ["blue"])),
        ("One.\n\nTwo.", "One.\n\nTwo.\n\nThree.", ([], ["Three."])),
        ("One.\n\nTwo.\n\nThree.", "One.\n\nThree.", (["Two."], [])),
        # Each paragraph is compared with the one in its place.
        (
            "The cat sat.\nA dog ran.",
            "The cow sat.\nA dog slept.",
            (["cat", "ran."], ["cow", "slept."]),
        ),
        # A sentence before another leaves that one as it is.
        ("It is old. It sings.", "It is old. Nobody knows. It sings.", ([], ["Nobody knows."])),
        ("やかんは古い。", "やかんは新しい。", (["古"], ["新し"])),
        # How much space is after a word makes no difference.
        ("One  two.\n\n\nThree.", "One two.\nThree.\n", ([], [])),
    ],
)
def test_the_words_that_differ_are_marked(
    mine: str, theirs: str, expected: tuple[list[str], list[str]]
) -> None:
    assert marked(compare(mine, theirs)) == expected


def test_what_both_have_is_shortened() -> None:
    text = "Of kettles and pans. " * 100
    rows = compare(f"{text}\n\nRed.\n\n{text}", f"{text}\n\nBlue.\n\n{text}")
    assert [row.is_same for row in rows] == [True, False, True]
    assert all(len(piece.text) < 300 for row in rows for piece in row.mine)
    assert rows[0].mine[0].text.startswith("Of kettles")
    assert rows[0].mine[0].text.endswith("and pans. \n\n")


WORDS = st.lists(st.sampled_from(["a", "b", "c ", "d.", " ", "\n", "\n\n", "猫"]), max_size=40)


@given(WORDS.map("".join), WORDS.map("".join))
def test_each_version_is_shown_in_full(mine: str, theirs: str) -> None:
    """Short ones are, but for space that differs where the words are the same."""
    rows = compare(mine, theirs)
    assert _words("".join(piece.text for row in rows for piece in row.mine)) == _words(mine)
    assert _words("".join(piece.text for row in rows for piece in row.theirs)) == _words(theirs)
    if not any(not row.is_same for row in rows):
        assert _words(mine) == _words(theirs)


def _words(text: str) -> str:
    return "".join(text.split())


# ---- the longest texts -----------------------------------------------------------------------


def _prose(seed: int) -> str:
    drawn = Random(seed)
    words = [f"word{number}" for number in range(5000)]
    sentences = (" ".join(drawn.choices(words, k=12)) + "." for _ in range(3000))
    return "".join(
        sentence + ("\n\n" if number % 10 == 9 else " ")
        for number, sentence in enumerate(sentences)
    )[:MAX_TEXT_BYTES]


def _every_other(parts: list[str]) -> list[str]:
    return [part if number % 2 else f"z{part}" for number, part in enumerate(parts)]


_PROSE = _prose(1)
_NUMBERS = [f"u{number}" for number in range(40_000)]
_PARAGRAPHS = [[f"{each}u{word}" for word in range(100)] for each in range(300)]
WORST = {
    "one word": (_PROSE, _PROSE.replace("word7 ", "changed ", 1)),
    "another text": (_PROSE, _prose(2)),
    "a name throughout": (_PROSE, _PROSE.replace("word1", "name")),
    "one line": (_PROSE.replace("\n", " "), "new " + _PROSE.replace("\n", " ") + " new"),
    "lines of one letter": ("a\n" * 150_000, "b\na\n" * 75_000),
    "two letters": ("a b " * 75_000, "a c " * 75_000),
    "every other word": (" ".join(_NUMBERS), " ".join(_every_other(_NUMBERS))),
    "every other line": ("\n".join(_NUMBERS), "\n".join(_every_other(_NUMBERS))),
    "all that the budget takes": (
        "\n".join(_NUMBERS[:1900]),
        "\n".join(_every_other(_NUMBERS[:1899])),
    ),
    "words of many paragraphs": (
        "\n".join(map(" ".join, _PARAGRAPHS)),
        "\n".join(" ".join(_every_other(words)) for words in _PARAGRAPHS),
    ),
    "ends of sentences": ("." * MAX_TEXT_BYTES, "?" * MAX_TEXT_BYTES),
    "blanks": (" " * MAX_TEXT_BYTES, "\n" * MAX_TEXT_BYTES),
    "quotes": ('" ' * 150_000, '" a' * 100_000),
}


def test_the_longest_texts_are_compared_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but difflib grows faster than a text, and it is asked for no more than the budget."""
    spent: list[int] = []
    takes = comparing._Budget.takes

    def noted(budget: comparing._Budget, *parts: list[str]) -> bool:
        before = budget.steps
        is_taken = takes(budget, *parts)
        spent.append(before - budget.steps)
        return is_taken

    monkeypatch.setattr(comparing._Budget, "takes", noted)
    for name in ("another text", "lines of one letter", "every other word", "blanks"):
        spent.clear()
        rows = compare(*WORST[name])
        assert sum(spent) <= comparing.MAX_STEPS
        assert sum(len(row.mine) + len(row.theirs) for row in rows) <= 30_000, name


@pytest.mark.long
@pytest.mark.parametrize("name", WORST)
def test_the_longest_texts_are_compared_in_two_seconds(name: str) -> None:
    """In the time of this process's own work; 0.25 s where this was written."""
    started = time.process_time()
    rows = compare(*WORST[name])
    assert time.process_time() - started < 2
    assert sum(len(row.mine) + len(row.theirs) for row in rows) <= 70_000


def test_a_paragraph_that_is_too_long_is_marked_as_a_whole() -> None:
    """Only the words that both versions begin and end with are still found."""
    mine = " ".join(_NUMBERS[:20_000])
    theirs = " ".join(["new", *_every_other(_NUMBERS[:20_000])])
    rows = compare(f"First.\n{mine}\nLast.", f"First.\n{theirs}\nLast.")
    assert [row.is_same for row in rows] == [True, False, True]
    all_but_the_last = mine.removesuffix("u19999")
    assert rows[1].mine == [
        Piece(all_but_the_last, differs=True),
        Piece("u19999\n", differs=False),
    ]
