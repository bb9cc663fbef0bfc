import ast
import json
import re
import shlex
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from posefleet.__main__ import app

ROOT = Path(__file__).parents[1]
MEASURING = [path for name in ("benchmarks", "endurance") for path in sorted((ROOT / "tests" / name).rglob("*.py"))]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\]\(([^)#:\s]+)\)")
_JSON = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"`(test_\w+)`")
_SHELL = re.compile(r"^```(?:sh)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(posefleet [^`]+)`")
_MODULE = re.compile(r"python -m (tests[.\w]+)([^\n#`]*)")
_SHORTHANDS = {"posefleet convert": "classifier"}  # what stands there if the command's name is left out
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


def _commands(text: str) -> list[str]:
    """What a page tells people to type that begins with `posefleet`, in blocks and within sentences."""
    lines = "\n".join(_SHELL.findall(text)).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("posefleet ")] + _INLINE.findall(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_of_a_page_are_there(page: Path):
    """Every `posefleet` command that a page names exists, with the options that the page gives it."""
    for line in _commands(page.read_text()):
        command, path = get_command(app), "posefleet"
        for word in shlex.split(line, comments=True)[1:]:
            if word.startswith("-"):
                known = {name for option in command.params for name in option.opts} | {"--help"}
                assert word.partition("=")[0] in known, f"{page.name}: {path} has no {word}"
            elif isinstance(command, TyperGroup):
                name = word if word in command.commands else _SHORTHANDS.get(path, word)
                assert name in command.commands, f"{page.name}: {path} has no command {name}"
                command, path = command.commands[name], f"{path} {name}"


@pytest.mark.parametrize("page", [*PAGES, *MEASURING], ids=lambda page: str(page.relative_to(ROOT)))
def test_measuring_commands_of_a_page_are_there(page: Path):
    """Every `python -m tests...` that a page or a module's docstring names is there, with the options that it gives."""
    text = page.read_text()
    for module, words in _MODULE.findall(text if page.suffix == ".md" else ast.get_docstring(ast.parse(text)) or ""):
        place = ROOT / module.replace(".", "/")
        path = place / "__main__.py" if place.is_dir() else place.with_suffix(".py")
        assert path.exists(), f"{page.name}: there is no {module}"
        options = re.findall(r"(?<!\S)--[\w-]+", words)
        unknown = [one for one in options if one != "--help" and f'"{one}"' not in path.read_text()]
        assert not unknown, f"{page.name}: {module} has no {', '.join(unknown)}"
