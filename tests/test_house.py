"""The house rules that a tool can check."""

import ast
from pathlib import Path

import pytest

from tests.outside import loaded_after

ROOT = Path(__file__).parents[1]
PACKAGES = ("posefleet", "core", "device", "training", "converter", "fleet", "tests")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LONGEST = 300  # lines; a longer file says two things


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_small(path: Path):
    """No file of the project has more than 300 lines."""
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", [path for path in FILES if path.name.startswith("test_")], ids=lambda path: path.name)
def test_every_test_says_its_promise(path: Path):
    """Each test has a docstring, which is the specification that it checks."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            assert ast.get_docstring(node), f"{path.name}:{node.lineno} {node.name}"


@pytest.mark.parametrize("command", [["device", "--help"], ["device", "run", "--help"], ["device", "check", "--help"]])
def test_the_device_never_imports_tensorflow(command: list[str]):
    """Nothing that a device runs loads TensorFlow, nor training or the aggregator's database, even where they are."""
    forbidden = ("tensorflow", "tf_keras", "sqlalchemy", "cv2", "mediapipe")
    assert _modules_after(f"sys.argv = ['posefleet', *{command}]", "posefleet.__main__.main()", forbidden) == []


def test_the_daemon_never_imports_tensorflow():
    """With all of its parts loaded and a pose estimator made, TensorFlow, training and fleet are still not there."""
    script = (
        "import device.daemon, device.setup.check, device.learning.learner, device.vision; "
        "from device.pose import make_estimator; from device.settings import PoseSettings; "
        "make_estimator(PoseSettings()).close()"
    )
    assert (
        _modules_after("pass", script, ("tensorflow", "tf_keras", "sqlalchemy", "training.train", "fleet.service"))
        == []
    )


def test_help_is_quick_because_it_loads_little():
    """`posefleet --help` loads no numerical library."""
    heavy = ("numpy", "cv2", "tensorflow", "mediapipe", "matplotlib", "sqlalchemy", "pydantic")
    assert _modules_after("sys.argv = ['posefleet', '--help']", "posefleet.__main__.main()", heavy) == []


def _modules_after(before: str, run: str, names: tuple[str, ...]) -> list[str]:
    """Which of the names are loaded after a piece of code has run in a fresh interpreter."""
    code = (
        f"import sys; {before}\n"
        "try:\n"
        f"    import posefleet.__main__; {run}\n"
        "except SystemExit as exc:\n"
        "    assert not exc.code, exc.code\n"
    )
    return sorted(loaded_after(code, set(names)))
