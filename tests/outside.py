"""What a test needs from outside the project: real recordings, and interpreters that have loaded nothing yet.

film = real_data("videos/drink_water_1person_1920x1080_30fps.avi")  # or the test is skipped
assert loaded_after("import device.cli", {"cv2"}) == set()
"""

import os
import subprocess
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest


def real_data(name: str) -> Path:
    """A file or folder below the one that POSEFLEET_DATA names; without it the test is skipped, and says why."""
    path = Path(os.environ.get("POSEFLEET_DATA", "")) / name
    if "POSEFLEET_DATA" not in os.environ or not path.exists():
        pytest.skip(f"POSEFLEET_DATA does not name a folder with {name}")
    return path


def loaded_after(code: str, modules: AbstractSet[str]) -> set[str]:
    """Which of these modules a fresh interpreter has loaded once it has run some code.

    Raises:
        AssertionError: the code failed, with the end of what it said.
    """
    code = f"{code}\nimport sys\nprint('loaded:', *({set(modules)!r} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    return set(result.stdout.rsplit("loaded:", 1)[1].split())
