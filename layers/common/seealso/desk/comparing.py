"""Two versions of a text side by side, paragraph by paragraph and there word by word.

difflib's steps grow with the square of a text's length at worst, and texts have up to
300 KB. So all comparisons of a text share a budget of steps. What would exceed it is compared part
by part where both versions have as many parts, and is else shown as changed as a whole.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

# Steps of difflib in the worst case; they take under a second (tests/desk/test_comparing.py).
MAX_STEPS = 4_000_000
# A paragraph has the blank lines after it, so that these are not matched with one another.
_PARAGRAPHS = re.compile(r"[^\n]*\n+|[^\n]+")
_END = ".!?\u3002\uff01\uff1f"
_SENTENCES = re.compile(rf"[^{_END}]*[{_END}]+\s*|[^{_END}]+")
# Words with the space after them; Chinese and Japanese are written without spaces.
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+\s*|\s+")
# How many parts are compared each with the one in its place: a page has room for so many rows.
_MAX_PAIRS = 5_000
# Of what both versions have, only the beginning and the end are shown.
_SHOWN = 120


class Piece(NamedTuple):
    """A part of a version; `differs` if the other version does not have it."""

    text: str
    differs: bool


class Row(NamedTuple):
    """Parts of the two versions that stand beside each other."""

    mine: list[Piece]
    theirs: list[Piece]
    is_same: bool


def compare(mine: str, theirs: str) -> list[Row]:
    """The rows of two versions; what both have is shortened.

    All rows are the same where only white space differs.
    """
    budget = _Budget(MAX_STEPS)
    rows: list[Row] = []
    paragraphs = _PARAGRAPHS.findall(mine), _PARAGRAPHS.findall(theirs)
    for is_same, my_part, their_part in _aligned(*paragraphs, budget):
        if is_same:
            piece = [Piece(_shortened("".join(my_part)), differs=False)]
            rows.append(Row(piece, piece, is_same=True))
            continue
        pairs = [("".join(my_part), "".join(their_part))]
        if len(my_part) == len(their_part) <= _MAX_PAIRS:
            # Each has probably been changed in its place.
            pairs = list(zip(my_part, their_part, strict=True))
        rows.extend(_row(*pair, budget) for pair in pairs)
    return rows


class _Budget:
    """How many steps are left for a text."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def takes(self, mine: Sequence[str], theirs: Sequence[str]) -> bool:
        """Whether a comparison of these parts fits, which is then paid for.

        In the worst case difflib finds one match after the other, and looks for each at all that
        follows and all its equals; not at those that are more than a hundredth of 200 or more parts
        (difflib, "Automatic junk heuristic").
        """
        counts = Counter(theirs)
        most = len(theirs) // 100 + 1 if len(theirs) >= 200 else len(theirs)
        pairs = sum(count for part in mine if (count := counts[part]) <= most)
        steps = min(len(mine), len(theirs)) * (len(mine) + pairs) // 2
        if steps > self.steps:
            return False
        self.steps -= steps
        return True


def _row(mine: str, theirs: str, budget: _Budget) -> Row:
    row = Row([], [], is_same=False)
    _compare_parts(row, mine, theirs, [_SENTENCES, _WORDS], budget)
    return row


def _compare_parts(
    row: Row, mine: str, theirs: str, patterns: Sequence[re.Pattern[str]], budget: _Budget
) -> None:
    """Add the pieces of two versions of a paragraph to its row."""
    if not (mine and theirs and patterns):
        row.mine.extend([Piece(mine, differs=True)] if mine else [])
        row.theirs.extend([Piece(theirs, differs=True)] if theirs else [])
        return
    parts = patterns[0].findall(mine), patterns[0].findall(theirs)
    for is_same, my_part, their_part in _aligned(*parts, budget):
        if is_same:
            piece = Piece(_shortened("".join(my_part)), differs=False)
            row.mine.append(piece)
            row.theirs.append(piece)
        else:
            _compare_parts(row, "".join(my_part), "".join(their_part), patterns[1:], budget)


def _aligned(
    mine: list[str], theirs: list[str], budget: _Budget
) -> Iterator[tuple[bool, list[str], list[str]]]:
    """Whether both versions have the next parts, and these parts of each."""
    my_words, their_words = list(map(_visible, mine)), list(map(_visible, theirs))
    shorter = min(len(mine), len(theirs))
    start = 0
    while start < shorter and my_words[start] == their_words[start]:
        start += 1
    end = 0
    while end < shorter - start and my_words[-1 - end] == their_words[-1 - end]:
        end += 1
    my_end, their_end = len(mine) - end, len(theirs) - end
    if start:
        yield True, mine[:start], theirs[:start]
    middle = my_words[start:my_end], their_words[start:their_end]
    if budget.takes(*middle):
        for kind, *borders in SequenceMatcher(None, *middle).get_opcodes():
            my_from, my_to, their_from, their_to = (start + border for border in borders)
            yield kind == "equal", mine[my_from:my_to], theirs[their_from:their_to]
    elif my_end == their_end <= start + _MAX_PAIRS:
        for place in range(start, my_end):
            my_part, their_part = mine[place], theirs[place]
            yield my_words[place] == their_words[place], [my_part], [their_part]
    else:
        yield False, mine[start:my_end], theirs[start:their_end]
    if end:
        yield True, mine[my_end:], theirs[their_end:]


def _visible(part: str) -> str:
    """A part as it is compared: how much space is after it makes no difference."""
    return part.rstrip() or part


def _shortened(text: str) -> str:
    if len(text) <= 3 * _SHOWN:
        return text
    return f"{text[:_SHOWN]} … {text[-_SHOWN:]}"
