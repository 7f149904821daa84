"""Healthy stacks drawn from a seed: sites, articles, links and what became of all of them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random

from seealso.editing import articles as editing
from seealso.editing import links as moderation
from seealso.editing import sites as site_editing
from seealso.editing.links import Decision
from seealso.editing.purging import purge
from seealso.editing.sites import change_site
from seealso.errors import Refusal
from seealso.store.tables import Store
from seealso.submitting.deciding import Rules
from seealso.submitting.submitting import submit
from seealso.submitting.withdrawing import withdraw
from seealso.tables.articles import Article, get_article, import_articles
from seealso.tables.audit import ChangeContext
from seealso.tables.expiry import expire_and_erase
from seealso.tables.links import get_link
from seealso.tables.sites import Block, Site, SiteRecord, get_record
from seealso.tables.skips import record_skips
from tests.support.factories import NOW, attempt, by_submitter
from tests.support.fake_pages import MISSING, STATUS, FakePages, Page, run_all

DOMAINS = {1: "at_once", 2: "approved", 3: "verified"}
HOSTS = [f"blog-{number}.example.net" for number in range(6)]
_FOUND = [
    Page(),
    Page(),
    Page(url="https://elsewhere.example.com/final"),
    Page(url=f"https://www.{HOSTS[0]}/final"),
    Page(finding=MISSING),
    Page(410, STATUS),
    Page(503, STATUS),
    Page(failure="dns"),
    Page(failure="crash"),
]


def _fail(name: str, error: Exception) -> None:
    raise AssertionError(name) from error


class World:
    """A stack in which everybody does what they may, one after the other."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.random = Random(seed)
        # The ids of links are the same each time.
        store.settings["token-secret"] = "00" * 32
        self.pages = FakePages(NOW, redirects_are_asked_for=False)
        self.tokens: dict[str, str] = {}  # of links, by id
        self.ids: list[int] = []
        for domain in DOMAINS:
            self.save_site(domain)
        # Some have a stretch of one domain that is worth a skip range.
        count = self.random.choice([8, 8, 8, 100])
        self.load(range(1, count + 1), 1 if count > 8 else None)
        if count > 8:
            record_skips(store, lambda _: None)

    def live(self, steps: int) -> "World":
        """Let this many things happen."""
        actions: list[Callable[[], None]] = [
            *[self.submit] * 8,
            *[self.check] * 3,
            *[self.decide] * 4,
            *[self.withdraw] * 2,
            *[self.edit] * 3,
            self.expire,
            self.purge,
            lambda: self.save_site(self.random.choice([*DOMAINS])),
            self.block,
        ]
        for _ in range(steps):
            self.pages.forward(minutes=self.random.choice([1, 30, 60 * 24]))
            with suppress(Refusal):
                self.random.choice(actions)()
        return self

    @property
    def context(self) -> ChangeContext:
        return ChangeContext("editor", self.pages.now, "request", 3650)

    def load(self, ids: range, domain: int | None = None) -> None:
        random = self.random
        articles = [
            Article(
                article_id,
                domain or random.choice([*DOMAINS]),
                f"Title {article_id}",
                "Text.",
                "2026-11-23",
                random.choice([None, article_id - 1 or None]),
                "published" if domain else random.choice(["published", "published", "draft"]),
            )
            for article_id in ids
        ]
        for start in range(0, len(articles), 50):
            import_articles(self.store, articles[start : start + 50])
        self.ids += [article.id for article in articles][-8:]

    def save_site(self, domain: int) -> None:
        random = self.random
        site = Site(
            domain,
            random.sample(["one.example.org", "two.example.org", "three.example.org"], 2),
            f"Site {domain}",
            cap=random.choice([2, 3]),
            pending_cap=3,
            publish=DOMAINS[domain],
        )
        blocked = tuple(sorted(random.sample(HOSTS[3:], random.randint(0, 2))))
        current = get_record(self.store, domain)
        change_site(self.store, self.context, current, SiteRecord(site, blocked))

    def block(self) -> None:
        host, domain = self.random.choice(HOSTS[4:]), self.random.choice([None, *DOMAINS])
        site_editing.block_host(self.store, self.context, Block(host, domain))

    def submit(self) -> None:
        url = f"https://{self.random.choice(HOSTS)}/{self.random.randint(1, 5)}"
        title = self.random.choice([None, "A title"])
        sent = attempt(self.random.choice(self.ids), url, self.pages.now, title)
        key = f"{len(self.tokens):016}"
        receipt = submit(self.store, sent, key, Rules(1_000_000, "network"))
        self.tokens[receipt.link.link_id] = receipt.withdraw_token
        self.pages.pages[url] = self.random.choice(_FOUND)

    def check(self) -> None:
        for url in self.pages.pages:
            if self.random.random() < 0.3:
                self.pages.pages[url] = self.random.choice(_FOUND)
        self.pages.forward(hours=self.random.choice([1, 24, 24 * 8]))
        run_all(self.pages.tools(lambda: self.store))

    def decide(self) -> None:
        link = get_link(self.store, self.random.choice([*self.tokens] or ["none"]))
        if link is None:
            return
        decision = Decision("A reason.", keep_blocked=self.random.random() < 0.5)
        arguments = (self.store, self.context, link.link_id, link.version)
        match self.random.choice(["approve", "reject", "remove", "restore"]):
            case "approve":
                moderation.approve(*arguments)
            case "reject":
                moderation.reject(*arguments, decision)
            case "remove":
                moderation.remove(*arguments, decision)
            case "restore":
                moderation.restore(*arguments)

    def withdraw(self) -> None:
        if self.tokens:
            link_id, token = self.random.choice([*self.tokens.items()])
            withdraw(self.store, by_submitter(self.pages.now), link_id, token)

    def edit(self) -> None:
        article = get_article(self.store, self.random.choice(self.ids))
        if article is None:
            return
        arguments = (self.store, self.context, article.id, article.version)
        match self.random.choice(["publish", "publish", "unpublish", "delete", "restore", "move"]):
            case "publish":
                editing.publish(*arguments)
            case "unpublish":
                editing.unpublish(*arguments)
            case "delete":
                editing.delete(*arguments)
            case "restore":
                editing.restore(*arguments)
            case "move":
                domain = self.random.choice([*DOMAINS])
                editing.patch_columns(*arguments, {"domain": domain, "title": "Another"})

    def expire(self) -> None:
        self.pages.forward(days=self.random.choice([1, 15]))
        expire_and_erase(self.store, self.pages.now, 30, _fail)

    def purge(self) -> None:
        article = get_article(self.store, self.random.choice(self.ids))
        if article is not None and article.state == "deleted":
            purge(self.store, self.context, article.id, article.version)
            self.pages.now += timedelta(minutes=2)
