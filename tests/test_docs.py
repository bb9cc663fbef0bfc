import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\]\(([^)#:\s]+)\)")
_JSON = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"`(test_\w+)`")
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_examples_of_a_page_hold(page: Path):
    """Every relative link leads to a file, and what is marked as JSON or Python is that."""
    text = page.read_text()
    for target in _LINK.findall(text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
    for example in _JSON.findall(text):
        json.loads(example)
    for example in _PYTHON.findall(text):
        compile(example, page.name, "exec")


def test_every_test_that_a_page_names_is_there():
    """A fault's row in the table names tests that exist, so that none of them vanishes unnoticed."""
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = {name for page in PAGES for name in _TEST.findall(page.read_text())}
    assert named
    assert [name for name in sorted(named) if f"def {name}(" not in written] == []
