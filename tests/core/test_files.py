"""Files that are whole or not there."""

import os

import pytest

from core.files import point_symlink, write_atomically


def test_a_failed_write_leaves_the_old_content(tmp_path, monkeypatch):
    """When the disk gives up in the middle, the old file is untouched and nothing else lies around."""
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_link_is_replaced_in_one_step(tmp_path):
    """The link points to the new target, and no temporary link remains."""
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
        point_symlink(tmp_path / "current", name)
    assert (tmp_path / "current").readlink().name == "2"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["1", "2", "current"]
