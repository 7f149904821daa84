"""Language tags (BCP 47) and how one finds words: those of de-AT, or else those of de."""

from collections.abc import Iterator


def shortened(tag: str) -> Iterator[str]:
    """A tag in lower case, then without its last subtag, and so on (RFC 4647, "Lookup")."""
    subtags = tag.lower().split("-")
    for count in range(len(subtags), 0, -1):
        yield "-".join(subtags[:count])
