"""What the docs say of the code is what the code says."""

from pathlib import Path

from beholden.cli.coverage import coverage_page

DOCS = Path(__file__).parents[2] / "docs"


def test_the_coverage_page_is_what_the_registry_says():
    assert (DOCS / "coverage.md").read_text(encoding="utf-8") == coverage_page()


def test_every_decision_has_its_own_number():
    numbers = [path.name[:4] for path in (DOCS / "decisions").glob("0*.md")]
    assert len(numbers) == len(set(numbers))
