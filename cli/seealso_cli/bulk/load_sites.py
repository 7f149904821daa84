"""Loads the sites of a file into a store."""

import threading

from seealso.editing.sites import as_stored
from seealso.errors import StoreError, StoreUnavailable
from seealso.store.tables import Store
from seealso.tables.sites import Site, put_site
from seealso_cli.bulk.files import InputFile
from seealso_cli.bulk.site_rows import read_sites
from seealso_cli.bulk.writer import describe_failure, retry_while_unavailable
from seealso_cli.errors import CommandFailed
from seealso_cli.progress import ProgressDisplay
from seealso_cli.stores import OpenStore


def load_sites(path: str, open_store: OpenStore | None) -> int:
    """Load a file of sites, or only check it if `open_store` is None.

    Returns the exit status: 0, 1 if sites were invalid, 130 if interrupted. Raises CommandFailed.
    """
    display = ProgressDisplay(None)
    store = open_store() if open_store else None
    valid = invalid = 0
    try:
        with InputFile(path) as file:
            for row in read_sites(file):
                if row.errors:
                    invalid += 1
                    display.print_errors(file.name, row.line, row.errors)
                    continue
                if store:
                    _write(store, Site(**row.columns), display)
                valid += 1
    except KeyboardInterrupt:
        display.print_line(
            f"Interrupted. {valid} sites are written; it is safe to run the same command again."
        )
        return 130
    except (StoreUnavailable, StoreError) as error:
        raise CommandFailed(f"{describe_failure(error)} {valid} sites are written.") from None
    finally:
        if store:
            store.client.close()
    counts = f"{valid} {'written' if store else 'valid'}, {invalid} invalid"
    dry_run = "" if store else "; nothing was written (--dry-run)"
    display.print_line(f"{valid + invalid} sites: {counts}{dry_run}")
    return 1 if invalid else 0


def _write(store: Store, site: Site, display: ProgressDisplay) -> None:
    stored = as_stored(site)
    retry_while_unavailable(
        lambda: put_site(store, stored), display.print_notice, threading.Event()
    )
