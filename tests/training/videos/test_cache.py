"""What was found in a video belongs to the code that found it."""

import pytest

from training.videos.cache import code_digest


@pytest.fixture
def package(tmp_path):
    """A folder of source with one module in a folder below."""
    (tmp_path / "pose").mkdir()
    (tmp_path / "pose" / "estimator.py").write_text("SCORE = 0.9\n")
    return tmp_path


def test_another_line_of_the_estimator_is_another_name(package):
    """A change anywhere in the estimator's source makes what was kept before count as not there."""
    before = code_digest([package])
    (package / "pose" / "estimator.py").write_text("SCORE = 0.8\n")
    assert code_digest([package]) != before


def test_a_module_that_comes_moves_or_goes_is_another_name(package):
    """Modules are known by place and content, not by their lines alone."""
    digests = {code_digest([package])}
    (package / "pose" / "more.py").touch()
    digests.add(code_digest([package]))
    (package / "pose" / "more.py").rename(package / "other.py")
    digests.add(code_digest([package]))
    (package / "pose" / "estimator.py").unlink()
    digests.add(code_digest([package]))
    assert len(digests) == 4


def test_what_is_not_source_changes_nothing(package):
    """Compiled files come and go by themselves."""
    before = code_digest([package])
    (package / "pose" / "estimator.cpython-311.pyc").write_bytes(b"compiled")
    assert code_digest([package]) == before
