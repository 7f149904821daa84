"""docs/costs.md and README.md say what follows from the prices and from what was measured."""

from bench import money
from local.paths import ROOT
from seealso_cli.costs.prices import PRICES


def test_documents_are_what_would_be_written() -> None:
    """If this fails: `python -m bench.money` writes them, `make bench PARTS=money` measures."""
    views = money.measured()
    assert (ROOT / "docs/costs.md").read_text("utf-8") == money.costs_document(views)
    assert (ROOT / "README.md").read_text("utf-8").endswith("\n" + money.readme_section(views))


def test_the_sum_of_an_idle_stack_is_that_of_its_parts() -> None:
    benchmarks = (ROOT / "docs/benchmarks.md").read_text("utf-8")
    assert f"| **together** | | **{money.IDLE_CHECKS:.2f}** |" in benchmarks
    idle = money.IDLE_CHECKS + money.JOB_METRICS * PRICES["metric"]
    assert f"[at most {idle:.2f} dollars a month]" in (ROOT / "README.md").read_text("utf-8")
