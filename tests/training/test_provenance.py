"""Who taught a model."""

import dataclasses
import stat

import pytest

from core.chunks import digest
from core.errors import InputError
from tests.training.plays import play
from training.provenance import FILE, read_provenance, write_provenance

SCRIPT = (("wave", 1.0),)


def recording(name, subject, *splits):
    """A short one of somebody."""
    return play(name, subject, SCRIPT, splits=splits)


@pytest.fixture
def note(tmp_path):
    """Ann taught, ben validated."""
    (tmp_path / "weights.safetensors").write_bytes(b"weights")
    write_provenance(tmp_path, [recording("a1", "ann")], [recording("b1", "ben")], clips=True)
    return read_provenance(tmp_path)


def test_a_note_comes_back_as_it_was_written(note, tmp_path):
    """People, takes and the digest of the weights survive, and only the owner can read the names."""
    assert note.people == {"ann", "ben"}
    assert note.weights_sha256 == digest(b"weights")
    assert note.clips
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_people_who_taught_make_figures_optimistic(note):
    """Judging on ann, or on a take that taught under another name, is optimistic; on cem it is not."""
    assert "people" in note.split([recording("a2", "ann")]).optimistic
    assert "takes" in note.split([dataclasses.replace(recording("x", "cem"), source="a1")]).optimistic
    honest = note.split([recording("c1", "cem")])
    assert (honest.optimistic, honest.name) == ("", "by subject")


def test_a_published_split_is_known_by_its_parts(tmp_path):
    """Training on one part and judging on its counterpart is the published split; any other part is not."""
    (tmp_path / "weights.safetensors").write_bytes(b"weights")
    write_provenance(tmp_path, [recording("a1", "ann", "xsub_train", "as1_train")], [], clips=False)
    note = read_provenance(tmp_path)
    assert note.split([recording("c1", "cem", "xsub_test")]).name == "as published: xsub"
    assert note.split([recording("c1", "cem", "xview_test")]).name == "by subject"


def test_a_missing_or_damaged_note_is_one_clear_error(tmp_path):
    """The error names the file and what to do."""
    with pytest.raises(InputError, match=r"training\.json.*--people"):
        read_provenance(tmp_path)
    (tmp_path / FILE).write_text('{"v": 1}')
    with pytest.raises(InputError, match="train again"):
        read_provenance(tmp_path)
