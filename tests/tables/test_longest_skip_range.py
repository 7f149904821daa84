"""A run as long as the budget's, on the reference engine alone: the emulator sorts it per query."""

import pytest

from seealso.store.tables import Store
from seealso.tables.skips import record_skips
from tests.support import engines
from tests.tables.test_skips import at_once, check_budget, load, made


@pytest.mark.long
@pytest.mark.parametrize("store", engines.names()[-1:], indirect=True)
def test_a_page_above_a_hundred_thousand_keeps_its_budget(store: Store) -> None:
    model = made((range(1, 40), 3), (range(101, 100_101), 7))
    load(store, model)
    record_skips(store, at_once)
    check_budget(store, model, 100_100)
