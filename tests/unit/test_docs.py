"""What the docs say of the code is what the code says."""

import re
from pathlib import Path

from beholden.cli.coverage import coverage_page
from beholden.config import Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_the_coverage_page_is_what_the_registry_says():
    assert (DOCS / "coverage.md").read_text(encoding="utf-8") == coverage_page()


def test_every_decision_has_its_own_number():
    numbers = [path.name[:4] for path in (DOCS / "decisions").glob("0*.md")]
    assert len(numbers) == len(set(numbers))


def test_every_setting_is_documented():
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"`BEHOLDEN_{name.upper()}`" not in page]
    assert missing == []


def test_every_benchmark_that_the_docs_name_exists():
    root = DOCS.parent
    pages = [root / "README.md", root / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    named = {
        name
        for page in pages
        for name in re.findall(r"benchmarks[./](\w+)", page.read_text(encoding="utf-8"))
    }
    there = {path.stem for path in (root / "benchmarks").iterdir()}
    assert named - there == set()
