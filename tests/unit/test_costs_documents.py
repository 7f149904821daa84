"""docs/costs.md and README.md say what follows from the prices and from what was measured."""

from bench import money
from local.paths import ROOT


def test_documents_are_what_would_be_written() -> None:
    """If this fails: `python -m bench.money` writes them, `make bench PARTS=money` measures."""
    views = money.measured()
    assert (ROOT / "docs/costs.md").read_text("utf-8") == money.costs(views)
    assert (ROOT / "README.md").read_text("utf-8").endswith("\n" + money.readme_section(views))
