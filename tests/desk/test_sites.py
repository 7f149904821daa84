"""Sites on the desk: who sees and changes them, conflicts, refusals, and what pending links get."""

from dataclasses import replace
from typing import Any

import pytest

from seealso.fields import SITE
from seealso.store.tables import Store, current_store
from seealso.tables import queue, sites
from seealso.tables.sites import Block, Site
from tests.desk.pages import fields_of, form_at, open_page
from tests.editing.sample_network import ACT, SITED
from tests.support.desk import sign_in, sign_in_admin
