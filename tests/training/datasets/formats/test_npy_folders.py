"""Folders of `.npy` files."""

import re

import numpy as np
import pytest

from core.skeleton import COCO17, HAND21, HOLISTIC75, MEDIAPIPE33
from tests.outside import real_data
from tests.training.datasets.formats.reading import everything, refusal
from training.datasets.formats import find_format

POSE = 33 * 4
FACES = {1662: 468 * 3, 1692: 478 * 3, 258: 0}


def vector(values: int = 1662, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 0.9, values)


def write_sequence(folder, frames, values: int = 1662) -> None:
    folder.mkdir(parents=True)
    for number in frames:
        np.save(folder / f"{number}.npy", vector(values, number))


def test_numbered_frames_become_a_recording_in_their_order(tmp_path):
    """Frame 10 comes after frame 9, a missing number is a gap in time, the folder names the action."""
    write_sequence(tmp_path / "hello" / "0", [0, 1, 2, 9, 10])
    (recording,) = everything(tmp_path, fps=10.0, subject="anna", size=(640, 480))
    assert recording.times == pytest.approx([0, 0.1, 0.2, 0.9, 1.0])
    assert [recording.classes[label] for label in recording.labels] == ["hello"] * 5
    assert (recording.subject, recording.layout, recording.unit) == ("anna", "holistic75", "frame heights")
    expected = vector(seed=10)[:4] * (640 / 480, 1, 640 / 480, 1)
    assert recording.joints[-1, 0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("values", FACES)
def test_blocks_of_holistic_vectors_are_found_at_their_places(tmp_path, values):
    """Pose, left hand and right hand come from where the published vectors have them; the face is dropped."""
    frame = vector(values)
    left = POSE + FACES[values]
    (tmp_path / "wave").mkdir()
    np.save(tmp_path / "wave" / "one.npy", frame[None])
    (recording,) = everything(tmp_path, size=(480, 480))
    joints, index = recording.joints[0], HOLISTIC75.index
    for side, at in (("left", left), ("right", left + 63)):
        tip = joints[index[f"{side}_hand_index_tip"]]
        assert tip[:2] == pytest.approx(frame[at + 8 * 3 : at + 8 * 3 + 2], rel=1e-6)
        wrist_z = frame[MEDIAPIPE33.index[f"{side}_wrist"] * 4 + 2]
        assert tip[2] == pytest.approx(frame[at + 8 * 3 + 2] + wrist_z, rel=1e-6)
        assert tip[3] == 1
    assert joints[:33, 3] == pytest.approx(frame[3:POSE:4], rel=1e-6)


def test_an_all_zero_block_was_not_found(tmp_path):
    """A hand of zeros has score 0, a frame of zeros is nobody, and neither is ever NaN elsewhere."""
    frames = np.stack([vector(258, seed) for seed in range(3)])
    frames[1, 132:195] = 0
    frames[2] = 0
    (tmp_path / "wave").mkdir()
    np.save(tmp_path / "wave" / "one.npy", frames)
    (recording,) = everything(tmp_path)
    hand = slice(HOLISTIC75.index["left_hand_wrist"], HOLISTIC75.index["left_hand_wrist"] + 21)
    assert (recording.joints[0, hand, 3] == 1).all()
    assert (recording.joints[1, hand] == 0).all()
    assert np.isfinite(recording.joints[:2]).all()
    assert np.isnan(recording.joints[2]).all()


@pytest.mark.parametrize(
    ("values", "layout", "depth"),
    [(132, MEDIAPIPE33, True), (99, MEDIAPIPE33, True), (63, HAND21, True), (126, HOLISTIC75, True),
     (34, COCO17, False), (51, COCO17, False)],
)  # fmt: skip
def test_every_length_of_vector_has_its_layout(tmp_path, values, layout, depth):
    """The number of values says which joints they are, and whether there is depth."""
    (tmp_path / "wave").mkdir()
    np.save(tmp_path / "wave" / "one.npy", np.stack([vector(values)] * 3))
    (recording,) = everything(tmp_path)
    assert (recording.layout, recording.has_depth) == (layout.name, depth)
    assert np.isfinite(recording.joints).all()
    if not depth:
        assert (recording.joints[..., 2] == 0).all()


def test_pixels_become_frame_heights_when_the_size_is_said(tmp_path):
    """Coordinates that are no shares are pixels; without a size they stay pixels, and say so."""
    (tmp_path / "wave").mkdir()
    np.save(tmp_path / "wave" / "one.npy", np.stack([vector(34) * 500] * 3))
    (pixels,) = everything(tmp_path)
    (heights,) = everything(tmp_path, size=(640, 480))
    assert (pixels.unit, heights.unit) == ("pixels", "frame heights")
    assert heights.joints[..., :2] * 480 == pytest.approx(pixels.joints[..., :2], rel=1e-5)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda seq: (seq / "1.npy").write_bytes((seq / "1.npy").read_bytes()[:-8]), r"1\.npy: .*promises"),
        (lambda seq: (seq / "1.npy").write_bytes(b""), r"1\.npy: cannot be read"),
        (lambda seq: np.save(seq / "1.npy", vector(258)), r"1\.npy: has shape \(258,\)"),
        (lambda seq: np.save(seq / "1.npy", np.full(1662, np.nan)), "frame 1, joint nose: no sensible number"),
        (lambda seq: np.save(seq / "1.npy", np.array([{}]), allow_pickle=True), r"1\.npy: .*Python objects"),
        (lambda seq: np.save(seq / "01.npy", vector()), r"01\.npy and 1\.npy are the same frame"),
        (lambda seq: np.save(seq / "last.npy", vector()), r"last\.npy: frames are named by their number"),
        (lambda seq: np.save(seq / "0.npy", np.ones((2, 2))) or (seq / "1.npy").unlink(), r"0\.npy: has shape"),
    ],
    ids=["truncated", "empty", "other-length", "nan", "pickle", "twice", "unnumbered", "dimensions"],
)
def test_a_spoilt_frame_is_named(tmp_path, spoil, says):
    """Whatever is wrong with one frame's file, the complaint names it."""
    write_sequence(tmp_path / "hello" / "0", [0, 1])
    spoil(tmp_path / "hello" / "0")
    assert re.search(says, refusal(tmp_path, "npy-folders"))


@pytest.mark.parametrize(
    ("clip", "says"),
    [
        (np.zeros((0, 1662)), "at least one frame"),
        (np.ones((4, 100)), "100 values a frame; known are 34"),
        (np.ones((2, 3, 4)), "a clip is"),
        (np.array([["a"] * 34]), "numbers"),
    ],
)
def test_a_clip_of_no_known_shape_is_refused(tmp_path, clip, says):
    """A clip without frames, of unknown vectors, or of anything but numbers is refused by name."""
    (tmp_path / "wave").mkdir()
    np.save(tmp_path / "wave" / "one.npy", clip)
    message = refusal(tmp_path, "npy-folders")
    assert "one.npy" in message
    assert says in message


def test_a_layout_that_does_not_fit_is_refused(tmp_path):
    """Asking for another layout than the vectors have is a mistake, not a conversion."""
    write_sequence(tmp_path / "hello" / "0", [0], 132)
    assert "are mediapipe33, not coco17" in refusal(tmp_path, "npy-folders", layout="coco17")


def test_an_empty_sequence_is_refused(tmp_path):
    """A sequence folder without frames is an incomplete copy."""
    write_sequence(tmp_path / "hello" / "0", [0])
    (tmp_path / "hello" / "1").mkdir()
    assert "has 0 frames" in refusal(tmp_path, "npy-folders")
    assert "no action/sequence/frame.npy" in refusal(tmp_path / "hello" / "1", "npy-folders")


@pytest.mark.real_data
def test_the_layout_sample_is_imported():
    """Real recordings in the original layout: three signs, two sequences each, of thirty frames."""
    source = real_data("holistic_signs/npy_layout_sample")
    assert find_format(source).name == "npy-folders"
    recordings = everything(source)
    assert len(recordings) == 6
    assert {len(recording.times) for recording in recordings} == {30}
