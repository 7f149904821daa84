"""Blocked hosts: the list, pasting many, unblocking, and files of them."""

import csv
import time
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any, NamedTuple

from seealso.desk import hosts
from seealso.desk.access import Visit, for_admins, for_editors
from seealso.desk.pages import HEADERS, desk_page
from seealso.editing import sites as editing
from seealso.errors import Refusal, StoreUnavailable
from seealso.http.compression import compressed
from seealso.http.handler import Route
from seealso.http.requests import is_id
from seealso.http.responses import NOT_STORED, Response
from seealso.limits import MAX_LISTED
from seealso.members import Members
from seealso.store.batching import Reading, read_one, read_query, read_together
from seealso.tables import sites
from seealso.tables.sites import BlockedHost, Where

SHOWN = 50
LOOKED_AT = 500  # items of the table for one page of the list, of which some may be others'
MAX_PASTED = 500
SECONDS = 5.0  # of one post, after which the rest takes another
MAX_IN_FILE = 20_000  # hosts; a query ends at 1 MB of them, so that an answer stays below 6 MB
# A host that was added since the parts were listed makes two queries of a part.
MAX_QUERIES = 2  # of a file
PARTS = 2  # of an export on one page: a query each
# A spreadsheet takes a cell that begins so for a formula (OWASP "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Outcome(NamedTuple):
    """What has become of one host."""

    host: str
    is_changed: bool
    text: str


# ---- the list --------------------------------------------------------------------------------


def blocks_page(visit: Visit) -> Response:
    """GET /desk/blocks?domain=&from=&after=."""
    where = _where(visit.request.query_string("domain"))
    begin, after = (visit.request.query_string(name) or "" for name in ("from", "after"))
    first = _next(after) or begin.strip().lower()
    readings: list[Reading[Any]] = [
        sites.read_blocked(visit.store, where, first, LOOKED_AT),
        read_query(sites.list_query(visit.store, -1), MAX_LISTED),
    ]
    found, listed = read_together(visit.store, readings)
    shown, last = found.hosts[:SHOWN], found.last
    if len(found.hosts) > SHOWN:
        last = shown[-1].host
    names = {item["domain"]: item["name"] for item in listed}
    others = {domain for host in shown for domain in host.domains if domain not in names}
    known = sites.get_sites(visit.store, [each for each in others if each is not None])
    values = {
        "where": where,
        "begin": begin,
        "hosts": shown,
        "names": names | {site.domain: site.name for site in known},
        "sites": names.items(),
        "after": after,
        "last": last,
    }
    return desk_page(visit, "blocks.html", "Blocked hosts", values)


def _where(text: str | None) -> Where:
    """Whose blocked hosts the query asks for. Raises Refusal."""
    if not text:
        return "all"
    if text == "network":
        return "network"
    if is_id(text):
        return int(text)
    detail = "domain must be the number of a site, or network."
    raise Refusal.of_field("malformed-request", "domain", detail)


def _next(host: str) -> str:
    """The first string after a host; that after nothing is the empty one."""
    return f"{host}\0" if host else ""


# ---- blocking --------------------------------------------------------------------------------


def new_page(visit: Visit) -> Response:
    """GET /desk/blocks/new?domain=."""
    domain = _domain(visit.request.query_string("domain"))
    return _form_page(visit, "", "" if domain is None else str(domain), {}, status=200)


def review_page(visit: Visit) -> Response:
    """POST /desk/blocks/new: what the pasted hosts would do; nothing is blocked yet."""
    text, where = visit.form.one("hosts"), visit.form.one("domain").strip()
    if where and not is_id(where):
        return _form_page(visit, text, where, {"domain": "The number of a site has digits alone."})
    size = sum(1 for line in text.splitlines() if line.strip())
    if size > MAX_PASTED:
        error = f"Paste at most {MAX_PASTED} lines at a time; these are {size}."
        return _form_page(visit, text, where, {"hosts": error})
    lines = hosts.read_lines(text)
    if not lines:
        return _form_page(visit, text, where, {"hosts": "Paste at least one host."})
    pasted = [line.host for line in lines if line.host is not None]
    start = _start(visit.form.one("start"), len(pasted))
    looked_at = pasted[start : start + SHOWN]
    try:
        standing, site = hosts.read_standing(visit.store, _domain(where), looked_at)
    except StoreUnavailable as failure:
        error = "The store did not answer. Send the form again."
        page = _form_page(visit, text, where, {"hosts": error}, status=503)
        return page._replace(error=failure)
    if site is not None and not site.version:
        return _form_page(visit, text, where, {"domain": f"There is no site {where}."})
    covered = {each.host for each in standing if each.covered_by}
    review = {
        "site": site,
        "rejected": [line for line in lines if line.host is None],
        "notes": {line.host: line.note for line in lines},
        "standing": standing,
        "wanted": [host for host in pasted if host not in covered],
        "start": start,
        "total": len(pasted),
        "rest_start": start + SHOWN if start + SHOWN < len(pasted) else None,
    }
    return _form_page(visit, text, where, {}, review, status=200)


def _form_page(
    visit: Visit,
    text: str,
    where: str,
    errors: Mapping[str, str],
    review: Mapping[str, Any] | None = None,
    *,
    status: int = 422,
) -> Response:
    """The form with what was pasted; `where` is the number of a site, empty for the network."""
    values = {
        "text": text,
        "domain": where,
        "errors": errors,
        "review": review,
        "max_pasted": MAX_PASTED,
    }
    return desk_page(visit, "blocks_new.html", "Block hosts", values, status)


def _domain(text: str | None) -> int | None:
    """The site on which to block, None for the network. Raises Refusal."""
    where = _where(text)
    return where if isinstance(where, int) else None


def _start(text: str, end: int) -> int:
    return int(text) if is_id(text) and int(text) < end else 0


def add_hosts(visit: Visit) -> Response:
    """POST /desk/blocks/add: block what fits in the time, and show what became of each host."""
    domain = _domain(visit.form.one("domain"))

    def add(host: str) -> Outcome:
        block = editing.parse_block(Members(host=host, domain=domain))
        is_new = editing.block_host(visit.store, visit.context, block)
        return Outcome(block.host, is_new, "Blocked." if is_new else "Was blocked before.")

    return _done_page(visit, "add", domain, add)


def remove_hosts(visit: Visit) -> Response:
    """POST /desk/blocks/remove: the same for unblocking."""
    domain = _domain(visit.form.one("domain"))

    def remove(host: str) -> Outcome:
        editing.unblock_host(visit.store, visit.context, host, domain)
        return Outcome(host, True, "Unblocked.")

    return _done_page(visit, "remove", domain, remove)


def _done_page(
    visit: Visit, action: str, domain: int | None, change: Callable[[str], Outcome]
) -> Response:
    """What has become of the form's hosts, and a button for those for which time was too short."""
    wanted = list(dict.fromkeys(visit.form.one("hosts").split()))[:MAX_PASTED]
    end = time.monotonic() + SECONDS
    outcomes: list[Outcome] = []
    failure: StoreUnavailable | None = None
    for host in wanted:
        if outcomes and time.monotonic() >= end:
            break
        try:
            outcomes.append(change(host))
        except Refusal as refusal:
            outcomes.append(Outcome(host, False, str(refusal.detail)))
        except StoreUnavailable as error:
            failure = error
            break
    changed = [outcome.host for outcome in outcomes if outcome.is_changed]
    values = {
        "action": action,
        "domain": domain,
        "outcomes": outcomes,
        "changed": changed,
        "rest": wanted[len(outcomes) :],
        "has_failed": failure is not None,
    }
    title = "Hosts blocked" if action == "add" else "Hosts unblocked"
    status = 200 if failure is None else 503
    return desk_page(visit, "blocks_done.html", title, values, status)._replace(error=failure)


# ---- files -----------------------------------------------------------------------------------


class Part(NamedTuple):
    """A file of an export: `size` hosts behind one, up to `last`; an empty one is no limit."""

    after: str
    last: str
    size: int


def export_page(visit: Visit) -> Response:
    """GET /desk/blocks/export?domain=&after=: the files of an export, two at a time."""
    where = _where(visit.request.query_string("domain"))
    after: str | None = visit.request.query_string("after") or ""
    parts: list[Part] = []
    for _ in range(PARTS):
        if after is None:
            break
        reading = sites.read_blocked_count(visit.store, where, _next(after), MAX_IN_FILE)
        size, last = read_one(visit.store, reading)
        if size or not after:  # what is before may have ended just there
            parts.append(Part(after, last or "", size))
        after = last
    values = {"where": where, "parts": parts, "rest_after": after, "max_in_file": MAX_IN_FILE}
    return desk_page(visit, "blocks_export.html", "Export blocked hosts", values)


def text_file(visit: Visit) -> Response:
    """GET /desk/blocks/hosts.txt?domain=&after=&last=: a host a line."""
    found = _hosts_of_part(visit)
    text = "".join(f"{host.host}\n" for host in found)
    return _file(visit, "txt", "text/plain; charset=utf-8", text)


def csv_file(visit: Visit) -> Response:
    """GET /desk/blocks/hosts.csv?domain=&after=&last=: a row for each host and scope."""
    text = StringIO()
    writer = csv.writer(text)  # lines end in CRLF, as RFC 4180 has them
    writer.writerow(["host", "domain"])
    for host in _hosts_of_part(visit):
        for domain in host.domains:
            writer.writerow([_harmless(host.host), "" if domain is None else domain])
    return _file(visit, "csv", "text/csv; charset=utf-8", text.getvalue())


def _hosts_of_part(visit: Visit) -> list[BlockedHost]:
    """The hosts between two names; without the second, MAX_IN_FILE items of them.

    Raises Refusal `conflict` if they are far more than when the export's parts were listed.
    """
    where = _where(visit.request.query_string("domain"))
    after, last = (visit.request.query_string(name) or "" for name in ("after", "last"))
    found: list[BlockedHost] = []
    for _ in range(MAX_QUERIES):
        reading = sites.read_blocked(visit.store, where, _next(after), MAX_IN_FILE)
        page = read_one(visit.store, reading)
        found += [host for host in page.hosts if not last or host.host <= last]
        if page.last is None or not last or page.last >= last:
            return found
        after = page.last
    detail = "Many hosts have been added since this file was listed. Open Export anew."
    raise Refusal("conflict", detail)


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; hosts may begin with = or +."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _file(visit: Visit, extension: str, media_type: str, text: str) -> Response:
    headers = {
        **NOT_STORED,
        **HEADERS,
        "content-type": media_type,
        "content-disposition": f'attachment; filename="blocked-hosts.{extension}"',
    }
    return compressed(visit.request, Response(200, headers, text))


ROUTES: dict[str, Route] = {
    "GET /desk/blocks": for_editors(blocks_page),
    "GET /desk/blocks/new": for_admins(new_page),
    "POST /desk/blocks/new": for_admins(review_page),
    "POST /desk/blocks/add": for_admins(add_hosts),
    "POST /desk/blocks/remove": for_admins(remove_hosts),
    "GET /desk/blocks/export": for_editors(export_page),
    "GET /desk/blocks/hosts.txt": for_editors(text_file),
    "GET /desk/blocks/hosts.csv": for_editors(csv_file),
}
