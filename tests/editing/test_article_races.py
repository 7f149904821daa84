"""Sixteen editors at once on one article: each success counts once, and nothing is lost silently.

The functions behind the handler, each called by a thread with a store of its own.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from seealso.editing import articles as editing
from seealso.errors import Refusal
from seealso.reading.page import list_domain
from seealso.store.tables import Store
from seealso.tables.articles import Article, get_article, import_articles, list_articles
from tests.editing import sample_network
from tests.editing.sample_network import ACT, SITED
from tests.support import engines
from tests.support.races import RACERS, Racers, outcome_names
from tests.support.scan import delete_items
from tests.support.transitions import set_columns, set_state

pytestmark = engines.on_the_reference

ROUNDS = 2
ARTICLE = 500


def save(store: Store, title: str) -> Article:
    return set_columns(store, ACT, ARTICLE, 1, {"title": title}, "patch")


def test_one_of_sixteen_saves_succeeds(racers: Racers) -> None:
    for _ in range(ROUNDS):
        forget_all(racers.store)
        import_articles(racers.store, [sample_network.article(ARTICLE)])
        outcomes = racers.race([partial(save, title=f"Title {each}") for each in range(RACERS)])
        (saved,) = [outcome for outcome in outcomes if isinstance(outcome, Article)]
        assert outcome_names(outcomes) == ["ok"] + ["precondition-failed"] * (RACERS - 1)
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                assert outcome.members["current"] == editing.shown(saved)
        assert get_article(racers.store, ARTICLE) == saved
        (line,) = sample_network.audit_lines(racers.store)
        assert line["after"]["title"] == saved.title


def switch(store: Store, action: str) -> int:
    """Publish or unpublish an article three times, each as it is just then; the successes."""
    done, version = 0, 1
    for _ in range(3):
        try:
            version = set_state(store, ACT, ARTICLE, version, action).version
            done += 1
        except Refusal as refused:
            version = refused.members["current"]["version"]
    return done


def test_each_publish_or_unpublish_counts_once(racers: Racers) -> None:
    store = racers.store
    for _ in range(ROUNDS):
        forget_all(store)
        import_articles(store, [sample_network.article(ARTICLE)])
        actions = [partial(switch, action=each) for each in ("publish", "unpublish")]
        outcomes = racers.race(actions * (RACERS // 2))
        successes = sum(each for each in outcomes if isinstance(each, int))
        assert outcome_names(outcomes) == ["ok"] * RACERS
        article = get_article(store, ARTICLE)
        assert article is not None
        assert article.version == 1 + successes > 1
        lists_agree(store, article)
        lines = sorted(
            sample_network.audit_lines(store), key=lambda line: int(line["after"]["version"])
        )
        assert [line["before"]["version"] for line in lines] == list(range(1, successes + 1))
        state = "published"
        for line in lines:
            assert (line["before"]["state"], line["after"]["version"]) == (
                state,
                line["before"]["version"] + 1,
            )
            state = line["after"]["state"]
            assert (
                state
                == {"article.publish": "published", "article.unpublish": "draft"}[line["action"]]
            )
        assert article.state == state


def lists_agree(store: Store, article: Article) -> None:
    """The article is in the readers' list if it is published, and in the editors' of its state."""
    shown = [each["id"] for each in list_domain(store, SITED, 5)]
    assert shown == ([article.id] if article.state == "published" else [])
    for state in ("published", "draft", "deleted"):
        found = [(each.id, each.version) for each in list_articles(store, SITED, [state], 5)]
        assert found == ([(article.id, article.version)] if state == article.state else [])


def create(store: Store, article_id: int | None) -> Article:
    return editing.create(
        store, ACT, article_id, sample_network.article(0, state="draft", title="By hand")
    )


def test_new_articles_get_different_ids(racers: Racers) -> None:
    store = racers.store
    for round_ in range(ROUNDS):
        outcomes = racers.race([partial(create, article_id=None)] * RACERS)
        ids = sorted(each.id for each in outcomes if isinstance(each, Article))
        assert ids == list(range(round_ * RACERS + 1, (round_ + 1) * RACERS + 1))
    assert sorted(sample_network.stored_articles(store)) == list(range(1, ROUNDS * RACERS + 1))
    assert len(sample_network.audit_lines(store)) == ROUNDS * RACERS


def bring_in(store: Store, article_id: int) -> tuple[int, int]:
    return import_articles(store, [sample_network.article(article_id, title="Imported")])


def test_new_articles_race_with_imports(racers: Racers) -> None:
    """No id is given twice; an import over a new article is to be seen in its version."""
    actions: list[Callable[[Store], Any]] = [partial(create, article_id=None)] * (RACERS // 2)
    actions += [partial(bring_in, article_id=each) for each in range(1, RACERS // 2 + 1)]
    outcomes = racers.race(actions)
    assert outcome_names(outcomes) == ["ok"] * RACERS
    made = [outcome for outcome in outcomes if isinstance(outcome, Article)]
    assert len({each.id for each in made}) == RACERS // 2
    lines = {line["article_id"] for line in sample_network.audit_lines(racers.store)}
    assert lines == {each.id for each in made}
    stored = sample_network.stored_articles(racers.store)
    assert all(stored[each.id] in (each, imported_over(each)) for each in made)


def imported_over(article: Article) -> Article:
    return sample_network.article(article.id, state=article.state, title="Imported", version=2)


@pytest.mark.parametrize("creators", [1, RACERS // 2])
def test_a_new_article_races_with_an_import_of_its_id(racers: Racers, creators: int) -> None:
    store, imports = racers.store, RACERS - creators
    actions: list[Callable[[Store], Any]] = [partial(create, article_id=ARTICLE)] * creators
    actions += [partial(bring_in, article_id=ARTICLE)] * imports
    for _ in range(ROUNDS):
        forget_all(store)
        outcomes = racers.race(actions)
        created = [each for each in outcomes if isinstance(each, Article)]
        refused = [each.name for each in outcomes if isinstance(each, Refusal)]
        assert len(created) <= 1
        assert refused == ["conflict"] * (creators - len(created))
        new = sum(each[0] for each in outcomes if isinstance(each, tuple))
        assert new == 1 - len(created)
        article = get_article(store, ARTICLE)
        assert article is not None
        # Each success is one version: an import over the editor's article is to be seen in it.
        assert (article.title, article.version) == ("Imported", imports + len(created))
        assert article.state == ("draft" if created else "published")
        assert len(sample_network.audit_lines(store)) == len(created)


def forget_all(store: Store) -> None:
    """Empty the tables of articles and of the audit for the next round."""
    delete_items(store, store.articles)
    delete_items(store, store.audit)
