"""Sites: the list, and each site's columns and policy; admins change them, editors read."""

from typing import Any

from seealso.desk.access import Visit, for_admins, for_editors
from seealso.desk.pages import NOTICES, desk_page, redirect
from seealso.desk.site_form import (
    FIELDS,
    LABELS,
    Difference,
    differences,
    in_words,
    members_of,
    typed_in,
    typed_of,
)
from seealso.editing import sites as editing
from seealso.errors import FieldError, Refusal, StoreUnavailable, unavailable
from seealso.http.cursors import cursor_of, list_page
from seealso.http.handler import Route
from seealso.http.problems import PROBLEMS
from seealso.http.requests import NO_VERSION, is_id
from seealso.http.responses import Response
from seealso.store.batching import Reading, read_together
from seealso.tables import sites
from seealso.tables.counts import read_pending_count
from seealso.tables.sites import Site, SiteRecord

SHOWN = 50
MAX_COUNTED_BLOCKS = 10_000
NOTICES["site-saved"] = "The site is saved. The change takes effect within a minute."


# ---- reading ---------------------------------------------------------------------------------


def sites_page(visit: Visit) -> Response:
    """GET /desk/sites."""
    page = list_page(visit.request, "desk-sites", "[0-9]{1,10}", limit=SHOWN)
    found = sites.list_sites(visit.store, SHOWN + 1, above=int(page.after or -1))
    shown = found[:SHOWN]
    (publish,) = (field for field in FIELDS if field.name == "publish")
    values = {
        "sites": shown,
        "policies": {choice.value: choice.label for choice in publish.choices},
        "next_cursor": cursor_of(page.list_name, shown[-1].domain) if len(found) > SHOWN else None,
        "is_first": page.after is None,
    }
    return desk_page(visit, "sites.html", "Sites", values)


def site_page(visit: Visit) -> Response:
    """GET /desk/sites/{domain}: the form for admins, the values for other editors."""
    domain = visit.request.path_integer("domain", minimum=0)
    readings: list[Reading[Any]] = [
        sites.read_site(visit.store, domain),
        read_pending_count(visit.store, domain),
        sites.read_blocked_count(visit.store, domain, "", MAX_COUNTED_BLOCKS),
    ]
    site, pending, (blocked, last_blocked) = read_together(visit.store, readings)
    if not site.version:
        raise Refusal("not-found", "This number has no site.")
    counted = {"pending": pending, "blocked": blocked, "has_more_blocked": last_blocked is not None}
    return _form_page(visit, str(domain), typed_of(site._asdict()), site.version, counted)


def new_site_page(visit: Visit) -> Response:
    """GET /desk/sites/new."""
    typed = typed_of(Site(0)._asdict())
    return _form_page(visit, visit.request.query_string("domain") or "", typed)


# ---- changing --------------------------------------------------------------------------------


def save_site(visit: Visit) -> Response:
    """POST /desk/sites/{domain}: the form's site over the version that the form was made of."""
    domain = visit.request.path_integer("domain", minimum=0)
    text = visit.form.one("version")
    version = int(text) if is_id(text) else NO_VERSION
    return _save(visit, str(domain), version)


def create_site(visit: Visit) -> Response:
    """POST /desk/sites/new."""
    return _save(visit, visit.form.one("domain").strip(), None)


def _save(visit: Visit, number: str, version: int | None) -> Response:
    """Save what was typed, or show it again with what is wrong with it."""
    typed = typed_in(visit.form)
    try:
        if not is_id(number):
            detail = "Number must be an integer from 0 to 2147483647."
            raise Refusal.of_field("invalid-fields", "domain", detail)
        record = editing.parse_site(members_of(typed), int(number))
        editing.replace_site(visit.store, visit.context, record, version, keep_blocked=True)
    except StoreUnavailable as failure:
        page = _refused(visit, number, typed, version, unavailable())
        return page._replace(error=failure)
    except Refusal as refusal:
        theirs = refusal.members.get("current")
        if refusal.name == "precondition-failed" and theirs and version is not None:
            return _conflict(visit, number, typed, record, theirs)
        if version is None and refusal.name in ("precondition-failed", "precondition-required"):
            detail = "This number has a site already. Open it to change it."
            refusal = Refusal.of_field("conflict", "domain", detail)
        return _refused(visit, number, typed, version, refusal)
    return redirect(f"/desk/sites/{number}", done="site-saved")


def _refused(
    visit: Visit, number: str, typed: dict[str, str], version: int | None, refusal: Refusal
) -> Response:
    """What was typed again, with what is wrong with it in the order of the fields."""
    errors: dict[str, str] = {}
    for error in refusal.errors or [FieldError("", refusal.detail)]:
        errors.setdefault(error.field, in_words(error))
    order = ["", *LABELS]
    errors = {field: errors[field] for field in sorted(errors, key=order.index)}
    status = PROBLEMS[refusal.name].status
    return _form_page(visit, number, typed, version, errors=errors, status=status)


def _conflict(
    visit: Visit,
    number: str,
    typed: dict[str, str],
    mine: SiteRecord,
    theirs: dict[str, Any],
) -> Response:
    """Both states, and the form with what was typed; sent again, it replaces theirs."""
    found = differences(mine.members(), theirs)
    status = PROBLEMS["precondition-failed"].status
    return _form_page(visit, number, typed, theirs["version"], conflict=found, status=status)


def _form_page(
    visit: Visit,
    number: str,
    typed: dict[str, str],
    version: int | None = None,
    counted: dict[str, Any] | None = None,
    *,
    errors: dict[str, str] | None = None,
    conflict: list[Difference] | None = None,
    status: int = 200,
) -> Response:
    """The form; `version` is None for a new site, and `counted` where nothing was counted."""
    values = {
        "fields": FIELDS,
        "number": number,
        "typed": typed,
        "version": version,
        "counted": counted,
        "errors": errors or {},
        "conflict": conflict,
    }
    title = "New site" if version is None else typed["name"] or f"Site {number}"
    return desk_page(visit, "site.html", title, values, status)


ROUTES: dict[str, Route] = {
    "GET /desk/sites": for_editors(sites_page),
    "GET /desk/sites/new": for_admins(new_site_page),
    "POST /desk/sites/new": for_admins(create_site),
    "GET /desk/sites/{domain}": for_editors(site_page),
    "POST /desk/sites/{domain}": for_admins(save_site),
}
