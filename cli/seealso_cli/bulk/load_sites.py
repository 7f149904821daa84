"""Loads the sites of a file into a store: shows what will change, asks, and changes it.

What an existing site has and the file does not name is kept. A site that is changed by someone else
after it was read is left alone.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import click

from seealso.editing.sites import change_site, record_of
from seealso.errors import Refusal, StoreError, StoreUnavailable
from seealso.store.tables import Store
from seealso.tables.audit import ChangeContext
from seealso.tables.sites import SiteRecord, get_record
from seealso_cli.bulk.files import InputFile
from seealso_cli.bulk.rows import Row, RowError
from seealso_cli.bulk.site_rows import read_sites
from seealso_cli.bulk.writer import describe_failure, retry_while_unavailable
from seealso_cli.errors import CommandFailed
from seealso_cli.output import format_value
from seealso_cli.progress import ProgressDisplay
from seealso_cli.stores import Target


class _Change(NamedTuple):
    """A site as it is stored and as it shall be, with the lines that describe the difference."""

    current: SiteRecord
    updated: SiteRecord
    lines: list[str]


def check_sites(path: str) -> int:
    """Check a file of sites alone. Returns the exit status: 0, or 1 if sites were invalid.

    Raises CommandFailed.
    """
    display = ProgressDisplay(None)
    valid, invalid = _read(path, display)
    counts = f"{len(valid)} valid, {invalid} invalid"
    display.print_line(f"{len(valid) + invalid} sites: {counts}; nothing was written (--dry-run)")
    return 1 if invalid else 0


def load_sites(path: str, target: Target, *, dry_run: bool, yes: bool) -> int:
    """Load a file of sites, or with `dry_run` show what that would change.

    Returns the exit status: 0, 1 if sites were invalid, 2 if the user said no, 6 if a site was
    changed by someone else meanwhile, 130 if interrupted. Raises CommandFailed, click.UsageError.
    """
    display = ProgressDisplay(None)
    valid, invalid = _read(path, display)
    store = target.open_store()
    load = _Load(store, display)
    try:
        changes, incomplete = load.plan(path, valid)
        invalid += incomplete
        for change in changes:
            for line in change.lines:
                display.print_line(line)
        if changes and not dry_run:
            if not yes and not _confirmed(path, len(changes)):
                display.print_line("Nothing was changed.")
                return 2
            load.write(changes, target.change_context())
    except KeyboardInterrupt:
        display.print_line(
            f"Interrupted. {load.written} sites are written; "
            "it is safe to run the same command again."
        )
        return 130
    except (StoreUnavailable, StoreError) as error:
        reason = describe_failure(error, target.open_store)
        raise CommandFailed(f"{reason} {load.written} sites are written.") from None
    finally:
        store.client.close()
    unchanged = len(valid) - incomplete - len(changes)
    counts = f"{load.written} written, {unchanged} unchanged, {invalid} invalid"
    if dry_run:
        counts = f"{len(changes)} to change, {unchanged} unchanged, {invalid} invalid"
    if load.conflicts:
        counts += f", {load.conflicts} changed by someone else meanwhile"
    end = "; nothing was written (--dry-run)" if dry_run else ""
    display.print_line(f"{len(valid) - incomplete + invalid} sites: {counts}{end}")
    if load.conflicts:
        return 6
    return 1 if invalid else 0


def _read(path: str, display: ProgressDisplay) -> tuple[list[Row], int]:
    """The valid sites of a file, and how many are not, which are reported."""
    valid: list[Row] = []
    invalid = 0
    with InputFile(path) as file:
        for row in read_sites(file):
            if row.errors:
                invalid += 1
                display.print_errors(file.name, row.line, row.errors)
            else:
                valid.append(row)
    return valid, invalid


def _confirmed(path: str, count: int) -> bool:
    """Whether the user agrees. Raises click.UsageError if nobody can be asked."""
    if path == "-" or not sys.stdin.isatty():
        raise click.UsageError("Not running in a terminal; pass --yes to confirm.")
    return click.confirm(f"Change {count} site{'s' if count > 1 else ''}?", err=True)


class _Load:
    """A load of one file. `written` and `conflicts` count the sites that were changed, and not."""

    def __init__(self, store: Store, display: ProgressDisplay) -> None:
        self.written = 0
        self.conflicts = 0
        self._store = store
        self._display = display

    def plan(self, path: str, rows: Sequence[Row]) -> tuple[list[_Change], int]:
        """What to change, and how many sites can't be written, which are reported.

        Raises StoreUnavailable, StoreError.
        """
        changes: list[_Change] = []
        invalid = 0
        for row in rows:
            current = self._current(row.columns["domain"])
            if errors := _errors_of(row, current):
                invalid += 1
                name = "standard input" if path == "-" else path
                self._display.print_errors(name, row.line, errors)
                continue
            named = {name: value for name, value in row.columns.items() if name != "version"}
            updated = record_of({**current.members(), **named})
            if lines := _difference(current, updated):
                changes.append(_Change(current, updated, lines))
        return changes, invalid

    def write(self, changes: Sequence[_Change], context: ChangeContext) -> None:
        """Write the changes. Raises StoreUnavailable, StoreError."""
        for current, updated, _ in changes:
            try:
                self._retried(partial(change_site, self._store, context, current, updated))
            except Refusal:
                # An attempt may have succeeded although its answer was lost.
                stored = self._current(current.site.domain)
                if _difference(stored, updated):
                    self.conflicts += 1
                    self._display.print_line(
                        f"site {current.site.domain} was changed by someone else meanwhile; "
                        "run the same command again"
                    )
                    continue
            self.written += 1

    def _current(self, domain: int) -> SiteRecord:
        return self._retried(lambda: get_record(self._store, domain))

    def _retried[R](self, work: Callable[[], R]) -> R:
        return retry_while_unavailable(work, self._display.print_notice, threading.Event())


def _errors_of(row: Row, current: SiteRecord) -> list[RowError]:
    """What keeps a valid row from being written over the current site."""
    version = current.site.version
    if not version:
        is_named = "name" in row.columns
        return [] if is_named else [RowError("name", "is required for a new site")]
    # 0 is the version of a domain without a site.
    if row.columns.get("version", version) != version:
        return [
            RowError("version", f"the site is at version {version}: load the current one, or none")
        ]
    return []


def _difference(current: SiteRecord, updated: SiteRecord) -> list[str]:
    """The lines that describe a change of a site; none for no change."""
    before, after = current.members(), updated.members()
    lines = [
        f"  {name}: {_change_of(before[name] if current.site.version else None, value)}"
        for name, value in after.items()
        if name not in ("domain", "version") and (before[name] != value or not current.site.version)
    ]
    if not lines:
        return []
    state = "" if current.site.version else ": new"
    return [f"site {updated.site.domain} ({format_value(updated.site.name)}){state}", *lines]


def _change_of(before: Any, after: Any) -> str:
    """A change of one member; of lists, what was added and removed."""
    if before is None:
        return format_value(after)
    if not isinstance(after, list):
        return f"{format_value(before)} -> {format_value(after)}"
    parts = [f"-{format_value(host)}" for host in before if host not in set(after)]
    parts += [f"+{format_value(host)}" for host in after if host not in set(before)]
    return " ".join(parts) or "another order"
