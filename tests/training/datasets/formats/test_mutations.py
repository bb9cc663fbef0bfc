"""Sources of every format, damaged at random."""

import random
import shutil

import pytest

from core.errors import InputError
from tests.training.datasets.formats import (
    test_alphapose,
    test_ddnet,
    test_kinetics_json,
    test_landmarks_csv,
    test_msr_action3d,
    test_npy_folders,
    test_npz_clips,
    test_npz_streams,
    test_ntu,
    test_openpose,
    test_pyskl,
    test_scenes_json,
)
from training.datasets.formats import FORMATS, Options, find_format
from training.datasets.importing import import_source

WRITERS = {
    "alphapose": lambda at: test_alphapose.write(
        at / "squat", [test_alphapose.entry(frame, 100) for frame in range(3)]
    ),
    "ddnet": test_ddnet.write,
    "kinetics-json": lambda at: test_kinetics_json.write(at, test_kinetics_json.clip()),
    "landmarks-csv": lambda at: test_landmarks_csv.write(
        at, ["label", *test_landmarks_csv.HEADER], [["up", *test_landmarks_csv.row(seed)] for seed in range(4)]
    ),
    "msr-action3d": lambda at: test_msr_action3d.write(at / "msr.npz"),
    "npy-folders": lambda at: test_npy_folders.write_sequence(at / "hello" / "0", range(2)),
    "npz-clips": lambda at: test_npz_clips.write(at / "clips.npz"),
    "npz-streams": lambda at: test_npz_streams.write(at / "streams.npz"),
    "ntu": lambda at: test_ntu.write(at, [[(test_ntu.FIRST, test_ntu.person())]] * 2),
    "openpose": lambda at: test_openpose.write(at / "squat", {0: [test_openpose.person(1)]}),
    "pyskl": lambda at: test_pyskl.write(at, {"split": {"train": ["a"]}, "annotations": [test_pyskl.planar("a")]}),
    "scenes-json": lambda at: test_scenes_json.write(at, test_scenes_json.scene()),
}
OF_FILES = {"ddnet", "landmarks-csv", "msr-action3d", "npz-clips", "npz-streams", "pyskl", "scenes-json"}
ROUNDS = 40


def damage(content: bytes, chance: random.Random) -> bytes:
    """Cut, doubled, or with some bytes replaced."""
    place = chance.randrange(len(content))
    kind = chance.choice(("cut", "double", "bytes", "digits"))
    if kind == "cut":
        return content[:place]
    if kind == "double":
        return content[:place] + content[place // 2 :]
    replaced = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        replaced[chance.randrange(len(content))] = (
            chance.randrange(256) if kind == "bytes" else ord(chance.choice("0-9e]}"))
        )
    return bytes(replaced)


def test_every_format_is_damaged():
    """A new format is damaged here as well."""
    assert WRITERS.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_every_format_is_found_out(tmp_path, name):
    """What a source is follows from what is there, as a folder or as a file, with a note beside it or not."""
    WRITERS[name](tmp_path)
    file = next(path for path in tmp_path.rglob("*") if path.is_file())
    source = file if name in OF_FILES else tmp_path
    (tmp_path / "README.md").write_text("# data\n")
    assert find_format(source).name == name


@pytest.mark.parametrize("name", sorted(WRITERS))
@pytest.mark.filterwarnings("error")
def test_damaged_sources_are_read_or_refused_and_nothing_else(tmp_path, name):
    """Whatever bytes are damaged, an importer reads what is still sound or gives one InputError: never another."""
    chance = random.Random(name)
    good = tmp_path / "good"
    good.mkdir()
    WRITERS[name](good)
    refused = 0
    for number in range(ROUNDS):
        bad = tmp_path / str(number)
        shutil.copytree(good, bad)
        file = chance.choice(sorted(path for path in bad.rglob("*") if path.is_file()))
        file.write_bytes(damage(file.read_bytes(), chance))
        source = file if name in OF_FILES else bad
        try:
            import_source(source, tmp_path / "out", Options(label="up"), format_name=name)
            shutil.rmtree(tmp_path / "out")
        except InputError as exc:
            assert str(tmp_path) in str(exc)
            refused += 1
        assert not (tmp_path / "out").exists()
    assert refused > ROUNDS / 4
