"""Runs a recovery, a load of a whole file or a verification for an operator, and reports it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from seealso.errors import StoreError, StoreUnavailable
from seealso_cli.bulk.writer import check_store, describe_failure
from seealso_cli.errors import CommandFailed
from seealso_cli.output import print_json, print_line
from seealso_cli.progress import ProgressDisplay
from seealso_cli.recovery.archive import check_scope, read_archive
from seealso_cli.recovery.backups import changes_since, read_backup
from seealso_cli.recovery.contents import Contents
from seealso_cli.recovery.invariants import Finding
from seealso_cli.recovery.mending import mend
from seealso_cli.recovery.recovering import CONFLICT, Recovery, Scope
from seealso_cli.recovery.restoring import describe_cost, discard, restore_tables, restored_tables
from seealso_cli.recovery.verifying import still_so, verify
from seealso_cli.stores import Target

_SAFE = "it is safe to run the same command again"
_DISCARD = "`seealso recover --discard` deletes the restored tables."


def _ended(
    target: Target, display: ProgressDisplay, work: Callable[[], int], note: str = ""
) -> int:
    """The exit status of `work`, however it ends; `note` is for one that is interrupted.

    Raises CommandFailed.
    """
    try:
        check_store(target.open_store)
        with display:
            return work()
    except KeyboardInterrupt:
        display.print_line(f"Interrupted; {_SAFE}.{note}")
        return 130
    except (StoreUnavailable, StoreError) as error:
        reason = describe_failure(error, target.open_store)
        raise CommandFailed(f"{reason} {_SAFE[:1].upper()}{_SAFE[1:]}.") from None


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    for finding in findings:
        if as_json:
            print_json(finding._asdict())
        else:
            print_line(str(finding))


def run_verify(target: Target, *, fix: bool, as_json: bool) -> int:
    """Check all that a stack holds. Returns the exit status: 0, 1 if something does not fit.

    Raises CommandFailed.
    """
    display = ProgressDisplay(None)

    def work() -> int:
        store = target.open_store()
        counts, findings = verify(store, display)
        states = ", ".join(f"{number:,} {state}" for state, number in counts.articles.items())
        looked_at = (
            f"{sum(counts.articles.values()):,} articles ({states or 'none'}), "
            f"{counts.links:,} links, {counts.sites:,} sites"
        )
        mended = 0
        if fix and findings:
            print_findings(findings, as_json=as_json)
            mended = mend(store, target.change_context(), findings)
            findings = still_so(store, findings, display.print_notice)
        if findings and mended:
            display.print_line("Not mended:")
        print_findings(findings, as_json=as_json)
        store.client.close()
        end = f"; {mended:,} changes made" if fix else ""
        display.print_line(
            f"{looked_at} in {display.seconds:.1f} s: {len(findings):,} things do not fit{end}"
        )
        return 1 if findings else 0

    return _ended(target, display, work)


def run_recover(
    target: Target,
    moment: datetime,
    scope: Scope,
    *,
    dry_run: bool,
    only_missing: bool,
    keep: bool,
    as_json: bool,
) -> int:
    """Restore tables, compare them with the stack and bring back what differs.

    Returns the exit status: 0, 1 if something does not fit together afterwards, 6 if something was
    changed by someone else meanwhile. Raises CommandFailed.
    """
    display = ProgressDisplay(None)

    def work() -> int:
        store = target.open_store()
        restored = restore_tables(store, moment, display.print_line)
        with Contents() as contents:
            backup, damaged = read_backup(restored, moment, contents, display, scope.article_id)
            display.print_line(
                f"In the restored tables: {sum(contents.articles_by_state().values()):,} articles, "
                f"{contents.count('link'):,} links, {len(backup.sites):,} sites"
            )
            for finding in damaged:
                display.print_line(f"In the restored tables: {finding}")
            recovery = Recovery(
                store,
                backup,
                changes_since(store, moment),
                target.change_context(),
                display,
                _reporter(as_json=as_json),
                scope=scope,
                dry_run=dry_run,
                only_missing=only_missing,
            )
            recovery.run()
        _summarize(recovery, display, dry_run=dry_run)
        findings: list[Finding] = []
        if not dry_run:
            _, findings = verify(store, display)
            for finding in findings:
                display.print_line(f"Afterwards: {finding}")
        has_conflicts = any(outcome == CONFLICT for _, outcome in recovery.counts)
        if keep or dry_run or has_conflicts:
            for table in restored_tables(store):
                display.print_line(f"Kept: {table.name}, {describe_cost(table.size)}.")
            display.print_line(_DISCARD)
        else:
            discard(store, display.print_line)
        store.client.close()
        if has_conflicts:
            return 6
        return 1 if findings else 0

    return _ended(target, display, work, f" Restored tables stay until then; {_DISCARD}")


def run_discard(target: Target) -> int:
    """Delete the restored tables of a stack. Returns the exit status: 0, or 6 if some are left.

    Raises CommandFailed.
    """
    display = ProgressDisplay(None)

    def work() -> int:
        left = discard(target.open_store(), display.print_line)
        return 6 if left else 0

    return _ended(target, display, work)


def load_all(path: str, target: Target, *, dry_run: bool) -> int:
    """Load a file of `seealso export --all`; what exists already stays as it is.

    Returns the exit status: 0, or 6 if something was changed by someone else meanwhile. Raises
    CommandFailed.
    """
    display = ProgressDisplay(None)

    def work() -> int:
        store = target.open_store()
        with Contents() as contents:
            backup = read_archive(path, contents)
            if not dry_run:
                check_scope(store, contents)
            recovery = Recovery(
                store,
                backup,
                changes_since(store, backup.taken_at),
                target.change_context(),
                display,
                lambda kind, name, outcome: display.print_notice(f"{kind} {name}: {outcome}"),
                scope=Scope(),
                dry_run=dry_run,
                only_missing=True,
            )
            recovery.run()
        _summarize(recovery, display, dry_run=dry_run)
        store.client.close()
        return 6 if any(outcome == CONFLICT for _, outcome in recovery.counts) else 0

    return _ended(target, display, work)


def _reporter(*, as_json: bool) -> Callable[[str, str, str], None]:
    def report(kind: str, name: str, outcome: str) -> None:
        if as_json:
            print_json({"kind": kind, "name": name, "outcome": outcome})
        else:
            print_line(f"{kind} {name}: {outcome}")

    return report


def _summarize(recovery: Recovery, display: ProgressDisplay, *, dry_run: bool) -> None:
    for (kind, outcome), count in sorted(recovery.counts.items()):
        display.print_line(f"{count:,} {kind}{'' if count == 1 else 's'}: {outcome}")
    if dry_run:
        display.print_line("Nothing was written (--dry-run).")
