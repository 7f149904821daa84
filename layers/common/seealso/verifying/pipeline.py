"""Checks what is due: the page is fetched and judged, and the verdict is written.

The index of what is due is the queue. One run at a time, by a lease, takes what is due; nothing is
taken out before its check is over, so that a crash loses nothing, and everything is written on the
condition that it is as it was read, so that a check that runs twice changes nothing.

What one check does, in this order: read the link, get the permits (politeness.py), fetch, judge,
decide (verdicts.py), and write status, counters, claims, page and evidence in one transaction. A
check that has to wait, or that failed in our own code, is put off.
"""

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from ada_url import URL

from seealso import urls
from seealso.errors import StoreError, StoreUnavailable, VersionConflict
from seealso.store.calls import batch_get, batch_items
from seealso.store.tables import Store
from seealso.store.values import marshal_item
from seealso.tables import checks as checks_table
from seealso.tables import links, sites
from seealso.tables.checks import MAX_FAILURES, Checks
from seealso.tables.links import (
    BY_CHECK,
    CLAIM_HOLDERS,
    Cause,
    Change,
    DuplicateLink,
    Link,
    PageFull,
)
from seealso.tables.sites import Site
from seealso.times import rfc3339
from seealso.verifying.fetching import CheckHost, Fetched, FetchFailed, HostRefused
from seealso.verifying.finding import Answer, Finding, target_urls
from seealso.verifying.outcomes import UNREADABLE_CODE, JudgingFailed, Outcome, outcome_of
from seealso.verifying.politeness import MustWait, Permits, domain_of
from seealso.verifying.verdicts import DAY, Case, decide

MAX_CHECKS: Final = 200  # of one run, and as many at most again that are under way by then
AT_ONCE: Final = 16
# A run comes every minute, so that checks which wait for the same host are put off by one more
# each.
RUN_PAUSE: Final = timedelta(minutes=1)
# After a first, second, ... failure of our own code in a row; after the last one it is set aside.
AFTER_FAILURE: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 30, 120, 360))
# Editors are shown published links whose page has not answered for so long.
LONG_UNREACHABLE: Final = 7 * DAY
_TRIES: Final = 3  # of a verdict, when others change the link meanwhile

type Result = Literal["checked", "waiting", "failed", "dropped", "left"]
type Fetch = Callable[[str, CheckHost], Fetched | FetchFailed]
type Judge = Callable[[Answer, tuple[str, ...]], Finding]
type OnFailure = Callable[[str, Exception], None]


class Tools(NamedTuple):
    """What a run works with; `open_store` gives each thread its own store."""

    open_store: Callable[[], Store]
    fetch: Fetch
    judge: Judge
    clock: Callable[[], datetime]
    own_urls: tuple[str, ...]  # of this API, whose /a/{id} are articles' pages too
    fetches_per_hour: int  # of one registrable domain
    on_failure: OnFailure


class Report(NamedTuple):
    """How many checks a run has made, and what became of the others that were due."""

    checked: int = 0
    waiting: int = 0  # put off, for a host's sake
    failed: int = 0  # in our own code
    dropped: int = 0  # not due any more
    left: int = 0  # for the next run

    @classmethod
    def of(cls, results: Iterable[Result]) -> "Report":
        counts = Counter[str](results)
        return cls(*(counts[name] for name in cls._fields))


def run(
    tools: Tools,
    lease_seconds: float,
    has_time: Callable[[], bool],
    executor: ThreadPoolExecutor | None = None,
) -> Report | None:
    """Check what is due; None if another run is under way.

    `has_time` tells whether one more check may begin. `lease_seconds` is longer than any run.
    """
    store = tools.open_store()
    if not checks_table.due_checks(store, tools.clock(), 1):
        return Report()
    lease = _take_lease(store, tools.clock(), lease_seconds)
    if lease is None:
        return None
    waits = _Waits()

    def check(link_id: str) -> Result:
        return _Check(tools, waits, link_id).run() if has_time() else "left"

    results: dict[str, Result] = {}
    try:
        with contextlib.nullcontext(executor) if executor else ThreadPoolExecutor(AT_ONCE) as pool:
            while has_time() and list(results.values()).count("checked") < MAX_CHECKS:
                # The index may still have what was dealt with a moment ago.
                found = checks_table.due_checks(store, tools.clock(), MAX_CHECKS + len(results))
                due = [link_id for link_id in found if link_id not in results][:MAX_CHECKS]
                if not due:
                    break
                results |= zip(due, pool.map(check, due), strict=True)
        return Report.of(results.values())
    finally:
        _return_lease(store, lease)


def check_now(tools: Tools, link_id: str) -> Result:
    """Check one link whether it is due or not; only its host may still be busy."""
    return _Check(tools, _Waits(), link_id, is_forced=True).run()


def check_and_report(tools: Tools, link_id: str) -> dict[str, Any]:
    """check_now(), and where the link stands then.

    `result`; `status` (null if there is no such link); `found` and `codes` of the last check, if
    there is one.
    """
    result = check_now(tools, link_id)
    link, checks = links.get_checked_link(tools.open_store(), link_id)
    last = checks.last or {"found": None, "codes": []}
    return {
        "result": result,
        "status": link.status if link else None,
        "found": last["found"],
        "codes": last["codes"],
    }


class _Waits:
    """When checks may be made that wait for the same: one after the other, one in each run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[str, datetime] = {}

    def plan(self, wait: MustWait) -> datetime:
        with self._lock:
            at = max(wait.until, self._next.get(wait.reason, wait.until))
            self._next[wait.reason] = at + RUN_PAUSE
            return at


class _Check:
    """One check of one link."""

    def __init__(
        self, tools: Tools, waits: _Waits, link_id: str, *, is_forced: bool = False
    ) -> None:
        self._tools = tools
        self._waits = waits
        self._link_id = link_id
        self._is_forced = is_forced
        self._store = tools.open_store()
        self._now = tools.clock()

    def run(self) -> Result:
        """Raises nothing: what the store does not take now is due in the next run as well."""
        try:
            return self._run()
        except (StoreUnavailable, VersionConflict) as error:
            self._tools.on_failure(self._link_id, error)
            return "left"
        except Exception as error:  # noqa: BLE001 whatever is wrong with one, the others go on
            self._tools.on_failure(self._link_id, error)
            return "failed"

    def _run(self) -> Result:
        link, checks = links.get_checked_link(self._store, self._link_id)
        if not self._is_due(link, checks):
            return "dropped"
        assert link
        try:
            return self._conclude(link, checks, self._look(link, checks))
        except MustWait as wait:
            if not self._is_forced:
                self._put_off(link, replace(checks, due_at=rfc3339(self._waits.plan(wait))))
            return "waiting"
        except (StoreUnavailable, VersionConflict):
            raise
        except Exception as error:  # noqa: BLE001 it is counted, and the check tried again
            self._tools.on_failure(self._link_id, error)
            self._put_off(link, _after_failure(checks, self._now))
            return "failed"

    def _conclude(self, link: Link, checks: Checks, outcome: Outcome) -> Result:
        """Write the verdict, also if others change the link meanwhile. Raises VersionConflict."""
        first = checks
        for _ in range(_TRIES):
            asked = (checks.requested_at, checks.resent_at)
            is_asked_for = asked != (first.requested_at, first.resent_at)
            try:
                _conclude(
                    self._store,
                    link,
                    checks,
                    outcome,
                    self._tools.clock(),
                    is_resend=first.resent_at is not None,
                    is_asked_for=is_asked_for,
                )
            except VersionConflict:
                found, checks = links.get_checked_link(self._store, self._link_id)
                is_over = found is None or found.status not in CLAIM_HOLDERS
                # What another check found is later than this.
                if found is None or is_over or checks.last != first.last:
                    return "dropped"
                link = found
            else:
                return "checked"
        raise VersionConflict

    def _is_due(self, link: Link | None, checks: Checks) -> bool:
        if link is None or link.status not in CLAIM_HOLDERS:
            if checks.due_at:
                checks_table.save_checks(self._store, replace(checks, due_at=None))
            return False
        # The index may still have what is no longer due.
        due_at = link.check_at or checks.next_at
        return self._is_forced or (due_at is not None and due_at <= rfc3339(self._now))

    def _look(self, link: Link, checks: Checks) -> Outcome:
        """Fetch and judge the page. Raises MustWait, StoreUnavailable, and what our own code does.

        The first host's permit comes first, so that a check which waits for it takes no other.
        """
        assert link.url
        permits = Permits(self._store, self._tools.clock, self._tools.fetches_per_hour)
        host, page_key = URL(link.url).hostname, urls.url_key(link.url)
        waits: list[MustWait] = []

        def check_host(host: str) -> None:
            if self._is_blocked(host, link.domain):
                raise HostRefused("blocked-host")
            try:
                permits.take_host(host)
            except MustWait as wait:
                waits.append(wait)
                raise HostRefused("busy-host") from None

        permits.take_host(host)
        if not self._is_forced:
            try:
                permits.take_pair(page_key, link.article_id)
            except MustWait:
                permits.return_domain(host)
                raise
        fetched = self._tools.fetch(link.url, check_host)
        if waits:
            permits.return_pair(page_key, link.article_id)
            raise waits[0]
        site = sites.get_policy(self._store, link.domain)
        targets = _targets(site, link.article_id, self._tools.own_urls)
        try:
            return outcome_of(fetched, lambda answer: self._tools.judge(answer, targets))
        except JudgingFailed:
            if checks.failures + 1 < MAX_FAILURES:
                raise
            # It is the page, and whoever wrote it must not be rid of checks by that.
            return Outcome("unreachable", (UNREADABLE_CODE,))

    def _is_blocked(self, host: str, domain: int) -> bool:
        keys = sites.block_keys(urls.host_suffixes(f"http://{host}/"))
        (answer,) = self._store.client.send_all([batch_get({self._store.sites: keys})])
        items = batch_items(answer, self._store.sites)
        return any(sites.is_blocked(item, domain) for item in items)

    def _put_off(self, link: Link, checks: Checks) -> None:
        if link.check_at:
            links.postpone_first_check(self._store, link, checks)
        else:
            checks_table.save_checks(self._store, checks)


def _after_failure(checks: Checks, now: datetime) -> Checks:
    failures = checks.failures + 1
    if failures >= MAX_FAILURES:
        return replace(checks, failures=failures, due_at=rfc3339(now), is_set_aside=True)
    return replace(checks, failures=failures, due_at=rfc3339(now + AFTER_FAILURE[failures - 1]))


def _targets(site: Site, article_id: int, own_urls: Iterable[str]) -> tuple[str, ...]:
    """The article's addresses, of which one must be linked to."""
    return tuple(
        dict.fromkeys(
            url
            for base_url in own_urls
            for url in target_urls(site.article_url or "", site.hosts, article_id, base_url)
        )
    )


# ---- the verdict -----------------------------------------------------------------------------


def _conclude(
    store: Store,
    link: Link,
    checks: Checks,
    outcome: Outcome,
    now: datetime,
    *,
    is_resend: bool,
    is_asked_for: bool,
) -> None:
    """Write what follows from an outcome. Raises VersionConflict.

    `is_resend`: a webmention that came again asked for this check. `is_asked_for`: a further one
    was asked for since it began, and stays due.
    """
    site = sites.get_site(store, link.domain)
    found, checks = _compared(link, checks, outcome)
    case = Case(
        status=link.status,
        submitted_at=datetime.fromisoformat(link.submitted_at),
        policy=link.policy,
        needs_editor=found.needs_editor is not None,
        recheck_days=site.recheck_days,
        counters=checks.counters,
        is_webmention=link.is_webmention and link.needs_editor != "restored",
        is_resend=is_resend,
    )
    cause = Cause(now, BY_CHECK, outcome.codes[0] if outcome.codes else None)
    for is_full in (False, True):
        verdict = decide(case, outcome.found, now, is_full=is_full)
        after = replace(
            checks_table.with_evidence(checks, outcome.evidence(rfc3339(now))),
            counters=verdict.counters,
            due_at=rfc3339(verdict.next_at) if verdict.next_at else None,
            is_set_aside=False,
            resent_at=None,
            failures=0,
        )
        if is_asked_for:
            after = replace(after, due_at=checks.due_at, resent_at=checks.resent_at)
        if verdict.change == "publish" and link.status == "lapsed":
            after = replace(after, home_at=rfc3339(now))  # it is at home where it was before
        link_back_at = link.link_back_at
        if verdict.link_back != link.link_back or link_back_at is None:
            link_back_at = rfc3339(now)
        changed = replace(found, link_back=verdict.link_back, link_back_at=link_back_at)
        if link.status == "lapsed" or verdict.change is None:
            changed = _for_editors(changed, after, outcome, now, verdict.change)
        try:
            links.record_check(store, link, changed, after, verdict.change, cause, site.cap)
        except PageFull:
            continue
        except DuplicateLink:
            last = {**(after.last or {}), "codes": ["duplicate"]}
            ended = replace(
                after, due_at=None, resent_at=None, evidence=[*after.evidence[:-1], last]
            )
            duplicate = replace(link, link_back=verdict.link_back, link_back_at=link_back_at)
            links.end_as_duplicate(store, duplicate, ended, Cause(now, BY_CHECK, "duplicate"))
        return


def _compared(link: Link, checks: Checks, outcome: Outcome) -> tuple[Link, Checks]:
    """The link and its checks with what the page itself says, whatever the verdict."""
    finding = outcome.finding
    # Once it was published, or restored, people have seen it without a title.
    is_new = link.status == "pending" and link.needs_editor != "restored"
    if is_new and link.title is None and finding and finding.title:
        link = replace(link, title=finding.title)
    if outcome.found != "seen" or not outcome.final_url:
        return link, checks
    url = link.url or ""  # only links that have not ended are checked, and these have one
    final_key = urls.url_key(outcome.final_url)
    if link.final_claim is None and final_key != urls.url_key(url):
        link = replace(link, final_claim=links.claim_beside(link, urls.KEY_VERSION, final_key))
    own_domain, domain = domain_of(url), domain_of(outcome.final_url)
    if link.status == "pending":
        if domain != own_domain and link.needs_editor is None:
            link = replace(link, needs_editor="moved")
    elif checks.home is None or (
        link.status == "published" and checks.home_at != link.published_at
    ):
        home = checks.last_domain or own_domain
        checks = replace(checks, home=home, home_at=link.published_at)
    return link, replace(checks, last_domain=domain)


def _for_editors(
    link: Link, checks: Checks, outcome: Outcome, now: datetime, change: Change | None
) -> Link:
    """The link with why editors should look at it, if it is published after the change."""
    if change != "publish" and (change or link.status != "published"):
        return link
    attention = link.attention
    since = checks.counters.unreachable_since
    if outcome.found == "seen":
        attention = "moved" if checks.last_domain != checks.home else None
    elif attention is None and since and datetime.fromisoformat(since) <= now - LONG_UNREACHABLE:
        attention = "unreachable"
    if attention == link.attention:
        return link
    return replace(link, attention=attention, attention_at=rfc3339(now) if attention else None)


# ---- the lease -------------------------------------------------------------------------------

_LEASE: Final = {"pk": "lease#checks"}


def _take_lease(store: Store, now: datetime, seconds: float) -> dict[str, Any] | None:
    """The lease of this run, or None while another run has it."""
    until = now + timedelta(seconds=seconds)
    lease = {**_LEASE, "holder": os.urandom(16).hex(), "until": rfc3339(until)}
    body = {
        "TableName": store.transient,
        "Item": marshal_item({**lease, "expires_at": int(until.timestamp()) + 3600}),
        "ConditionExpression": "attribute_not_exists(pk) OR #until <= :now",
        "ExpressionAttributeNames": {"#until": "until"},
        "ExpressionAttributeValues": marshal_item({":now": rfc3339(now)}),
    }
    try:
        store.client.call("PutItem", body)
    except StoreError as error:
        if not error.condition_failed():
            raise
        return None
    return lease


def _return_lease(store: Store, lease: dict[str, Any]) -> None:
    body = {
        "TableName": store.transient,
        "Key": marshal_item(_LEASE),
        "ConditionExpression": "holder = :holder",
        "ExpressionAttributeValues": marshal_item({":holder": lease["holder"]}),
    }
    try:
        store.client.call("DeleteItem", body)
    except StoreError as error:
        if not error.condition_failed():
            raise
