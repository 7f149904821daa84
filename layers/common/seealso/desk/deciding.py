"""Decisions about submitted links: one, several at once, and their undoing.

Every form names a link by its id and the version that the editor saw. So what is sent twice changes
nothing, and nobody decides about a link that they have not seen as it is.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple
from urllib.parse import parse_qs

from seealso.desk.access import Form, Visit, for_editors
from seealso.desk.lists import place_of, typed
from seealso.desk.pages import NOTICES, desk_page, for_people, redirect
from seealso.desk.showing import Shown, queued, read_shown, shown
from seealso.editing import links as moderation
from seealso.editing import sites as site_editing
from seealso.editing.links import DECIDABLE, Decision
from seealso.errors import Refusal, StoreUnavailable
from seealso.http.handler import Route
from seealso.http.problems import PROBLEMS
from seealso.http.responses import Response
from seealso.limits import MAX_LISTED
from seealso.members import Members
from seealso.store.batching import read_one
from seealso.tables import links, queue, sites
from seealso.tables.links import Link

# A form's share of the gateway's 30 s, of which the store may take 20 (EDITOR_PATIENCE).
SECONDS: Final = 5.0
# As a form names a link: its id and its version.
_CHOICE = re.compile(r"([0-9a-f]{32})\.([1-9][0-9]{0,9})", re.ASCII)
# What an editor can answer to: all else is a fault, or no request of the desk's own pages.
_SHOWN_REFUSALS = frozenset(
    {"conflict", "invalid-fields", "page-full", "precondition-failed", "queue-full", "rate-limited"}
)


class Undo(NamedTuple):
    """How a decision is undone: what the button says, and the scope in which a host is unblocked.

    `unblock` is `network`, `site` or empty.
    """

    words: str
    unblock: str = ""


class Outcome(NamedTuple):
    """What came of a decision: the link as it is now, beside what was done or why not."""

    link: Shown
    is_done: bool
    words: str
    advice: str = ""  # what to do about a refusal
    undo: Undo | None = None
    errors: tuple[str, ...] = ()

    @property
    def allowed(self) -> frozenset[str]:
        """What can be decided now."""
        return allowed(self.link.link["status"])


def allowed(status: str) -> frozenset[str]:
    """What can be decided about a link of a status."""
    return frozenset(name for name, statuses in DECIDABLE.items() if status in statuses)


# ---- the decisions ---------------------------------------------------------------------------


class Action(NamedTuple):
    """A decision: what it does, the status that it leads to, and how it is told.

    `imperative` is for several links at once.
    """

    do: Callable[[Visit, str, int], Link]
    status: str
    done: str
    imperative: str


def _approve(visit: Visit, link_id: str, version: int) -> Link:
    return moderation.approve(visit.store, visit.context, link_id, version)


def _reject(visit: Visit, link_id: str, version: int) -> Link:
    decision = moderation.parse_rejection(_decision(visit.form))
    return moderation.reject(visit.store, visit.context, link_id, version, decision)


def _remove(visit: Visit, link_id: str, version: int) -> Link:
    decision = moderation.parse_removal(_decision(visit.form))
    return moderation.remove(visit.store, visit.context, link_id, version, decision)


def _restore(visit: Visit, link_id: str, version: int) -> Link:
    return moderation.restore(visit.store, visit.context, link_id, version)


def _undo(visit: Visit, link_id: str, version: int) -> Link:
    """Pending again. A published link is removed first, which leaves its URL free."""
    link = links.get_link(visit.store, link_id)
    if link is not None and link.status == "published":
        decision = Decision(keep_blocked=False)
        version = moderation.remove(visit.store, visit.context, link_id, version, decision).version
    return _restore(visit, link_id, version)


ACTIONS: Mapping[str, Action] = {
    "approve": Action(_approve, "published", "Published.", "Approve"),
    "reject": Action(_reject, "rejected", "Rejected.", "Reject"),
    "remove": Action(_remove, "removed", "Removed.", "Remove"),
    "restore": Action(_restore, "pending", "Restored: it is pending again.", "Restore"),
    "undo": Action(_undo, "pending", "Undone: it is pending again.", "Undo"),
}
BULK = ("approve", "reject", "remove", "restore")
NOTICES.update({f"link-{name}": action.done for name, action in ACTIONS.items()})
NOTICES["link-check"] = "Its page is looked at within minutes."


def _decision(form: Form) -> Members:
    """The fields of a rejection or removal, as the API has them in its body."""
    members = Members(
        keep_blocked=not form.one("may_return"), tell_submitter=bool(form.one("tell_submitter"))
    )
    if reason := form.one("reason").strip() or form.one("usual_reason"):
        members["reason"] = reason
    return members


def decide(visit: Visit, name: str, link_id: str, version: int) -> Outcome:
    """Do it, or say why not. Raises Refusal where that is not the editor's to answer."""
    action, scope = ACTIONS[name], _scope(visit, name)
    if scope and not visit.is_admin:
        raise Refusal("forbidden", "Only admins block hosts and unblock them.")
    try:
        link = action.do(visit, link_id, version)
    except Refusal as refusal:
        if refusal.name not in _SHOWN_REFUSALS:
            raise
        current = links.get_link(visit.store, link_id)
        if current is None:
            raise
        if not _was_done(visit, action, current, version):
            return _refused(visit, refusal, current)
        link = current
    return _with_block(visit, name, link, scope) if scope else _done(visit, link, action.done)


def _scope(visit: Visit, name: str) -> str:
    """Where the link's host is to be blocked or unblocked as well: `site`, `network` or nowhere."""
    fields = {"reject": "block", "undo": "unblock"}
    scope = visit.form.one(fields[name]) if name in fields else ""
    if scope not in ("", "site", "network"):
        detail = f"{fields[name]} must be site or network."
        raise Refusal.of_field("malformed-request", fields[name], detail)
    return scope


def _was_done(visit: Visit, action: Action, current: Link, version: int) -> bool:
    """Whether the same editor has done this very thing to the link as it was seen."""
    last = current.last_change
    return (
        current.version > version
        and current.status == action.status
        and last is not None
        and last["by"] == visit.session.editor_name
    )


def _done(visit: Visit, link: Link, words: str, unblock: str = "") -> Outcome:
    return Outcome(_shown(visit, link), True, words, undo=undo_of(link, unblock))


def undo_of(link: Link, unblock: str = "") -> Undo | None:
    """How the last decision about a link is undone; None if there is nothing to undo.

    `unblock` is the scope in which its host was blocked with it.
    """
    last = link.last_change
    if link.url is None or last is None or link.status not in ("published", "rejected", "removed"):
        return None
    where = "take it off the page, " if link.status == "published" else ""
    words = f"Undo: {where}pending again"
    if unblock:
        words += f", and unblock {links.host_of(link.url)}"
    if last.get("tell_submitter") and last.get("reason"):
        words += " (the submitter may have read your reason)"
    return Undo(words, unblock)


def _with_block(visit: Visit, name: str, link: Link, scope: str) -> Outcome:
    """Block the link's host after a rejection, or unblock it after its undoing."""
    is_block = name == "reject"
    done, unblock = ACTIONS[name].done, ""
    assert link.url is not None
    members = Members(host=links.host_of(link.url))
    if scope == "site":
        members["domain"] = link.domain
    where = "on this site" if scope == "site" else "on all sites"
    try:
        block = site_editing.parse_block(members)
        if is_block:
            # One that was blocked before is not unblocked by undoing this.
            is_new = site_editing.block_host(visit.store, visit.context, block)
            unblock = scope if is_new else ""
        else:
            site_editing.unblock_host(visit.store, visit.context, block.host, block.domain)
    except Refusal as refusal:
        if PROBLEMS[refusal.name].status >= 500:
            raise
        detail = " ".join(str(error.detail) for error in refusal.errors) or str(refusal.detail)
        state = "not blocked" if is_block else "not unblocked"
        return _done(visit, link, f"{done} Its host is {state}: {detail}")
    words = f"{block.host} is {'blocked' if is_block else 'no longer blocked'} {where}."
    return _done(visit, link, f"{done} {words}", unblock)


def _refused(visit: Visit, refusal: Refusal, current: Link) -> Outcome:
    last = current.last_change
    words, advice = str(refusal.detail), ""
    if refusal.name == "precondition-failed":
        # A check that finds something new changes the link and mostly leaves its status.
        if last is None or (current.link_back_at or "") > last["at"]:
            since = "its page was checked"
        else:
            since = f"it has become {current.status}, by {last['by']}"
        words = f"Nothing was changed. Since you saw the link, {since}."
        advice = "Look at it as it is here, and decide again."
    errors = _errors(refusal)
    return Outcome(_shown(visit, current), False, words, advice, errors=errors)


def _errors(refusal: Refusal) -> tuple[str, ...]:
    return tuple(for_people(error.detail, {"reason": "Reason"}) for error in refusal.errors)


def _shown(visit: Visit, link: Link) -> Shown:
    site = sites.get_policy(visit.store, link.domain)
    return shown(queued(link), site, visit.now)


# ---- one link --------------------------------------------------------------------------------


def _deciding(name: str) -> Callable[[Visit], Response]:
    """The screen of a decision's form.

    Without a script it leads back to where the form was; the desk's script puts the answer in the
    place of the form. A refusal is a page of its own, with the link as it is now.
    """

    def screen(visit: Visit) -> Response:
        link_id = visit.request.path_link_id()
        outcome = decide(visit, name, link_id, _version(visit.form))
        # What became of a host is said here alone.
        is_told_here = visit.form.one("by_script") or _scope(visit, name)
        if outcome.is_done and not is_told_here:
            return redirect(_back(visit.form, link_id), f"link-{name}")
        status = 200 if outcome.is_done else 409
        # What was typed is beside what is wrong with it.
        return _outcome_page(visit, outcome, status, opened=name if outcome.errors else "")

    return screen


def check(visit: Visit) -> Response:
    """POST /desk/links/{link_id}/check."""
    link_id = visit.request.path_link_id()
    try:
        moderation.check(visit.store, visit.context, link_id)
    except Refusal as refusal:
        current = links.get_link(visit.store, link_id)
        if refusal.name not in _SHOWN_REFUSALS or current is None:
            raise
        status = PROBLEMS[refusal.name].status
        return _outcome_page(visit, _refused(visit, refusal, current), status)
    return redirect(f"/desk/links/{link_id}", "link-check")


def leave_form(visit: Visit) -> Response:
    """GET of a form's address, as a browser sends when it is entered again."""
    return redirect(f"/desk/links/{visit.request.path_link_id()}")


def _outcome_page(visit: Visit, outcome: Outcome, status: int, opened: str = "") -> Response:
    title = "Done" if outcome.is_done else "Not done"
    values = {
        "outcome": outcome,
        **typed(visit.form),
        "place": place_of(visit.form),
        "opened": opened,
    }
    return desk_page(visit, "outcome.html", title, values, status)


def _version(form: Form) -> int:
    match = re.fullmatch(r"[1-9][0-9]{0,9}", form.one("version"), re.ASCII)
    if match is None:
        raise Refusal.of_field("malformed-request", "version", "version must be a number.")
    return int(match[0])


def _back(form: Form, link_id: str) -> str:
    """Where the form was: in a list, or on the link's own screen."""
    place = place_of(form)
    return place.href({"link": link_id}) if place.fields else f"/desk/links/{link_id}"


# ---- several at once -------------------------------------------------------------------------


def chosen(visit: Visit) -> Response:
    """GET /desk/links/chosen: what was chosen in a list, to be confirmed."""
    if not visit.request.query:
        return redirect("/desk")  # the address of the form that confirms, entered again
    return _chosen_page(visit, Form(parse_qs(visit.request.query, keep_blank_values=True)))


def _chosen_page(visit: Visit, form: Form, refusal: Refusal | None = None) -> Response:
    name = _bulk_action(form)
    versions = _choices(form)
    found = read_one(visit.store, queue.read_links(visit.store, versions))
    listed = read_one(visit.store, read_shown(visit.store, found.values(), visit.now))
    by_id = {each.link["link_id"]: each for each in listed}
    ready: list[Shown] = []
    others: list[Shown] = []
    for link_id, version in versions.items():
        if (each := by_id.get(link_id)) is not None:
            is_ready = each.link["version"] == version and each.link["status"] in DECIDABLE[name]
            (ready if is_ready else others).append(each)
    values = {
        "name": name,
        "action": ACTIONS[name],
        "ready": ready,
        "others": others,
        "place": place_of(form),
        **typed(form),
        "errors": _errors(refusal) if refusal else (),
    }
    title = f"{ACTIONS[name].imperative} {len(ready)} {'link' if len(ready) == 1 else 'links'}"
    status = PROBLEMS[refusal.name].status if refusal else 200
    return desk_page(visit, "chosen.html", title, values, status)


def decide_chosen(visit: Visit) -> Response:
    """POST /desk/links/chosen: as many decisions as fit in SECONDS; a button does the rest."""
    form = visit.form
    name = _bulk_action(form)
    versions = _choices(form)
    parse = {"reject": moderation.parse_rejection, "remove": moderation.parse_removal}
    try:
        parse.get(name, moderation.parse_removal)(_decision(form))
    except Refusal as refusal:
        return _chosen_page(visit, form, refusal)
    ends = time.monotonic() + SECONDS
    outcomes: list[Outcome] = []
    missing = 0
    rest = dict(versions)
    for link_id, version in versions.items():
        del rest[link_id]
        try:
            outcomes.append(decide(visit, name, link_id, version))
        except Refusal as refusal:
            if refusal.name != "not-found":
                raise
            missing += 1
        except StoreUnavailable:
            if not outcomes:
                raise
            # What was done is told, and the rest can be tried again.
            rest = {link_id: version, **rest}
            break
        if time.monotonic() >= ends:
            break
    done = sum(outcome.is_done for outcome in outcomes)
    values = {
        "name": name,
        "action": ACTIONS[name],
        "outcomes": outcomes,
        "rest": [f"{link_id}.{version}" for link_id, version in rest.items()],
        "done": _count(form, "done") + done,
        "refused": _count(form, "refused") + len(outcomes) - done + missing,
        **typed(form),
        "empty": Form({}),
        "place": place_of(form),
    }
    return desk_page(visit, "outcomes.html", "Outcomes", values)


def _bulk_action(form: Form) -> str:
    name = form.one("action")
    if name not in BULK:
        detail = f"action must be one of: {', '.join(BULK)}."
        raise Refusal.of_field("malformed-request", "action", detail)
    return name


def _choices(form: Form) -> dict[str, int]:
    """The chosen links' ids with the versions that were seen. Raises Refusal."""
    matches = [_CHOICE.fullmatch(value) for value in form.all("link")]
    chosen_links = {match[1]: int(match[2]) for match in matches if match}
    if not all(matches) or len(chosen_links) > MAX_LISTED:
        detail = f"Choose at most {MAX_LISTED} links of a list of the desk."
        raise Refusal.of_field("malformed-request", "link", detail)
    return chosen_links


def _count(form: Form, name: str) -> int:
    """A number that the form has counted so far, for its own page alone."""
    value = form.one(name, "0")
    return int(value) if re.fullmatch("[0-9]{1,4}", value, re.ASCII) else 0


ROUTES: dict[str, Route] = {
    "GET /desk/links/chosen": for_editors(chosen),
    "POST /desk/links/chosen": for_editors(decide_chosen),
    "POST /desk/links/{link_id}/check": for_editors(check),
    **{
        f"GET /desk/links/{{link_id}}/{name}": for_editors(leave_form)
        for name in (*ACTIONS, "check")
    },
    **{f"POST /desk/links/{{link_id}}/{name}": for_editors(_deciding(name)) for name in ACTIONS},
}
