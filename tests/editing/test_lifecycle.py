"""Editors and submitters against a model of them: what all see after each step is the model's.

Beside the pages and lists, the audit is read after each step: its lines are those of the accepted
changes, one each, and applied to nothing they give what the editors made.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from random import Random
from typing import cast

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from seealso.editing import articles as editing
from seealso.editing import links as moderation
from seealso.editing import purging
from seealso.editing import sites as site_editing
from seealso.editing.links import Decision
from seealso.errors import Refusal
from seealso.reading.page import Page, list_domain, read_page, read_related
from seealso.store.tables import Store
from seealso.store.values import Json
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.submitting.withdrawing import withdraw
from seealso.tables import links, queue
from seealso.tables.articles import STATES, Article, Listed, import_articles, list_articles
from seealso.tables.audit import ChangeContext
from seealso.tables.expiry import expire_and_erase
from seealso.tables.links import BY_SUBMITTER, CLAIM_HOLDERS, Status
from seealso.tables.pages import PageLink
from seealso.tables.sites import Block, Site, SiteRecord
from seealso.times import rfc3339
from tests.editing.audit_replay import NETWORK, read_all, replay, shortened
from tests.support import engines, oracle
from tests.support.factories import NOW, attempt, by_submitter
from tests.support.invariants import violations
from tests.support.tables import make_store
from tests.support.transitions import change_link, decide, set_columns, set_state

pytestmark = pytest.mark.slow  # histories of many steps

# One site publishes links at once, one wants approval; the third domain has no site at first.
AT_ONCE, APPROVED, WITHOUT_SITE = 7, 3, 5
DOMAINS = (AT_ONCE, APPROVED, WITHOUT_SITE)
IDS = range(1, 6)  # given by hand and by imports
HOSTS = [f"blog.reader-{number}.net" for number in range(4)]
URLS = [f"https://{host}/page-{number}" for host in HOSTS for number in range(3)]
TEXTS = ["", "Words.", "Wörter für Wärme.", "A long text. " * 200]
TITLES = ["A title", "Ein Titel über Wärme", "🦉" * 300]
KEPT_DAYS = 365
LAPSED_DAYS = 30
# A page that was purged takes no links for as long as a submission may be under way.
CLOSED = timedelta(seconds=60)
TO: dict[str, Status] = {"approve": "published", "reject": "rejected", "remove": "removed"}


@dataclass
class Known:
    """What the model knows of a link."""

    link_id: str
    article_id: int
    domain: int
    url: str
    token: str
    status: Status
    version: int
    submitted_at: str
    published_at: str | None
    due_at: datetime | None
    article_title: str
    is_erased: bool = False


# What editors see of it.
SHOWN = [each.name for each in fields(Known) if each.name not in ("token", "due_at", "is_erased")]


class Life(RuleBasedStateMachine):
    """Editors, submitters, imports and a schedule, one after the other, over new tables."""

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self.store = make_store(endpoint)
        self.now = NOW
        self.actor = "editor-0"
        self.articles: dict[int, Article] = {}
        self.highest = 0
        self.links: dict[str, Known] = {}
        self.claims: dict[str, str] = {}  # URLs that are taken, and by which link
        self.closed: dict[int, datetime] = {}
        self.sites: dict[int, SiteRecord] = {}
        # What editors made, and the lines that must tell it, the oldest first.
        self.edited: dict[int, Json] = {}
        self.decided: dict[str, Json] = {}
        self.lines: list[Json] = []

    def teardown(self) -> None:
        self.store.client.close()

    @initialize(random=st.randoms(use_true_random=False))
    def network(self, random: Random) -> None:
        for domain, publish in ((AT_ONCE, "at_once"), (APPROVED, "approved")):
            url = f"https://site-{domain}.net/a/{{id}}"
            site = Site(domain, [], "A site", url, 2, publish, pending_cap=3)
            self.now += timedelta(seconds=1)
            self._save_site(site, None)
        for article_id in (1, 2, 3, 4):
            self.now += timedelta(seconds=1)
            self._create(_article(random, article_id, state="published"), article_id)
        for number in range(5):
            self._submit(random.choice([1, 2, 3, 4]), URLS[number])

    @rule(random=st.randoms(use_true_random=False))
    def step(self, random: Random) -> None:
        """One thing that happens; one rule, since Hypothesis leaves rules out of whole lives."""
        action = random.choice(
            [
                *[self.submit, self.decide] * 6,
                *[self.set_state, self.set_columns] * 5,
                *[self.create, self.withdraw, self.change_site, self.block_or_unblock] * 2,
                self.erase,
                *[self.purge] * 3,
                self.create_without_id,
                self.import_some,
                self.change_what_is_read_only,
                self.expire,
                self.lapse,
            ]
        )
        note(action.__name__)
        self.now += timedelta(seconds=1)
        self.actor = f"editor-{random.randrange(3)}"
        action(random)

    # ---- editors: articles -------------------------------------------------------------------

    def create(self, random: Random) -> None:
        article_id = random.choice(IDS)
        self._create(_article(random, article_id), article_id)

    def create_without_id(self, random: Random) -> None:
        self._create(_article(random, self.highest + 1), None)

    def _create(self, article: Article, article_id: int | None) -> None:
        wanted = "conflict" if article_id in self.articles else None
        given = replace(article, id=0)
        made = self._done(
            wanted, lambda: editing.create(self.store, self._context, article_id, given)
        )
        # An id that was tried is not given again either.
        self.highest = max(self.highest, article.id)
        if made is not None:
            assert made == article
            self._edited("create", None, made)

    def set_columns(self, random: Random) -> None:
        article_id, version = self._some_article(random)
        there = self.articles.get(article_id)
        shall_be = asdict(_article(random, article_id))
        names = ["domain", "title", "text", "date", "source_id"]
        action = random.choice(["replace", "patch", "move"])
        if action == "move":
            names, action = ["domain"], "patch"
        elif action == "patch":
            names = random.sample(names, random.randint(0, 3))
        columns = {name: shall_be[name] for name in names}
        wanted = self._refused(article_id, version, ("draft", "published"))
        made = self._changed_article(
            wanted,
            article_id,
            lambda: set_columns(self.store, self._context, article_id, version, columns, action),
        )
        if made is not None:
            assert there is not None
            assert made == replace(there, **columns, version=there.version + 1)
            self._edited(action, there, made)

    def change_what_is_read_only(self, random: Random) -> None:
        article_id, version = self._some_article(random)
        there = self.articles.get(article_id)
        columns: Json = random.choice([{"state": "gone"}, {"version": 99}, {"id": 99}])
        wanted = self._refused(article_id, version, ("draft", "published")) or "invalid-fields"
        self._changed_article(
            wanted,
            article_id,
            lambda: set_columns(self.store, self._context, article_id, version, columns, "x"),
        )
        assert self.articles.get(article_id) == there

    def set_state(self, random: Random) -> None:
        action, wanted_from, state = random.choice(
            [
                *[("publish", ("draft", "published"), "published")] * 2,
                ("unpublish", ("draft", "published"), "draft"),
                ("delete", STATES, "deleted"),
                ("restore", ("deleted",), "draft"),
            ]
        )
        article_id, version = self._some_article(random)
        there = self.articles.get(article_id)
        made = self._changed_article(
            self._refused(article_id, version, wanted_from),
            article_id,
            lambda: set_state(self.store, self._context, article_id, version, action),
        )
        if made is not None:
            assert there is not None
            assert made == replace(there, state=state, version=there.version + 1)
            self._edited(action, there, made)

    def purge(self, random: Random) -> None:
        article_id, version = self._some_article(random, rather="deleted")
        wanted = self._refused(article_id, version, ("deleted",))

        def purge() -> bool:
            purging.purge(self.store, self._context, article_id, version)
            return True

        if not self._changed_article(wanted, article_id, purge):
            return
        self.closed[article_id] = self.now + CLOSED
        for known in self.links.values():
            if known.article_id == article_id and known.status in CLAIM_HOLDERS:
                self._decided("purge", known, "removed", "The article was purged.", frees=True)
        self._edited("purge", self.articles[article_id], None)

    def _changed_article[T](
        self, wanted: str | None, article_id: int, change: Callable[[], T]
    ) -> T | None:
        there = self.articles.get(article_id)
        return self._done(wanted, change, current=asdict(there) if there else None)

    def _refused(self, article_id: int, version: int, states: tuple[str, ...]) -> str | None:
        """The problem that an editor's change of an article meets."""
        there = self.articles.get(article_id)
        if there is None:
            return "not-found"
        if there.version != version:
            return "precondition-failed"
        return None if there.state in states else "conflict"

    def _edited(self, action: str, was: Article | None, article: Article | None) -> None:
        about = article or was
        assert about is not None
        before = None if was is None else shortened(asdict(was))
        after = None if article is None else shortened(asdict(article))
        self._told(f"article.{action}", before, after, article_id=about.id, domain=about.domain)
        if article is None or after is None:
            del self.articles[about.id], self.edited[about.id]
        else:
            self.articles[about.id], self.edited[about.id] = article, after

    # ---- editors: links ----------------------------------------------------------------------

    def decide(self, random: Random) -> None:
        action: str = random.choice(["approve", "approve", "reject", "remove"])
        known = self._some_link(random, rather="pending")
        if known is None:
            return
        version = _now_and_then_stale(random, known.version)
        reason = None if action == "approve" else random.choice(["Not about the article.", "Spam."])
        decision = Decision(reason, keep_blocked=random.choice([True, False]))
        wanted: str | None = None
        if version != known.version:
            wanted = "precondition-failed"
        elif known.status not in (("pending",) if action != "remove" else CLAIM_HOLDERS):
            wanted = "conflict"
        elif action == "approve" and self._count(known.article_id, "published") >= (
            self._site(self.articles[known.article_id].domain).site.cap
        ):
            wanted = "page-full"

        made = self._done(
            wanted,
            lambda: decide(self.store, self._context, known.link_id, version, action, decision),
            current=self._shown(known),
        )
        if made is not None:
            self._decided(action, known, TO[action], reason, frees=not decision.keep_blocked)
            assert self._shown(known).items() <= moderation.shown(made).items()
            assert made.history[-1]["by"] == self.actor

    def erase(self, random: Random) -> None:
        known = self._some_link(random, rather="published")
        if known is None:
            return
        version = _now_and_then_stale(random, known.version)
        wanted = None if version == known.version else "precondition-failed"
        made = self._done(
            wanted,
            lambda: moderation.erase(self.store, self._context, known.link_id, version),
            current=self._shown(known),
        )
        if made is None:
            return
        for line in self.lines:
            if line["link_id"] == known.link_id and line["after"] is not None:
                line["after"].pop("reason", None)
        self._erased("erase", known)
        assert self._shown(known).items() <= moderation.shown(made).items()

    def _erased(self, action: str, known: Known, actor: str | None = None) -> None:
        is_live = known.status in CLAIM_HOLDERS
        status = "withdrawn" if is_live else known.status
        self._decided(action, known, status, None, frees=is_live, actor=actor)
        known.is_erased = True

    def _decided(
        self,
        action: str,
        known: Known,
        status: Status,
        reason: str | None,
        frees: bool,
        actor: str | None = None,
    ) -> None:
        names = ("status", "version", "article_title")
        before = shortened({name: getattr(known, name) for name in names})
        after: Json = {"status": status, "version": known.version + 1}
        self._told(
            f"link.{action}",
            before,
            after | ({"reason": reason} if reason else {}),
            actor=actor,
            article_id=known.article_id,
            link_id=known.link_id,
            domain=known.domain,
        )
        self._moved(known, status, frees)
        self.decided[known.link_id] = after

    # ---- editors: sites and blocked hosts ----------------------------------------------------

    def change_site(self, random: Random) -> None:
        domain = random.choice(DOMAINS)
        there = self._site(domain).site
        site = there._replace(
            name="A site",
            article_url=f"https://site-{domain}.net/a/{{id}}",
            cap=random.choice([0, 1, 2, 3]),
            pending_cap=random.choice([1, 3, 4]),
            publish=random.choice([there.publish, there.publish, "approved", "at_once"]),
        )
        version = _now_and_then_stale(random, there.version)
        self._save_site(site, random.choice([version, version, version, None]))

    def _save_site(self, site: Site, version: int | None) -> None:
        there = self._site(site.domain)
        current = there.site.version
        wanted = None if (version or 0) == current else "precondition-failed"
        if version is None and current:
            wanted = "precondition-required"
        record = SiteRecord(site, there.blocked_hosts)
        made = self._done(
            wanted, lambda: site_editing.replace_site(self.store, self._context, record, version)
        )
        if made is not None:
            assert made == SiteRecord(site._replace(version=current + 1), there.blocked_hosts)
            before = there.members() if current else None
            action = "site.change" if before else "site.create"
            self._told(action, before, made.members(), domain=site.domain)
            self._site_is(made)

    def block_or_unblock(self, random: Random) -> None:
        host, domain = random.choice(HOSTS), random.choice([None, *DOMAINS])
        there = self._site(NETWORK if domain is None else domain)
        blocked = host in there.blocked_hosts
        block = {"host": host, "domain": domain}
        if random.randrange(4) != 0 if blocked else random.randrange(4) == 0:

            def unblock() -> bool:
                site_editing.unblock_host(self.store, self._context, host, domain)
                return True

            if self._done(None if blocked else "not-found", unblock):
                self._told("block.remove", block, None, domain=domain)
                self._blocked_hosts_are(there, set(there.blocked_hosts) - {host})
            return
        without_site = domain is not None and not there.site.version
        new = self._done(
            "invalid-fields" if without_site else None,
            lambda: site_editing.block_host(self.store, self._context, Block(host, domain)),
        )
        if new is not None:
            assert new is not blocked
        if new:
            self._told("block.add", None, block, domain=domain)
            self._blocked_hosts_are(there, {*there.blocked_hosts, host})

    def _blocked_hosts_are(self, there: SiteRecord, hosts: set[str]) -> None:
        site = there.site._replace(version=there.site.version + 1)
        self._site_is(SiteRecord(site, tuple(sorted(hosts))))

    def _site_is(self, record: SiteRecord) -> None:
        self.sites[record.site.domain] = record
        # As a container that starts now sees it.
        self.store.site_cache.clear()

    # ---- all others --------------------------------------------------------------------------

    def import_some(self, random: Random) -> None:
        imported = [
            _article(random, each, state="published")
            for each in random.sample(IDS, random.randint(1, 3))
        ]
        there = [each for each in imported if each.id in self.articles]
        counted = import_articles(self.store, imported)
        assert counted == (len(imported) - len(there), len(there))
        self.highest = max(self.highest, *(each.id for each in imported))
        for article in imported:
            was = self.articles.get(article.id)
            self.articles[article.id] = (
                replace(article, state=was.state, version=was.version + 1) if was else article
            )

    def submit(self, random: Random) -> None:
        self._submit(random.choice(sorted(self.articles) or IDS), random.choice(URLS))

    def _submit(self, article_id: int, url: str) -> None:
        self.now += timedelta(seconds=1)
        article = self.articles.get(article_id)
        if article is not None and article.state != "published":
            article = None
        site = self._site(article.domain).site if article else None
        key = f"{len(self.links):08}{self.now.timestamp():.0f}"
        receipt = self._done(
            self._submission_refused(article_id, site, url),
            lambda: submit(
                self.store,
                attempt(article_id, url, self.now),
                key,
                Rules(1_000_000, "network"),
            ),
        )
        if receipt is None:
            return
        assert site is not None
        at_once = site.publish == "at_once"
        link = receipt.link
        self.claims[url] = link.link_id
        self.links[link.link_id] = Known(
            link.link_id,
            article_id,
            site.domain,
            url,
            receipt.withdraw_token,
            "published" if at_once else "pending",
            1,
            rfc3339(self.now),
            rfc3339(self.now) if at_once else None,
            None if at_once else self.now + timedelta(days=site.pending_days),
            self.articles[article_id].title,
        )

    def _submission_refused(self, article_id: int, site: Site | None, url: str) -> str | None:
        """The problem that a new submission meets, in contract.md's order."""
        blocked = self._site(NETWORK).blocked_hosts
        if site:
            blocked += self._site(site.domain).blocked_hosts
        if any(f"//{host}/" in url for host in blocked):
            return "url-not-acceptable"
        if site is None:
            return "not-found"
        if url in self.claims:
            return "duplicate-link"
        if article_id in self.closed and self.closed[article_id] >= self.now:
            return "not-found"
        if self._count(article_id, "published") >= site.cap:
            return "page-full"
        waiting = self._count(article_id, "pending")
        if site.publish == "approved" and waiting >= site.pending_cap:
            return "queue-full"
        return None

    def withdraw(self, random: Random) -> None:
        known = self._some_link(random, rather="published")
        if known is None:
            return
        withdraw(self.store, by_submitter(self.now), known.link_id, known.token)
        if not known.is_erased:
            self._erased("withdraw", known, BY_SUBMITTER)

    def lapse(self, random: Random) -> None:
        """The link-back of a published link is gone."""
        known = self._some_link(random, rather="published")
        if known is None or known.status != "published":
            return
        link = links.get_link(self.store, known.link_id)
        assert link is not None
        change_link(self.store, link, "lapsed", self.now, by="verifier")
        self._moved(known, "lapsed", frees=False)

    def expire(self, random: Random) -> None:
        self.now += timedelta(days=random.choice([1, 7, 14]))
        overdue = [
            known
            for known in self.links.values()
            if known.due_at is not None and known.due_at <= self.now
        ]
        report = expire_and_erase(self.store, self.now, 36500, fail)
        assert (report.expired, report.failed) == (len(overdue), 0)
        for known in overdue:
            self._moved(known, "expired", frees=True)

    # ---- what must be ------------------------------------------------------------------------

    @invariant()
    def pages_are_the_models(self) -> None:
        for article_id in {*IDS, *self.articles}:
            assert read_page(self.store, article_id) == self._page(article_id)
            assert read_related(self.store, article_id) == oracle.related(self.articles, article_id)

    @invariant()
    def lists_are_the_models(self) -> None:
        for domain in DOMAINS:
            shown = list_domain(self.store, domain, 100)
            assert shown == oracle.domain_list(self.articles, domain, 100)
            of_domain = [
                Listed(each.id, domain, each.title, each.date, each.state, each.version)
                for each in sorted(self.articles.values(), key=lambda each: -each.id)
                if each.domain == domain
            ]
            listed = list_articles(self.store, domain, STATES, 100)
            assert listed == of_domain

    @invariant()
    def links_are_the_models(self) -> None:
        # Lowering a cap removes no link.
        wrong = [each for each in violations(self.store) if ", cap " not in each]
        assert wrong == []
        for domain in (None, *DOMAINS):
            waiting = [
                self._shown(known)
                for known in self._in_order("pending")
                if domain in (None, known.domain)
            ]
            found = [
                cast(Json, each) for each in queue.list_queue(self.store, "pending", domain, 100)
            ]
            assert [{name: each[name] for name in SHOWN} for each in found] == waiting
        assert sum(queue.count_pending(self.store).values()) == len(self._in_order("pending"))

    @invariant()
    def audit_tells_the_whole_story(self) -> None:
        lines = read_all(self.store)
        told = replay(lines)
        assert told.articles == self.edited
        assert told.links == self.decided
        for domain, site in self.sites.items():
            assert told.sites[domain].items() <= site.members().items()
        assert told.sites.keys() == self.sites.keys()
        found = [{name: cast(Json, line)[name] for name in self.lines[0]} for line in lines]
        assert found == self.lines
        assert sorted(line["at"] for line in lines) == [line["at"] for line in lines]

    # ---- helpers -----------------------------------------------------------------------------

    @property
    def _context(self) -> ChangeContext:
        return ChangeContext(self.actor, self.now, f"request-{len(self.lines)}", KEPT_DAYS)

    def _done[T](
        self, wanted: str | None, action: Callable[[], T], current: Json | None = None
    ) -> T | None:
        """What an action returns; None if it is refused, as `wanted` says.

        An editor who was late must get what is there now, with at least `current`.
        """
        refused: Refusal | None = None
        try:
            made = action()
        except Refusal as problem:
            refused = problem
        assert (refused.name if refused else None) == wanted
        if refused is None:
            return made
        if wanted == "precondition-failed" and current is not None:
            assert current.items() <= refused.members["current"].items()
        return None

    def _told(
        self,
        action: str,
        before: Json | None,
        after: Json | None,
        *,
        actor: str | None = None,
        article_id: int | None = None,
        link_id: str | None = None,
        domain: int | None = None,
    ) -> None:
        self.lines.append(
            {
                "actor": actor or self.actor,
                "action": action,
                "article_id": article_id,
                "link_id": link_id,
                "domain": domain,
                "before": before,
                "after": after,
            }
        )

    def _moved(self, known: Known, status: Status, frees: bool) -> None:
        known.status = status
        known.version += 1
        known.due_at = self.now + timedelta(days=LAPSED_DAYS) if status == "lapsed" else None
        if status == "published":
            known.published_at = rfc3339(self.now)
        if status not in CLAIM_HOLDERS and frees:
            del self.claims[known.url]

    def _some_article(self, random: Random, rather: str | None = None) -> tuple[int, int]:
        """An id and a version that an editor believes it to have."""
        of_state = [each.id for each in self.articles.values() if each.state == rather]
        article_id = random.choice([*self.articles, *of_state * 5, random.choice(IDS)])
        there = self.articles.get(article_id)
        return article_id, _now_and_then_stale(random, there.version if there else 1)

    def _some_link(self, random: Random, rather: str) -> Known | None:
        known = [*self.links.values()]
        known += [each for each in known if each.status == rather] * 5
        return random.choice(known) if known else None

    def _site(self, domain: int) -> SiteRecord:
        return self.sites.get(domain) or SiteRecord(Site(domain), ())

    def _count(self, article_id: int, status: str) -> int:
        return sum(
            (known.article_id, known.status) == (article_id, status)
            for known in self.links.values()
        )

    def _in_order(self, status: str) -> list[Known]:
        """The links of a status in order of submission."""
        found = [known for known in self.links.values() if known.status == status]
        return sorted(found, key=lambda known: (known.submitted_at, known.link_id))

    def _shown(self, known: Known) -> Json:
        """What editors see of a link."""
        shown = {name: getattr(known, name) for name in SHOWN}
        return shown | ({"url": None} if known.is_erased else {})

    def _page(self, article_id: int) -> Page | None:
        page = oracle.page(self.articles, article_id)
        if page is None:
            return None
        shown: list[PageLink] = [
            {
                "link_id": known.link_id,
                "url": known.url,
                "title": None,
                "published_at": known.published_at or "",
            }
            for known in self._in_order("published")
            if known.article_id == article_id
        ]
        cap = self._site(page["article"]["domain"]).site.cap
        return {**page, "links": shown, "places_left": max(cap - len(shown), 0)}


def _article(random: Random, article_id: int, state: str | None = None) -> Article:
    return Article(
        article_id,
        random.choice(DOMAINS),
        random.choice(TITLES),
        random.choice(TEXTS),
        f"2026-11-{random.randint(10, 28)}",
        random.choice([None, *IDS]),
        state or random.choice(["draft", "published"]),
    )


def fail(link_id: str, error: Exception) -> None:
    raise AssertionError(link_id) from error


def _now_and_then_stale(random: Random, version: int) -> int:
    return version + (random.choice([-1, 1]) if random.randrange(8) == 0 else 0)


def live(store: Store, examples: int, steps: int) -> None:
    """Run the machine over an engine."""

    class Here(Life):
        def __init__(self) -> None:
            super().__init__(store.client.endpoint)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@engines.on_the_reference
def test_answers_match_the_model(store: Store) -> None:
    live(store, examples=2, steps=20)


@pytest.mark.long
def test_answers_match_the_model_over_long_histories(store: Store) -> None:
    live(store, examples=20, steps=80)
