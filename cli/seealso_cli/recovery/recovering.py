"""Brings back what a stack held at an earlier time, item by item, with conditional writes.

What editors did since then, and what was done to the tables by hand, is undone for what the
operator chooses. What submitters, checks and the clock did since stays as it is, and so does what
came into being since. Never brought back: withdrawn and erased links, purged articles. Neither are
rate limits and secrets, which no backup has.

Each write leaves what it touches consistent, and is decided by comparing, so that an interrupted
recovery is completed by running it again.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import batched
from typing import NamedTuple

from seealso.editing.sites import change_site
from seealso.errors import Refusal, StoreError
from seealso.store.calls import Call, batch_items
from seealso.store.tables import Store
from seealso.store.values import Json, marshal_item
from seealso.tables import sites
from seealso.tables.articles import Article, article_item, raise_highest
from seealso.tables.audit import ChangeContext, audit_entry
from seealso.tables.links import (
    BY_CHECK,
    BY_SUBMITTER,
    CLAIM_HOLDERS,
    MAX_HISTORY,
    Link,
    claims_of,
    get_link,
    link_item,
)
from seealso.tables.sites import Site
from seealso.tables.skips import exclude_from_skips
from seealso_cli.bulk.writer import retry_while_unavailable
from seealso_cli.progress import ProgressDisplay
from seealso_cli.recovery.backups import Backup, Since, purged_since
from seealso_cli.recovery.contents import Contents, read_page
from seealso_cli.recovery.invariants import (
    BLOCKED_HOLDERS,
    PageItems,
    findings_of_page,
    has_types_of,
    readable_article,
    readable_link,
)
from seealso_cli.recovery.mending import mend_page, mend_sites, put_page, rebuilt_page
from seealso_cli.recovery.verifying import read_links

# What became of each article, link or site.
RESTORED = "brought back"
UNCHANGED = "unchanged"
LEFT = "changed since by its submitter, a check or the clock: left as it is"
ERASED = "withdrawn or erased since: not brought back"
PURGED = "purged since: not brought back"
EXISTS = "exists and differs: left as it is"
CLAIMED = "its URL was claimed since by another link: not brought back"
NO_PLACE = "its page has no free place: not brought back"
NO_ARTICLE = "its article does not exist: not brought back"
UNREADABLE = "is incomplete in the backup: not brought back"
DAMAGED = "has no version that can be read: delete its item, and run the same command again"
CONFLICT = "changed by someone else meanwhile: run the same command again"

_NOT_EDITORS = frozenset({BY_CHECK, BY_SUBMITTER, "schedule"})
# Never changed after a link was submitted, except that its URL is erased.
_FIXED = (
    "article_id",
    "domain",
    "url",
    "submitted_at",
    "claim",
    "consent",
    "token_hash",
    "article_title",
    "policy",
)
# What a check changes without a new version.
_UNVERSIONED = ("version", "check_at", "attention", "attention_at")
_MAX_TRIES = 5
_BATCH = 25  # articles that are read, and written, together: of the largest, 7.5 MB


class Scope(NamedTuple):
    """What to bring back: one article, one site, or with neither all."""

    article_id: int | None = None
    domain: int | None = None

    def has(self, article_id: int, domain: int | None) -> bool:
        if self.article_id is not None:
            return article_id == self.article_id
        return self.domain is None or domain == self.domain


class Recovery:
    """One recovery. `counts` says what became of how many, such as ("link", "brought back")."""

    def __init__(
        self,
        store: Store,
        backup: Backup,
        since: Since,
        context: ChangeContext,
        display: ProgressDisplay,
        report: Callable[[str, str, str], None],
        *,
        scope: Scope,
        dry_run: bool = False,
        only_missing: bool = False,
    ) -> None:
        """`report` gets the kind, the name and the outcome of all but what is unchanged."""
        self.counts: Counter[tuple[str, str]] = Counter()
        self._store = store
        self._backup = backup
        self._since = since
        self._context = context
        self._display = display
        self._report = report
        self._scope = scope
        self._dry_run = dry_run
        self._only_missing = only_missing
        self._restored_articles: set[int] = set()  # in a dry run, those that would be

    def run(self) -> None:
        """Bring everything back that is in scope. Raises StoreUnavailable, StoreError."""
        if self._scope.article_id is None:
            self._sites()
        articles = (each for page in self._backup.articles() for each in page)
        chosen = (each for each in articles if self._scope.has(each.id, each.domain))
        for batch in batched(chosen, _BATCH, strict=False):
            self._retried(partial(self._articles, batch))
            self._show_progress("articles")
        self._links()

    def _count(self, kind: str, name: object, outcome: str) -> None:
        self.counts[kind, outcome] += 1
        if outcome != UNCHANGED:
            self._report(kind, str(name), outcome)

    def _show_progress(self, name: str) -> None:
        looked_at = self.counts.total()
        self._display.update(name, looked_at, looked_at)

    def _retried(self, work: Callable[[], None]) -> None:
        retry_while_unavailable(work, self._display.print_notice, threading.Event())

    # ---- sites -------------------------------------------------------------------------------

    def _sites(self) -> None:
        for record in self._backup.sites:
            if self._scope.has(0, record.site.domain):
                self._retried(partial(self._site, record))
        if self._scope.domain is None:
            blocked = {
                block.host
                for block in sites.list_blocks(self._store, 1_000_000)
                if block.domain is None
            }
            for host in sorted(set(self._backup.network_blocks) - blocked):
                self._count("block", host, RESTORED)
                if not self._dry_run:
                    after = {"host": host, "domain": None}
                    entry = audit_entry(self._store, self._context, "block.recover", None, after)
                    sites.add_network_block(self._store, host, [entry])
        if not self._dry_run:
            mend_sites(self._store, self._context)

    def _site(self, record: sites.SiteRecord) -> None:
        current = sites.get_record(self._store, record.site.domain)
        # By hand, anything may have been written.
        is_readable = has_types_of(Site, current.site._asdict())
        if not has_types_of(Site, {"hosts": current.site.hosts}):
            current = current._replace(site=current.site._replace(hosts=[]))
        # What was blocked since stays blocked.
        blocked = sorted({*record.blocked_hosts, *current.blocked_hosts})
        record = record._replace(blocked_hosts=tuple(blocked))
        was, shall_be = current.members(), record.members()
        exists = bool(was.pop("version"))
        del shall_be["version"]
        outcome = RESTORED
        if not has_types_of(Site, {"version": current.site.version}):
            outcome = DAMAGED
        elif exists and is_readable and was == shall_be:
            outcome = UNCHANGED
        elif exists and self._only_missing:
            outcome = EXISTS
        elif not self._dry_run:
            try:
                change_site(self._store, self._context, current, record)
            except Refusal:
                outcome = CONFLICT
        self._count("site", record.site.domain, outcome)

    # ---- articles ----------------------------------------------------------------------------

    def _articles(self, batch: Sequence[Article]) -> None:
        keys = [marshal_item({"id": article.id}) for article in batch]
        request = {self._store.articles: {"Keys": keys, "ConsistentRead": True}}
        read = self._store.client.call("BatchGetItem", {"RequestItems": request})
        found = {item["id"]: item for item in batch_items(read, self._store.articles)}
        gone = [each.id for each in batch if each.id not in found]
        self._since.purged.update(purged_since(self._store, self._backup.taken_at, gone))
        outcomes = {each.id: self._decide_article(each, found.get(each.id)) for each in batch}
        changes = [article for article in batch if outcomes[article.id] is None]
        if not self._dry_run and changes:
            visible = [(each.id, each.domain) for each in changes if each.state == "published"]
            exclude_from_skips(self._store, visible)
            calls = [self._put_article(article, found.get(article.id)) for article in changes]
            answers = self._store.client.try_all(calls)
            for article, answer in zip(changes, answers, strict=True):
                if isinstance(answer, StoreError):
                    if not answer.reasons:
                        raise answer
                    outcomes[article.id] = CONFLICT
            raise_highest(self._store, max(article.id for article in changes))
        self._restored_articles |= {article.id for article in changes}
        for article_id, outcome in outcomes.items():
            self._count("article", article_id, outcome or RESTORED)

    def _decide_article(self, article: Article, item: Json | None) -> str | None:
        """Why an article is not brought back; None if it is."""
        if article.id in self._since.purged:
            return PURGED
        if item is None:
            return None
        current = readable_article(item)
        if current is not None:
            shall_be = article_item(replace(article, version=current.version))
            if shall_be == item:
                return UNCHANGED
        return EXISTS if self._only_missing else None

    def _put_article(self, article: Article, item: Json | None) -> Call:
        known = self._since.versions.get(article.id, 0)
        updated = replace(article, version=_next_version(article.version, item, known))
        before = readable_article(item)
        entry = audit_entry(
            self._store,
            self._context,
            "article.recover",
            asdict(before) if before else None,
            asdict(updated),
            article_id=article.id,
            domain=article.domain,
        )
        put = {
            "TableName": self._store.articles,
            "Item": marshal_item(article_item(updated)),
            **_as_read(item, "id"),
        }
        return Call("TransactWriteItems", {"TransactItems": [{"Put": put}, entry]})

    # ---- links -------------------------------------------------------------------------------

    def _links(self) -> None:
        """Compare all pages, and read again those that differ."""
        with Contents() as current:
            if self._scope.article_id is None:
                read_links(self._store, current, self._display)
            for items in self._backup.contents.pages():
                domain = self._backup.contents.domain_of(items.article_id)
                if domain is None:
                    domains = {item.get("domain") for item in items.links.values()}
                    domain = next(iter(domains)) if len(domains) == 1 else None
                if not items.article_id or not self._scope.has(items.article_id, domain):
                    continue
                is_same = current.page(items.article_id) == items and not findings_of_page(items)
                if is_same:
                    self.counts["link", UNCHANGED] += len(items.links)
                else:
                    self._retried(partial(self._page, items))
                self._show_progress("links")

    def _page(self, backup: PageItems) -> None:
        """Bring back the links of one page, and let the page fit to them."""
        if backup.article_id in self._since.purged:
            for link_id in backup.links:
                self._count("link", link_id, PURGED)
            return
        live = self._read(backup)
        outcomes: dict[str, str] = {}
        for link_id, item in backup.links.items():
            link = readable_link(item)
            outcomes[link_id] = self._link(backup, live, link) if link else UNREADABLE
            for _ in range(_MAX_TRIES):
                if outcomes[link_id] != CONFLICT or link is None:
                    break
                live = self._read(backup)
                outcomes[link_id] = self._link(backup, live, link)
        if not self._dry_run:
            mend_page(self._store, self._context, self._read(backup), trusts_links=True)
        elif any(finding.kind == "page" for finding in findings_of_page(live)):
            self._report("page", str(backup.article_id), "its counters and list are to be mended")
        for link_id, outcome in outcomes.items():
            self._count("link", link_id, outcome)

    def _read(self, backup: PageItems) -> PageItems:
        links = [link for item in backup.links.values() if (link := readable_link(item))]
        claims = [pk for link in links for pk in claims_of(link)]
        return read_page(self._store, backup.article_id, backup.links, claims)

    def _link(self, backup: PageItems, live: PageItems, link: Link) -> str:
        """Bring one link back, if it is to be; returns what became of it. Changes `live`."""
        item = live.links.get(link.link_id)
        is_broken = any(each.name == link.link_id for each in findings_of_page(live))
        if link.url is not None and link.link_id in self._since.erased:
            return ERASED
        if outcome := decide_link(link, readable_link(item), is_broken=is_broken):
            return outcome
        if item is not None and self._only_missing:
            return EXISTS
        if outcome := self._obstacle(live, link):
            return outcome
        if self._dry_run:
            return RESTORED
        updated = replace(link, version=_next_version(link.version, item))
        actions, after = self._link_actions(backup, live, link, updated)
        try:
            self._store.client.transact(actions)
        except StoreError as error:
            if not error.reasons:
                raise
            return CONFLICT
        live.links, live.page, live.claims, live.checks = (
            after.links,
            after.page,
            after.claims,
            after.checks,
        )
        return RESTORED

    def _obstacle(self, live: PageItems, link: Link) -> str | None:
        """What keeps a link from being brought back, as the tables are now."""
        if link.status not in CLAIM_HOLDERS:
            return None
        item = self._store.client.get_item(self._store.articles, {"id": link.article_id})
        if item is None and not (self._dry_run and link.article_id in self._restored_articles):
            return NO_ARTICLE
        for pk in claims_of(link):
            if self._holder(live, link, pk) is not None:
                return CLAIMED
        article = readable_article(item)
        site = sites.get_policy(self._store, article.domain) if article else Site(link.domain)
        others = [
            other.status
            for link_id, each in live.links.items()
            if link_id != link.link_id and (other := readable_link(each)) is not None
        ]
        places = {"published": site.cap, "pending": site.pending_cap}.get(link.status)
        if places is not None and others.count(link.status) >= places:
            return NO_PLACE
        return None

    def _holder(self, live: PageItems, link: Link, pk: str) -> Link | None:
        """The other link that has a claim now."""
        claim = live.claims.get(pk)
        if claim is None or claim.get("link_id") == link.link_id:
            return None
        holder = get_link(self._store, str(claim.get("link_id")))
        # Where there is no such link, the claim was left behind.
        return holder if holder is not None and pk in claims_of(holder) else None

    def _link_actions(
        self, backup: PageItems, live: PageItems, link: Link, updated: Link
    ) -> tuple[list[Json], PageItems]:
        """The transaction that brings a link back, and the page's items after it."""
        link_id = link.link_id
        after = PageItems(
            live.article_id, live.page, {**live.links}, {**live.claims}, {**live.checks}
        )
        after.links[link_id] = link_item(updated)
        actions = [self._put(after.links[link_id], live.links.get(link_id))]
        actions += self._claim_actions(backup, live, link, after)
        checks, current = backup.checks.get(link_id), live.checks.get(link_id)
        if checks is not None:
            version = _next_version(checks["version"], current)
            after.checks[link_id] = {**checks, "version": version}
            actions.append(self._put(after.checks[link_id], current))
        elif current is not None:
            del after.checks[link_id]
            actions.append(self._delete(current))
        else:
            key = marshal_item({"pk": f"checks#{link_id}"})
            check = {"TableName": self._store.links, "Key": key, **_as_read(None, "pk")}
            actions.append({"ConditionCheck": check})
        readable = [each for item in after.links.values() if (each := readable_link(item))]
        after.page = rebuilt_page(live, readable) or live.page
        if after.page is not None:
            # Written even if nothing of it changes, so that it is as it was read.
            actions.append(put_page(self._store, live.page, after.page))
        before = readable_link(live.links.get(link_id))
        entry = audit_entry(
            self._store,
            self._context,
            "link.recover",
            {"status": before.status, "version": before.version} if before else None,
            {"status": updated.status, "version": updated.version},
            article_id=link.article_id,
            link_id=link_id,
            domain=link.domain,
        )
        return [*actions, entry], after

    def _claim_actions(
        self, backup: PageItems, live: PageItems, link: Link, after: PageItems
    ) -> list[Json]:
        current = readable_link(live.links.get(link.link_id))
        actions: list[Json] = []
        for pk in dict.fromkeys([*claims_of(link), *(claims_of(current) if current else ())]):
            claim = live.claims.get(pk)
            is_own = claim is not None and claim.get("link_id") == link.link_id
            was = backup.claims.get(pk, {})
            shall_be: Json | None = None
            if pk in claims_of(link):
                own = {"pk": pk, "link_id": link.link_id, "article_id": link.article_id}
                if link.status in CLAIM_HOLDERS:
                    shall_be = own
                elif link.status in BLOCKED_HOLDERS and was.get("link_id") == link.link_id:
                    # What another link has claimed since is taken, too.
                    shall_be = {**own, "blocked": True} if claim is None or is_own else None
            if shall_be is not None and shall_be != claim:
                after.claims[pk] = shall_be
                actions.append(self._put(shall_be, claim, "link_id"))
            elif shall_be is None and claim is not None and is_own:
                del after.claims[pk]
                actions.append(self._delete(claim, "link_id"))
        return actions

    def _put(self, item: Json, current: Json | None, unchanged: str = "version") -> Json:
        condition = _as_read(current, "pk", unchanged)
        put = {"TableName": self._store.links, "Item": marshal_item(item), **condition}
        return {"Put": put}

    def _delete(self, current: Json, unchanged: str = "version") -> Json:
        key = marshal_item({"pk": current["pk"]})
        condition = _as_read(current, "pk", unchanged)
        return {"Delete": {"TableName": self._store.links, "Key": key, **condition}}


def decide_link(link: Link, current: Link | None, *, is_broken: bool) -> str | None:
    """Why a link is not brought back; None if it is. `current` is None if it can't be read.

    `is_broken`: what the table holds of the current link does not fit together.
    """
    if current is None:
        return None
    if current.status == "withdrawn" or (current.url is None and link.url is not None):
        return ERASED if _without_version(link) != _without_version(current) else UNCHANGED
    if _without_version(link) == _without_version(current):
        return None if is_broken else UNCHANGED
    was_changed_by_hand = (
        current.version <= link.version
        or any(getattr(link, name) != getattr(current, name) for name in _FIXED)
        or not (
            all(entry in current.history for entry in link.history)
            or len(current.history) >= MAX_HISTORY
        )
    )
    if was_changed_by_hand:
        return None
    new = [entry for entry in current.history if entry not in link.history]
    if not new or any(entry.get("by") in _NOT_EDITORS for entry in new):
        return LEFT
    return None


def _without_version(link: Link) -> Json:
    return {name: value for name, value in asdict(link).items() if name not in _UNVERSIONED}


def _next_version(version: int, item: Json | None, known: int = 0) -> int:
    """A version above all that an item had, so that nothing decided for another one is written."""
    current = (item or {}).get("version")
    return max(version, known, current if isinstance(current, int) else 0) + 1


def _as_read(item: Json | None, key: str, unchanged: str = "version") -> Json:
    """The condition that an item is as it was read, by one of its attributes."""
    if item is None:
        return {"ConditionExpression": f"attribute_not_exists({key})"}
    if unchanged not in item:
        return {"ConditionExpression": f"attribute_not_exists({unchanged})"}
    return {
        "ConditionExpression": f"{unchanged} = :{unchanged}",
        "ExpressionAttributeValues": marshal_item({f":{unchanged}": item[unchanged]}),
    }
