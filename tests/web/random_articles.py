"""Random articles, with titles of any characters and dates of every accepted form."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from seealso.tables.articles import Article

DOMAINS = (3, 5, 7)


@dataclass(frozen=True)
class Dated:
    """A date as it is stored, and the moment that it names."""

    text: str
    moment: datetime


@st.composite
def dates(draw: st.DrawFn) -> Dated:
    moment = draw(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)))  # noqa: DTZ001 local
    form = draw(st.sampled_from(["day", "minute", "second", "fraction"]))
    if form == "day":
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return Dated(day.date().isoformat(), day.replace(tzinfo=UTC))
    moment = moment.replace(microsecond=moment.microsecond if form == "fraction" else 0)
    moment = moment.replace(second=0) if form == "minute" else moment
    timespec = {"minute": "minutes", "second": "seconds", "fraction": "microseconds"}[form]
    text = moment.isoformat(draw(st.sampled_from("T ")), timespec)
    minutes = draw(st.none() | st.integers(-23 * 60, 23 * 60))
    if minutes is None:
        return Dated(text + draw(st.sampled_from(["", "Z"])), moment.replace(tzinfo=UTC))
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    offset = f"{sign}{hours:02}{draw(st.sampled_from([':', '']))}{rest:02}"
    return Dated(text + offset, (moment - timedelta(minutes=minutes)).replace(tzinfo=UTC))


@dataclass(frozen=True)
class Drawn:
    article: Article
    moment: datetime


def networks(ids: st.SearchStrategy[int]) -> st.SearchStrategy[list[Drawn]]:
    """Articles of three sites with different ids, some of them unpublished."""
    return st.lists(_articles(ids), max_size=50, unique_by=lambda drawn: drawn.article.id)


@st.composite
def _articles(draw: st.DrawFn, ids: st.SearchStrategy[int]) -> Drawn:
    date = draw(dates())
    article = Article(
        draw(ids),
        draw(st.sampled_from(DOMAINS)),
        draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)),
        "Text.",
        date.text,
        state=draw(st.sampled_from(["published", "published", "published", "draft", "deleted"])),
    )
    return Drawn(article, date.moment)


def newest_first(network: list[Drawn], domain: int | None = None) -> list[Drawn]:
    """The published ones, of a domain or of all."""
    found = [
        drawn
        for drawn in network
        if drawn.article.state == "published" and domain in (None, drawn.article.domain)
    ]
    return sorted(found, key=lambda drawn: -drawn.article.id)
